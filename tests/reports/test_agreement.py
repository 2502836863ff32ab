"""Two runs over the same problems, compared solution by solution."""

from collections import Counter
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from reports.agreement import agreement, kappa, truths
from reports.compared import show_compared
from schemas import LabelledSolution, RunError
from tests.runs import run_with_errors as run


def test_agreement_is_counted_over_the_solutions_that_both_decide(tmp_path: Path) -> None:
    found = agreement(
        run(tmp_path / "a", [0, 1, 2, -1, -1, None]), run(tmp_path / "b", [0, 2, 0, -1, 1, 2])
    )
    assert (found.exact.hits, found.within_one.hits, found.verdict.hits) == (2, 3, 4)
    assert found.exact.of == 5, "what one leaves open is no agreement and no disagreement"
    assert found.table == {
        ("error", "error"): 3,
        ("none", "none"): 1,
        ("none", "error"): 1,
        ("open", "error"): 1,
    }


def test_kappa_is_agreement_beyond_chance() -> None:
    # Two raters, yes and no: 20 and 15 alike, 5 and 10 apart; po = 0.7, pe = 0.5.
    rated = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(Counter(rated)) == pytest.approx(0.4)
    assert kappa({("y", "y"): 3}) is None
    assert kappa({}) is None


def test_an_error_against_none_comes_first_and_left_open_last(tmp_path: Path) -> None:
    first = run(tmp_path / "a", [0, None, 1, -1])
    second = run(tmp_path / "b", [2, 1, 1, 0])
    order = [one.first_errors for one in agreement(first, second).disagreements]
    assert order == [(-1, 0), (0, 2), (None, 1)]


def test_solutions_are_the_same_where_their_texts_are_whatever_their_ids(tmp_path: Path) -> None:
    first = run(tmp_path / "a", [0, 1])
    second = run(
        tmp_path / "b",
        [0, 1, 2],
        change=lambda one: replace(one, solution_index=7),
        as_problem=lambda one: replace(one, id=f"other-{one.id}"),
    )
    found = agreement(first, second)
    assert found.problems == (2, 0, 1)
    assert found.solutions == (2, 0, 0)
    assert {one.indices for one in found.pairs} == {(0, 7)}
    assert found.exact.value == 1


def test_what_was_cut_differently_and_what_one_run_lacks_is_only_counted(tmp_path: Path) -> None:
    def recut(one: LabelledSolution) -> LabelledSolution:
        if one.steps[0].startswith("0"):
            whole = ("".join(one.steps),)
            return replace(one, steps=whole, evidence=one.evidence[:1], first_error=0)
        return replace(one, steps=(*one.steps[:-1], "#### 8"))

    found = agreement(run(tmp_path / "a", [0, 1]), run(tmp_path / "b", [0, 1], change=recut))
    assert found.cut_differently == 1
    assert found.solutions == (0, 1, 1)


def test_runs_without_a_problem_in_common_are_refused(tmp_path: Path) -> None:
    strange = run(
        tmp_path / "b",
        [0],
        as_problem=lambda one: replace(one, id="else", question="Who?"),
    )
    with pytest.raises(RunError, match="no problem in common: give two runs over the same source"):
        agreement(run(tmp_path / "a", [0]), strange)


def test_the_page_tells_truth_and_tokens_side_by_side(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a", [0, 1, -1]), run(tmp_path / "b", [0, 2, None])
    found = agreement(first, second)
    known = {one.solution: error for one, error in zip(found.pairs, [0, 2, -1], strict=True)}
    true = truths(found.pairs, known, by="people")
    assert [one and one.located.hits for one in true] == [1, 2]
    assert [one and one.abstained for one in true] == [0, 1]
    console = Console(width=100, record=True, file=StringIO())
    show_compared(first, found, true, console, limit=1)
    told = console.export_text()
    assert "3, 9" in told, "probes and their tokens"
    assert "and 1 more" in told
    assert "step 2" in told
    assert "step 3" in told
    assert f"stepmint show {first.path}" in told
