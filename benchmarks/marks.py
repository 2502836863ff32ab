"""`python -m benchmarks.marks`: what forty marks by the step oracle's hand are worth, held out.

The demo policy's solutions of `benchmarks/label_truth/cached`, under the posterior labeler, are
split into two halves by problem, anew for each seed. A model is fitted to one half (`before`), some
of its solutions are marked, chosen in some order, and the model is anchored in the marks (`after`).
Both are measured on the other half: expected calibration error, Brier score, first errors that are
exact, with the mean over seeds and its 95% interval, seed by seed differences for `after`.

python -m benchmarks.marks --quick            # a minute
python -m benchmarks.marks --json FILE
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.label_truth.__main__ import CACHED
from benchmarks.label_truth.measure import Seen, seen_in
from benchmarks.label_truth.neural import replayed
from labelers.posterior import Confidence, Model, anchor, believe, fit
from labelers.posterior.cues import Array, Cues
from labelers.posterior.marking import in_turn, least_sure, spread
from labelers.posterior.reading import CueName

READ: Mapping[str, tuple[CueName, ...]] = {
    "rollouts alone": (),
    "steps read": ("refuted", "echo", "regret"),
}
Order = Callable[[Model, Sequence[Seen], Random], Sequence[int]]
Figures = Mapping[str, float]
_T95 = {2: 12.71, 3: 4.30, 4: 3.18, 6: 2.57, 8: 2.36, 10: 2.26, 12: 2.20, 16: 2.13}
"""Student's t of a 95% interval, by seeds."""


def _random(model: Model, seen: Sequence[Seen], rng: Random) -> Sequence[int]:
    return rng.sample(range(len(seen)), len(seen))


def _least_sure(model: Model, seen: Sequence[Seen], rng: Random) -> Sequence[int]:
    return least_sure([one.max() for one in _beliefs(model, seen)])


def _spread(model: Model, seen: Sequence[Seen], rng: Random) -> Sequence[int]:
    return spread(_least_sure(model, seen, rng), [one.case for one in seen])


def _disagreed(model: Model, seen: Sequence[Seen], rng: Random) -> Sequence[int]:
    """Take first those of which models disagree that differ in what only marks can tell.

    The mutual information of first error and model, H(mean of P(e)) - mean of H(P(e)) (1112.5745).
    """
    told = [_beliefs(one, seen) for one in _committee(model)]
    worth = [_information(np.stack(some)) for some in zip(*told, strict=True)]
    return spread(least_sure([-one for one in worth]), [one.case for one in seen])


def _committee(model: Model) -> list[Model]:
    """Return models of three shares of harmless errors and three weights of the cues."""
    return [
        model.model_copy(update={"harmless": share, "cues": _scaled(model.cues, factor)})
        for share in (0.1, 0.3, 0.6)
        for factor in (0.3, 1.0, 1.7)
    ]


def _scaled(cues: Cues, factor: float) -> Cues:
    known = {name: getattr(cues, name) for name in cues.weights}
    return cues.model_copy(
        update={
            name: cue.model_copy(update={"weight": factor * cue.weight})
            for name, cue in known.items()
        }
    )


def _information(posteriors: Array) -> float:
    return float(_entropy(posteriors.mean(axis=0)) - np.mean([_entropy(one) for one in posteriors]))


def _entropy(mass: Array) -> float:
    return float(-(mass * np.log(np.maximum(mass, 1e-300))).sum())


def _mixed(model: Model, seen: Sequence[Seen], rng: Random) -> Sequence[int]:
    """Alternate between the least sure, spread over problems, and random ones."""
    return in_turn(_spread(model, seen, rng), _random(model, seen, rng))


ORDERS: Mapping[str, Order] = {
    "random": _random,
    "least sure": _least_sure,
    "least sure, a problem once": _spread,
    "least sure and random in turn": _mixed,
    "committee, a problem once": _disagreed,
}


def main() -> None:
    """Measure each order of marking, with steps read and without."""
    options = _options()
    found = {name: asyncio.run(_measured(read, options)) for name, read in READ.items()}
    console = Console(width=max(Console().width, 120))
    for name, rows in found.items():
        console.print(_table(name, rows, options))
    if options.json:
        options.json.write_text(json.dumps({"seeds": options.seeds, "figures": found}, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marks", description=__doc__)
    add = parser.add_argument
    add("--marks", type=int, default=40, help="solutions to mark")
    add("--seeds", type=int, default=6, choices=sorted(_T95), help="splits of the problems")
    add("--seed", type=int, default=0, help="of the first split")
    add("--quick", action="store_true", help="two splits")
    add("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    options.seeds = 2 if options.quick else options.seeds
    return options


async def _measured(
    read: tuple[CueName, ...], options: argparse.Namespace
) -> dict[str, list[Figures]]:
    """Return, per order and for `before`, the figures of each seed."""
    async with replayed(CACHED / "neural.parquet") as world:
        seen = await seen_in(world, read)
    found: dict[str, list[Figures]] = {name: [] for name in ("before", *ORDERS)}
    for seed in range(options.seed, options.seed + options.seeds):
        half, held = _halves(seen, Random(seed))
        model = fit(one.observation for one in half)
        found["before"].append(_figures(model, held))
        for name, order in ORDERS.items():
            chosen = set(order(model, half, Random(seed))[: options.marks])
            errors = [one.truth if n in chosen else None for n, one in enumerate(half)]
            anchored = anchor(model, [one.observation for one in half], errors)
            found[name].append(_figures(anchored, held))
    return found


def _halves(seen: Sequence[Seen], rng: Random) -> tuple[list[Seen], list[Seen]]:
    problems = sorted({one.case for one in seen})
    ours = set(rng.sample(problems, len(problems) // 2))
    return [one for one in seen if one.case in ours], [one for one in seen if one.case not in ours]


def _beliefs(model: Model, seen: Sequence[Seen]) -> list[Array]:
    return [believe(model, one.observation).posterior for one in seen]


def _figures(model: Model, held: Sequence[Seen]) -> Figures:
    found = Confidence.of(_beliefs(model, held), [one.truth for one in held])
    exact = found.exact / found.solutions
    return {"ece": found.ece, "brier": found.brier, "exact": exact, "stated": found.stated}


def _table(name: str, rows: Mapping[str, Sequence[Figures]], options: argparse.Namespace) -> Table:
    title = f"{name}: {options.marks} marks, {options.seeds} splits, the held-out half"
    table = Table(title=title, title_justify="left")
    table.add_column("marked")
    for column in ("ECE", "change", "Brier", "change", "exact", "change", "stated"):
        table.add_column(column, justify="right")
    for order, figures in rows.items():
        cells = []
        for key in ("ece", "brier", "exact"):
            values = np.array([one[key] for one in figures])
            change = values - np.array([one[key] for one in rows["before"]])
            cells += [f"{values.mean():.3f}", "" if order == "before" else _interval(change)]
        stated = np.mean([one["stated"] for one in figures])
        table.add_row("none" if order == "before" else order, *cells, f"{stated:.3f}")
    return table


def _interval(values: Array) -> str:
    half = _T95[len(values)] * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():+.3f} ± {half:.3f}"


if __name__ == "__main__":
    main()
