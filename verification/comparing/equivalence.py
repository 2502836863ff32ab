"""The cascade of stages that need no worker: text, exact numeral, syntax tree.

A stage accepts or rejects only what it understood; what none of them understands is undecided, and
the reason says why. Pure, deterministic and bounded: no text is ever evaluated, every cap is
checked before the work, and the arithmetic of one comparison has a budget of steps.
"""

import re
from dataclasses import dataclass

from verification.arithmetic.terms import Terms
from verification.comparing.assignments import ContradictionError
from verification.comparing.comparison import same_answer
from verification.conventions import DEFAULTS, Conventions
from verification.parsing.numerals import Numeral
from verification.parsing.parsed import Parsed
from verification.tree.bounds import TooLargeError, UndecidedError, UndefinedError, UnparsedError
from verification.tree.syntax import Collection

_CHOICE = re.compile(r"\(?([A-J])\)?")
_CHOSEN = re.compile(
    r"\s*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?\s*(?:\(([A-J])\)|([A-J])[).:])(?=\W)"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an answer equals a gold, by which stage and why."""

    equal: bool | None
    """None where it stays undecided."""
    stage: str
    """Which decided, or gave up: `text` (equal spelling), `numeral` (exact rationals of bare
    numerals), `tree` (the syntax trees), or a stage of a guarded worker."""
    reason: str


def compare(
    gold: Parsed | str, answer: Parsed | str, conventions: Conventions = DEFAULTS
) -> Decision:
    """Hold an answer against the gold. Symmetric. Never raises for any text.

    Give the gold as `Parsed` to read it once for many answers; it carries its own conventions.
    """
    gold = gold if isinstance(gold, Parsed) else Parsed(gold, conventions)
    answer = answer if isinstance(answer, Parsed) else Parsed(answer, conventions)
    try:
        return _by_text(gold, answer) or _by_numeral(gold, answer) or _by_tree(gold, answer)
    except UnparsedError as error:
        return Decision(None, "tree", f"cannot be read: {error}")
    except (UndecidedError, UndefinedError) as error:
        return Decision(None, "tree", str(error))
    except TooLargeError:
        return Decision(None, "tree", "a value too large to compute")
    except ContradictionError as error:
        return Decision(False, "tree", str(error))
    except RecursionError:
        return Decision(None, "tree", "nested too deep")


def _by_text(gold: Parsed, answer: Parsed) -> Decision | None:
    if gold.text == answer.text:
        blank = not gold.text.strip()
        return Decision(not blank, "text", "nothing was written" if blank else "the same text")
    if not answer.normal or not gold.normal:
        return Decision(False, "text", "nothing was written")
    if gold.key == answer.key:
        return Decision(True, "text", "the same but for spelling")
    return None


def _by_numeral(gold: Parsed, answer: Parsed) -> Decision | None:
    left, right = gold.numeral, answer.numeral
    if left is None or right is None or not _settled(left, right, gold.conventions):
        return None
    equal = left.value == right.value
    return Decision(equal, "numeral", "equal numbers" if equal else "different numbers")


def _settled(left: Numeral, right: Numeral, conventions: Conventions) -> bool:
    """Say whether the bare values decide: no mark, reduction or tolerance is left to weigh."""
    if left.mark != right.mark or conventions.relative_tolerance:
        return False
    return conventions.unreduced == "same" or left.reduced == right.reduced


def _by_tree(gold: Parsed, answer: Parsed) -> Decision:
    chosen = _by_choice(gold, answer)
    if chosen is not None:
        return chosen
    terms = Terms(gold.conventions)
    equal = same_answer(gold.tree, answer.tree, terms)
    if not equal:
        equal = _as_lists(gold, answer, terms)
    return Decision(equal, "tree", "equal" if equal else "different")


def _as_lists(gold: Parsed, answer: Parsed, terms: Terms) -> bool:
    """Read `100,200` once more as two numbers where the other side is a list or set."""
    for one, other in ((gold, answer), (answer, gold)):
        is_list = isinstance(one.tree, Collection) and not one.has_grouped_digits
        if is_list and other.has_grouped_digits:
            return same_answer(one.tree, other.ungrouped, terms)
    return False


def _by_choice(gold: Parsed, answer: Parsed) -> Decision | None:
    """Compare the letter of a multiple choice with an answer that repeats the choice's text."""
    for one, other in ((gold, answer), (answer, gold)):
        letter, chosen = _CHOICE.fullmatch(one.key), _CHOSEN.match(other.normal)
        if letter and chosen:
            equal = letter[1] == (chosen[1] or chosen[2])
            return Decision(equal, "text", "the same choice" if equal else "another choice")
    return None
