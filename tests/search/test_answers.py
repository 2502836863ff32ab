"""Which solutions state the same answer, told by the real verifier without gold."""

import asyncio
from collections.abc import Sequence

from search.answers import numbered
from verification import VerificationSettings


def numbers(*texts: str, options: Sequence[str] = ()) -> list[int | None]:
    async def read() -> list[int | None]:
        async with VerificationSettings(answer_format="hash").open() as judge:
            found = await numbered(judge, texts, options=options)
        return [one and one[1] for one in found]

    return asyncio.run(read())


def test_answers_of_equal_value_are_one_and_others_are_numbered_as_they_come() -> None:
    texts = ["#### 1/2", "#### 7", "so\n#### 0.5", "#### \\frac{1}{2}", "#### 7.0", "#### 8"]
    assert numbers(*texts) == [0, 1, 0, 0, 1, 2]


def test_a_text_without_an_answer_has_none() -> None:
    assert numbers("I cannot tell.", "#### 3", "") == [None, 0, None]


def test_the_letter_and_the_value_of_a_choice_are_one() -> None:
    assert numbers("#### B", "#### 12", "#### A", options=["10", "12"]) == [0, 0, 1]


def test_what_cannot_be_read_as_mathematics_is_an_answer_of_its_own() -> None:
    assert numbers("#### ((", "#### ((", "#### \x00{", "#### 5") == [0, 0, 1, 2]
