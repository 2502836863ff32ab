"""What one row of each Parquet table says, as frozen records."""

from dataclasses import dataclass

from schemas.labels import LabelledSolution, Node
from schemas.problems import Problem
from schemas.rollouts import Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a labelled solution comes from; equal for all rows of a run.

    Holds nothing that differs between two runs of one configuration: no times, no run name.
    """

    config: str
    """Digest of the settings that shape rows, as in `run.json`."""
    policy: str
    """The policy's identity: backend and model; of an import the set it is of."""
    prompt: str
    """The prompt template's name; empty where nothing was sampled."""
    sampling: Sampling | None
    """None where nothing was sampled: the run is an import."""
    seed: int
    """The run's seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """A problem of the run, and why it yielded no solutions (empty if it did)."""

    problem: Problem
    set_aside: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionRow:
    """A labelled solution that needs no other table to train on."""

    problem: Problem
    solution: LabelledSolution
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A sampled prefix of one problem with its evidence."""

    problem_id: str
    node: Node
