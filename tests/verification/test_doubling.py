"""What reads model text takes time in proportion to its length, whatever stands in it."""

from collections.abc import Callable

import pytest

from tests.doubling import assert_doubles
from verification import VerificationSettings
from verification.finding.extraction import extract
from verification.finding.worded import is_prose
from verification.steps.check import check_step

UNITS = [
    *("a", "aB", "ab ", "a ", "A'", "\\text{", "$a", "\\(", "\\boxed{", "{", "}", "#### ", "\n"),
    *("The answer is ", "so x = 1, ", "1,", "=", "1 = ", "1+", "\\frac{1}", "(", "```", "**", "é"),
]
FORMATS = ["auto", "boxed", "hash", "json"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", [*FORMATS, "prose", "step"])
def test_twice_the_text_takes_twice_the_time(name: str, unit: str) -> None:
    def work(count: int) -> Callable[[], object]:
        text = unit * count
        if name == "prose":
            return lambda: is_prose(text)
        if name == "step":
            return lambda: check_step(text)
        form = VerificationSettings.model_validate({"answer_format": name}).answer_format
        return lambda: extract(text, form, finished=True)

    assert_doubles(work, 60_000 // len(unit))
