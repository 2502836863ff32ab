"""Marking and comparing, over runs as they lie on disk."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pages.app import application
from pages.library import Library
from pages.marking import me
from schemas import LabelledSolution
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tasks.marks import add, agreed, standing
from tests.runs import evidence, problem, run_with_errors, solution, sums_run, write_shard

TOKEN = "a-token"
HERE = "http://127.0.0.1:8000"
OURS = {"origin": HERE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sums_run(tmp_path / "sums", count=8)


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(Library([folder]), token=TOKEN), base_url=HERE) as made:
        yield made


def proposed(page: str) -> str:
    """Return the address that a press of 1 posts to."""
    found = re.search(r'hx-post="([^"]*step=1)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def what(page: str) -> str:
    """Return the solution that is shown to be marked."""
    found = re.search(r"[?&;](id=.*?solution=\d+)", proposed(page))
    assert found is not None
    return found[1]


def marked(folder: Path) -> list[int | None]:
    return [one.first_error for one in agreed(standing(RunFolder(folder).marks)).values()]


def test_a_press_marks_the_proposal_and_the_next_one_comes(
    client: TestClient, folder: Path
) -> None:
    page = client.get(f"/{TOKEN}/runs/sums/mark").text
    answer = client.post(proposed(page), headers=OURS, data={"note": "2 + 2 is 4"})
    assert answer.status_code == 204
    (mark,) = agreed(standing(RunFolder(folder).marks)).values()
    assert (mark.first_error, mark.who, mark.note) == (0, me(), "2 + 2 is 4")
    following = client.get(answer.headers["hx-redirect"]).text
    assert proposed(following) != proposed(page)
    assert "1 marked" in following


def test_undo_takes_the_last_mark_back_and_shows_its_solution(
    client: TestClient, folder: Path
) -> None:
    address = proposed(client.get(f"/{TOKEN}/runs/sums/mark").text)
    after = client.post(address.replace("step=1", "step=none"), headers=OURS)
    assert marked(folder) == [-1]
    assert "step=undo" in client.get(after.headers["hx-redirect"]).text
    undone = client.post(address.replace("step=1", "step=undo"), headers=OURS)
    assert marked(folder) == []
    assert proposed(client.get(undone.headers["hx-redirect"]).text) == address
    assert "step=undo" not in client.get(f"/{TOKEN}/runs/sums/mark").text


def test_what_was_marked_last_is_named_and_taken_back_first(
    client: TestClient, folder: Path
) -> None:
    pages = [client.get(f"/{TOKEN}/runs/sums/mark").text]
    for step in ("1", "none"):
        answer = client.post(proposed(pages[-1]).replace("step=1", f"step={step}"), headers=OURS)
        pages.append(client.get(answer.headers["hx-redirect"]).text)
    assert "Marked step 1 of solution" in pages[1]
    assert "Marked no step of solution" in pages[2]
    for left in (pages[1], pages[0]):
        undo = re.search(r'data-key="u" hx-post="([^"]*step=undo)"', pages[-1])
        assert undo is not None
        answer = client.post(undo[1].replace("&amp;", "&"), headers=OURS)
        pages.append(client.get(answer.headers["hx-redirect"]).text)
        assert proposed(pages[-1]) == proposed(left)
    assert marked(folder) == []


def test_a_file_of_marks_that_cannot_be_read_is_said_and_not_added_to(
    client: TestClient, folder: Path
) -> None:
    address = proposed(client.get(f"/{TOKEN}/runs/sums/mark").text)
    client.post(address, headers=OURS)
    marks = RunFolder(folder).marks
    marks.write_text(marks.read_text() + "no mark\n" + marks.read_text())
    before = marks.read_bytes()
    assert "marks.jsonl, line 2" in client.get(f"/{TOKEN}/runs/sums/mark").text
    (first, *_) = RunFolder(folder).problems()
    query = {"id": first.problem.id}
    assert "line 2" in client.get(f"/{TOKEN}/runs/sums/problem", params=query).text
    answer = client.post(address, headers=OURS)
    assert answer.status_code >= 400
    assert "line 2" in answer.text
    assert marks.read_bytes() == before


def test_marks_of_another_text_or_of_no_step_are_shown_and_counted_as_such(
    client: TestClient, folder: Path
) -> None:
    run = RunFolder(folder)
    first, second, third = [row.solution for row in run.solutions()][:3]
    add(run, first, 0, who="mia")
    add(run, replace(second, steps=("other\n",) * len(second.steps)), 0, who="mia")
    with run.marks.open("a") as file:
        named = {"problem_id": third.problem_id, "solution_index": third.solution_index}
        file.write(json.dumps(named | {"first_error": 99, "who": "tom"}) + "\n")
    page = client.get(f"/{TOKEN}/runs/sums/problem", params={"id": second.problem_id}).text
    assert "mia marked step 1 (of another text: it does not count)" in page
    page = client.get(f"/{TOKEN}/runs/sums/problem", params={"id": third.problem_id}).text
    assert "tom marked step 100 (of a step that is not there: it does not count)" in page
    page = client.get(f"/{TOKEN}/runs/sums/truth").text
    assert "Counted from 1 solutions" in page
    assert "without 2 marks of other texts or of steps that are not there" in page


def test_the_problems_page_says_what_was_marked(client: TestClient, folder: Path) -> None:
    address = proposed(client.get(f"/{TOKEN}/runs/sums/mark").text)
    client.post(address, headers=OURS)
    (mark,) = agreed(standing(RunFolder(folder).marks)).values()
    page = client.get(f"/{TOKEN}/runs/sums/problem", params={"id": mark.problem_id}).text
    assert f"{me()} marked step 1" in page


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}], ids=str
)
def test_nothing_is_written_but_from_our_own_pages(
    client: TestClient, folder: Path, headers: dict[str, str]
) -> None:
    address = proposed(client.get(f"/{TOKEN}/runs/sums/mark").text)
    assert client.post(address, headers=headers).status_code == 403
    assert client.post(address.replace(TOKEN, "other"), headers=OURS).status_code == 403
    assert not RunFolder(folder).marks.exists()


@pytest.mark.parametrize(("step", "status"), [("99", 404), ("x", 400), ("0", 400), ("", 400)])
def test_a_step_that_is_not_there_is_refused(
    client: TestClient, folder: Path, step: str, status: int
) -> None:
    address = proposed(client.get(f"/{TOKEN}/runs/sums/mark").text)
    answer = client.post(address.replace("step=1", f"step={step}"), headers=OURS)
    assert answer.status_code == status
    assert not RunFolder(folder).marks.exists()


def test_the_least_sure_is_proposed_first_and_each_problem_once_before_any_again(
    tmp_path: Path,
) -> None:
    made, rows = [], []
    for number, sure in enumerate((0.9, 0.6, 0.7)):
        one = problem(f"{number}?")
        rows.append(ProblemRow(problem=one, set_aside=""))
        for index in range(2):
            posterior = (sure + index / 100, 1 - sure - index / 100, 0.0)
            told = solution(one, ["a\n", "b"], [evidence(0, 4)] * 2, index=index)
            made.append(replace(told, posterior=posterior))
    write_shard(tmp_path / "run", 0, problems=rows, solutions=made)
    with TestClient(application(Library([tmp_path / "run"]), token=TOKEN), base_url=HERE) as client:
        order = []
        for _ in range(6):
            address = proposed(client.get(f"/{TOKEN}/runs/run/mark").text)
            order.append(address)
            client.post(address, headers=OURS)
        done = client.get(f"/{TOKEN}/runs/run/mark").text
    places = [next(n for n, row in enumerate(rows) if row.problem.id in one) for one in order]
    assert places == [1, 2, 0, 1, 2, 0]
    assert "Every solution is marked" in done


def test_too_few_marks_say_how_many_are_needed(client: TestClient) -> None:
    page = client.get(f"/{TOKEN}/runs/sums/mark/gain").text
    assert "nobody has marked a solution yet" in page
    client.post(proposed(client.get(f"/{TOKEN}/runs/sums/mark").text), headers=OURS)
    page = client.get(f"/{TOKEN}/runs/sums/mark/gain").text
    assert "1 solution marked. " in page
    assert "until there are at least" in page


def test_two_runs_are_compared_and_lead_to_what_they_differ_in(
    folder: Path, tmp_path: Path
) -> None:
    run, other = RunFolder(folder), tmp_path / "other"
    solutions = [replace(row.solution, first_error=0) for row in run.solutions()]
    write_shard(other, 0, problems=list(run.problems()), solutions=solutions)
    library = Library([folder, other])
    with TestClient(application(library, token=TOKEN), base_url=HERE) as client:
        page = client.get(f"/{TOKEN}/runs/sums/compare").text
        assert "kappa" in page
        assert "an error against none first" in page
        leads = re.findall(r'href="([^"#]*/problem\?[^"#]*)', page)
        assert {one.split("/")[3] for one in leads} == {"sums", "other"}
        assert all(client.get(one.replace("&amp;", "&")).status_code == 200 for one in leads)
    with TestClient(application(Library([folder]), token=TOKEN), base_url=HERE) as client:
        assert "no other run" in client.get(f"/{TOKEN}/runs/sums/compare").text


def test_the_runs_page_says_how_far_marks_agree_and_counts_what_is_agreed(
    client: TestClient, folder: Path
) -> None:
    run = RunFolder(folder)
    some = [row.solution for row in run.solutions()][:5]
    for one in some:
        add(run, one, -1, who="mia")
    add(run, some[0], 0, who="tom")
    add(run, some[1], -1, who="tom")
    page = client.get(f"/{TOKEN}/runs/sums/truth").text
    assert "Counted from 4 solutions beside the marks in marks.jsonl, without 1 solution" in page
    assert "Counted from 2 solutions that two or more marked, of 5 with a mark" in page
    assert "mia no error, tom step 1" in page
    lead = re.search(r'href="([^"]*/mark\?[^"]*)"', page)
    assert lead is not None
    assert "Which step is wrong first?" in client.get(lead[1].replace("&amp;", "&")).text


def test_marks_that_cannot_serve_say_why_on_the_runs_page(client: TestClient, folder: Path) -> None:
    marks = RunFolder(folder).marks
    assert "hidden" in client.get(f"/{TOKEN}/runs/sums/truth").text
    marks.write_text("no mark\n")
    assert "line 1" in client.get(f"/{TOKEN}/runs/sums/truth").text
    marks.write_text('{"problem_id": "p", "solution_index": 0, "first_error": 1}\n')
    assert "none of the marks in" in client.get(f"/{TOKEN}/runs/sums/truth").text


def test_what_others_marked_is_folded_away_until_i_marked(client: TestClient, folder: Path) -> None:
    run = RunFolder(folder)
    one = next(run.solutions()).solution
    add(run, one, 1, who="mia")
    query: dict[str, str | int] = {"id": one.problem_id, "solution": one.solution_index}
    address = f"/{TOKEN}/runs/sums/mark"
    before = client.get(address, params=query).text
    assert before.index("<details>") < before.index("mia marked step 2")
    client.post(address, params=query | {"step": 1}, headers=OURS)
    after = client.get(address, params=query).text
    assert after.index("mia marked step 2") < after.index("<details>")


def test_what_another_run_finds_otherwise_is_proposed_in_turn_with_the_least_sure(
    tmp_path: Path,
) -> None:
    def sure(one: LabelledSolution) -> LabelledSolution:
        doubt = int(one.steps[0].partition(":")[0]) / 10
        return replace(one, posterior=(doubt, 0.0, 0.0, 1 - doubt))

    ours = run_with_errors(tmp_path / "ours", [-1, -1, -1, -1], change=sure)
    other = run_with_errors(tmp_path / "other", [0, -1, -1, -1])
    ids = [row.problem.id for row in ours.problems()]
    library = Library([ours.path, other.path])
    with TestClient(application(library, token=TOKEN), base_url=HERE) as client:
        pages = [client.get(f"/{TOKEN}/runs/ours/mark?skip={n}").text for n in range(4)]
    order = [next(n for n, one in enumerate(ids) if one in proposed(page)) for page in pages]
    assert order == [3, 0, 2, 1], "the surest of all comes second: the runs differ there"
    assert "two runs differ here" in pages[1]
    assert all("least sure here" in page for page in (pages[0], *pages[2:]))


def test_what_was_passed_over_does_not_come_again_after_a_mark(client: TestClient) -> None:
    pages = [client.get(f"/{TOKEN}/runs/sums/mark?skip={n}").text for n in range(4)]
    answer = client.post(proposed(pages[2]), headers=OURS)
    following = client.get(answer.headers["hx-redirect"]).text
    assert what(following) == what(pages[3])
    undone = re.search(r'hx-post="([^"]*step=undo)"', following)
    assert undone is not None
    answer = client.post(undone[1].replace("&amp;", "&"), headers=OURS)
    back = client.get(answer.headers["hx-redirect"]).text
    assert what(back) == what(pages[2])
    assert re.search(r'data-key="n" href="[^"]*/mark\?skip=2"', back)


def test_another_run_that_cannot_be_read_is_not_in_the_way_of_marking(tmp_path: Path) -> None:
    ours = sums_run(tmp_path / "ours", count=8)
    gone, damaged = sums_run(tmp_path / "gone", count=8), sums_run(tmp_path / "damaged", count=8)
    with TestClient(
        application(Library([ours, gone, damaged]), token=TOKEN), base_url=HERE
    ) as client:
        shutil.rmtree(gone)
        for table in damaged.glob("*/*.parquet"):
            table.write_bytes(b"")
        assert client.get(f"/{TOKEN}/runs/ours/mark").status_code == 200
