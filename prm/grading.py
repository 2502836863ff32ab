"""A process reward model grades the steps of solutions, many at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForTokenClassification,
    Qwen2Config,
    Qwen2Model,
    Qwen2PreTrainedModel,
)
from transformers.modeling_outputs import TokenClassifierOutput

from policies.devices import device_of
from prm.forms import Form, form_of
from prm.loading import description, loads, tokenizer_of
from prm.rows import Encoded
from prm.settings import FORMS, FormName
from schemas import ConfigError, Grades

_AT_ONCE = 8192
"""Tokens of one pass, padding included."""
_SORTED = 512
"""Solutions among which those of about equal length go into one pass."""


@dataclass(frozen=True, slots=True)
class Grader:
    """A loaded model with the form in which it is asked."""

    name: str
    form: Form
    model: Any
    context: int
    """Tokens it can read."""
    pad: int
    sparse: bool
    """Whether the model is asked for the logits of some tokens alone: a language model's are as
    many as its vocabulary's words."""

    def grade(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[tuple[float, ...]]:
        """Yield the grades of each solution's steps, given as question and steps, in their order.

        Those of steps that the model had no room for are missing.
        """
        return (one.steps for one in self.read(solutions))

    def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
        """Yield the same with the tokens that were read."""
        waiting = iter(solutions)
        while group := list(islice(waiting, _SORTED)):
            read = [self.form.encode(*one).within(self.context) for one in group]
            grades: dict[int, tuple[float, ...]] = {}
            for batch in _batches([len(one.ids) for one in read]):
                found = self._pass([read[number] for number in batch])
                grades |= dict(zip(batch, found, strict=True))
            for number, one in enumerate(read):
                yield Grades(steps=grades[number], tokens=len(one.ids))

    def _pass(self, read: Sequence[Encoded]) -> list[tuple[float, ...]]:
        width = max(len(one.ids) for one in read)
        ids = torch.full((len(read), width), self.pad)
        mask = torch.zeros((len(read), width), dtype=torch.long)
        for number, one in enumerate(read):
            ids[number, : len(one.ids)] = torch.tensor(one.ids)
            mask[number, : len(one.ids)] = 1
        device = self.model.device
        inputs: dict[str, Any] = {"input_ids": ids.to(device), "attention_mask": mask.to(device)}
        asked = sorted({place for one in read for place in one.places})
        if self.sparse:
            inputs["logits_to_keep"] = torch.tensor(asked, device=device)
        with torch.inference_mode():
            logits = self.model(**inputs).logits
        at = {place: n for n, place in enumerate(asked)} if self.sparse else range(width)
        return [
            tuple(self.form.grades(logits[number, [at[place] for place in one.places]]).tolist())
            for number, one in enumerate(read)
        ]


def load_grader(model: str, *, form: FormName | None = None, device: str = "auto") -> Grader:
    """Load a process reward model from a folder or the hub.

    Its form is what lies in its description, or what its architecture shows. Raises ConfigError
    where it does not load or its form cannot be told.
    """
    place = device_of(device)
    said = description(model)
    named = form or said.get("form") or _form_of_architecture(model)
    if named not in FORMS:
        raise ConfigError(f"{model}: form {named!r} is not known here: give one of {list(FORMS)}")
    tokenizer = tokenizer_of(model)
    with loads(model):
        loaded = _LOADERS[named](model, place).eval().to(place)
    config = loaded.config.get_text_config()
    return Grader(
        name=model,
        form=form_of(named, tokenizer, separator=said.get("separator", "\n")),
        model=loaded,
        context=getattr(config, "max_position_embeddings", None) or 1 << 20,
        pad=tokenizer.pad_token_id,
        sparse=named in ("math_shepherd", "rlhflow"),
    )


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the numbers of solutions that go together: of about equal length, within the limit."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda one: lengths[one]):
        if batch and lengths[number] * (len(batch) + 1) > _AT_ONCE:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _form_of_architecture(model: str) -> FormName:
    if (Path(model) / "adapter_config.json").is_file():
        return "trl"
    with loads(model):
        config = AutoConfig.from_pretrained(model, trust_remote_code=False)
    names = config.architectures or []
    if any(name.endswith("ForTokenClassification") for name in names):
        return "trl"
    if "Qwen2ForProcessRewardModel" in names:
        return "qwen_prm"
    raise ConfigError(
        f"{model}: {', '.join(names) or 'no architecture named'} does not show how it is to be "
        f"asked: name it with --form, one of {', '.join(FORMS)}"
    )


def _dtype(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def _classifier(model: str, device: torch.device) -> Any:
    if not (Path(model) / "adapter_config.json").is_file():
        return AutoModelForTokenClassification.from_pretrained(
            model, num_labels=2, dtype=_dtype(device), use_safetensors=True
        )
    from peft import AutoPeftModelForTokenClassification  # seconds that others save

    return AutoPeftModelForTokenClassification.from_pretrained(
        model, num_labels=2, dtype=_dtype(device)
    )


def _language_model(model: str, device: torch.device) -> Any:
    return AutoModelForCausalLM.from_pretrained(
        model, dtype=_dtype(device), use_safetensors=True, trust_remote_code=False
    )


class _QwenRewards(Qwen2PreTrainedModel):  # type: ignore[misc]  # transformers are untyped here
    """Qwen2.5-Math-PRM: a Qwen2 with two layers that give two classes at each token.

    Its folder brings this as code of its own; ours runs none that came with a model.
    """

    def __init__(self, config: Qwen2Config) -> None:
        super().__init__(config)
        self.model = Qwen2Model(config)
        self.score = nn.Sequential(
            nn.Linear(config.hidden_size, config.hidden_size),
            nn.ReLU(),
            nn.Linear(config.hidden_size, 2),
        )
        self.post_init()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        """Return the logits of both classes at each token."""
        read = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return TokenClassifierOutput(logits=self.score(read.last_hidden_state))


def _qwen(model: str, device: torch.device) -> Any:
    config = Qwen2Config.from_pretrained(model)
    return _QwenRewards.from_pretrained(
        model, config=config, dtype=_dtype(device), use_safetensors=True
    )


_LOADERS: dict[str, Callable[[str, torch.device], Any]] = {
    "trl": _classifier,
    "qwen_prm": _qwen,
    "math_shepherd": _language_model,
    "rlhflow": _language_model,
}
