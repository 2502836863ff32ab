"""Chats in a cell: lists of turns, and the parts a turn may be made of."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from sources.cells import long_text, scalar_text
from sources.rows import BadCellError

Turn = Mapping[str, object]


def question_text(value: object) -> str:
    """Return a question: text, the lines of a list, or what the user asks in a chat."""
    if are_turns(value):
        return asked_text(value)
    return parts_text(value) if are_parts(value) else long_text(value)


def are_turns(value: object) -> TypeGuard[Sequence[Turn]]:
    """Return whether a cell is a chat: `role` and `content` (OpenAI), `from` and `value`."""
    return _are_mappings(value) and all("role" in turn or "from" in turn for turn in value)


def are_parts(value: object) -> TypeGuard[Sequence[Turn]]:
    """Return whether a cell is what one turn says, in parts: `{"type": "text", "text": ...}`."""
    return _are_mappings(value) and all("type" in part for part in value)


def asked_text(turns: Sequence[Turn]) -> str:
    """Return what the only user turn says.

    Raises BadCellError where there is none, or more: each would be a question without the others.
    """
    asked = [turn for turn in turns if _speaker(turn) in ("user", "human")]
    if not asked:
        raise BadCellError("no user turn", "a list of messages without one by the user")
    if len(asked) > 1:
        raise BadCellError(
            "several user turns",
            f"{len(asked)} of them: name the one that asks by its place, as in columns.problem: "
            "messages.0.content",
        )
    return said(asked[0])


def answered_text(turns: Sequence[Turn]) -> str:
    """Return what the last assistant turn says."""
    return said(last_answer(turns))


def last_answer(turns: Sequence[Turn]) -> Turn:
    """Return the last assistant turn; raises BadCellError where there is none."""
    answers = [turn for turn in turns if _speaker(turn) in ("assistant", "gpt", "model")]
    if not answers:
        raise BadCellError("no assistant turn", "a list of messages without one that answers")
    return answers[-1]


def unread_turns(turns: Sequence[Turn]) -> list[str]:
    """Return who speaks in turns that are neither question nor answer, such as a system prompt."""
    known = ("user", "human", "assistant", "gpt", "model")
    return [speaker for turn in turns if (speaker := _speaker(turn)) not in known]


def said(turn: Turn) -> str:
    """Return the text of a turn; raises BadCellError where it shows an image or the like."""
    content = turn.get("content", turn.get("value"))
    return parts_text(content) if are_parts(content) else long_text(content)


def parts_text(parts: Sequence[Turn]) -> str:
    """Return the text of parts; raises BadCellError where one is no text."""
    for part in parts:
        if part["type"] not in ("text", "input_text"):
            raise BadCellError("needs an image", f"a part of type {scalar_text(part['type'])}")
    return long_text([part.get("text") for part in parts])


def _speaker(turn: Turn) -> str:
    return scalar_text(turn.get("role", turn.get("from"))).lower()


def _are_mappings(value: object) -> TypeGuard[Sequence[Turn]]:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(item, Mapping) for item in value)
    )
