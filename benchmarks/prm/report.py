"""The table of models, and its picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.prm.sets import Bought, LabelSet

Figures = Mapping[str, Any]

_CHOICES = ("best of N, product", "weighted, product", "best of N, last", "weighted, last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure over seeds, with the first seed's interval over problems."""

    mean: float
    spread: float
    """Standard deviation over seeds; 0 where there is one."""
    interval: tuple[float, float]
    """95%, problems drawn with replacement: the mean over seeds of both ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the models of one set of labels are worth, the mean over seeds."""

    name: str
    tokens: int
    problems: int
    solutions: int
    steps: int
    f1: Figure
    """ProcessBench's, at threshold 0.5."""
    tuned: Figure
    """At each model's best threshold on the held-out problems themselves."""
    auroc: float
    ece: float
    chosen: Mapping[str, Figure]
    """Share of held-out problems whose chosen solution is right."""
    baselines: Mapping[str, float]
    """What needs no model: `mean`, `majority`, `pass`."""


def line(one: LabelSet, paid: Bought, counts: Mapping[str, int], found: Sequence[Figures]) -> Line:
    """Return the line of one set of labels."""
    return Line(
        name=one.name,
        tokens=paid.tokens,
        problems=counts["problems"],
        solutions=counts["solutions"],
        steps=counts["steps"],
        f1=_figure([each["half"]["f1"] for each in found], [each["half"] for each in found]),
        tuned=_figure([each["tuned"]["f1"] for each in found], [each["tuned"] for each in found]),
        auroc=mean(each["calibration"]["auroc"] for each in found),
        ece=mean(each["calibration"]["ece"] for each in found),
        chosen={
            name: _figure(
                [each["chosen"][name]["share"] for each in found],
                [each["chosen"][name] for each in found],
            )
            for name in _CHOICES
        },
        baselines={
            name: found[0]["chosen"][name]["share"] for name in ("mean", "majority", "pass")
        },
    )


def _figure(values: Sequence[float], told: Sequence[Figures]) -> Figure:
    ends = [one["interval"] for one in told]
    return Figure(
        mean=mean(values),
        spread=stdev(values) if len(values) > 1 else 0.0,
        interval=(mean(low for low, _ in ends), mean(high for _, high in ends)),
    )


def show(lines: Sequence[Line], console: Console) -> None:
    """Print the lines as a table."""
    names = ("labels", "problems", "solutions", "steps", "tokens", "F1 at 0.5", "F1 tuned")
    table = Table(*names, "AUROC", "ECE", *_CHOICES, box=None, pad_edge=False)
    for one in lines:
        table.add_row(
            one.name,
            *(f"{count:,}" for count in (one.problems, one.solutions, one.steps, one.tokens)),
            _told(one.f1),
            _told(one.tuned),
            f"{one.auroc:.3f}",
            f"{one.ece:.3f}",
            *(_told(one.chosen[name]) for name in _CHOICES),
        )
    console.print(table)
    for name, value in lines[0].baselines.items() if lines else ():
        console.print(f"{name}: {100 * value:.1f}", end="  ")
    console.print()


def _told(one: Figure) -> str:
    low, high = one.interval
    spread = f" ±{100 * one.spread:.1f}" if one.spread else ""
    return f"{100 * one.mean:.1f}{spread} [{100 * low:.1f}, {100 * high:.1f}]"


def draw(lines: Sequence[Line], path: Path) -> None:
    """Draw F1 and best of N, a bar for each set of labels."""
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(9, 0.45 * len(lines) + 1.6), layout="constrained")
    left, right = picture.subplots(1, 2, sharey=True)
    names = [one.name for one in lines]
    for axes, title, figures in (
        (left, "first errors, F1 at the best threshold (%)", [one.tuned for one in lines]),
        (right, "best of 16 by product (% right)", [one.chosen[_CHOICES[0]] for one in lines]),
    ):
        means = [100 * one.mean for one in figures]
        ends = [[100 * (one.mean - one.interval[0]) for one in figures],
                [100 * (one.interval[1] - one.mean) for one in figures]]  # fmt: skip
        axes.barh(names, means, xerr=ends, color="#4c78a8", ecolor="#333333", capsize=2)
        axes.set_title(title, fontsize=10)
        axes.set_xlim(0, 100)
        axes.grid(axis="x", alpha=0.3)
    left.invert_yaxis()
    for name, value in lines[0].baselines.items():
        right.axvline(100 * value, color="#888888", linestyle=":", linewidth=1)
        side = "right" if name == "mean" else "left"  # it is close to the majority
        right.text(100 * value, len(lines) - 0.4, f" {name} ", fontsize=8, ha=side, va="top")
    picture.savefig(path, dpi=150)
