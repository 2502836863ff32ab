import pytest

from schemas import Evidence, LabelledSolution, Outcome, StopRule
from schemas.views import Concludes, count_labelled

ALIVE = Evidence(correct=1, stop_rule=StopRule.FIRST_SUCCESS)
DEAD = Evidence(incorrect=8, stop_rule=StopRule.FIRST_SUCCESS)
CUT = Evidence(truncated=8, stop_rule=StopRule.FIRST_SUCCESS)


@pytest.mark.parametrize(
    ("evidence", "first_error", "concludes", "labelled"),
    [
        ((ALIVE, DEAD, Evidence()), 1, "counts", 2),
        ((ALIVE, DEAD, DEAD), 1, "counts", 2),
        ((DEAD, Evidence(), Evidence()), 0, "counts", 1),
        ((ALIVE, CUT, DEAD), None, "counts", 2),
        ((Evidence(), Evidence(), Evidence()), -1, "first_error", 3),
        ((Evidence(), DEAD, ALIVE), 1, "first_error", 2),
        ((ALIVE, Evidence(), DEAD), None, "first_error", 0),
        ((Evidence(), Evidence(), Evidence()), None, "counts", 0),
    ],
)
def test_a_step_is_labelled_as_the_run_concludes_and_not_behind_a_first_error(
    evidence: tuple[Evidence, ...], first_error: int | None, concludes: Concludes, labelled: int
) -> None:
    solution = LabelledSolution(
        problem_id="p",
        solution_index=0,
        labeler="math_shepherd",
        steps=("a\n", "b\n", "c\n"),
        outcome=Outcome.INCORRECT,
        root=Evidence(),
        evidence=evidence,
        first_error=first_error,
    )
    assert count_labelled(solution, concludes) == labelled
