"""A folder or hub name becomes a model ready to decode, or one clear error."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM
from transformers.utils.logging import disable_progress_bar

from policies.devices import device_of
from policies.embedded.settings import TransformersFields
from policies.embedded.slots import Slots
from policies.errors import brief
from policies.fingerprint import model_identity
from policies.template_kwargs import naming
from policies.tokens import PromptTokenizer, load_tokenizer
from schemas import ConfigError

logger = logging.getLogger(__name__)

_PROBE_TOKENS = 12


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """Everything a model needs to continue a prefix."""

    slots: Slots
    tokenizer: PromptTokenizer
    eos_ids: frozenset[int]
    context: int
    """Tokens of prompt, prefix and completion together."""
    identity: str


def load_model(settings: TransformersFields) -> LoadedModel:
    """Load model and tokenizer; ConfigError names what does not load or cannot be decoded."""
    disable_progress_bar()  # a run shows its own progress
    device = device_of(settings.device)
    if settings.deterministic and device.type == "cpu":
        # How a product is shared out among threads shows in its last bits, and rows of one batch
        # are shared out unequally: one thread, whatever the machine or its environment offers.
        torch.set_num_threads(1)
    trust = settings.trust_remote_code
    tokenizer = load_tokenizer(
        settings.model,
        settings.revision,
        trust_remote_code=trust,
        template_kwargs=settings.chat_template_kwargs,
    )
    model = _model(settings, device)
    context = min(settings.context, _context_of(model.config.get_text_config()))
    slots, size = None, settings.max_batch
    while slots is None:
        slots, size = _slots(settings, model, size, context), 1
    dtype = str(model.dtype).removeprefix("torch.")
    geometry = f" deterministic x{slots.size}" if settings.deterministic else ""
    name = model_identity(settings.model, settings.revision)
    geometry += naming(settings.chat_template_kwargs)
    return LoadedModel(
        slots=slots,
        tokenizer=tokenizer,
        eos_ids=_eos_ids(model, tokenizer),
        context=context,
        identity=f"transformers:{name} {dtype} {device.type} context={context}{geometry}",
    )


def _model(settings: TransformersFields, device: torch.device) -> Any:
    own = device.type != "cpu" and settings.dtype == "auto"
    name = settings.dtype if settings.dtype != "auto" else "float32"
    _refuse_pickles(settings.model)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            settings.model,
            revision=settings.revision,
            dtype="auto" if own else getattr(torch, name),
            trust_remote_code=settings.trust_remote_code,
            use_safetensors=True,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"model {settings.model!r} (revision {settings.revision!r}) does not load: "
            f"{brief(error)} Give a local folder with config.json and weights, or a hub name "
            "that this machine can reach."
        ) from error
    return model.eval().to(device)


def _refuse_pickles(model: str) -> None:
    """Raise ConfigError for a folder whose weights are pickles, which can hold code."""
    folder = Path(model)
    pickles = sorted(path.name for path in folder.glob("*.bin")) if folder.is_dir() else []
    if pickles and not any(folder.glob("*.safetensors")):
        raise ConfigError(
            f"model {model!r} has its weights as pickles alone ({pickles[0]}), which can run code "
            "when they are read: load them once where that does no harm, and write them as "
            "safetensors with `save_pretrained`"
        )


def _context_of(config: Any) -> int:
    """Return the tokens a model can attend to from everywhere: a sliding window ends it."""
    limits = [getattr(config, "max_position_embeddings", None) or 1 << 30]
    if "sliding_attention" in (getattr(config, "layer_types", None) or ["sliding_attention"]):
        limits.append(getattr(config, "sliding_window", None) or 1 << 30)
    return min(limits)


def _eos_ids(model: Any, tokenizer: PromptTokenizer) -> frozenset[int]:
    """Return every id that ends a completion, as vLLM counts them."""
    eos = model.generation_config.eos_token_id
    listed = eos if isinstance(eos, list) else [eos]
    return frozenset(i for i in [*listed, tokenizer.eos_id] if i is not None)


def _slots(settings: TransformersFields, model: Any, size: int, context: int) -> Slots | None:
    """Return slots that were seen to work; None where their rows differ in a deterministic run."""
    vocabulary = model.config.get_text_config().vocab_size
    probe = tuple(i % vocabulary for i in range(3, 3 + _PROBE_TOKENS))[:context]
    try:
        slots = Slots(model, size=size, context=context, deterministic=settings.deterministic)
        decodes = len(probe) < 3 or slots.agrees_with_model(probe)
        reason = "its steps do not give what the whole sequence gives"
    except torch.OutOfMemoryError as error:
        raise ConfigError(
            f"max_batch={size} x context={context} do not fit into memory beside the model: lower "
            f"one. {brief(error)}"
        ) from error
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        decodes, reason = False, brief(error)
    if not decodes:
        raise ConfigError(
            f"model {settings.model!r} ({model.config.model_type}) cannot be decoded here, as a "
            f"transformer that keeps keys and values per token can: {reason}. Use `kind: vllm`."
        )
    if settings.deterministic and size > 1 and not slots.rows_are_equal(probe):
        logger.warning("rows of one batch differ in their last bits here: decoding one at a time")
        return None
    return slots
