"""Fit the model to the evidence of a run that is on disk, whatever labeler took it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labelers.posterior import Gain, Model, Observation, anchor, fit, gain
from labelers.posterior.counting import observed, tells
from schemas import Evidence, RunError
from schemas.arrow import read_table
from schemas.conversion import nodes_from, solutions_from
from schemas.run_folder import RunFolder
from tasks.known_errors import Errors

FEWEST = 30
"""Probed wrong solutions below which a fit would mostly repeat its prior."""
FEWEST_MARKS = 10
"""Marked ones of these below which nothing would be seen of how far the fit can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A model fitted to a run."""

    model: Model
    gain: Gain | None
    """What known first errors changed; None where none were given."""


def calibrate(
    run: RunFolder, known: Errors | None = None, *, shards: Sequence[str] | None = None
) -> Calibrated:
    """Return the model fitted to a run's committed shards, or to some; always the same for them.

    Learns from solutions with a wrong final answer and at least one probed prefix, and what cues
    say from those with a right one too, where their steps were read. A run that
    labels reads its model from its configuration, so its labels depend on no order of shards:
    calibrate on a first run, write the model down, label with it.
    `known` first errors of some of its solutions anchor how far it can be trusted.
    Raises RunError where fewer than 30 solutions were probed, or fewer than 10 of these are known.
    """
    seen = observations(run, run.shards if shards is None else shards)
    wrong = sum(not one.right for one in seen.values())
    _require(run, wrong, FEWEST, "probed", "label problems")
    if known is None:
        return Calibrated(model=fit(seen.values()), gain=None)
    for key in seen:
        if known.get(key, -1) >= seen[key].num_steps:
            raise RunError(
                f"first_error={known[key]} of solution {key[1]} of {key[0]}: it has "
                f"{seen[key].num_steps} steps, the first is 0; give -1 for none"
            )
    wrong = sum(not one.right and known.get(key, -1) >= 0 for key, one in seen.items())
    remedy = (
        "only these count, of this run and with an error marked (first_error of 0 or more): mark"
    )
    _require(run, wrong, FEWEST_MARKS, "probed and marked", remedy)
    every, errors = list(seen.values()), [known.get(key) for key in seen]
    model = fit(every)
    return Calibrated(model=anchor(model, every, errors), gain=gain(model, every, errors))


def _require(run: RunFolder, count: int, fewest: int, what: str, remedy: str) -> None:
    if count < fewest:
        raise RunError(
            f"{run.path} holds {count} {what} solutions with a wrong answer: "
            f"{remedy} until there are at least {fewest}"
        )


def observations(run: RunFolder, shards: Iterable[str]) -> dict[tuple[str, int], Observation]:
    """Return what a run saw of the solutions that a model can be fitted to, in order."""
    seen = {}
    for shard in shards:
        asked: defaultdict[str, dict[str, Evidence]] = defaultdict(dict)
        for row in nodes_from(read_table(run.file("nodes", shard), "nodes")):
            asked[row.problem_id][row.node.prefix.key] = row.node.evidence
        for labelled in solutions_from(read_table(run.file("solutions", shard), "solutions")):
            one = labelled.solution
            if tells(one):
                found = observed(one, asked[one.problem_id])
                seen[one.problem_id, one.solution_index] = found
    return seen
