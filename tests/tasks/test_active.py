"""Active selection: a pool is scored, convincing wrong answers are taken, and can be labelled."""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from schemas import ConfigError, Grades, Outcome, Prefix, RunError
from schemas.recipe_folder import RecipeFolder
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tasks.origins import samples_of, write_learnt
from tasks.recipes import ActiveSelection, RecipeBoard, make
from tasks.settings import LabelRun
from tests.runs import evidence, problem, rollout, solution, write_shard
from tests.tasks.searches import Adder
from tests.tasks.test_shards import label_all
from tests.toy_runs import settings


class Reader(Adder):
    """The adder, which remembers what it read."""

    def __init__(self) -> None:
        self.read_steps: list[tuple[str, ...]] = []

    def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
        told = [(question, tuple(steps)) for question, steps in solutions]
        self.read_steps += [steps for _, steps in told]
        return super().read(told)


def pool_of(folder: Path, **changes: Any) -> Path:
    """A run whose policy often adds wrongly, so that answers differ."""
    asked: dict[str, Any] = {"policy": {"kind": "scripted", "error": 0.4}, "problems": 8}
    labeler = {"kind": "outcome", "num_solutions": 6}
    folder.mkdir(exist_ok=True)
    run = LabelRun.model_validate(settings(folder, **asked, labeler=labeler, **changes))
    label_all(run)
    (run.folder / "run.json").write_text(json.dumps({"config": run.model_dump(mode="json")}))
    return run.folder


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pool_of(tmp_path_factory.mktemp("pool"))


def recipe(folder: Path, run: Path, **changes: Any) -> ActiveSelection:
    model = folder / "prm" / "model"
    model.mkdir(parents=True, exist_ok=True)
    values = {
        "name": "active",
        "output": str(folder / "output"),
        "run": str(run),
        "prm": {"model": str(model)},
        "count": 3,
    }
    return ActiveSelection.model_validate(values | changes)


def selected(one: ActiveSelection, reader: Adder | None = None) -> dict[str, Any]:
    loaded = SimpleNamespace(load_grader=lambda *_, **__: reader or Adder())
    with patch.dict(sys.modules, {"prm.grading": loaded}):  # torch takes seconds to import
        return asyncio.run(make(one, one, RecipeBoard()))


def labelled_from(one: ActiveSelection, labeler: str = "outcome") -> Path:
    """A run that labels what was selected."""
    values = settings(one.output.parent, name="labelled", labeler={"kind": labeler})
    path = one.folder / "active_selection.parquet"
    values["solutions"] = {"kind": "file", "path": str(path), "separator": ""}
    del values["source"]
    run = LabelRun.model_validate(values)
    label_all(run)
    return run.folder


def rows(one: ActiveSelection, name: str = "active_selection") -> list[dict[str, Any]]:
    return list(pq.read_table(one.folder / f"{name}.parquet").to_pylist())


def test_convincing_wrong_answers_are_taken_and_the_pool_says_why(
    pool: Path, tmp_path: Path
) -> None:
    one = recipe(tmp_path, pool)
    counts = selected(one)["counts"]
    everything, taken = rows(one, "pool"), rows(one)
    assert counts["pool"] == len(everything)
    assert counts["selected"] == len(taken) > 0
    assert [row["id"] for row in taken] == list(dict.fromkeys(row["id"] for row in taken))
    by_problem: dict[str, list[dict[str, Any]]] = {}
    for row in everything:
        by_problem.setdefault(row["problem_id"], []).append(row)
    for mine in by_problem.values():
        wrong = [row for row in mine if row["rank_among_wrong"]]
        assert all(row["outcome"] == Outcome.INCORRECT for row in wrong)
        in_order = sorted(wrong, key=lambda row: row["rank_among_wrong"])
        scores = [row["score"] for row in in_order]
        assert scores == sorted(scores, reverse=True)
        first = [row["selected_by"] for row in in_order[:2]]
        assert set(first) <= {"wrong"} or mine[0]["suspect_gold"]
    assert {row["generation"] for row in everything} == {1}
    assert sum(row["times"] for row in everything) <= 8 * 6


def test_what_was_selected_is_labelled_as_given_solutions_step_by_step(
    pool: Path, tmp_path: Path
) -> None:
    one = recipe(tmp_path, pool)
    selected(one)
    run = RunFolder(labelled_from(one, "math_shepherd"))
    found = {row.solution.given_id: row for row in run.solutions()}
    taken = {row["id"]: row for row in rows(one)}
    assert found.keys() == taken.keys()
    for id, row in found.items():
        assert row.problem.question == taken[str(id)]["question"]
        assert list(row.solution.steps) == taken[str(id)]["steps"]
        assert row.solution.outcome == taken[str(id)]["outcome"]
    origins = {(each.problem_id, each.origin) for each in samples_of(RunFolder(pool))}
    assert {(each.problem_id, each.origin) for each in samples_of(run)} <= origins


