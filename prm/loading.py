"""Folders and hub names become tokenizers and models, or one clear error."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from transformers.utils import logging

from policies.errors import brief
from schemas import ConfigError

DESCRIPTION = "prm.json"
"""Lies beside a model's weights and says how it is to be asked."""


def described(form: str, *, separator: str) -> dict[str, str]:
    """Return what a model's description says."""
    return {"form": form, "separator": separator}


def description(model: str) -> Mapping[str, str]:
    """Return the description in a model's folder; empty where there is none."""
    path = Path(model) / DESCRIPTION
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
        return {name: str(found[name]) for name in ("form", "separator")}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is damaged ({error}): restore it, or name --form") from error


def tokenizer_of(model: str) -> Any:
    """Return a model's tokenizer, which can pad; raises ConfigError where there is none."""
    with loads(model):
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token_id is None:
            raise ConfigError(
                f"the tokenizer of {model!r} has neither a padding nor an end token: give it one "
                "and save it with `save_pretrained`"
            )
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


@contextmanager
def loads(model: str) -> Iterator[None]:
    """Turn what a model that does not load raises into one ConfigError, without a progress bar."""
    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity_error()  # a fresh head is in no base's weights: no need to say so
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ConfigError(
            f"model {model!r} does not load: {brief(error)} Give a folder with "
            "config.json, a tokenizer and weights as safetensors, or a hub name that this machine "
            "can reach"
        ) from error
    finally:
        logging.set_verbosity(before)
