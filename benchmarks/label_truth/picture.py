"""The frontier: how often the first error is exact against what finding it cost."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.label_truth.report import Line

COLOURS = {
    "outcome": "#8a8f98",
    "math_shepherd": "#c0524b",
    "first_success": "#d98b3a",
    "first_success+skip": "#b8a232",
    "binary_search": "#5f9e6e",
    "double_search": "#2f7f86",
    "omega_prm": "#7a5aa6",
    "posterior": "#1f4e9c",
    "likelihood": "#b0588f",
}
INK, FAINT = "#24292f", "#d7dbe0"
GROUP = "wrong_answer"


def draw(worlds: Mapping[str, Sequence[Line]], path: Path) -> None:
    """Draw one panel per world: one line per labeler over its budgets; solutions kept as size."""
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
            rows, columns, figsize=(4.6 * columns + 1.6, 3.9 * rows + 0.8), squeeze=False
        )
        for axes, (name, lines) in zip(panels.flat, worlds.items(), strict=False):
            _panel(axes, name, lines)
        for axes in list(panels.flat)[len(worlds) :]:
            axes.set_visible(False)
        _legend(figure, worlds)
        figure.savefig(path, dpi=160)
        plt.close(figure)


def _panel(axes: Axes, name: str, lines: Sequence[Line]) -> None:
    size = lines[0].sizes[GROUP]
    axes.set_title(f"{name}  ·  {size:,} solutions", loc="left", fontsize=10, fontweight="bold")
    for family in dict.fromkeys(one.family for one in lines):
        _family(axes, family, [one for one in lines if one.family == family])
    axes.set_xscale("symlog", linthresh=100, linscale=0.35)
    axes.set_xlim(left=-15)
    ticks = [0, 300, 1_000, 3_000, 10_000]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(0, 1.02)
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
    axes.plot(tokens, exact, color=colour, linewidth=1.4, alpha=0.8, zorder=2)
    axes.scatter(
        tokens,
        exact,
        s=[10 + 50 * share**3 for share in kept],
        color=colour,
        edgecolor="white",
        linewidth=0.7,
        zorder=3,
    )
    for x, one in zip(tokens, figures, strict=True):
        interval = one["exact"]
        axes.plot([x, x], [interval.low, interval.high], color=colour, linewidth=0.9, alpha=0.5)


def _legend(figure: plt.Figure, worlds: Mapping[str, Sequence[Line]]) -> None:
    families = dict.fromkeys(one.family for lines in worlds.values() for one in lines)
    handles = [
        plt.Line2D([], [], color=COLOURS.get(family, INK), marker="o", linewidth=1.4, label=family)
        for family in families
    ]
    figure.legend(
        handles=handles, loc="lower center", ncols=min(len(handles), 8), frameon=False, fontsize=9
    )
    figure.tight_layout(rect=(0, 0.07, 1, 1))
