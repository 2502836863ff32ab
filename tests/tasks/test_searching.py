"""Whole searches: what their tables hold, that nothing is paid twice, and that gold is not seen."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollouts import JournalReader
from schemas import Problem, RunError, SourceError
from schemas.arrow import SearchTable
from schemas.search_folder import SearchFolder
from search.selectors import SELECTORS
from sources import FileSource
from tasks.search_figures import Figures
from tasks.searching import SearchBoard
from tests.tasks.killing import counting, killed
from tests.tasks.searches import searched, settings
from tests.toy_runs import tables

SEARCHES = ("best_of_n", "beam", "lookahead", "puct")


def made(folder: Path) -> SearchFolder:
    return SearchFolder(folder / "output" / "toy")


def rows(folder: Path, table: SearchTable) -> list[dict[str, Any]]:
    return [row for one in made(folder).tables(table) for row in one.to_pylist()]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Figures]:
    folder = tmp_path_factory.mktemp("search")
    return folder, searched(folder)


def test_each_problem_has_a_choice_by_each_selector_of_each_search(
    done: tuple[Path, Figures],
) -> None:
    folder, _ = done
    chosen = rows(folder, "search_chosen")
    own = {
        (row["problem_id"], row["search"], row["selector"])
        for row in chosen
        if not row["as_much_as"]
    }
    assert len(own) == 6 * 4 * len(SELECTORS)
    candidates = {
        (row["problem_id"], row["search"], row["candidate"]): row
        for row in rows(folder, "search_candidates")
    }
    for row in chosen:
        if row["candidate"] >= 0:
            candidate = candidates[row["problem_id"], row["search"], row["candidate"]]
            assert (row["answer"], row["outcome"]) == (candidate["answer"], candidate["outcome"])


def test_a_reward_model_that_can_add_beats_the_majority(done: tuple[Path, Figures]) -> None:
    _, found = done
    right = {(row.search, row.selector): row.right for row in found.rows if not row.as_much_as}
    for search in SEARCHES:
        assert right[search, "prm_min_max"] >= right[search, "majority_vote"]
        assert right[search, "prm_min_max"] == right[search, "any"]
    assert found.problems == 6
    assert found.prm_tokens > 0


def test_the_trace_is_a_forest_whose_paths_are_the_candidates(done: tuple[Path, Figures]) -> None:
    folder, _ = done
    trace = {
        (row["problem_id"], row["search"], row["place"]): row
        for row in rows(folder, "search_trace")
    }
    assert {search for _, search, _ in trace} == {"beam", "lookahead", "puct"}
    for (id, search, _), row in trace.items():
        if row["parent"] < 0:
            assert row["prefix"] == []
        else:
            above = trace[id, search, row["parent"]]
            assert row["prefix"] == [*above["prefix"], above["step"]]
            assert above["kept"]
        assert (row["visits"] is None) == (search != "puct")
    for row in rows(folder, "search_candidates"):
        if row["place"] >= 0:
            last = trace[row["problem_id"], row["search"], row["place"]]
            assert row["steps"] == [*last["prefix"], *([last["step"]] if last["step"] else [])]
            assert row["grades"] == last["grades"]


def test_siblings_of_one_prefix_stand_side_by_side_with_scores(done: tuple[Path, Figures]) -> None:
    folder, _ = done
    families = defaultdict(list)
    for row in rows(folder, "search_trace"):
        families[row["problem_id"], row["search"], row["parent"]].append(row)
    pairs = [
        (better["step"], worse["step"])
        for family in families.values()
        for better in family
        for worse in family
        if better["score"] > worse["score"]
    ]
    assert pairs


def test_best_of_n_at_the_tokens_of_a_search_takes_no_more_than_these(
    done: tuple[Path, Figures],
) -> None:
    folder, _ = done
    chosen = rows(folder, "search_chosen")
    spent = {
        (row["problem_id"], row["search"]): row["tokens"] for row in chosen if not row["as_much_as"]
    }
    matched = [row for row in chosen if row["as_much_as"]]
    assert {row["as_much_as"] for row in matched} == {"beam", "lookahead", "puct"}
    for row in matched:
        assert row["search"] == "best_of_n"
        assert row["samples"] == 1 or row["tokens"] <= spent[row["problem_id"], row["as_much_as"]]


def test_fifths_hold_the_easiest_first(done: tuple[Path, Figures]) -> None:
    _, found = done
    assert {one.by for one in found.fifths} == {"pass rate", "score"}
    own = [
        one
        for one in found.fifths
        if (one.by, one.search, one.selector) == ("pass rate", "best_of_n", "majority_vote")
    ]
    assert [one.fifth for one in own] == [1, 2, 3, 4, 5]
    assert [one.problems for one in own] == [2, 1, 1, 1, 1]
    shares = [one.right / one.problems for one in own]
    assert shares == sorted(shares, reverse=True)


def test_difficulty_may_rest_on_samples_that_no_search_uses(tmp_path: Path) -> None:
    found = searched(tmp_path, difficulty=3, problems=3)
    assert found.apart
    problems = rows(tmp_path, "search_problems")
    assert all(row["correct"] + row["incorrect"] + row["no_answer"] == 3 for row in problems)
    assert all(row["difficulty_tokens"] > 0 for row in problems)


def test_the_same_search_gives_the_same_bytes_and_asks_nothing_when_it_is_done(
    tmp_path: Path, done: tuple[Path, Figures]
) -> None:
    folder, _ = done
    searched(tmp_path)
    assert tables(made(tmp_path).path) == tables(made(folder).path)
    board = SearchBoard()
    searched(tmp_path, board)
    assert board.done == board.problems == 6
    assert board.costs.rollouts == 0


def test_what_two_searches_ask_alike_is_written_once(tmp_path: Path) -> None:
    one = searched(tmp_path / "one", searches=[{"kind": "beam", "n": 4, "expand": 2}])
    twins = [{"kind": "beam", "n": 4, "expand": 2, "name": name} for name in ("a", "b")]
    two = searched(tmp_path / "two", searches=twins)
    assert two.costs == one.costs
    assert two.prm_tokens == one.prm_tokens
    tokens = {row.search: row.tokens for row in two.rows if row.selector == "majority_vote"}
    assert tokens["a"] == tokens["b"] > 0


def test_no_choice_and_no_step_depends_on_gold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: tuple[Path, Figures]
) -> None:
    folder, _ = done
    load = FileSource.load

    def swapped(self: FileSource, reading: Any = None) -> Iterator[Any]:
        for one in load(self, reading):
            assert isinstance(one, Problem)
            yield Problem(
                id=one.id, source=one.source, question=one.question, answer="1234567", solution="x"
            )

    monkeypatch.setattr(FileSource, "load", swapped)
    found = searched(tmp_path)
    assert sum(row.right for row in found.rows) == 0
    gold = ("outcome", "reason")
    for table in ("search_trace", "search_candidates", "search_chosen"):
        here, there = (
            [
                {name: cell for name, cell in row.items() if name not in gold}
                for row in rows(one, table)
            ]
            for one in (tmp_path, folder)
        )
        assert here == there


@pytest.mark.parametrize(
    "deeds",
    [pytest.param(9, marks=pytest.mark.slow), 61, pytest.param(200, marks=pytest.mark.slow)],
)
def test_killed_anywhere_it_pays_for_nothing_twice_and_ends_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    done: tuple[Path, Figures],
    deeds: int,
) -> None:
    folder, whole = done
    call = (
        "from tests.tasks.searches import searched; from pathlib import Path; "
        f"searched(Path({str(tmp_path)!r}))"
    )
    killed(call, deeds, tmp_path / "output")
    had = sum(_paid(made(tmp_path), shard) for shard in ("shard-00000", "shard-00001"))
    written = counting(monkeypatch)
    searched(tmp_path)
    assert had + written.count == whole.costs.rollouts
    assert tables(made(tmp_path).path) == tables(made(folder).path)
    assert not list((made(tmp_path).path / "journal").glob("*.journal"))


def _paid(one: SearchFolder, shard: str) -> int:
    if one.marker(shard).is_file():
        return int(json.loads(one.marker(shard).read_text())["costs"]["sampled"])
    with JournalReader(one.journal(shard)) as kept:
        return kept.costs().rollouts


def test_a_budget_leaves_whole_shards_and_a_larger_one_goes_on(
    tmp_path: Path, done: tuple[Path, Figures]
) -> None:
    folder, whole = done
    board = SearchBoard()
    part = searched(tmp_path, board, budget={"rollouts": whole.costs.rollouts - 20}, open=1)
    assert board.reached.endswith("rollouts")
    assert (part.problems, board.done) == (4, 4)
    assert made(tmp_path).record()["status"] == "budget reached"
    rest = SearchBoard()
    found = searched(tmp_path, rest)
    assert (found.rows, found.fifths) == (whole.rows, whole.fifths)
    assert found.costs.rollouts == whole.costs.rollouts
    assert rest.costs.sampled <= 40
    assert tables(made(tmp_path).path) == tables(made(folder).path)


def test_other_settings_are_not_mixed_into_a_search(tmp_path: Path) -> None:
    searched(tmp_path, problems=2)
    with pytest.raises(RunError, match=r"sampling\.temperature: was 1\.0, now 0\.5"):
        searched(tmp_path, problems=2, sampling={"temperature": 0.5, "max_tokens": 200})
    searched(tmp_path, problems=2, open=1)


def test_problems_that_changed_are_not_mixed_into_a_search(tmp_path: Path) -> None:
    values = settings(tmp_path, problems=2)
    searched(tmp_path, problems=2)
    Path(values["source"]["path"]).write_text('{"question": "Add up: 1, 2.", "answer": "3"}\n')
    from tests.tasks import searches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searches, "sums", lambda path, count: path)
        with pytest.raises(RunError, match="the problems of shard-00000 are not those"):
            searched(tmp_path, problems=2)


def test_a_table_that_was_changed_is_noticed(tmp_path: Path) -> None:
    searched(tmp_path, problems=2)
    made(tmp_path).file("search_trace", "shard-00000").write_bytes(b"x")
    with pytest.raises(RunError, match="differs from what was committed"):
        searched(tmp_path, problems=2)


def test_a_problem_whose_gold_cannot_be_judged_against_is_set_aside(tmp_path: Path) -> None:
    from tests.tasks import searches

    def two(path: Path, count: int) -> Path:
        rows = [("Add up: 1, 2.", "3"), ("Add up: 1, 3.", "((")]
        path.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows))
        return path

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searches, "sums", two)
        try:
            found = searched(tmp_path)
        except SourceError:
            pytest.skip("the source rejects such a gold before")
    assert (found.problems, found.set_aside) == (1, 1)


def test_a_run_is_not_searched_over(tmp_path: Path) -> None:
    folder = made(tmp_path).path
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    with pytest.raises(RunError, match="holds a run"):
        searched(tmp_path, problems=2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sampling": {"temperature": 0}}, "temperature=0 gives the same text"),
        ({"pause": [""]}, "an empty string is everywhere"),
        ({"splitter": {"kind": "segmenter"}}, "give a splitter that cuts by rules"),
        ({"searches": [{"kind": "puct"}, {"kind": "puct"}]}, "two searches are called puct"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sampled(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        searched(tmp_path, **changes)
