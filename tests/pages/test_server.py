"""The server: who is answered, with what, over a run as it lies on disk."""

import html
import json
import os
import platform
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from starlette.testclient import TestClient

from pages.app import application
from pages.library import Library
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tests.pages.crawling import crawled, links
from tests.runs import problem, sums_run, write_shard
from tests.toy_runs import tree

TOKEN = "a-token"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sums_run(tmp_path / "sums")


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(Library([folder]), token=TOKEN), base_url=HERE) as made:
        yield made


def test_every_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    assert crawled(client, f"/{TOKEN}/") > 25


def test_without_the_token_nothing_is_answered(client: TestClient) -> None:
    for path in ("/", "/runs/sums/", f"/x{TOKEN}/", "/assets/page.css"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "stepmint view" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "[::2]", ""])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get(f"/{TOKEN}/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:8000", "[::1]:80"])
def test_this_machine_is_answered_at_any_port(client: TestClient, host: str) -> None:
    answer = client.get(f"/{TOKEN}/runs/sums/", headers={"host": host})
    assert answer.status_code == 200


def test_another_site_changes_nothing(client: TestClient) -> None:
    headers = {"origin": "http://evil.example"}
    assert client.post(f"/{TOKEN}/runs/sums/", headers=headers).status_code == 403
    ours = client.post(f"/{TOKEN}/runs/sums/", headers={"origin": HERE})
    assert ours.status_code == 405  # let through, and no page takes it


def test_no_script_but_ours_may_run(client: TestClient) -> None:
    answer = client.get(f"/{TOKEN}/runs/sums/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", answer.text)


def test_nothing_comes_from_elsewhere(client: TestClient) -> None:
    page = client.get(f"/{TOKEN}/runs/sums/").text
    assert not re.search(r'(?:href|src)="(?:https?:)?//', page)


def test_looking_writes_nothing(client: TestClient, folder: Path) -> None:
    before = tree(folder)
    for page in ("", "problems", "solutions?q=is", "rollouts", "truth", "doubts", "progress"):
        assert client.get(f"/{TOKEN}/runs/sums/{page}").status_code == 200
    assert tree(folder) == before


def test_what_is_not_there_is_said(client: TestClient) -> None:
    for path in (
        "runs/none/",
        "runs/sums/problem?id=none",
        "runs/sums/nothing",
        "runs/sums/problem",
    ):
        answer = client.get(f"/{TOKEN}/{path}")
        assert answer.status_code == 404
        assert "cannot be shown" in answer.text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("below=much", "below='much' in the address"),
        ("start=-1", "start='-1' in the address: input should be greater than or equal to 0"),
        ("first_error=abc", "first_error='abc' in the address: give a step from 1"),
        ("label=odd", "label='odd' in the address: give right, wrong or unlabelled"),
    ],
)
def test_an_address_that_makes_no_sense_is_told_so(
    client: TestClient, asked: str, told: str
) -> None:
    answer = client.get(f"/{TOKEN}/runs/sums/solutions?{asked}")
    assert answer.status_code == 400
    assert told in html.unescape(answer.text)


def test_a_fault_of_ours_is_a_page_that_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.routes.run.sentence", lambda summary: 1 / 0)
    app = application(Library([folder]), token=TOKEN)
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        answer = client.get(f"/{TOKEN}/runs/sums/")
    assert answer.status_code == 500
    assert "This is a fault of stepmint" in answer.text
    assert "Skip to the content" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("table", ["solutions", "rollouts", "nodes"])
