"""Each convention, told apart by one pair: what the default says, and what the setting says."""

from fractions import Fraction
from typing import Any

import pytest

from verification.comparing.equivalence import compare
from verification.conventions import DEFAULTS, Conventions

PAIRS: list[tuple[dict[str, Any], str, str, bool | None, bool]] = [
    ({"percent": "strict"}, "20\\%", "20", True, False),
    ({"units": "required"}, "5\\text{ cm}", "5", True, False),
    ({"units": "ignored"}, "5\\text{ cm}", "5\\text{ km}", False, True),
    ({"degrees": "strict"}, "60^\\circ", "60", True, False),
    ({"currency": "strict"}, "\\$5", "5", True, False),
    ({"relative_tolerance": Fraction(1, 100)}, "\\frac13", "0.333", False, True),
    ({"log_base": "ten"}, "\\log 8", "3\\log 2", True, True),
    ({"log_base": "ten"}, "\\log 1000", "\\ln 1000", False, False),
    ({"log_base": "e"}, "\\log 100", "2", True, False),
    ({"brackets": "lenient"}, "(1,2)", "[1,2]", False, True),
    ({"tuple_order": "free"}, "(1,2)", "(2,1)", False, True),
    ({"assignments": "strict"}, "x=5", "5", True, False),
    ({"intervals_as_inequalities": False}, "[8,\\infty)", "x\\ge 8", True, False),
    ({"letter_case": "ignored"}, "2R", "2r", False, True),
    ({"dropped_base": "same"}, "1101_2", "1101", False, True),
    ({"other_base": "same"}, "1101_2", "13_{10}", False, True),
    ({"unreduced": "different"}, "\\frac12", "\\frac24", True, False),
    ({"ratio_as_fraction": True}, "1:2", "\\frac12", False, True),
    ({"decimal_comma": True}, "3.5", "3,5", False, True),
    ({"number_words": False}, "\\text{four}", "4", True, False),
    ({"choice_case": "strict"}, "a", "(A)", True, False),
    ({"missing_half_of_day": "optional"}, "4:30 \\text{ p.m.}", "4:30", None, True),
]


@pytest.mark.parametrize(("setting", "gold", "answer", "by_default", "when_set"), PAIRS)
def test_a_convention_decides_its_pair(
    setting: dict[str, Any], gold: str, answer: str, by_default: bool | None, when_set: bool
) -> None:
    conventions = Conventions(**setting)
    for left, right in ((gold, answer), (answer, gold)):
        assert compare(left, right).equal is by_default
        assert compare(left, right, conventions).equal is when_set


def test_every_convention_has_a_pair_here() -> None:
    covered = {name for setting, *_ in PAIRS for name in setting}
    assert covered == set(Conventions.model_fields)


def test_conventions_say_what_they_mean() -> None:
    undocumented = [n for n, field in Conventions.model_fields.items() if not field.description]
    assert undocumented == []
    assert Conventions() == DEFAULTS
