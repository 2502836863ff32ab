"""How a verdict looks on a page: a colour, a sign, words."""

from collections.abc import Mapping

from pages.charts import Tone
from schemas import Outcome

TONES: Mapping[Outcome, Tone] = {
    Outcome.CORRECT: "good",
    Outcome.INCORRECT: "bad",
    Outcome.NO_ANSWER: "none",
    Outcome.TRUNCATED: "cut",
    Outcome.UNDECIDED: "open",
}
SIGNS: Mapping[Outcome, str] = dict(zip(Outcome, "✓✗∅…?", strict=True))


def name_of(outcome: Outcome) -> str:
    """Return a verdict in words."""
    return outcome.value.replace("_", " ")
