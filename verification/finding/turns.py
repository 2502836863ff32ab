"""Which part of a completion is said: the first turn, behind whatever was only thought.

Families of models mark their thought and their turns in ways of their own. A mark that is not known
here leaves the text as it is; nothing is guessed from words.
"""

import re

WINDOW = 60_000
"""Characters from the end of a text that are looked at."""

_TURN_END = re.compile(
    r"<(?:\|(?!(?:begin|end)_of_box\|)[A-Za-z][A-Za-z0-9_]{2,40}\|>|｜[^｜<>]{1,40}｜>|/s>"
    r"|(?:end|start)_of_turn>|eos>)"
)
_TAGS = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis)"
_THOUGHT = re.compile(
    rf"(?P<start><{_TAGS}>|\[THINK\]|<\|(?:begin_of_thought|START_THINKING|inner_prefix)\|>|◁think▷)"
    rf"|</{_TAGS}>|\[/THINK\]|◁/think▷"
    r"|<\|(?:end_of_thought|begin_of_solution|END_THINKING|START_RESPONSE|inner_suffix)\|>",
    re.I,
)
_ROLES = {"", "assistant", "model"}
"""What stands between special tokens without being said."""
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final\b[^<\n]{0,40}(?:<\|message\|>)?")
_FINAL_WITHOUT_MARKS = re.compile(r"\A\s*analysis(?=[A-Z\W]).*\bassistantfinal", re.S)
"""Channels whose marks a decoder dropped: `analysisWe need ... assistantfinalThe answer`."""


def said_part(text: str) -> str:
    """Return the end of the first turn, behind any thinking; empty while still thinking."""
    if "assistantfinal" in text and (bare := _FINAL_WITHOUT_MARKS.match(text)):
        text = text[bare.end() :]
    if "<" not in text and "[" not in text and "◁" not in text:
        return text[-WINDOW:]
    if "<|channel|>" in text:
        return _final_channel(text)
    if _may_hold_thought(text):
        text = _behind_thought(text)
    return _first_turn(text[-WINDOW:])


def thought_end(text: str) -> int:
    """Return the offset behind which a completion stops thinking and says something.

    0 where nothing is marked as thought, the length of the text where the thought does not end.
    """
    if "assistantfinal" in text and (bare := _FINAL_WITHOUT_MARKS.match(text)):
        return bare.end()
    if "<|channel|>" in text:
        final = next(_FINAL_CHANNEL.finditer(text), None)
        return len(text) if final is None else final.end()
    if not _may_hold_thought(text):
        return 0
    return len(text) - len(_behind_thought(text, turns=False))


def _may_hold_thought(text: str) -> bool:
    # Written out: it is asked of every completion, and each `in` costs a tenth of a loop's turn.
    return (
        "hink" in text
        or "HINK" in text
        or "hought" in text
        or "easoning>" in text
        or "eflection>" in text
        or "cratchpad>" in text
        or "nalysis>" in text
        or "inner_" in text
        or "begin_of_solution" in text
        or "START_RESPONSE" in text
    )


def _behind_thought(text: str, *, turns: bool = True) -> str:
    """Return what follows the last thought; a thought of a later turn does not reach back.

    Without `turns` a text that begins with something said is returned whole.
    """
    behind, opened = 0, None
    for mark in _THOUGHT.finditer(text):
        behind = -1 if mark["start"] else mark.end()
        opened = mark.start() if opened is None else opened
        if opened == mark.start() and mark["start"] and (end := _TURN_END.search(text, 0, opened)):
            said = text[: end.start()]
            if said.strip():
                return said if turns else text
    return "" if behind < 0 else text[behind:]


def _final_channel(text: str) -> str:
    """Return what the final channel says; analysis and commentary are thought."""
    final = next(_FINAL_CHANNEL.finditer(text), None)
    if final is None:
        return ""
    said = _TURN_END.split(text[final.end() :], maxsplit=1)[0]
    return said[-WINDOW:]


def _first_turn(text: str) -> str:
    turns = (turn for turn in _TURN_END.split(text) if turn.strip() not in _ROLES)
    return next(turns, "")
