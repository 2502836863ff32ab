"""What recipes and searches made, over folders as they lie on disk."""

import html
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from pages.app import application
from pages.library import Library
from reports.folders import run_at
from schemas import RunError
from schemas.recipe_rows import product_schema
from tasks.recipes.folder import write_product
from tests.pages.conftest import EVIL, HERE, TOKEN
from tests.pages.crawling import crawled
from tests.runs import sums_run
from tests.tasks.recipes import (
    Choosing,
    agent_workflow,
    best,
    best_of_n,
    consistent,
    cooked,
    open_instead,
    rstar,
    self_refine,
    stepwise,
    sums,
    v_star,
)
from tests.tasks.searches import searched
from tests.toy_runs import tree


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with a recipe of each kind, and a search."""
    folder = tmp_path_factory.mktemp("made")
    source = sums(folder, 6)
    with pytest.MonkeyPatch.context() as patched:
        open_instead(patched, Choosing(_says))
        for make in (best_of_n, stepwise, self_refine, agent_workflow):
            cooked(make(folder, source, name=make.__name__))
    for sample in (consistent, v_star, rstar):
        cooked(sample(folder, source, name=sample.__name__))
    searched(folder)
    return folder / "output"


def _says(prompt: str) -> str:
    """Reply to whoever asks for a plan, a review or a choice."""
    return "1. Add them.\n2. Say the sum." if "Divide the work" in prompt else best(prompt)


@pytest.fixture
def client(output: Path) -> Iterator[TestClient]:
    with looking_at(output) as made:
        yield made


def looking_at(*outputs: Path) -> TestClient:
    return TestClient(application(Library(outputs=outputs), token=TOKEN), base_url=HERE)


def rows(folder: Path, product: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{product}.parquet").to_pylist()
    return found


def shown(answer: str) -> str:
    """A page's words as a reader sees them."""
    body = answer[answer.index("<main") :] if "<main" in answer else answer
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_every_link_of_every_folder_leads_somewhere(client: TestClient) -> None:
    assert crawled(client, f"/{TOKEN}/") > 30


def test_an_output_folder_lists_recipes_and_searches_beside_runs(
    output: Path, tmp_path: Path
) -> None:
    sums_run(tmp_path / "sums", count=4)
    shutil.copytree(output / "rstar", tmp_path / "rstar")
    shutil.copytree(output / "toy", tmp_path / "toy")
    with looking_at(tmp_path) as client:
        page = shown(client.get(f"/{TOKEN}/").text)
    assert "sums" in page
    assert "rstar rstar" in page
    assert "toy search" in page


def test_what_was_done_is_said_in_a_sentence_with_what_was_right(
    client: TestClient, output: Path
) -> None:
    counts = json.loads((output / "rstar" / "recipe.json").read_text())["counts"]
    page = shown(client.get(f"/{TOKEN}/made/rstar/").text)
    assert "grew a tree of typed actions for each of 6 problems" in page
    assert f"the answer that was chosen is right for {counts['winner_right']}" in page
    assert f"some answer for {counts['oracle_right']}" in page


def test_a_tree_is_shown_with_its_actions_visits_and_values(
    client: TestClient, output: Path
) -> None:
    edges = rows(output / "rstar", "tree")
    problem = edges[0]["problem_id"]
    for by, column in (("votes", "q_value"), ("gold", "gold_q_value")):
        page = client.get(f"/{TOKEN}/made/rstar/problem?id={problem}&by={by}").text
        for edge in (one for one in edges if one["problem_id"] == problem):
            (node,) = re.findall(rf'id="n-{edge["node"]}">(.*)', page)
            value = "–" if edge[column] is None else f"{edge[column]:.2f}"
            assert shown(node).startswith(f"{value} {edge['visits']} visit")
    assert {"A1 step", "A2 rest", "A3 sub-question"} <= set(re.findall(r'kind">([^<]*)<', page))


