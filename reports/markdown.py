"""Pieces of Markdown that whatever stands in them cannot leave; read alike on GitHub and hubs."""

import re
from collections.abc import Iterable, Mapping, Sequence

import yaml

from reports.text import one_line

_WIDTH = 24


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; what is in its cells is Markdown already."""
    lines = [_line(header), _line(["---"] * len(header))]
    return "\n".join([*lines, *map(_line, rows)])


def bars(header: tuple[str, str], counts: Mapping[str, int]) -> str:
    """Return a table of counts with their share of all, and a bar as long as the share."""
    total, most = sum(counts.values()), max([1, *counts.values()])
    rows = (
        (name, f"{count:,}", f"{count / total:.1%}" if total else "", bar(count / most))
        for name, count in counts.items()
    )
    return table((*header, "share", ""), rows)


def bar(share: float) -> str:
    """Return a bar for a share of the longest, in [0, 1]; something for all but nothing."""
    return "█" * max(round(share * _WIDTH), 1 if share > 0 else 0)


def span(text: str) -> str:
    """Return a code span that nothing inside can close."""
    shown = one_line(text)
    fence = "`" * max([1, *(len(run) + 1 for run in re.findall(r"`+", shown))])
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, limit: int = 200) -> str:
    """Return text in which nothing is Markdown or HTML, at most `limit` characters of it."""
    return re.sub(r"([\\`*_\[\]()<>!#&~])", r"\\\1", one_line(text, limit))


def code(text: str, language: str = "python") -> str:
    """Return a fenced block that nothing inside can close."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    return f"{fence}{language}\n{text}\n{fence}"


def as_yaml(values: Mapping[str, object]) -> str:
    """Return values as YAML, keys in their order."""
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=1000)


def _line(cells: Sequence[str]) -> str:
    shown = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(shown)} |"
