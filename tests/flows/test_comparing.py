"""`stepmint compare`: who knows first errors, where nobody is named."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from flows.comparing import compare_here
from pages.comparing import compare_page
from pages.library import OpenRun
from tasks.marks import add
from tests.runs import run_with_errors


@pytest.mark.parametrize("marked", [True, False])
def test_the_command_knows_first_errors_from_whom_the_page_does(
    tmp_path: Path, marked: bool
) -> None:
    first, second = (run_with_errors(tmp_path / one, [0, 1, -1]) for one in "ab")
    if marked:
        for row in first.solutions():
            add(first, row.solution, 1, who="me")
    out = Console(width=150, record=True, file=StringIO())
    compare_here(first.path, second.path, out, known=None, limit=1)
    told = out.export_text()
    shown = compare_page(OpenRun(first, "a"), OpenRun(second, "b"), start=0)
    assert ("known from the marks in marks.jsonl" in told) == bool(shown.known_by) == marked
    assert all(cell in told for _, cells in shown.sides for cell in cells)
    assert ("33.3%" in told) == marked


def test_marks_that_cannot_serve_are_passed_over(tmp_path: Path) -> None:
    first, second = (run_with_errors(tmp_path / one, [0, 1]) for one in "ab")
    first.marks.write_text("no mark\n")
    out = Console(width=150, record=True, file=StringIO())
    compare_here(first.path, second.path, out, known=None, limit=1)
    assert "known from" not in out.export_text()
