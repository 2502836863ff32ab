"""The notebook of the documentation runs from its first cell to its last, and says what it says."""

import os
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the dev extra")
nb_run = pytest.importorskip("nbmake.nb_run", reason="needs the dev extra")

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "docs/python.ipynb"


def outputs(notebook: dict) -> list[str]:  # type: ignore[type-arg]
    """Return what each cell of code printed or returned."""
    return [
        "".join(one.get("text", "") or one.get("data", {}).get("text/plain", "") for one in said)
        for said in (cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    ]


def test_every_cell_of_the_notebook_runs_and_gives_what_is_printed_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))))
    shown = nbformat.read(NOTEBOOK, as_version=4)
    ran = nb_run.NotebookRun(NOTEBOOK, 100).execute()
    assert ran.error is None, ran.error.summary
    assert outputs(ran.nb) == outputs(shown)
