"""A report: one file that stands alone, says what it leaves out, and holds hostile text as text."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pages import report as reports
from pages.report import report
from schemas import RunError
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tests.runs import evidence, problem, solution, sums_run, write_shard

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe\x1b[31m"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(sums_run(tmp_path / "sums"))


def one_problem(path: Path, question: str, step: str, answer: str = "8") -> RunFolder:
    of = problem(question, answer)
    one = solution(of, [step, "#### 8"], [evidence(1, 3), evidence(0, 4)])
    write_shard(path, 0, problems=[ProblemRow(problem=of, set_aside="")], solutions=[one])
    return RunFolder(path)


class _Elements(HTMLParser):
    """The names of a page's elements and of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names = set[str]()
        self.attributes = set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_report_holds_the_figures_and_as_many_problems_as_were_asked_for(
    folder: RunFolder,
) -> None:
    made = report(folder, problems=3, seed=1)
    assert made.html.count('<article class="problem">') == made.problems == 3
    assert "3 of 42 problems are here, drawn with seed 1." in made.html
    assert "What was found in solutions" in made.html
    assert "labelled" in made.html


def test_a_seed_draws_the_same_problems_and_another_one_others(folder: RunFolder) -> None:
    first, again, other = (report(folder, problems=5, seed=seed).html for seed in (0, 0, 1))
    assert first == again != other


def test_a_problem_can_be_named(folder: RunFolder) -> None:
    wanted = [row.problem for row in folder.problems()][7]
    made = report(folder, problems=3, seed=0, wanted=[wanted.id])
    assert made.problems == 1
    assert wanted.id in made.html


def test_nothing_in_it_comes_from_elsewhere_or_leads_anywhere(folder: RunFolder) -> None:
    html = report(folder, problems=4, seed=0).html
    assert re.findall(r'(?:src|srcset|action)="', html) == []
    assert set(re.findall(r'href="([^"]*)"', html)) == {"#main"}
    assert re.findall(r"url\((?!data:)", html) == []


def test_no_two_elements_have_one_id(folder: RunFolder) -> None:
    ids = re.findall(r' id="([^"]*)"', report(folder, problems=4, seed=0).html)
    assert len(ids) == len(set(ids))


def test_only_the_scripts_and_styles_that_were_put_in_are_let_through(folder: RunFolder) -> None:
    html = report(folder, problems=2, seed=0).html
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    policy = policy.replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for text in re.findall(r"(?s)<(?:script|style)>(.*?)</(?:script|style)>", html):
        assert b64encode(sha256(text.encode()).digest()).decode() in policy


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    html = report(one_problem(tmp_path, HOSTILE, HOSTILE, HOSTILE), problems=1, seed=0).html
    assert "alert(1)" in html
    assert "<script>alert" not in html
    assert not re.search(r"\u202e|\x1b", html)
    body = _Elements()
    body.feed(html[html.index("<body") :])
    assert body.names.isdisjoint({"script", "img"})
    assert not {name for name in body.attributes if name.startswith("on")}


def test_mathematics_brings_its_fonts_along_and_text_without_any_does_not(tmp_path: Path) -> None:
    plain = report(one_problem(tmp_path / "plain", "Two?", "2"), problems=1, seed=0).html
    maths = report(one_problem(tmp_path / "maths", r"$\frac{1}{2}$?", "2"), problems=1, seed=0).html
    rare = report(one_problem(tmp_path / "rare", r"$\mathcal{A}$?", "2"), problems=1, seed=0).html
    assert "katex.render(" in maths
    assert len(plain) + 300_000 < len(maths) < len(rare) < 1_000_000


def test_what_finds_no_room_is_left_out_with_a_word(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = report(folder, problems=1, seed=0)
    monkeypatch.setattr(reports, "MOST_CHARACTERS", len(one.html) // 10)
    made = report(folder, problems=42, seed=0)
    assert 0 < made.problems < 42
    assert f"{42 - made.problems} more were asked for, and left out for size." in made.html


def test_a_run_with_a_shard_that_cannot_be_read_has_no_report(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    run.file("rollouts", "shard-00001").unlink()
    with pytest.raises(RunError, match=r"rollouts/shard-00001\.parquet cannot be read"):
        report(run, problems=1, seed=0)


def test_a_run_without_a_committed_shard_has_no_report(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunError, match="no committed shard"):
        report(RunFolder(tmp_path), problems=1, seed=0)
