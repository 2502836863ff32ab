"""Filters take solutions out of an export, in order, and what they took is counted."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from exporters import TrlExporter
from exporters.filters import AnyFilter, Candidate, Filter, Scope, Sieve
from exporters.filters.sifting import Sifting
from exporters.outcome import OrmExporter
from exporters.runs import ExportReport, export_run
from schemas import ExportError
from schemas.run_folder import RunFolder
from schemas.views import Hard
from tests.exporters.test_runs import rows_of
from tests.registries import kinds
from tests.runs import evidence, problem, solution, sums_run

GOOD = evidence(3, 5)


def export(run_dir: Path, *filters: Any, **settings: Any) -> ExportReport:
    return export_run(RunFolder(run_dir), TrlExporter(filters=filters, **settings))


class Every(Filter):
    """Takes out every other candidate it is shown, having counted all of them first."""

    kind: Literal["every"] = "every"

    def sieve(self, scope: Scope) -> Sieve:
        return EverySieve()


class EverySieve(Sieve):
    looks_first = True

    def __init__(self) -> None:
        self.looked: list[int] = []
        self.asked: list[int] = []
        self.total = 0

    def look(self, candidate: Candidate) -> None:
        self.looked.append(candidate.place)

    def settle(self) -> None:
        self.total = len(self.looked)

    def reason(self, candidate: Candidate) -> str | None:
        self.asked.append(candidate.place)
        return f"one of {self.total}" if len(self.asked) % 2 == 0 else None


def candidate(place: int) -> Candidate:
    one = problem(f"Question {place}?")
    labelled = TrlExporter().labelled(one, solution(one, ["a\n"], [GOOD]), Hard())
    return Candidate(place=place, shard="shard-00000", labelled=labelled)  # type: ignore[arg-type]


def test_what_a_filter_takes_out_is_no_row_and_is_counted_with_the_reason(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    whole = export(run)
    report = export(run, {"kind": "first_error", "earliest": 1})
    (count,) = report.filters
    assert count.seen == sum(whole.rows.values())
    assert count.left == sum(report.rows.values())
    assert list(count.taken) == ["its first error is before step 1"]
    assert all(row["labels"][0] for row in rows_of(report))
    record = json.loads((report.folder / "export.json").read_text())
    assert record["filters"] == [
        {"kind": "first_error", "seen": count.seen, "taken": dict(count.taken)}
    ]
    labels = [label for row in rows_of(report) for label in row["labels"]]
    assert (labels.count(True), labels.count(False)) == (report.right_steps, report.wrong_steps)


def test_filters_are_asked_in_order_of_what_the_ones_before_let_through(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    first, second = export(
        run, {"kind": "first_error", "earliest": 1}, {"kind": "first_error", "latest": 1}
    ).filters
    assert second.seen == first.left < first.seen
    assert list(second.taken) == ["its first error is after step 1"]


def test_a_filter_that_looks_first_sees_what_the_ones_before_it_let_through() -> None:
    filters = (Every(), Every())
    sifting = Sifting(filters, scope=None)  # type: ignore[arg-type]
    every = [candidate(place) for place in range(8)]
    sifting.look(lambda: [one for one in every if not sifting.is_out(one.place)])
    kept = [one.place for one in every if sifting.keeps(one)]
    first, second = sifting.sieves
    assert isinstance(first, EverySieve)
    assert isinstance(second, EverySieve)
    assert (first.looked, first.asked) == (list(range(8)), list(range(8)))
    assert (second.looked, second.asked, kept) == ([0, 2, 4, 6], [0, 2, 4, 6], [0, 4])
    assert [count.taken for count in sifting.counts] == [{"one of 8": 4}, {"one of 4": 2}]


def test_the_same_filters_give_the_same_bytes(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    settings = [{"kind": "per_problem", "at_most": 1}, {"kind": "balance", "without_error": 0.4}]
    first = {path.name: path.read_bytes() for path in export(run, *settings).folder.iterdir()}
    again = export(run, *settings)
    assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == first
    assert export(run).folder != again.folder


def test_an_export_of_which_filters_leave_nothing_says_which_and_leaves_no_file(
    tmp_path: Path,
) -> None:
    run = sums_run(tmp_path / "sums")
    with pytest.raises(ExportError, match=r"filter num_steps, fewer than 9 steps.*leave out a"):
        export(run, {"kind": "num_steps", "at_least": 9})
    assert not RunFolder(run).exports


def test_a_filter_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValidationError, match="num_steps"):
        TrlExporter(filters=({"kind": "num_step"},))
    with pytest.raises(ValidationError, match="swap them"):
        TrlExporter(filters=({"kind": "num_steps", "at_least": 3, "at_most": 2},))


def test_a_filter_of_step_labels_is_refused_where_rows_have_none() -> None:
    with pytest.raises(ValidationError, match="reads the labels of steps"):
        OrmExporter(filters=({"kind": "first_error", "earliest": 1},))


def test_every_filter_stands_on_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "filters.md").read_text("utf-8")
    assert [kind for kind in kinds(AnyFilter) if f"| `{kind}` |" not in page] == []


def test_a_run_that_went_on_between_two_looks_is_not_half_filtered() -> None:
    sifting = Sifting((Every(),), scope=None)  # type: ignore[arg-type]
    sifting.look(lambda: map(candidate, range(3)))
    with pytest.raises(ExportError, match="export it again"):
        sifting.keeps(candidate(3))
