"""First errors beside the known ones."""

import pytest

from reports.truth import Share, truth
from schemas.rows import SolutionRow
from tests.runs import PROVENANCE, evidence, problem, solution


def rows(*values: tuple[int, ...]) -> list[SolutionRow]:
    """Solutions of one problem, by how many rollouts of each step were right."""
    one = problem()
    return [
        SolutionRow(
            problem=one,
            solution=solution(
                one, [f"{step}" for step in counts], [evidence(n, 4) for n in counts], index=index
            ),
            provenance=PROVENANCE,
        )
        for index, counts in enumerate(values)
    ]


def test_an_error_is_found_at_its_very_step_or_not_at_all() -> None:
    found = rows((1, 0), (0, 0), (1, 1), (1, 0))
    id = found[0].problem.id
    known = {(id, 0): 1, (id, 1): 1, (id, 2): -1, (id, 3): -1}
    told = truth(found, known, by="people")
    assert told is not None
    assert (told.located, told.kept) == (Share(1, 2), Share(1, 2))
    assert told.f1 == pytest.approx(0.5)


def test_solutions_that_nobody_knows_do_not_count() -> None:
    assert truth(rows((1, 0)), {("elsewhere", 0): 1}, by="people") is None


def test_an_interval_holds_its_share_and_stays_between_nothing_and_all() -> None:
    for share in (Share(0, 7), Share(7, 7), Share(3, 7)):
        low, high = share.interval
        assert 0 <= low <= share.value <= high <= 1