def test_a_shard_that_cannot_be_read_is_named_and_the_others_are_shown(
    client: TestClient, folder: Path, table: str
) -> None:
    bad = folder / table / "shard-00001.parquet"
    content = bad.read_bytes()
    bad.write_bytes(content[: len(content) // 2])
    for page in ("", "problems", "solutions", "rollouts", "mark"):
        answer = client.get(f"/{TOKEN}/runs/sums/{page}")
        assert answer.status_code == 200
        assert f"Not shown: {bad} cannot be read" in answer.text
    assert client.get(f"/{TOKEN}/runs/sums/problems").text.count("<tr data-row") == 21
    bad.write_bytes(content)
    assert "Not shown" not in client.get(f"/{TOKEN}/runs/sums/").text


def test_texts_that_cannot_be_read_leave_the_other_shards_lists(
    client: TestClient, folder: Path
) -> None:
    address = f"/{TOKEN}/runs/sums/problems"
    client.get(address)  # its figures are counted before it is damaged
    bad = folder / "problems" / "shard-00001.parquet"
    bad.write_bytes(b"PAR1 and no more")
    answer = client.get(address)
    assert answer.text.count("<tr data-row") == 21
    assert f"Not shown: {bad} cannot be read" in answer.text


@pytest.mark.parametrize("marker", ["", "{}", "[]", '{"counts": {"problems": "many"}}'])
def test_a_damaged_marker_leaves_its_shard_out(
    client: TestClient, folder: Path, marker: str
) -> None:
    path = RunFolder(folder).marker("shard-00001")
    path.write_text(marker)
    answer = client.get(f"/{TOKEN}/runs/sums/")
    assert answer.status_code == 200
    assert f"Not shown: {path} is" in answer.text


@pytest.mark.parametrize(
    "record",
    ["[1, 2]", '{"counts": {"problems": "many"}}', '{"costs": 7}', '{"policy": {"a": 1}}', "{"],
)
def test_a_damaged_record_is_one_failed_line_among_all_runs(tmp_path: Path, record: str) -> None:
    runs = [sums_run(tmp_path / name, count=2) for name in ("good", "odd")]
    (runs[1] / "run.json").write_text(record)
    with TestClient(application(Library(runs), token=TOKEN), base_url=HERE) as client:
        answer = client.get(f"/{TOKEN}/")
    assert answer.text.count("<tr data-row") == 2
    assert f"{runs[1] / 'run.json'} is" in answer.text


def test_a_run_may_grow_while_it_is_looked_at(client: TestClient, folder: Path) -> None:
    address = f"/{TOKEN}/runs/sums/problems"
    assert "42 problems" in client.get(address).text
    marker = RunFolder(folder).marker("shard-00001")
    hidden = marker.rename(marker.with_suffix(".hidden"))
    assert "21 problems" in client.get(address).text
    hidden.rename(marker)
    assert "42 problems" in client.get(address).text


def test_progress_tells_the_page_when_there_is_more_to_show(client: TestClient) -> None:
    address = f"/{TOKEN}/runs/sums/progress"
    assert client.get(f"{address}?shards=1&status=unknown").headers["hx-trigger"] == "grown"
    assert client.get(f"{address}?shards=2&status=running").headers["hx-trigger"] == "grown"
    assert "hx-trigger" not in client.get(f"{address}?shards=2&status=unknown").headers


def test_a_run_that_has_nothing_yet_says_so(tmp_path: Path) -> None:
    (tmp_path / "output" / "new").mkdir(parents=True)
    (tmp_path / "output" / "new" / "run.json").write_text('{"status": "running"}')
    library = Library(outputs=[tmp_path / "output"])
    with TestClient(application(library, token=TOKEN), base_url=HERE) as client:
        answer = client.get(f"/{TOKEN}/")
        assert answer.status_code == 200
        assert "running" in answer.text
        assert "0 problems" in answer.text
        assert "No shard is committed yet" in answer.text


def test_a_run_whose_process_is_gone_is_said_to_have_stopped(
    client: TestClient, folder: Path
) -> None:
    record = json.loads((folder / "run.json").read_text()) | {"status": "running"}
    (folder / "run.json").write_text(json.dumps(record))
    for process, said in ((os.getpid(), "running"), (2**22 + 1, "stopped")):
        (folder / "lock").write_text(f"{process} on {platform.node()}")
        page = client.get(f"/{TOKEN}/runs/sums/").text
        assert f'class="state {said}"' in page
        assert ("goes on where it ended" in page) == (said == "stopped")
    (folder / "lock").write_text(f"{2**22 + 1} on another machine")
    assert 'class="state running"' in client.get(f"/{TOKEN}/runs/sums/").text


def test_all_runs_are_listed_and_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [sums_run(tmp_path / place / "sums", count=4) for place in ("a", "b")]
    with TestClient(application(Library(folders), token=TOKEN), base_url=HERE) as client:
        page = client.get(f"/{TOKEN}/").text
        assert "sums (2)" in page
        assert client.get(f"/{TOKEN}/runs/sums%20(2)/").status_code == 200


def test_of_a_long_solution_the_first_steps_are_shown_and_the_others_unfold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.problem.MOST_STEPS", 4)
    run = sums_run(tmp_path / "sums", count=2)
    with TestClient(application(Library([run]), token=TOKEN), base_url=HERE) as client:
        page = client.get(f"/{TOKEN}/runs/sums/solutions").text
        (address, *_) = (one for one in links(page) if "problem?id=" in one)
        page = client.get(address).text
        (more,) = (one for one in links(page) if "/steps?" in one)
        behind = client.get(more).text
        beyond = client.get(more.replace("start=1", "start=9"))
    assert page.count('<li id="s') == 4
    assert "2 more steps" in page
    assert behind.count('<li id="s1-') == 2
    assert beyond.status_code == 404


def test_a_problem_with_no_id_has_its_place_among_others(tmp_path: Path) -> None:
    rows = [
        ProblemRow(problem=replace(problem(f"What is {n}?"), id=name), set_aside="")
        for n, name in enumerate(("a", "", "b"))
    ]
    write_shard(tmp_path / "odd", 0, problems=rows, solutions=[])
    with TestClient(application(Library([tmp_path / "odd"]), token=TOKEN), base_url=HERE) as client:
        assert "Next problem" in client.get(f"/{TOKEN}/runs/odd/problem?id=a").text
        page = client.get(f"/{TOKEN}/runs/odd/problem?id=").text
    assert "Next problem" in page
    assert "Previous problem" in page


def test_a_run_that_holds_nothing_says_what_is_the_case(tmp_path: Path) -> None:
    write_shard(tmp_path / "empty", 0, problems=[], solutions=[])
    app = application(Library([tmp_path / "empty"]), token=TOKEN)
    with TestClient(app, base_url=HERE) as client:
        assert "Its shards hold no problem." in client.get(f"/{TOKEN}/runs/empty/").text
        assert (
            "There is no solution here to be marked."
            in client.get(f"/{TOKEN}/runs/empty/mark").text
        )


def test_requests_at_once_meet_a_new_run_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        sums_run(tmp_path / name, count=2)
    library, together = Library(outputs=[tmp_path]), Barrier(8)

    def names() -> list[str]:
        together.wait()
        return [one.name for one in library.opened]

    with ThreadPoolExecutor(8) as pool:
        found = [asked.result() for asked in [pool.submit(names) for _ in range(8)]]
    assert found == [["a", "b", "c"]] * 8
