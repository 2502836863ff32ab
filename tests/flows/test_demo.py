from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.config import CONFIGS
from flows.demo import Truth, share, truth
from schemas import Evidence, LabelledSolution, Outcome, StopRule
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from sources.synthetic import SyntheticSource
from tests.runs import PROVENANCE

from .conftest import Stepmint

PROBLEM = SyntheticSource(seed=3, count=1).problem(0)
RIGHT = tuple(str(PROBLEM.solution).splitlines(keepends=True))


def labelled(steps: Sequence[str], correct: Sequence[int], first_error: int | None) -> SolutionRow:
    evidence = tuple(
        Evidence(correct=n, incorrect=4 - n, stop_rule=StopRule.FIXED) for n in correct
    )
    solution = LabelledSolution(
        problem_id=PROBLEM.id,
        solution_index=0,
        labeler="math_shepherd",
        steps=tuple(steps),
        outcome=Outcome.CORRECT,
        root=Evidence(),
        evidence=evidence,
        first_error=first_error,
    )
    return SolutionRow(problem=PROBLEM, solution=solution, provenance=PROVENANCE)


def test_labels_that_say_what_the_oracle_says_are_all_true() -> None:
    steps = len(RIGHT)
    assert truth([labelled(RIGHT, [2] * steps, -1)]) == Truth(
        solutions=1, located=1, abstained=0, steps=steps, right=steps
    )


def test_a_missed_error_costs_its_step_and_its_place() -> None:
    wrong = (*RIGHT[:-1], "#### 123456789")
    steps = len(wrong)
    missed = truth([labelled(wrong, [2] * steps, -1)])
    assert (missed.located, missed.right) == (0, steps - 1)
    found = truth([labelled(wrong, [2] * (steps - 1) + [0], steps - 1)])
    assert (found.located, found.right) == (1, steps)


def test_steps_behind_the_first_error_are_not_counted() -> None:
    wrong = ("nonsense\n", *RIGHT)
    found = truth([labelled(wrong, [0] * len(wrong), 0)])
    assert (found.steps, found.right) == (1, 1)


def test_a_labeler_that_abstains_is_not_wrong_but_counted() -> None:
    assert truth([labelled(RIGHT, [2] * len(RIGHT), None)]).abstained == 1


def test_a_share_comes_with_its_interval() -> None:
    assert share(93, 100) == "93.0% (86.3 to 96.6)"
    assert share(0, 0) == "-"


@pytest.mark.slow
@pytest.mark.skipif(
    not (CONFIGS.parent / "demo" / "policy" / "config.json").exists(),
    reason="the demo policy is not trained: python -m demo.train",
)
@pytest.mark.timeout(600)
def test_the_demo_labels_solutions_and_tells_how_true_the_labels_are(
    tmp_path: Path, stepmint: Stepmint
) -> None:
    done = stepmint("demo", "--output", str(tmp_path), "--set", "source.count=6")
    assert done.returncode == 0, done.stderr
    assert "step labels up to the first error" in done.stdout
    assert f"The dataset is in {tmp_path / 'demo'}" in done.stdout
    assert len(list(RunFolder(tmp_path / "demo").problems())) == 6
    assert (tmp_path / "demo" / "exports" / "trl-hard" / "train.parquet").exists()
