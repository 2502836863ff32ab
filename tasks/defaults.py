"""What a configuration may leave unsaid: a prompt that suits the policy, and what suits the prompt.

A run's record holds what was taken, as if it had been written down.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollouts import load_template

FITTING = "fitting"
"""The prompt of who names none."""
_CHAT, _TEXT = "zero-shot", "zero-shot-text"


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's values with a prompt, and the splitter and answer format that it calls for.

    Raises ConfigError for a template that cannot be read.
    """
    whole = dict(values)
    if whole.get("prompt", FITTING) == FITTING:
        whole["prompt"] = fitting_prompt(_of(whole, "source", "kind"), whole.get("policy"))
    verification = whole.get("verification", {})
    reads = isinstance(verification, dict) and "answer_format" not in verification
    if isinstance(whole["prompt"], str) and (reads or "splitter" not in whole):
        template = load_template(whole["prompt"])
        whole.setdefault("splitter", {"kind": template.splitter})
        if reads and not whole.get("solutions"):  # who wrote these did not read the prompt
            whole["verification"] = verification | {"answer_format": template.answer_format}
    return whole


def fitting_prompt(source: str, policy: Any) -> str:
    """Return the prompt in configs/prompts that suits a source and a policy, as far as can be told.

    The form of the synthetic problems for them and for the scripted policy; Qwen2.5-Math's own for
    its family; else a zero-shot one, as plain text where a local model has no chat template.
    """
    values = {"policy": policy}
    if source == "synthetic" or _of(values, "policy", "kind") == "scripted":
        return "synthetic"
    model = _of(values, "policy", "model").lower()
    if "qwen" in model and "math" in model:
        return "qwen-math"
    folder = Path(_of(values, "policy", "model") or "?")
    return _TEXT if folder.is_dir() and not _chats(folder) else _CHAT


def _of(values: Mapping[str, Any], name: str, key: str) -> str:
    """Return a text of a component's settings, given as a mapping or as a record; else ''."""
    settings = values.get(name)
    value = settings.get(key) if isinstance(settings, Mapping) else getattr(settings, key, "")
    return value if isinstance(value, str) else ""


def _chats(folder: Path) -> bool:
    """Tell whether a model's folder holds a chat template, as transformers writes it."""
    if (folder / "chat_template.jinja").exists() or (folder / "chat_template.json").exists():
        return True
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(isinstance(settings, dict) and settings.get("chat_template"))
