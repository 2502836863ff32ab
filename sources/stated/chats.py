"""Chats that judge a step by the turn or the mark behind it.

RLHFlow (math-rm): a user's turn a step, the first behind the problem; the assistant answers + or -.
Qwen2.5-Math-PRM (2501.07301): `<extra_0>` behind each step of the assistant's turn, and `labels`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from sources.cells import MISSING
from sources.rows import BadCellError
from sources.stated.marks import checked, first, gold, mark, marks, plain, question
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution
from sources.stated.tagged import first_step
from sources.turns import are_turns, asked_text, last_answer

_EXTRA = "<extra_0>"


class Rlhflow(StatedFormat):
    """RLHFlow's rows: `conversations` (or `messages`) of steps and signs in turn.

    Where the first turn ends the problem and begins the first step is told by `Step 1: `, or by a
    column `question` or `prompt`; other rows are rejected.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[LabelKind] = "automatic"
    between: ClassVar[str] = "\n"

    format: Literal["rlhflow"] = "rlhflow"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether the row is a chat whose every second turn is a sign."""
        turns = _turns(cells)
        return bool(turns) and {_shown(turn).strip() for turn in turns[1::2]} <= {"+", "-"}

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        turns = _turns(cells)
        texts, signs = [_said(one) for one in turns[::2]], [_said(one) for one in turns[1::2]]
        if not texts or len(texts) != len(signs):
            raise BadCellError("turns are not steps and signs by turns", f"{len(turns)} turns")
        asked = first(cells, "question", "prompt", "problem")
        if isinstance(asked, str) and texts[0].startswith(asked.strip()):
            begin = len(asked.strip())
        else:
            begin = first_step(texts[0])
        steps = checked((texts[0][begin:].lstrip(), *texts[1:]))
        yield StatedSolution(
            question=question({"asked": texts[0][:begin]}, "asked"),
            steps=steps,
            stated=tuple(map(mark, signs)),
        )


class QwenPrm(StatedFormat):
    """Qwen2.5-Math-PRM's form: `messages` with `<extra_0>` behind each step, and `labels`."""

    columns: ClassVar[tuple[str, ...]] = ("messages", "labels")
    between: ClassVar[str] = "\n"

    format: Literal["qwen_prm"] = "qwen_prm"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether the row is a chat with labels, the mark in it."""
        turns = _turns(cells)
        return bool(turns) and "labels" in cells and _EXTRA in _shown(turns[-1])

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        turns = _turns(cells)
        *texts, rest = _said(last_answer(turns)).split(_EXTRA)
        if rest.strip() or not texts:
            raise BadCellError("text behind the last tag" if texts else "no tag", _EXTRA)
        steps = checked(texts)
        yield StatedSolution(
            question=question({"asked": asked_text(turns)}, "asked"),
            answer=gold(cells, "answer"),
            steps=steps,
            stated=marks(cells.get("labels"), steps),
        )


def _turns(cells: Cells) -> Sequence[Mapping[str, object]]:
    value = first(cells, "messages", "conversations")
    return value if value is not MISSING and are_turns(value) else ()


def _shown(turn: Mapping[str, object]) -> str:
    """Return what a turn says, unchecked; empty where that is no text."""
    said = turn.get("content", turn.get("value"))
    return said if isinstance(said, str) else ""


def _said(turn: Mapping[str, object]) -> str:
    return plain(turn.get("content", turn.get("value")))
