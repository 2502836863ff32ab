"""Cells become statements: a label that a set has for a step, in its own words and as a number."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from rollouts.steps import MAX_STEPS
from schemas import Outcome, StepStatement
from schemas.labels import NEUTRAL
from sources.cells import MISSING, list_text, long_text, lookup, number_text, scalar_text
from sources.gold import extract_gold
from sources.rows import BadCellError
from sources.stated.seam import Cells

UNSAID = StepStatement()
"""What is stated of a step of which nothing is."""
RIGHT = StepStatement(label=1.0, said="no error")
"""What is stated of a step where errors are said and it is none."""
_WORDS = {
    **dict.fromkeys(("+", "1", "true", "right", "correct", "yes"), 1.0),
    **dict.fromkeys(("-", "-1", "0", "false", "wrong", "incorrect", "no"), 0.0),
}
_STEP_KEYS = ("text", "content", "step", "value")


def mark(value: object, why: str = "") -> StepStatement:
    """Return the statement of a cell: a sign, a boolean, a word, or a number in [0, 1].

    Null says nothing. Raises BadCellError for anything else.
    """
    match value:
        case None | "":
            return UNSAID
        case bool():
            return StepStatement(label=float(value), said=str(value).lower(), why=why)
        case int() | float() | Decimal():
            return StepStatement(label=_share(value), said=number_text(value), why=why)
        case str() if value.strip().lower() in _WORDS:
            said = value.strip()
            return StepStatement(label=_WORDS[said.lower()], said=said, why=why)
        case str() if value.strip().lower() == NEUTRAL:
            return StepStatement(said=NEUTRAL, why=why)
    raise BadCellError("a label is neither a sign nor a number", repr(value)[:40])


def _share(value: float | Decimal) -> float:
    try:
        share = float(value)
    except (OverflowError, ValueError):  # of an integer of 400 digits; of a signalling nan
        share = math.inf
    if not 0 <= share <= 1:  # nan fails too
        raise BadCellError("a label is no number in [0, 1]", repr(value)[:40])
    return share


def rating(value: object, why: str = "") -> StepStatement:
    """Return the statement of a rating of PRM800K: 1 right, 0 neutral, -1 wrong; null is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNSAID
    if isinstance(value, bool) or value not in (1, 0, -1):
        raise BadCellError("a rating is none of 1, 0 and -1", repr(value)[:40])
    if value == 0:
        return StepStatement(said=NEUTRAL, why=why)
    return StepStatement(label=float(value == 1), said="1" if value == 1 else "-1", why=why)


def marks(
    values: object, steps: Sequence[str], read: Callable[[object], StepStatement] = mark
) -> tuple[StepStatement, ...]:
    """Return a statement per step; raises BadCellError where labels and steps are not as many."""
    return tuple(map(read, fitting(values, steps)))


def fitting(values: object, steps: Sequence[str]) -> Sequence[object]:
    """Return a list's labels; raises BadCellError where they are not as many as steps."""
    labels = listed(values, "labels")
    if len(steps) != len(labels):
        raise BadCellError("labels do not fit steps", f"{len(labels)} for {len(steps)} steps")
    return labels


def listed(value: object, of: str) -> Sequence[object]:
    """Return a list as it is; raises BadCellError, which says of what, for anything else."""
    if not isinstance(value, list | tuple):
        raise BadCellError(f"no list of {of}", type(value).__name__)
    return value


def until_error(
    count: int, error: int, *, why: str = "", said: str = "first error"
) -> tuple[StepStatement, ...]:
    """Return what a first error at a 0-based step states of `count` steps; -1: that all are right.

    Of the steps behind it nothing. Raises BadCellError where there is no such step.
    """
    if error == -1:
        return (RIGHT,) * count
    if not 0 <= error < count:
        raise BadCellError("the first error is no step", f"{error} of {count} steps")
    wrong = StepStatement(label=0.0, said=said, why=why)
    return (*(RIGHT,) * error, wrong, *(UNSAID,) * (count - error - 1))


def whole(value: object) -> int:
    """Return a cell that must be a whole number; raises BadCellError for any other."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise BadCellError("no step number", repr(value)[:40])
    try:
        number = int(value)
    except (ValueError, OverflowError):
        raise BadCellError("no step number", repr(value)[:40]) from None
    if not isinstance(value, str) and number != value:
        raise BadCellError("no step number", repr(value)[:40])
    return number


def steps_of(value: object) -> tuple[str, ...]:
    """Return a list's steps: texts, lists of lines, or mappings that hold a text."""
    if not isinstance(value, list | tuple) or not value:
        raise BadCellError("no list of steps", type(value).__name__)
    return checked(map(_step, value))


def checked(steps: Iterable[str]) -> tuple[str, ...]:
    """Return steps that can be labelled; raises BadCellError where one is blank, or too many."""
    found = tuple(steps)
    if not found or not all(step.strip() for step in found):
        raise BadCellError("empty solution or step")
    if len(found) > MAX_STEPS:
        raise BadCellError("too many steps", f"{len(found)}, at most {MAX_STEPS}")
    return found


def _step(value: object) -> str:
    if isinstance(value, Mapping):
        value = next((value[key] for key in _STEP_KEYS if isinstance(value.get(key), str)), None)
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, map(plain, value)))
    return plain(value)


def plain(value: object) -> str:
    """Return a text as it is, its spaces too, checked as any cell is."""
    read = scalar_text(value)
    return value.replace("\r\n", "\n") if isinstance(value, str) else read


def question(cells: Cells, *paths: str) -> str:
    """Return the question in the first of these columns that is there; raises BadCellError."""
    value = first(cells, *paths)
    text = "" if value is MISSING or value is None else long_text(value)
    if not text:
        raise BadCellError("empty question")
    return text


def first(cells: Cells, *paths: str) -> object:
    """Return the cell of the first of these columns that is there, or MISSING."""
    found = (lookup(cells, path) for path in paths)
    return next((value for value in found if value is not MISSING), MISSING)


def gold(cells: Cells, *paths: str, from_solution: bool = False) -> str:
    """Return the gold answer in a column; empty where there is none that can be read."""
    value = first(cells, *paths)
    if value is MISSING or value is None:
        return ""
    try:
        return extract_gold(
            value, "auto" if from_solution else "column", from_solution=from_solution
        )
    except BadCellError:
        return ""


def named(cells: Cells, *paths: str) -> str:
    """Return an id's text; empty where there is none."""
    value = first(cells, *paths)
    try:
        return "" if value is MISSING else list_text(value)[:200]
    except BadCellError:
        return ""


def outcome(value: object) -> Outcome:
    """Return what a set's own word says of the final answer; undecided where it says nothing."""
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        value = _WORDS[value.strip().lower()]
    if isinstance(value, bool | int | float) and value in (0, 1):
        return Outcome.CORRECT if value else Outcome.INCORRECT
    return Outcome.UNDECIDED
