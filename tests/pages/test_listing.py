"""Lists: pages of how many, forth and back, sorted, and searched to the end."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pages.app import application
from pages.library import Library, OpenRun
from pages.links import AddressError
from pages.listing import Asked, ProblemRows, RolloutRows, SolutionRows
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tests.runs import evidence, problem, solution, sums_run, write_shard

TOKEN = "a-token"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    folder = sums_run(tmp_path_factory.mktemp("runs") / "sums", count=60)
    return OpenRun(RunFolder(folder), "sums")


@pytest.fixture
def client(run: OpenRun) -> Iterator[TestClient]:
    made = application(Library([run.folder.path]), token=TOKEN)
    with TestClient(made, base_url="http://127.0.0.1:8000") as client:
        yield client


def test_pages_follow_each_other_forth_and_back_and_hold_every_row_once(run: OpenRun) -> None:
    seen, start, starts = list[tuple[str, int]](), 0, [0]
    while True:
        found = SolutionRows(run, Asked(start=start)).page()
        seen += [(one.problem_id, one.index) for one in found.lines]
        if found.next is None:
            break
        start = found.next
        starts.append(start)
    rows = [row.solution for row in run.folder.solutions()]
    assert seen == [(one.problem_id, one.solution_index) for one in rows]
    assert found.matching == len(rows)
    assert found.page == found.pages == len(starts) > 2
    while found.previous is not None:
        assert found.previous == starts[found.page - 2]
        found = SolutionRows(run, Asked(start=found.previous)).page()
    assert found.page == 1


def test_a_place_behind_all_rows_leads_back_to_the_last_page(run: OpenRun) -> None:
    found = ProblemRows(run, Asked(start=9_000)).page()
    assert (found.lines, found.next) == ((), None)
    assert found.previous is not None
    assert ProblemRows(run, Asked(start=found.previous)).page().next is None


def test_rows_are_sorted_over_all_shards_and_what_has_no_value_comes_last(tmp_path: Path) -> None:
    folder, none = tmp_path / "run", tuple[float, ...]()
    for shard, some in enumerate((((0.9, 0.1, 0.0), none), ((0.6, 0.4, 0.0), (0.7, 0.3, 0.0)))):
        one = problem(f"{shard}?")
        made = [
            replace(solution(one, ["a\n", "b"], [evidence(0, 4)] * 2, index=at), posterior=chances)
            for at, chances in enumerate(some)
        ]
        rows = [ProblemRow(problem=one, set_aside="")]
        write_shard(folder, shard, problems=rows, solutions=made)
    run = OpenRun(RunFolder(folder), "run")
    found = SolutionRows(run, Asked(sort="confidence")).page()
    assert [one.confidence for one in found.lines] == pytest.approx([0.6, 0.7, 0.9, None])
    found = SolutionRows(run, Asked(sort="-confidence", q="?")).page()
    assert [one.confidence for one in found.lines] == pytest.approx([0.9, 0.7, 0.6, None])
    assert found.lacking == ()


def test_problems_are_sorted_by_pass_rate_errors_and_id(run: OpenRun) -> None:
    rates = [one.root.mc_value for one in ProblemRows(run, Asked(sort="-pass_rate")).page().lines]
    known = [one for one in rates if one is not None]
    assert known == sorted(known, reverse=True)
    assert known == rates[: len(known)]
    ids = [one.id for one in ProblemRows(run, Asked(sort="id")).page().lines]
    assert ids == sorted(ids)
    errors = [one.with_error for one in ProblemRows(run, Asked(sort="-errors")).page().lines]
    assert errors == sorted(errors, reverse=True)


def test_what_a_list_cannot_be_sorted_by_is_named(run: OpenRun) -> None:
    with pytest.raises(AddressError, match=r"sort='tokens' .* rollouts sort by nothing"):
        RolloutRows(run, Asked(sort="tokens")).page()
    with pytest.raises(AddressError, match="solutions sort by id, first_error, confidence"):
        SolutionRows(run, Asked(sort="errors")).page()


def test_a_text_that_was_looked_for_everywhere_is_counted(run: OpenRun) -> None:
    everything = SolutionRows(run, Asked()).page().matching
    found = SolutionRows(run, Asked(q="1")).page()
    while not found.complete:
        assert found.next is not None
        found = SolutionRows(run, Asked(q="1", start=found.next)).page()
    assert 0 < found.matching <= everything
    again = SolutionRows(run, Asked(q="1")).page()  # what was looked at is known
    assert (again.matching, again.complete) == (found.matching, True)


def test_a_list_says_which_page_it_is_and_why_no_confidence_is_shown(client: TestClient) -> None:
    address = f"/{TOKEN}/runs/sums/solutions"
    page = client.get(f"{address}?below=0.5").text
    assert "0 solutions." in page
    assert "No solution has a confidence" in page
    assert "Confidence below" in page
    page = client.get(f"{address}?start=40&sort=-first_error").text
    assert re.search(r"\d+ solutions, page 2 of \d", page)
    assert "Confidence below" not in page
    assert 'aria-sort="descending"' in page
    assert re.search(r'rel="prev" data-key="p" href="[^"]*/solutions\?sort=-first_error"', page)
    assert re.search(r'href="[^"]*/solutions\?sort=first_error"', page)
