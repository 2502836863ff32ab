"""Variables that a configuration hands to a model's chat template, and how identities name them."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, JsonValue

_OURS = frozenset(
    {
        *(
            "messages",
            "conversation",
            "tokenize",
            "add_generation_prompt",
            "continue_final_message",
        ),
        *("chat_template", "padding", "truncation", "max_length", "tokenizer_kwargs"),
        *("return_tensors", "return_dict", "return_assistant_tokens_mask"),
    }
)
"""What `apply_chat_template` takes besides, and stepmint decides."""


def _variables(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for name in values:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no variable's name: write e.g. enable_thinking")
        if name in _OURS:
            raise ValueError(f"{name!r} is decided by stepmint: the prompt template says the rest")
    return values


TemplateKwargs = Annotated[dict[str, JsonValue], AfterValidator(_variables)]


def naming(template_kwargs: Mapping[str, Any]) -> str:
    """Return what a policy's identity says of them: nothing where there are none."""
    if not template_kwargs:
        return ""
    return f" template={json.dumps(template_kwargs, sort_keys=True, separators=(',', ':'))}"
