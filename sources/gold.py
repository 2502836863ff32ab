r"""The gold answer of a row, and the rule that found it.

- `hash`: the rest of the line behind the last `####` (GSM8K);
- `boxed`: what the last outermost `\boxed{}`, `\fbox{}` or `\boxed 5` holds (MATH, NuminaMath);
- `one_box`: as `boxed`, but solutions with different boxes are rejected: the last is then often
  one of several answers, or an aside (12 of the 23 such solutions of MATH's 5,000 test problems);
- `column`: the whole cell (a column of plain answers);
- `auto`: by the text: `hash` if its last line starts with `####`, else `boxed` if it has a box,
  else `hash` if it has a `####` anywhere, else `column`.

Numbers become exact plain digits (27.0 is `27`, 2e-06 is `0.000002`); the texts of a list are
joined by `, `, a list of numbers stays one in its order (`[0, 5]`); a number with a unit in
brackets, as ASDiv has it (`9 (apples)`), loses the unit (`5 (mod 7)` keeps it). A backslash that an
escape ate is put back where that is certain (form feed and `rac{1}{2}`). All else stays as the
dataset writes it, thousands separators and `$` included: the verifier reads those. Empty, `nan`,
`null`, `None`, `N/A`, `proof` and overlong golds, and those with control characters, are rejected.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Literal

from sources.boxed import UnclosedBoxError, boxed
from sources.cells import list_text
from sources.rows import BadCellError
from verification.finding.golds import states_nothing
from verification.parsing.escapes import has_control_characters, uneaten

GoldRule = Literal["auto", "hash", "boxed", "one_box", "column"]

MAX_ANSWER_CHARS = 2_000
"""The longest real gold seen has 993; beyond this it is a solution, not an answer."""

_HASH = re.compile(r"(?<!#)####(?!#)[ \t]*([^\n]*)")
_UNIT = re.compile(r"([-+]?[\d.,]+(?:/\d+)?)\s+\(\s*(?!mod\b)[A-Za-z][A-Za-z .'-]*\)")


def extract_gold(value: object, rule: GoldRule, *, from_solution: bool) -> str:
    """Return the gold answer that a cell states.

    `from_solution`: the cell is a whole solution, so `auto` demands a `####` or a box in it.
    Raises BadCellError with the reason where there is no usable gold.
    """
    _refuse_control_characters(value)
    text = list_text(value)
    if states_nothing(text):
        raise BadCellError("empty gold")
    chosen = _rule_for(text, from_solution=from_solution) if rule == "auto" else rule
    gold = _RULES[chosen](text)
    if states_nothing(gold):
        raise BadCellError("empty gold", f"rule {chosen}")
    if len(gold) > MAX_ANSWER_CHARS:
        raise BadCellError("gold too long", f"{len(gold)} characters: is it a whole solution?")
    return gold


def _refuse_control_characters(value: object) -> None:
    """Refuse text in which an escape ate what nothing tells: no answer would ever equal it."""
    for text in value if isinstance(value, list | tuple) else (value,):
        if isinstance(text, str) and "\0" not in text and has_control_characters(uneaten(text)):
            raise BadCellError("control characters in the gold", ascii(text)[:80])


def _rule_for(text: str, *, from_solution: bool) -> Literal["hash", "boxed", "column"]:
    # A solution in Markdown may have `####` headings, so a box outranks those above the last line.
    if text.rpartition("\n")[2].lstrip().startswith("#### "):
        return "hash"
    if re.search(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])", text):
        return "boxed"
    if _HASH.search(text):
        return "hash"
    if from_solution:
        raise BadCellError("no #### and no \\boxed{} in the solution")
    return "column"


def _hash(text: str) -> str:
    found = _HASH.findall(text)
    if not found:
        raise BadCellError("no #### in the answer")
    return str(found[-1]).strip()


def _boxed(text: str, *, only: bool = False) -> str:
    try:
        boxes = boxed(text)
    except UnclosedBoxError as error:
        raise BadCellError("last \\boxed{ is never closed", str(error)) from None
    if not boxes:
        raise BadCellError("no \\boxed{} in the answer")
    if only and len({re.sub(r"\s", "", box) for box in boxes}) > 1:
        raise BadCellError("several different boxes", " | ".join(boxes)[:200])
    return boxes[-1]


def _column(text: str) -> str:
    unit = _UNIT.fullmatch(text)
    return unit[1] if unit else text


_RULES: dict[str, Callable[[str], str]] = {
    "hash": _hash,
    "boxed": _boxed,
    "one_box": partial(_boxed, only=True),
    "column": _column,
}
