"""Templates become HTML. All text is escaped; what others wrote is made visible first."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pages.maths import Piece, answer_pieces, pieces
from pages.signs import SIGNS, TONES, name_of
from reports.card_figures import told_share
from reports.compared import error_text, known_text
from reports.marks import shade
from reports.text import compact, many_lines, one_line
from schemas import Outcome

FOLDER = Path(__file__).parent
ASSETS = FOLDER / "assets"
TEXT_LIMIT = 6_000
"""Characters of a text that a page shows."""


@cache
def environment() -> Environment:
    """Return the templates; a server and a report that stands alone share them."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "n": lambda number: f"{number:,}",
        "percent": _percent,
        "compact": compact,
        "line": one_line,
        "text": lambda text: many_lines(text, TEXT_LIMIT),
        "maths": lambda text: _maths(pieces(many_lines(text, TEXT_LIMIT))),
        "answer": lambda text: _maths(answer_pieces(many_lines(text, TEXT_LIMIT))),
    }
    made.filters |= filters
    made.globals |= {
        "outcomes": tuple(Outcome),
        "tones": TONES,
        "signs": SIGNS,
        "name_of": name_of,
        "shade": _shade,
        "heat": _heat,
        "share": told_share,
        "error_text": error_text,
        "known_text": known_text,
    }
    return made


def render(template: str, **values: Any) -> str:
    """Return a template filled in."""
    return environment().get_template(template).render(values)


def _shade(value: float) -> str:
    """Return the class of a pass rate, as the terminal colours it."""
    return {"red": "bad", "yellow": "cut", "green": "good"}[shade(value)]


def _heat(value: float | None) -> str:
    """Return the class of a value in [0, 1] on the scale from wrong to right."""
    return "heat" if value is None else f"heat h{round(value * 10)}"


def _percent(share: float) -> str:
    """Return a share as people read it; what is there is never 0 %."""
    if 0 < share < 0.005:
        return "<1%"
    return f"{share:.0%}"


def _maths(parts: Iterable[Piece]) -> Markup:
    """Return text with its mathematics marked: the browser sets it, and can show it as it is."""
    return Markup("").join(
        escape(one.source)
        if one.kind == "text"
        else Markup('<span class="tex {}" data-tex="{}"><span class="raw">{}</span></span>').format(
            one.kind, one.tex, one.source
        )
        for one in parts
    )
