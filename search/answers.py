"""Which of some solutions state the same answer, told without a gold answer."""

from collections.abc import Sequence
from typing import Protocol

from schemas import Outcome
from verification.seam import Verifier


class AnswerReader(Verifier, Protocol):
    """A verifier that also says what a text's answer is: `verification.judge.Judge`."""

    def stated(self, text: str, *, finished: bool) -> str | None:
        """Return the final answer that a text states; None where it states none."""
        ...


async def numbered(
    reader: AnswerReader, texts: Sequence[str], *, options: Sequence[str] = ()
) -> list[tuple[str, int] | None]:
    """Return each text's answer and its number: equal answers have one; None without an answer.

    Answers are equal where they are spelt alike but for spaces and case, or where the verifier
    judges one to be right with the first of the others as gold.
    """
    numbers: dict[str, int] = {}
    firsts: list[str] = []
    found: list[tuple[str, int] | None] = []
    for text in texts:
        answer = reader.stated(text, finished=True)
        if answer is None:
            found.append(None)
            continue
        spelt = "".join(answer.split()).casefold()
        if spelt not in numbers:
            numbers[spelt] = await _number(reader, firsts, text, options)
            if numbers[spelt] == len(firsts):
                firsts.append(answer)
        found.append((answer, numbers[spelt]))
    return found


async def _number(
    reader: AnswerReader, firsts: Sequence[str], text: str, options: Sequence[str]
) -> int:
    """Return the number of the first answer that a text's equals; one more where none does."""
    for number, first in enumerate(firsts):
        verdict = await reader.judge(first, text, finished=True, options=options)
        if verdict.outcome is Outcome.CORRECT:
            return number
    return len(firsts)