def test_a_selector_that_learnt_from_the_pool_is_refused_directly_or_by_way_of_a_selection(
    pool: Path, tmp_path: Path
) -> None:
    one = recipe(tmp_path, pool)
    write_learnt(tmp_path / "prm", [pool], "no base")
    with pytest.raises(ConfigError, match=r"learnt from this pool's own samples of 8 problems"):
        selected(one)
    assert not (one.folder / "active_selection.parquet").exists()
    (tmp_path / "prm" / "learnt.parquet").unlink()
    selected(one)
    write_learnt(tmp_path / "prm", [labelled_from(one)], "no base")
    with pytest.raises(ConfigError, match="a selector is trained on earlier generations alone"):
        selected(recipe(tmp_path, pool, name="again"))


def test_a_selector_of_an_earlier_generation_makes_the_next_one(pool: Path, tmp_path: Path) -> None:
    first = recipe(tmp_path, pool)
    selected(first)
    write_learnt(tmp_path / "prm", [labelled_from(first)], "no base")
    later = recipe(tmp_path, pool_of(tmp_path / "new", seed=6), name="later")
    assert selected(later)["counts"]["generation"] == 2
    assert {row["id"].split(":")[1] for row in rows(later)} == {"2"}
    assert later.last_words(RecipeFolder(later.folder))[1:] == []


def test_of_a_model_that_does_not_say_what_it_learnt_from_the_user_is_told(
    pool: Path, tmp_path: Path
) -> None:
    one = recipe(tmp_path, pool)
    selected(one)
    assert "was not checked against the pool" in one.last_words(RecipeFolder(one.folder))[-1]


def test_what_was_graded_is_not_graded_again(pool: Path, tmp_path: Path) -> None:
    first = Reader()
    one = recipe(tmp_path, pool)
    selected(one, first)
    before = (one.folder / "active_selection.parquet").read_bytes()
    (one.folder / "graded" / "part-00000.parquet").unlink()
    (one.folder / "active_selection.parquet").unlink()
    again = Reader()
    selected(one, again)
    assert 0 < len(again.read_steps) < len(first.read_steps)
    assert (one.folder / "active_selection.parquet").read_bytes() == before


def hand_made(folder: Path, gold: str) -> Path:
    """A pool of one problem with three answers, judged by a gold; its id stays the same."""
    one = replace(problem("Add up: 1, 2."), answer=gold)
    texts = {"3": "1 + 2 = 3\n", "4": "1 + 2 = 4\n", "5": "So 1 + 2 = 3 and 5\n"}
    solutions, rollouts = [], []
    for index, (answer, text) in enumerate(texts.items()):
        outcome = Outcome.CORRECT if answer == gold else Outcome.INCORRECT
        rollouts.append(rollout(one, Prefix(), text, outcome, index))
        made = solution(one, [text], [evidence(1, 1)], index=index)
        solutions.append(replace(made, outcome=outcome))
    rows = [ProblemRow(problem=one, set_aside="")]
    write_shard(folder, 0, problems=rows, solutions=solutions, rollouts=rollouts)
    return folder


def test_scores_know_no_gold(tmp_path: Path) -> None:
    scores = []
    for gold in ("3", "4"):
        folder = tmp_path / gold
        one = recipe(folder, hand_made(folder / "run", gold), suspects=None)
        selected(one)
        scores.append([(row["solution_index"], row["score"]) for row in rows(one, "pool")])
    assert scores[0] == scores[1]


def test_problems_with_suspect_golds_are_listed_and_nothing_of_theirs_is_taken(
    tmp_path: Path,
) -> None:
    one = recipe(tmp_path, hand_made(tmp_path / "run", "7"), suspects={"solutions": 2})
    # Three different wrong answers agree on nothing.
    selected(one)
    assert (one.folder / "suspects.jsonl").read_text() == ""
    few = {"solutions": 2, "agreement": 0.3}
    other = recipe(tmp_path, tmp_path / "run", name="few", suspects=few)
    assert selected(other)["counts"]["suspect_golds"] == 1
    (line,) = (other.folder / "suspects.jsonl").read_text().splitlines()
    assert json.loads(line)["gold"] == "7"
    assert rows(other) == []
    assert {row["suspect_gold"] for row in rows(other, "pool")} == {True}


def test_all_problems_may_compete_and_a_draw_takes_as_many(pool: Path, tmp_path: Path) -> None:
    everywhere = recipe(tmp_path, pool, over="all", name="all", suspects=None, convincing=1)
    selected(everywhere)
    taken = rows(everywhere)
    least = min(row["score"] for row in taken)
    passed = [
        row
        for row in rows(everywhere, "pool")
        if row["rank_among_wrong"] and not row["selected_by"]
    ]
    assert all(row["score"] <= least for row in passed)
    drawn = recipe(tmp_path, pool, choose="uniform", name="drawn", suspects=None)
    selected(drawn)
    assert {row["selected_by"] for row in rows(drawn)} == {"uniform"}


def test_a_run_whose_solutions_were_given_is_no_pool(tmp_path: Path) -> None:
    one = recipe(tmp_path, hand_made(tmp_path / "run", "3"))
    write_shard(tmp_path / "run", 0, problems=[], solutions=[])
    with pytest.raises(RunError, match="it is no pool"):
        selected(one)
