"""The command line, run in this process."""

import sys

import pytest

from flows.cli import main


def stepmint(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["stepmint", *map(str, arguments)])
    monkeypatch.setenv("COLUMNS", "200")
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0