def test_a_node_unfolds_to_its_text_and_votes(client: TestClient, output: Path) -> None:
    edge = next(one for one in rows(output / "rstar", "tree") if len(one["votes"]) > 1)
    address = f"/{TOKEN}/made/rstar/problem/node?id={edge['problem_id']}&node={edge['node']}"
    node = shown(client.get(address).text)
    for vote in edge["votes"]:
        assert f"{vote['count']} of {edge['samples']} votes" in node
    assert " ".join(edge["text"].split()) in node


def test_trajectories_have_their_agreement_and_the_chosen_one_is_marked(
    client: TestClient, output: Path
) -> None:
    folder = output / "rstar"
    for winner in rows(folder, "winners"):
        problem = winner["problem_id"]
        page = client.get(f"/{TOKEN}/made/rstar/problem?id={problem}").text
        candidates = [one for one in rows(folder, "candidates") if one["problem_id"] == problem]
        by_leaf = {leaf: one for one in candidates for leaf in one["nodes"]}
        listed = re.findall(r"(?s)<tr data-row.*?</tr>", page)
        ways = [one for one in rows(folder, "trajectories") if one["problem_id"] == problem]
        assert len(listed) == len(ways)
        for line, way in zip(map(shown, listed), ways, strict=True):
            candidate = by_leaf.get(way["nodes"][-1])
            chosen = candidate is not None and candidate["candidate"] == winner["winner"]
            assert ("chosen" in line) == chosen
            assert str(way["outcome"] or "").replace("_", " ") in line
            if candidate is not None and candidate["masks"]:
                assert f"{candidate['agreed']} of {candidate['decided']} cuts agree" in line


def test_a_candidate_unfolds_to_what_the_second_policy_wrote(
    client: TestClient, output: Path
) -> None:
    mask = rows(output / "rstar", "masks")[0]
    query = f"id={mask['problem_id']}&candidate={mask['candidate']}"
    page = shown(client.get(f"/{TOKEN}/made/rstar/problem/masks?{query}").text)
    assert "20% shown" in page
    assert ("agrees" in page) or ("does not agree" in page)


def test_problems_are_filtered_by_the_verdict_on_what_was_chosen(
    client: TestClient, output: Path
) -> None:
    found = [one["winner_outcome"] for one in rows(output / "rstar", "winners")]
    for outcome in ("correct", "incorrect"):
        page = client.get(f"/{TOKEN}/made/rstar/problems?outcome={outcome}").text
        assert page.count("<tr data-row") == found.count(outcome)
    assert client.get(f"/{TOKEN}/made/rstar/problems?outcome=much").status_code == 400


def test_problems_come_a_page_at_a_time(tmp_path: Path) -> None:
    cooked(consistent(tmp_path, sums(tmp_path, 100), samples=1))
    with looking_at(tmp_path / "output") as client:
        address, lines = f"/{TOKEN}/made/made/problems", list[str]()
        while address:
            page = client.get(address).text
            lines += re.findall(r'class="quiet id">([^<]*)<', page)
            found = re.search(r'rel="next"[^>]*href="([^"]*)"', page)
            address = html.unescape(found[1]) if found else ""
    assert len(lines) == len(set(lines)) == 100


def test_a_problem_of_many_solutions_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "output" / "active"
    columns = product_schema("active_selection").names
    blank = dict.fromkeys(columns, None) | {"question": "What is 2 + 3?", "answer": "5"}
    batches = [
        [blank | {"problem_id": f"sum-{n // 30}"} for n in range(70 * part, 70 * part + 70)]
        for part in range(2)
    ]
    write_product(folder / "active_selection.parquet", "active_selection", batches)
    (folder / "recipe.json").write_text('{"recipe": "active_selection"}')
    with looking_at(tmp_path / "output") as client:
        page = client.get(f"/{TOKEN}/made/active/problems").text
    assert re.findall(r'class="quiet id">([^<]*)<', page) == [f"sum-{n}" for n in range(5)]


