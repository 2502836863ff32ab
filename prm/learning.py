"""A base model learns from rows of labelled steps, by transformers' Trainer.

No maintained trainer reads grades, or token-classifies steps at all since TRL 1.14; this one stays
small. What it writes is read by TRL 1.13 and by `prm.grading`.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from datasets.utils.logging import disable_progress_bar
from pyarrow.parquet import read_metadata
from transformers import (
    AutoModelForTokenClassification,
    EarlyStoppingCallback,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from policies.devices import device_of
from policies.errors import brief
from prm.loading import described, loads, tokenizer_of
from prm.rows import NOT_A_STEP, labelled_tokens
from prm.settings import Lora, Training
from schemas import ConfigError

_CLASSES = {0: "wrong", 1: "right"}
_HEADS = ("score", "classifier")
"""What models call the layer that gives the classes."""
_LOGS = 200
"""Points of the loss curve, about."""

Told = Callable[[int, int, Mapping[str, float]], None]
"""Called with the batches done, their number, and what was measured, e.g. `loss`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What learning came to."""

    points: Sequence[Mapping[str, float]]
    """`step`, with `loss` or `eval_loss`, in nats per labelled step."""

    @property
    def batches(self) -> int:
        """Batches learnt."""
        return int(self.points[-1]["step"]) if self.points else 0

    @property
    def least(self) -> float | None:
        """The least loss on validation rows, where there were any."""
        return min((one["eval_loss"] for one in self.points if "eval_loss" in one), default=None)

    @property
    def last(self) -> float | None:
        """The last loss on validation rows, where there were any."""
        return next((one["eval_loss"] for one in reversed(self.points) if "eval_loss" in one), None)


def learn(
    settings: Training,
    train: Sequence[Path],
    validation: Sequence[Path],
    *,
    separator: str,
    told: Told = lambda done, of, measured: None,
) -> Curve:
    """Learn from Parquet files of rows; write the model to `output/model`, whole or not at all.

    Goes on from the last checkpoint in `output/checkpoints`. The same settings, rows and machine
    give the same model, interrupted or not. Raises ConfigError for a base that does not load.
    """
    device = device_of(settings.device)
    if settings.patience and not _count(validation):
        raise ConfigError("patience needs validation rows: raise validation_ratio, or leave it out")
    disable_progress_bar()
    tokenizer = tokenizer_of(settings.base)
    set_seed(settings.seed)
    model = _model(settings, device)
    rows = partial(
        _tokens,
        to_tokens=partial(
            labelled_tokens, tokenizer=tokenizer, separator=separator, at=settings.labels_at
        ),
        folder=settings.output,
    )
    trainer = _Learner(
        model=model,
        args=_arguments(settings, device, rows=_count(train), validates=_count(validation) > 0),
        data_collator=partial(_padded, pad=tokenizer.pad_token_id),
        train_dataset=rows(train),
        eval_dataset=rows(validation) if _count(validation) else None,
        compute_loss_func=_loss,
        callbacks=[_Teller(settings.output / "loss.jsonl", told), *_stopping(settings)],
    )
    trainer.remove_callback(PrinterCallback)
    checkpoints = settings.output / "checkpoints"
    last = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    _save(trainer.model, tokenizer, settings, separator)
    return Curve(points=_points(trainer.state.log_history))


def _model(settings: Training, device: torch.device) -> Any:
    # Half of the memory where only small matrices are learnt; else the weights' own small changes
    # would be rounded away.
    half = settings.lora is not None and device.type == "cuda"
    with loads(settings.base):
        model = AutoModelForTokenClassification.from_pretrained(
            settings.base,
            num_labels=len(_CLASSES),
            id2label=_CLASSES,
            label2id={name: number for number, name in _CLASSES.items()},
            dtype=torch.bfloat16 if half else torch.float32,
            use_safetensors=True,
        )
    if settings.gradient_checkpointing:
        # transformers call it activation checkpointing of late, and warn of the old name.
        late = getattr(model, "activation_checkpointing_enable", None)
        (late or model.gradient_checkpointing_enable)()
        model.enable_input_require_grads()  # else nothing reaches matrices beside frozen weights
    return model if settings.lora is None else _with_lora(model, settings.lora)


def _with_lora(model: PreTrainedModel, lora: Lora) -> Any:
    from peft import LoraConfig, TaskType, get_peft_model  # seconds that other commands save

    modules = lora.modules if isinstance(lora.modules, str) else list(lora.modules)
    try:
        return get_peft_model(
            model,
            LoraConfig(
                task_type=TaskType.TOKEN_CLS,
                r=lora.rank,
                lora_alpha=lora.alpha,
                lora_dropout=lora.dropout,
                target_modules=modules,
                exclude_modules=list(_HEADS),  # the head is learnt whole
            ),
        )
    except ValueError as error:
        raise ConfigError(f"lora.modules={modules}: {brief(error)}") from error


def _arguments(
    settings: Training, device: torch.device, *, rows: int, validates: bool
) -> TrainingArguments:
    passes = settings.batch_size // settings.per_device or 1
    batches = settings.max_steps or max(1, int(rows / settings.batch_size * settings.epochs))
    return TrainingArguments(
        output_dir=str(settings.output / "checkpoints"),
        per_device_train_batch_size=min(settings.per_device, settings.batch_size),
        per_device_eval_batch_size=settings.per_device,
        gradient_accumulation_steps=passes,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        use_cpu=device.type == "cpu",
        bf16=device.type == "cuda",
        train_sampling_strategy="group_by_length",
        logging_steps=max(1, batches // _LOGS),
        eval_strategy="steps" if validates else "no",
        eval_steps=settings.save_steps if settings.patience else max(1, batches // 10),
        save_steps=settings.save_steps,
        save_total_limit=1,  # and the best one, where that is kept
        load_best_model_at_end=settings.patience is not None,
        metric_for_best_model="eval_loss" if settings.patience else None,
        greater_is_better=False if settings.patience else None,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device.type == "cuda",
    )


def _stopping(settings: Training) -> list[TrainerCallback]:
    patience = settings.patience
    return [] if patience is None else [EarlyStoppingCallback(early_stopping_patience=patience)]


def _loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
    """Return the cross entropy between labels and grades, in nats per labelled step."""
    ends = labels != NOT_A_STEP
    right = labels[ends]
    logs = torch.log_softmax(outputs.logits[ends].float(), dim=-1)
    total = -(right * logs[:, 1] + (1 - right) * logs[:, 0]).sum()
    return total / (ends.sum() if num_items_in_batch is None else num_items_in_batch)


def _padded(rows: Sequence[Mapping[str, Any]], *, pad: int) -> dict[str, torch.Tensor]:
    width = max(len(row["input_ids"]) for row in rows)
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    labels = torch.full((len(rows), width), NOT_A_STEP)
    for number, row in enumerate(rows):
        length = len(row["input_ids"])
        ids[number, :length] = torch.tensor(row["input_ids"])
        mask[number, :length] = 1
        labels[number, :length] = torch.tensor(row["labels"], dtype=torch.float)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def _count(files: Sequence[Path]) -> int:
    return sum(read_metadata(path).num_rows for path in files)


def _tokens(
    files: Sequence[Path], *, to_tokens: Callable[[dict[str, Any]], dict[str, Any]], folder: Path
) -> Dataset:
    """Return rows of tokens that lie on disk; those of all files, in their order."""
    rows = Dataset.from_parquet(
        [str(path) for path in files],
        columns=["prompt", "completions", "labels"],
        cache_dir=str(folder / "cache"),
    )
    return rows.map(to_tokens, remove_columns=rows.column_names)


def _save(
    model: Any, tokenizer: PreTrainedTokenizerBase, settings: Training, separator: str
) -> None:
    """Write the model beside its place and move it there; what was needed on the way goes."""
    partly, whole = settings.output / "model.partial", settings.output / "model"
    shutil.rmtree(partly, ignore_errors=True)
    model.save_pretrained(partly)
    tokenizer.save_pretrained(partly)
    (partly / "prm.json").write_text(json.dumps(described("trl", separator=separator), indent=2))
    os.replace(partly, whole)
    for folder in ("checkpoints", "cache"):
        shutil.rmtree(settings.output / folder, ignore_errors=True)


def _points(history: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    names = ("step", "epoch", "loss", "eval_loss", "learning_rate", "grad_norm")
    found = ({name: one[name] for name in names if name in one} for one in history)
    return [point for point in found if "loss" in point or "eval_loss" in point]


class _Learner(Trainer):  # type: ignore[misc]  # transformers are untyped here
    """Measures the loss over all steps, where Trainer has the mean of the batches' means."""

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Return and log the loss on validation rows, in nats per labelled step."""
        total, steps = 0.0, 0
        self.model.eval()
        for batch in self.get_eval_dataloader():
            inputs = self._prepare_inputs(batch)
            labels = inputs.pop("labels")
            with torch.inference_mode(), self.compute_loss_context_manager():
                loss = _loss(self.model(**inputs), labels)
            ends = int((labels != NOT_A_STEP).sum())
            total, steps = total + float(loss) * ends, steps + ends
        found = {"eval_loss": total / steps}
        self.log(found)
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, found
        )
        return found


class _Teller(TrainerCallback):  # type: ignore[misc]  # transformers are untyped here
    """Keeps the loss curve on disk and tells how far learning has come."""

    def __init__(self, path: Path, told: Told) -> None:
        self._path = path
        self._told = told

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Write the curve so far anew: a resumed one has what went before."""
        lines = "".join(json.dumps(point) + "\n" for point in _points(state.log_history))
        self._path.write_text(lines, encoding="utf-8")
        self._told(state.global_step, state.max_steps, logs or {})

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell of the batch."""
        self._told(state.global_step, state.max_steps, {})
