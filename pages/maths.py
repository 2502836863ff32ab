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
      \s{{0,9}}\$\$(?P<display>.{{1,{_LONGEST}}}?)\$\$\s{{0,9}}
    | \s{{0,9}}\\\[(?P<bracket>.{{1,{_LONGEST}}}?)\\\]\s{{0,9}}
    | \\\((?P<paren>.{{1,{_LONGEST}}}?)\\\)
    | (?<![\\$])\$(?!\s)(?P<dollar>[^$\n]{{1,{_LONGEST}}}?)(?<![\s\\])\$(?![\d$])
    | \s{{0,9}}(?P<environment>
          \\begin\{{(?P<name>[a-z]{{3,12}}\*?)\}}.{{1,{_LONGEST}}}?\\end\{{(?P=name)\}}
      )\s{{0,9}}
    """,
    re.VERBOSE | re.DOTALL,
)
_BOXED = "\\boxed{"
_COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)
_MATHEMATICAL = r"""
frac dfrac tfrac cfrac binom sqrt boxed left right begin end text textbf textit textrm
textnormal mbox mathrm mathbf mathbb mathcal mathit operatorname displaystyle overline
underline overrightarrow vec hat bar dot ddot tilde widehat widetilde overset underset
sum prod int lim max min gcd log ln exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh
tanh det deg pmod bmod mod infty partial nabla circ degree prime angle triangle perp parallel
cdot cdots ldots dots vdots ddots times div pm mp ast star bullet oplus otimes
in notin ni subset subseteq supset cup cap bigcup bigcap setminus emptyset varnothing
le leq leqslant ge geq geqslant ne neq lt gt approx sim simeq equiv cong propto mid nmid to
rightarrow leftarrow Rightarrow Leftarrow longrightarrow implies iff forall exists neg land lor
langle rangle lfloor rfloor lceil rceil quad qquad ell hbar Re Im
alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma
tau phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
! , ; : % $ { } |
"""
"""TeX commands that mean mathematics in a final answer: those of 39,000 published ones, and kin."""
_COMMANDS = frozenset(_MATHEMATICAL.split())
_WORDED = re.compile(
    r"\\(?:text[a-z]*|mbox|mathrm|mathbf|operatorname|begin|end)\s*\{[^{}]*\}|\\[a-zA-Z]+"
)
"""What holds words in mathematics."""
_PROSE = re.compile(r"[^\W\d_]{4}|(?<!\S)(?:or|and|to|in|is|of|if|the|for|with)(?!\S)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text."""

    kind: Literal["text", "inline", "display"]
    source: str
    """As it was written, delimiters and all; of what is displayed the space around it too."""
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
    r"""Yield the parts of a final answer: TeX without delimiters (`\frac{1}{2}`) is mathematics."""
    found = list(pieces(text))
    bare = all(one.kind == "text" for one in found) and _is_tex(text)
    yield from [Piece("inline", text, text)] if bare else found


def _is_tex(text: str) -> bool:
    r"""Tell TeX from a text that has a backslash in it, such as a path or `\n`."""
    if len(text) > _LONGEST or text.count("{") != text.count("}"):
        return False
    commands = set(_COMMAND.findall(text)) - {"\\", " "}
    return bool(commands) and commands <= _COMMANDS and not _PROSE.search(_WORDED.sub("", text))


def _boxed(text: str) -> Iterator[Piece]:
    """Yield the parts of a text without delimiters: a bare box is mathematics."""
    done, start = 0, text.find(_BOXED)
    while start >= 0:
        end = _closing(text, start + len(_BOXED))
        if end < 0:
            break
        if not text[
            start + len(_BOXED) : end - 1
        ].strip():  # an empty box says nothing, its text does
            start = text.find(_BOXED, end)
            continue
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
