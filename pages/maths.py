r"""Where mathematics stands in a text, for a browser to set.

Model text is full of dollars that are money: `$5 and $6`. So a single dollar begins mathematics by
pandoc's rule: no space behind the opening one, none before the closing one, and no digit behind it.
A `\boxed{...}` that stands bare is taken too, since so many models end with one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_LONGEST = 2_000
"""Characters of a formula that is set; a longer one stays text."""

_FORMULA = re.compile(
    rf"""
      \n?\$\$(?P<display>.{{1,{_LONGEST}}}?)\$\$\n?
    | \n?\\\[(?P<bracket>.{{1,{_LONGEST}}}?)\\\]\n?
    | \\\((?P<paren>.{{1,{_LONGEST}}}?)\\\)
    | (?<![\\$])\$(?!\s)(?P<dollar>[^$\n]{{1,{_LONGEST}}}?)(?<![\s\\])\$(?![\d$])
    | \n?(?P<environment>
          \\begin\{{(?P<name>[a-z]{{3,12}}\*?)\}}.{{1,{_LONGEST}}}?\\end\{{(?P=name)\}}
      )\n?
    """,
    re.VERBOSE | re.DOTALL,
)
_BOXED = "\\boxed{"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text."""

    kind: Literal["text", "inline", "display"]
    source: str
    """As it was written, delimiters and all; of what is displayed the line breaks around it too."""
    tex: str = ""
    """Of mathematics what is to be set."""


def pieces(text: str) -> Iterator[Piece]:
    """Yield a text's parts in order; their sources joined are the text."""
    end = 0
    for found in _FORMULA.finditer(text):
        yield from _boxed(text[end : found.start()])
        groups = found.groupdict()
        display = groups["display"] or groups["bracket"] or groups["environment"]
        inline = groups["paren"] or groups["dollar"] or ""
        kind: Literal["inline", "display"] = "display" if display else "inline"
        yield Piece(kind, found.group(), display or inline)
        end = found.end()
    yield from _boxed(text[end:])


def answer_pieces(text: str) -> Iterator[Piece]:
    r"""Yield the parts of a final answer: one with a command (`\frac`) is all mathematics."""
    found = list(pieces(text))
    bare = all(one.kind == "text" for one in found) and "\\" in text and len(text) <= _LONGEST
    yield from [Piece("inline", text, text)] if bare else found


def _boxed(text: str) -> Iterator[Piece]:
    """Yield the parts of a text without delimiters: a bare box is mathematics."""
    done, start = 0, text.find(_BOXED)
    while start >= 0:
        end = _closing(text, start + len(_BOXED))
        if end < 0:
            break
        if start > done:
            yield Piece("text", text[done:start])
        yield Piece("inline", text[start:end], text[start:end])
        done, start = end, text.find(_BOXED, end)
    if done < len(text):
        yield Piece("text", text[done:])


def _closing(text: str, start: int) -> int:
    """Return where the brace opened before `start` is closed; -1: not within reach."""
    depth = 1
    for at in range(start, min(len(text), start + _LONGEST)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return at + 1
    return -1
