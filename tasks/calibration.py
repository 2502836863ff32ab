"""Fit the model to the evidence of a run that is on disk, whatever labeler took it."""

from collections import defaultdict

from labelers.posterior import Model, Observation, anchor, fit
from labelers.posterior.counting import observed, tells
from schemas import Evidence, RunError
from schemas.arrow import read_table
from schemas.conversion import nodes_from, solutions_from
from schemas.run_folder import RunFolder
from tasks.known_errors import Errors

FEWEST = 30
"""Probed wrong solutions below which a fit would mostly repeat its prior."""


def calibrate(run: RunFolder, known: Errors | None = None) -> Model:
    """Return the model fitted to a run's committed shards; the same for the same shards.

    Learns from solutions with a wrong final answer and at least one probed prefix, and what cues
    say from those with a right one too, where their steps were read. A run that
    labels reads its model from its configuration, so its labels depend on no order of shards:
    calibrate on a first run, write the model down, label with it.
    `known` first errors of some of its solutions anchor how far it can be trusted.
    Raises RunError where fewer than 30 solutions were probed, or fewer than 30 of these are known.
    """
    seen = observations(run)
    _require(run, sum(not one.right for one in seen.values()), "probed", "label problems")
    model = fit(seen.values())
    if known is None:
        return model
    marked = [key for key in seen if key in known]
    for key in marked:
        if known[key] >= seen[key].num_steps:
            raise RunError(
                f"first_error={known[key]} of solution {key[1]} of {key[0]}: it has "
                f"{seen[key].num_steps} steps, the first is 0; give -1 for none"
            )
    wrong = sum(not seen[key].right and known[key] >= 0 for key in marked)
    _require(run, wrong, "probed and marked", "give marks of 0 or more, with ids of this run,")
    return anchor(model, [seen[key] for key in marked], [known[key] for key in marked])


def _require(run: RunFolder, count: int, what: str, remedy: str) -> None:
    if count < FEWEST:
        raise RunError(
            f"{run.path} holds {count} {what} solutions with a wrong answer: "
            f"{remedy} until there are at least {FEWEST}"
        )


def observations(run: RunFolder) -> dict[tuple[str, int], Observation]:
    """Return what a run saw of the solutions that a model can be fitted to, in order."""
    seen = {}
    for shard in run.shards:
        asked: defaultdict[str, dict[str, Evidence]] = defaultdict(dict)
        for row in nodes_from(read_table(run.file("nodes", shard), "nodes")):
            asked[row.problem_id][row.node.prefix.key] = row.node.evidence
        for labelled in solutions_from(read_table(run.file("solutions", shard), "solutions")):
            one = labelled.solution
            if tells(one):
                found = observed(one, asked[one.problem_id])
                seen[one.problem_id, one.solution_index] = found
    return seen
