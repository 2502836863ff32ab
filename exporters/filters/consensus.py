"""Whether a critic finds the first error where the label puts it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from exporters.critique_sets import critique_set
from exporters.filters.seam import Candidate, Filter, Scope, Sieve
from schemas.critique_folder import SolutionKey
from schemas.settings import FolderName
from schemas.views import first_wrong, own_view


class Consensus(Filter):
    """Keeps solutions in which critiques place the first error as the run's own labels do.

    The consensus of rollouts and judge of Qwen's PRMs (2501.07301): fewer rows, truer ones.
    """

    kind: Literal["consensus"] = "consensus"

    critiques: FolderName = "critic"
    """The set of critiques, as `stepmint critique --set name=...` named it."""
    at_least: float = Field(default=0.5, gt=0, le=1)
    """Share of the critiques that can be read that have to agree."""
    min_read: int = Field(default=1, ge=1)
    """Critiques of a solution that have to be readable, at least."""

    @property
    def critique_sets(self) -> frozenset[str]:
        """The sets of critiques that are read."""
        return frozenset({self.critiques})

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Consensus(self, scope)


class _Consensus(Sieve):
    def __init__(self, settings: Consensus, scope: Scope) -> None:
        self._settings = settings
        self._view = own_view(scope.run.concludes)
        self._critiques = critique_set(scope.run, settings.critiques)
        self._shard = ""
        self._found: Mapping[SolutionKey, list[int]] = {}

    def reason(self, candidate: Candidate) -> str | None:
        settings = self._settings
        ours = first_wrong(self._view.labels(candidate.solution))
        if ours is None:
            return "the labels do not tell its first error"
        theirs = self._of(candidate)
        if len(theirs) < settings.min_read:
            return f"fewer than {settings.min_read} critiques that can be read"
        if theirs.count(ours) < settings.at_least * len(theirs):
            return f"fewer than {settings.at_least:.0%} of its critiques agree"
        return None

    def _of(self, candidate: Candidate) -> list[int]:
        """Return the first errors that a solution's critiques name; candidates come in order."""
        if candidate.shard != self._shard:
            self._shard = candidate.shard
            self._found = {
                key: [error for one in some if (error := one.judgement.first_error) is not None]
                for key, some in self._critiques.by_solution(self._shard).items()
            }
        return self._found.get((candidate.problem.id, candidate.solution.solution_index), [])
