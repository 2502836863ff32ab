"""The frontier: how often the first error is exact against what finding it cost.

`python -m benchmarks.label_truth.picture FIGURES.json ... PICTURE.png` draws saved figures.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib import ticker
from matplotlib.axes import Axes

from benchmarks.label_truth.report import Line, from_json

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
INK, FAINT = "#24292f", "#d7dbe0"
GROUP = "wrong_answer"
_HALO = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0}


def draw(worlds: Mapping[str, Sequence[Line]], path: Path) -> None:
    """Draw one panel per world: a line per labeler over its budgets; smaller dots keep less."""
    style = {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    columns = min(3, len(worlds))
    rows = -(-len(worlds) // columns)
    with plt.rc_context(style):
        figure, panels = plt.subplots(
            rows,
            columns,
            figsize=(4.6 * columns + 1.6, 3.9 * rows + 0.8),
            squeeze=False,
            sharey=True,
        )
        for axes, (name, lines) in zip(panels.flat, worlds.items(), strict=False):
            _panel(axes, name, lines)
        for axes in list(panels.flat)[len(worlds) :]:
            axes.set_visible(False)
        panels[0, 0].set_ylim(_floor(worlds), 1.03)
        _legend(figure, worlds, per_row=3 if columns == 1 else 4 * columns)
        figure.savefig(path, dpi=160)
        plt.close(figure)


def _floor(worlds: Mapping[str, Sequence[Line]]) -> float:
    """Return where the panels begin: a little below all labelers that ask for rollouts."""
    figures = [one.groups[GROUP] for lines in worlds.values() for one in lines]
    paid = [one["exact"].value for one in figures if one["completion_tokens"].value > 0]
    return max(0.0, min(paid, default=0.0) - 0.12)


def _panel(axes: Axes, name: str, lines: Sequence[Line]) -> None:
    size = lines[0].sizes[GROUP]
    axes.set_title(f"{name}  ·  {size:,} solutions", loc="left", fontsize=10, fontweight="bold")
    paid = [one for one in lines if one.groups[GROUP]["completion_tokens"].value > 0]
    for family in dict.fromkeys(one.family for one in paid):
        _family(axes, family, [one for one in paid if one.family == family])
    free: dict[str, float] = {}
    for one in lines:
        if one not in paid:
            share = one.groups[GROUP]["exact"].value
            free[one.family] = max(share, free.get(one.family, 0.0))
    if free:
        told = (f"{family} {100 * share:.0f}%" for family, share in free.items())
        said = "no rollouts: " + ", ".join(told)
        axes.text(0.02, 0.02, said, transform=axes.transAxes, color=COLOURS["outcome"], bbox=_HALO)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda tokens, _: f"{tokens:,.0f}")
    axes.minorticks_off()
    axes.margins(x=0.16)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
    axes.set_xlabel("completion tokens per solution")
    axes.set_ylabel("first error exact, of those kept")
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _family(axes: Axes, family: str, lines: Sequence[Line]) -> None:
    colour = COLOURS.get(family, INK)
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
        edgecolor="white",
        linewidth=0.7,
        zorder=top + 0.5,
    )
    for x, one in zip(tokens, figures, strict=True):
        low, high = one["exact"].low, one["exact"].high
        axes.plot([x, x], [low, high], color=colour, linewidth=1, alpha=0.3, zorder=2)
    for place in {0, len(lines) - 1}:
        if kept[place] < 0.995:
            axes.annotate(
                f"{100 * kept[place]:.0f}% kept",
                (tokens[place], exact[place]),
                xytext=(0, 6 if family == "posterior" or place else -12),
                textcoords="offset points",
                ha="right" if place == 0 else "left",
                fontsize=7.5,
                color=colour,
                bbox=_HALO,
                zorder=2.5,
            )


def _legend(figure: plt.Figure, worlds: Mapping[str, Sequence[Line]], *, per_row: int) -> None:
    families = dict.fromkeys(
        one.family
        for lines in worlds.values()
        for one in lines
        if one.groups[GROUP]["completion_tokens"].value > 0
    )
    handles = [
        plt.Line2D([], [], color=COLOURS.get(family, INK), marker="o", linewidth=1.4, label=family)
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


if __name__ == "__main__":
    *saved, target = map(Path, sys.argv[1:])
    figures = (from_json(json.loads(one.read_text())) for one in saved)
    draw(dict(sorted(pair for worlds in figures for pair in worlds)), target)
