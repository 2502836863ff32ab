"""What a labeler's tokens paid for, and the table of the models that learnt from it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.prm import sets
from benchmarks.prm.report import draw, line
from benchmarks.prm.sets import SETS, bought
from schemas import Outcome, Prefix, Problem
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from sources.synthetic import SyntheticSource
from tests.runs import rollout, write_shard

SOURCE = SyntheticSource(seed=sets.TRAIN, count=4)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "COUNT", 4)


def run(folder: Path, labelled: Sequence[int], *, words: int = 10, scored: int = 0) -> RunFolder:
    """A run with two rollouts of so many tokens of each problem."""
    problems: list[Problem] = [SOURCE.problem(number) for number in labelled]
    text = " ".join(["word"] * words)
    write_shard(
        folder,
        0,
        problems=[ProblemRow(problem=one, set_aside="") for one in problems],
        solutions=[],
        rollouts=[
            rollout(one, Prefix(), text, Outcome.CORRECT, index)
            for one in problems
            for index in range(2)
        ],
    )
    (folder / "run.json").write_text(json.dumps({"costs": {"scored_tokens": scored}}))
    return RunFolder(folder)


def test_tokens_pay_for_the_first_problems_whole(tmp_path: Path) -> None:
    paid = bought(run(tmp_path / "run", [0, 1, 2]), 45)
    assert list(paid.problems) == [SOURCE.problem(0).id, SOURCE.problem(1).id]
    assert paid.tokens == 40
    assert paid.all_spent


def test_a_problem_that_is_not_whole_ends_it_so_that_easy_ones_do_not_count_alone(
    tmp_path: Path,
) -> None:
    paid = bought(run(tmp_path / "run", [0, 2, 3]), 45)
    assert len(paid.problems) == 1
    assert not paid.all_spent


def test_tokens_read_for_scores_count_too(tmp_path: Path) -> None:
    paid = bought(run(tmp_path / "run", [0, 1, 2], scored=30), 45)
    assert paid.tokens == 30


def test_a_line_is_the_mean_over_seeds_with_their_spread(tmp_path: Path) -> None:
    def figures(f1: float) -> dict[str, object]:
        half = {"f1": f1, "interval": [f1 - 0.1, f1 + 0.1]}
        names = ["mean", "majority", "pass", "best of N, product", "weighted, product"]
        names += ["best of N, last", "weighted, last"]
        chosen = {name: {"share": 0.5, "interval": [0.4, 0.6]} for name in names}
        calibration = {"auroc": 0.9, "ece": 0.1}
        return {"half": half, "tuned": half, "calibration": calibration, "chosen": chosen}

    paid = bought(run(tmp_path / "run", [0]), 1)
    counts = {"problems": 1, "solutions": 2, "steps": 3}
    found = line(SETS[0], paid, counts, [figures(0.5), figures(0.7)])
    assert found.f1.mean == pytest.approx(0.6)
    assert found.f1.spread == pytest.approx(0.1414, abs=1e-3)
    assert found.f1.interval == pytest.approx((0.5, 0.7))
    draw([found], tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 1_000
