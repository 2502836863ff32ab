"""The frontier: how often the first error is exact against what finding it cost.

`python -m benchmarks.label_truth.picture FIGURES.json ... PICTURE` draws saved figures;
a target that ends in .json keeps what would be drawn of them.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from benchmarks.label_truth.report import Line, as_json, from_json

plt.switch_backend("Agg")

COLOURS = {
    "outcome": "#8a8f98",
    "math_shepherd": "#c0524b",
    "first_success": "#d98b3a",
    "first_success+skip": "#b8a232",
    "binary_search": "#5f9e6e",
    "double_search": "#2f7f86",
    "omega_prm": "#7a5aa6",
    "uct": "#6b4a2f",
    "uct+likelihood": "#a58668",
    "answer_likelihood": "#b0588f",
    "posterior": "#1f4e9c",
    "posterior+answers": "#8f7fd0",
    "posterior+echo": "#3aa0d8",
    "posterior+steps": "#10192e",
    "posterior+steps+marks": "#c2388f",
}
LIGHTER = {
    "math_shepherd": "#e0776f",
    "double_search": "#45a8b2",
    "posterior": "#5b8ff0",
    "posterior+steps": "#f0f3f8",
    "uct": "#b08a62",
    "omega_prm": "#a07fd6",
}
"""Those that a dark page would swallow."""
GROUP = "wrong_answer"
DRAWN = ("exact", "kept", "completion_tokens")
_PLACES = [
    (dx, dy)
    for far in (9, 15, 22, 30)
    for dx, dy in ((far, far), (-far, far), (-far, -far), (far, -far), (0, far), (0, -far))
]
"""Where a dot's label may stand, in points from it, the nearest first."""


@dataclass(frozen=True, slots=True)
class Ink:
    """What a picture is drawn in besides its lines."""

    page: str = "#ffffff"
    ink: str = "#24292f"
    faint: str = "#d7dbe0"
    lighter: bool = False

    def of(self, family: str) -> str:
        """Return a labeler's colour."""
        usual = COLOURS.get(family, self.ink)
        return LIGHTER.get(family, usual) if self.lighter else usual


LIGHT, DARK = Ink(), Ink(page="#0d1117", ink="#e6edf3", faint="#30363d", lighter=True)


def draw(worlds: Mapping[str, Sequence[Line]], path: Path, *, ink: Ink = LIGHT) -> None:
    """Draw one panel per world: a line per labeler over its budgets; smaller dots keep less."""
    with plt.rc_context(_style(ink)):
        drawn = panels_of(worlds, ink)
        drawn.savefig(path, metadata={"Date": None})  # the same file each time
        plt.close(drawn)