def test_a_tree_is_there_before_gold_was_looked_at(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "output" / "rstar"
    shutil.copytree(output / "rstar", folder)
    for product in ("tree", "trajectories", "candidates", "masks", "winners"):
        (folder / f"{product}.parquet").unlink()
    first = rows(output / "rstar", "winners")[0]["problem_id"]
    with looking_at(tmp_path / "output") as client:
        page = client.get(f"/{TOKEN}/made/rstar/problem?id={first}").text
        assert 'class="icicle"' in page
        (folder / "committed" / "shard-00000.json").unlink()
        page = shown(client.get(f"/{TOKEN}/made/rstar/problem?id={first}").text)
        assert "its shard is not committed" in page


def test_one_whose_process_is_gone_is_said_to_have_stopped(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "output" / "rstar"
    shutil.copytree(output / "rstar", folder)
    record = json.loads((folder / "recipe.json").read_text()) | {"status": "working"}
    (folder / "recipe.json").write_text(json.dumps(record))
    with looking_at(tmp_path / "output") as client:
        for process, said in ((os.getpid(), "working"), (2**99, "working"), (2**22 + 1, "stopped")):
            (folder / "lock").write_text(f"{process} on {platform.node()}")
            page = client.get(f"/{TOKEN}/made/rstar/").text
            assert said in shown(page)
            assert ("every 3s" in page) == (said == "working")
    assert "goes on where it ended" in page


def test_text_of_models_is_text(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "output" / "rstar"
    shutil.copytree(output / "rstar", folder)
    for product in ("tree", "candidates"):
        path = folder / f"{product}.parquet"
        table = pq.read_table(path)
        evil = pa.array([EVIL[:9_000]] * table.num_rows)
        pq.write_table(table.set_column(table.column_names.index("text"), "text", evil), path)
    first = rows(folder, "winners")[0]["problem_id"]
    with looking_at(tmp_path / "output") as client:
        page = client.get(f"/{TOKEN}/made/rstar/problem?id={first}").text
        page += client.get(f"/{TOKEN}/made/rstar/problem/node?id={first}&node=1").text
    assert "&lt;script&gt;window.pwned" in page
    assert "<script>window" not in page
    assert not re.search("\u202e|\x1b", page)
    assert len(page) < 3_000_000


def test_looking_writes_nothing(client: TestClient, output: Path) -> None:
    before = tree(output)
    for path in ("", "figures", "problems", "problems?q=add&outcome=correct"):
        assert client.get(f"/{TOKEN}/made/rstar/{path}").status_code == 200
    assert tree(output) == before


def test_a_damaged_table_is_named(output: Path, tmp_path: Path) -> None:
    shutil.copytree(output / "rstar", tmp_path / "output" / "rstar")
    (tmp_path / "output" / "rstar" / "winners.parquet").write_bytes(b"PAR1 and no more")
    with looking_at(tmp_path / "output") as client:
        answer = client.get(f"/{TOKEN}/made/rstar/problems")
    assert answer.status_code == 404
    assert "winners.parquet cannot be read" in shown(answer.text)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("export.json", "is an export"),
        ("critiques.json", "is a set of critiques"),
        ("train.json", "is a trained model"),
        ("config.json", "is a model"),
        ("anything.txt", "holds no run, search or recipe"),
    ],
)
def test_a_folder_that_cannot_be_shown_is_told_what_it_is(
    tmp_path: Path, record: str, said: str
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / record).write_text("{}")
    with pytest.raises(RunError, match=said):
        Library([folder])


def test_a_part_of_a_folder_names_the_whole(output: Path) -> None:
    with pytest.raises(RunError, match=r"is a part of .*rstar: give that"):
        Library([output / "rstar" / "grown"])
    with pytest.raises(RunError, match=r"is of a recipe.*stepmint view"):
        run_at(output / "rstar")
    with pytest.raises(RunError, match="is a file"):
        Library([output / "rstar" / "tree.parquet"])
