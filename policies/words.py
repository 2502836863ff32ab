"""What policies without a model read and write: a prompt as one text, and words as its tokens."""

import re

from schemas import ChatPrompt, Prompt

WORD = re.compile(r"\S+\s*|\s+")
"""A token: a word with the space behind it."""


def text_of(prompt: Prompt | str) -> str:
    """Return all that a prompt says."""
    if isinstance(prompt, ChatPrompt):
        return "\n".join(message.content for message in prompt.messages)
    return prompt if isinstance(prompt, str) else prompt.text