def panels_of(worlds: Mapping[str, Sequence[Line]], ink: Ink) -> Figure:
    """Return the picture before it is written."""
    columns = min(3, len(worlds))
    rows = -(-len(worlds) // columns)
    figure: Figure
    figure, panels = plt.subplots(
        rows,
        columns,
        figsize=(4.6 * columns + 1.6, 3.9 * rows + 0.8),
        squeeze=False,
        sharey=True,
    )
    for axes, (name, lines) in zip(panels.flat, worlds.items(), strict=False):
        _panel(axes, name, lines, ink)
    for axes in list(panels.flat)[len(worlds) :]:
        axes.set_visible(False)
    panels[0, 0].set_ylim(_floor(worlds), 1.03)
    _legend(figure, worlds, per_row=3 if columns == 1 else 4 * columns, ink=ink)
    figure.canvas.draw()  # only now is it known where in the picture a dot stands
    for axes, lines in zip(panels.flat, worlds.values(), strict=False):
        _say_kept(axes, lines, ink)
    return figure


def _style(ink: Ink) -> dict[str, object]:
    return {
        "font.family": "sans-serif",
        "font.size": 9,
        "svg.fonttype": "none",
        "svg.hashsalt": "stepmint",
        "figure.facecolor": ink.page,
        "axes.facecolor": ink.page,
        "savefig.facecolor": ink.page,
        "axes.edgecolor": ink.faint,
        "axes.labelcolor": ink.ink,
        "text.color": ink.ink,
        "xtick.color": ink.ink,
        "ytick.color": ink.ink,
    }


def _floor(worlds: Mapping[str, Sequence[Line]]) -> float:
    """Return where the panels begin: a little below all labelers that ask for rollouts."""
    figures = [one.groups[GROUP] for lines in worlds.values() for one in lines]
    paid = [one["exact"].value for one in figures if one["completion_tokens"].value > 0]
    return max(0.0, min(paid, default=0.0) - 0.12)


def _panel(axes: Axes, name: str, lines: Sequence[Line], ink: Ink) -> None:
    size = lines[0].sizes[GROUP]
    axes.set_title(f"{name}  ·  {size:,} solutions", loc="left", fontsize=10, fontweight="bold")
    paid = _paid(lines)
    for family, budgets in _families(lines).items():
        _family(axes, family, budgets, ink)
    free: dict[str, float] = {}
    for one in lines:
        if one not in paid:
            share = one.groups[GROUP]["exact"].value
            free[one.family] = max(share, free.get(one.family, 0.0))
    if free:
        told = (f"{family} {100 * share:.0f}%" for family, share in free.items())
        said = "no rollouts: " + ", ".join(told)
        axes.text(0.02, 0.02, said, transform=axes.transAxes, color=COLOURS["outcome"])
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda tokens, _: f"{tokens:,.0f}")
    axes.minorticks_off()
    axes.margins(x=0.16)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
    axes.set_xlabel("completion tokens per solution")
    axes.set_ylabel("first error exact, of those kept")
    axes.grid(color=ink.faint, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _paid(lines: Sequence[Line]) -> list[Line]:
    """Return the labelers that ask for rollouts."""
    return [one for one in lines if one.groups[GROUP]["completion_tokens"].value > 0]


def _families(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return those that ask for rollouts by their family, each over its budgets."""
    found: dict[str, list[Line]] = {}
    for one in _paid(lines):
        found.setdefault(one.family, []).append(one)
    return found


def _family(axes: Axes, family: str, lines: Sequence[Line], ink: Ink) -> None:
    colour = ink.of(family)
    figures = [one.groups[GROUP] for one in lines]
    tokens = [one["completion_tokens"].value for one in figures]
    exact = [one["exact"].value for one in figures]
    kept = [one["kept"].value for one in figures]
    top = 4 if family == "posterior" else 3
    axes.plot(tokens, exact, color=colour, linewidth=1.5, alpha=0.85, zorder=top)
    axes.scatter(
        tokens,
        exact,
        s=[12 + 40 * share**3 for share in kept],
        color=colour,
        edgecolor=ink.page,
        linewidth=0.7,
        zorder=top + 0.5,
    )
    for x, one in zip(tokens, figures, strict=True):
        low, high = one["exact"].low, one["exact"].high
        axes.plot([x, x], [low, high], color=colour, linewidth=1, alpha=0.3, zorder=2)


def _say_kept(axes: Axes, lines: Sequence[Line], ink: Ink) -> None:
    """Write beside both ends of a line how much is kept, each label tied to its dot.

    Greedy: it takes the nearest place that hits no line and no label before it.
    """
    taken = [box for budgets in _families(lines).values() for box in _covered(axes, budgets)]
    for family, budgets in _families(lines).items():
        for one in budgets if len(budgets) < 2 else (budgets[0], budgets[-1]):
            kept = one.groups[GROUP]["kept"].value
            if kept < 0.995:
                _place(axes, one, f"{100 * kept:.0f}% kept", taken, colour=ink.of(family))


def _place(axes: Axes, line: Line, words: str, taken: list[Bbox], *, colour: str) -> None:
    """Put words beside a line's dot, and what they cover into `taken`."""
    label = axes.annotate(
        words,
        _point(line),
        xytext=_PLACES[0],
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=colour,
        zorder=6,
        arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "alpha": 0.6, "shrinkB": 3},
    )
    for place in _PLACES:
        label.set_position(place)
        label.set_horizontalalignment(
            "center" if not place[0] else "left" if place[0] > 0 else "right"
        )
        label.get_window_extent()  # moves it; with its line, which may cross what it likes
        box = Text.get_window_extent(label).padded(1)
        if not any(box.overlaps(one) for one in taken):
            break
    taken.append(box)


def _covered(axes: Axes, budgets: Sequence[Line]) -> Iterator[Bbox]:
    """Yield small boxes that together cover a line and its dots, in pixels."""
    dots = [axes.transData.transform(_point(one)) for one in budgets]
    for start, end in zip(dots, [*dots[1:], dots[-1]], strict=True):
        for share in np.linspace(0, 1, 1 + int(np.abs(end - start).max() // 4)):
            middle = start + share * (end - start)
            yield Bbox([middle - 4, middle + 4])


def _point(line: Line) -> tuple[float, float]:
    figures = line.groups[GROUP]
    return figures["completion_tokens"].value, figures["exact"].value


def _legend(
    figure: Figure, worlds: Mapping[str, Sequence[Line]], *, per_row: int, ink: Ink
) -> None:
    families = dict.fromkeys(family for lines in worlds.values() for family in _families(lines))
    handles = [
        plt.Line2D([], [], color=ink.of(family), marker="o", linewidth=1.4, label=family)
        for family in families
    ]
    rows = -(-len(handles) // per_row)
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=min(len(handles), per_row),
        frameon=False,
        fontsize=9,
    )
    height = figure.get_size_inches()[1]
    figure.tight_layout(rect=(0, (0.12 + 0.22 * rows) / height, 1, 1))


def read(saved: Sequence[Path]) -> dict[str, list[Line]]:
    """Return the worlds of files of figures, by name."""
    figures = (from_json(json.loads(one.read_text())) for one in saved)
    return dict(sorted(pair for worlds in figures for pair in worlds))


def drawn(lines: Sequence[Line]) -> list[Line]:
    """Return what is drawn of figures, and nothing else."""
    return [
        replace(
            one,
            settings={},
            groups={GROUP: {name: one.groups[GROUP][name] for name in DRAWN}},
            sizes={GROUP: one.sizes[GROUP]},
            prefixes={},
        )
        for one in lines
    ]


if __name__ == "__main__":
    *saved, target = map(Path, sys.argv[1:])
    worlds = read(saved)
    if target.suffix == ".json":
        kept = {name: as_json(drawn(lines)) for name, lines in worlds.items()}
        target.write_text(json.dumps({"worlds": kept}, indent=1) + "\n")
    else:
        draw(worlds, target)
