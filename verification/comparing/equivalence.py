"""The cascade of stages that need no worker: text, exact numeral, syntax tree.

A stage accepts or rejects only what it understood; what none of them understands is undecided, and
the reason says why. Pure, deterministic and bounded: no text is ever evaluated, every cap is
checked before the work, and the arithmetic of one comparison has a budget of steps.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verification.arithmetic.terms import Terms
from verification.comparing.ambiguities import are_temperatures
from verification.comparing.assignments import ContradictionError
from verification.comparing.bounds import without_units_of_bounds
from verification.comparing.canonical import canonical_answer
from verification.comparing.comparison import same_answer
from verification.comparing.constants import same_but_for_constants
from verification.comparing.doubts import doubt, is_number, last_side
from verification.comparing.families import with_parameters
from verification.conventions import DEFAULTS, Conventions
from verification.parsing.choices import option_text, same_case, same_choice
from verification.parsing.numerals import Numeral
from verification.parsing.parsed import Parsed
from verification.tree.bounds import TooLargeError, UndecidedError, UndefinedError, UnparsedError
from verification.tree.syntax import Answer, Collection

FAULT = "fault"
"""The stage of what only our own error left undecided."""


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
    gold: Parsed | str,
    answer: Parsed | str,
    conventions: Conventions = DEFAULTS,
) -> Decision:
    """Hold an answer against the gold. Never raises for any text.

    Give the gold as `Parsed` to read it once for many answers; it carries its own conventions.
    """
    gold = gold if isinstance(gold, Parsed) else Parsed(gold, conventions)
    answer = answer if isinstance(answer, Parsed) else Parsed(answer, conventions)
    try:
        return (
            _by_text(gold, answer)
            or _by_numeral(gold, answer)
            or _by_choice(gold, answer)
            or _by_scale(gold, answer)
            or _by_tree(gold, answer)
        )
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
    except Exception as error:  # noqa: BLE001  one row must not end a run, whatever we got wrong
        return fault(error)


def fault(error: Exception) -> Decision:
    """Return the decision for an exception that is our fault: undecided, under its own stage."""
    reason = f"an error of the verifier's own, please report it: {type(error).__name__}: {error}"
    return Decision(None, FAULT, reason[:300])


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
    terms = Terms(gold.conventions)
    try:
        sides = with_parameters(canonical_answer(gold.tree), canonical_answer(answer.tree))
        sides = without_units_of_bounds(*sides, terms)
        equal = same_answer(*sides, terms) or same_but_for_constants(*sides, terms)
    except (UndecidedError, UnparsedError):
        if not _as_quantities(gold, answer, terms):
            raise
        return Decision(True, "tree", "equal")
    equal = equal or _as_lists(gold, answer, terms) or _as_quantities(gold, answer, terms)
    if equal:
        return Decision(True, "tree", "equal")
    reason = doubt(gold, answer, sides, terms)
    return Decision(None, "tree", reason) if reason else Decision(False, "tree", "different")


def _as_quantities(gold: Parsed, answer: Parsed, terms: Terms) -> bool:
    """Read letters behind a number once more as its unit where the other side has no variable."""
    if answer.normal.isascii() and not re.search(r"\d.*[a-zA-Z]", gold.normal + answer.normal):
        return False
    ours, theirs = gold.as_quantity, answer.as_any_quantity
    pairs = [(ours, theirs)]
    pairs += [(gold.plain_tree, theirs)] if _is_closed(gold.plain_tree) else []
    pairs += [(ours, answer.plain_tree)] if _is_closed(answer.plain_tree) else []
    return any(a is not None and b is not None and same_answer(a, b, terms) for a, b in pairs)


def _is_closed(tree: Answer | None) -> bool:
    """Say whether a side is a number, perhaps with its unit, or names one."""
    return tree is not None and is_number(last_side(tree))


def _as_lists(gold: Parsed, answer: Parsed, terms: Terms) -> bool:
    """Read `100,200` once more as two numbers where the other side is a list or set."""
    for one, other in ((gold, answer), (answer, gold)):
        is_list = isinstance(one.tree, Collection) and not one.has_grouped_digits
        if is_list and other.has_grouped_digits:
            return same_answer(one.tree, other.ungrouped, terms)
    return False


def by_option(gold: Parsed, answer: Parsed, options: Sequence[str]) -> Decision | None:
    """Compare the text of a chosen option with a value; None where not one side is a letter."""
    try:
        ours, theirs = gold.choice, answer.choice
    except UnparsedError:
        return None
    if bool(ours) == bool(theirs):
        return None
    text = option_text(ours or theirs, options)
    if text is None:
        return None
    return compare(Parsed(text, gold.conventions), answer) if ours else compare(gold, text)


def _by_choice(gold: Parsed, answer: Parsed) -> Decision | None:
    """Compare letters of a multiple choice; a letter opposite a value stays undecided."""
    ours, theirs = gold.choice, answer.choice
    if ours and theirs:
        equal = same_choice(ours, theirs)
        if gold.conventions.choice_case == "strict":
            equal = equal and same_case(gold.normal, answer.normal)
        if equal is not None:
            return Decision(equal, "text", "the same choice" if equal else "another choice")
    if bool(ours) == bool(theirs):
        return None
    chosen, other = (ours, answer) if ours else (theirs, gold)
    if chosen and chosen.certain and not chosen.text and _is_value(other):
        return Decision(None, "text", "a letter of choices that are not known")
    return None


def _by_scale(gold: Parsed, answer: Parsed) -> Decision | None:
    """Leave degrees Celsius opposite degrees Fahrenheit undecided."""
    if are_temperatures(gold.normal, answer.normal):
        return Decision(None, "text", "degrees of two temperature scales")
    return None


def _is_value(answer: Parsed) -> bool:
    """Say whether an answer is a number or words, and may be what an option says."""
    return answer.numeral is not None or _is_closed(answer.plain_tree)
