"""SVG written by hand: few shapes, two palettes, no font and nothing else from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of a picture on a light page or on a dark one."""

    page: str
    card: str
    edge: str
    ink: str
    faint: str
    right: str
    wrong: str
    accent: str


LIGHT = Palette(
    page="#ffffff",
    card="#f6f8fa",
    edge="#d0d7de",
    ink="#1f2328",
    faint="#59636e",
    right="#1a7f37",
    wrong="#cf222e",
    accent="#0a7d75",
)
DARK = Palette(
    page="#0d1117",
    card="#151b23",
    edge="#3d444d",
    ink="#f0f6fc",
    faint="#9198a1",
    right="#3fb950",
    wrong="#f85149",
    accent="#39c5bb",
)


def picture(width: int, height: int, parts: Sequence[str], *, title: str, colours: Palette) -> str:
    """Return a whole SVG of this size, in pixels, on the palette's page."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" font-family="{FONT}">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{colours.faint}"/>'
            "</marker></defs>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{colours.page}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    size: float = 13,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """Return a line of text, its baseline at y."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" '
        f'text-anchor="{anchor}"{weight}>{escape(words)}</text>'
    )


def card(x: float, y: float, width: float, height: float, colours: Palette) -> str:
    """Return a box with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" '
        f'fill="{colours.card}" stroke="{colours.edge}"/>'
    )


def arrow(path: str, colours: Palette) -> str:
    """Return a line with a tip at its end."""
    return (
        f'<path d="{path}" fill="none" stroke="{colours.faint}" stroke-width="1.5" '
        'marker-end="url(#tip)"/>'
    )


def verdict(x: float, y: float, kind: str, colours: Palette) -> str:
    """Return the sign of a verdict, told by shape and colour: `right`, `wrong` or `truncated`."""
    if kind == "wrong":
        lines = f"M{x - 4:g} {y - 4:g}l8 8m0-8l-8 8"
        return f'<path d="{lines}" stroke="{colours.wrong}" stroke-width="2"/>'
    colour = colours.right if kind == "right" else colours.faint
    fill = colour if kind == "right" else "none"
    return f'<circle cx="{x:g}" cy="{y:g}" r="4.5" fill="{fill}" stroke="{colour}"/>'
