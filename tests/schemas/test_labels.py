import pytest

from schemas import Evidence, LabelledSolution, Outcome, StopRule

ALIVE = Evidence(correct=1, stop_rule=StopRule.FIRST_SUCCESS)
DEAD = Evidence(incorrect=8, stop_rule=StopRule.FIRST_SUCCESS)
CUT = Evidence(truncated=8, stop_rule=StopRule.FIRST_SUCCESS)


@pytest.mark.parametrize(
    ("evidence", "first_error", "labelled"),
    [
        ((ALIVE, DEAD, Evidence()), 1, 2),
        ((ALIVE, DEAD, DEAD), 1, 3),
        ((DEAD, Evidence(), Evidence()), 0, 1),
        ((ALIVE, CUT, DEAD), None, 2),
        ((Evidence(), Evidence(), Evidence()), -1, 3),
        ((Evidence(), DEAD, Evidence()), 1, 2),
        ((Evidence(), Evidence(), Evidence()), None, 0),
    ],
)
def test_a_step_is_labelled_by_its_evidence_or_by_the_first_error(
    evidence: tuple[Evidence, ...], first_error: int | None, labelled: int
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
    assert solution.labelled_steps == labelled
