"""How far persons agree who marked the same solutions."""

import pytest

from reports.annotators import alpha, annotators
from schemas.marks import Mark


def marks(*errors: int, who: str = "abcdefg") -> list[Mark]:
    return [
        Mark(problem_id="p", solution_index=0, first_error=error, who=name)
        for error, name in zip(errors, who, strict=False)
    ]


def test_agreement_is_of_the_solutions_that_two_or_more_marked() -> None:
    found = annotators(
        {
            ("p", 0): marks(1, 1),
            ("p", 1): marks(1, 2),
            ("p", 2): marks(-1, 0, -1),
            ("q", 0): marks(3),
        }
    )
    assert (found.marked, found.shared) == (4, 3)
    assert (found.exact.hits, found.verdict.hits) == (1, 2)
    assert [[one.first_error for one in some] for some in found.differing] == [[1, 2], [-1, 0, -1]]
    assert found.persons == ["a", "b", "c"]


def test_alpha_is_that_of_krippendorffs_own_example() -> None:
    # Four observers, twelve units, of which some were left out; alpha is given as 0.743.
    rows = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    units = [[name for name in unit if name != "."] for unit in zip(*rows, strict=True)]
    assert alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_alpha_is_undefined_where_one_name_was_ever_given() -> None:
    assert alpha([["a", "a"], ["a", "a"]]) is None
    assert alpha([["a"], ["b"]]) is None
