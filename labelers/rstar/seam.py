"""What an rStar search asks for. Nothing here knows a gold answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rollouts.voting import AnswerClass

Part = Literal["step", "rest", "subquestion", "subanswer", "rephrase"]
"""What is wanted: the next step of a solution or all the rest of it, the next sub-question or the
answer to one, the question in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing to ask the policy, so many times."""

    part: Part
    question: str
    """The problem's, or another way to put it."""
    prefix: tuple[str, ...] = ()
    """What stands already and is gone on with; joined it is the text."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """One sample of the policy behind a prefix; untrusted."""

    text: str
    """A step has what ends it; all others are without blanks at their ends."""
    answer: str | None
    """The final answer that it states; None where it states none."""
    finished: bool = True
    """False where it was cut at its limit of tokens."""
    ended: bool = False
    """Of a step: whether the policy ended the solution with it."""


class Asker(Protocol):
    """The policy and the verifier, as the search of one problem sees them."""

    async def write(self, ask: Ask) -> Sequence[Wrote]:
        """Return samples 0, ..., count - 1, in their order.

        The same question, prefix and part give the same samples again, and are paid for once.
        """
        ...

    async def classes(self, answers: Sequence[str], *, final: bool) -> list[AnswerClass]:
        """Group answers that the verifier finds equal, the largest group first.

        `final`: they answer the problem, not a sub-question, so that its options may be chosen.
        """
        ...
