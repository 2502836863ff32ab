"""Critiques of one shard's solutions: what is known first, then the journal, then the policy."""

from collections.abc import Iterator, Mapping, Sequence

from policies.seam import Policy
from rollouts.asking import with_stops
from rollouts.completions import Completions
from rollouts.costs import Costs
from rollouts.critiquing.reading import judgement
from rollouts.critiquing.showing import critique_prompt, solution_key
from rollouts.journal import Journal
from rollouts.prompts import PromptTemplate
from rollouts.purse import Purse
from rollouts.seeds import seeds
from schemas import ROOT, Completion, CompletionRequest, Critique, Sampling
from schemas.rows import SolutionRow


class Critic:
    """Samples critiques, each once: equal solutions of a problem share theirs.

    The seed of a sample derives from run seed, problem, the solution's text and the sample's index.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        template: PromptTemplate,
        sampling: Sampling,
        journal: Journal,
        purse: Purse,
        known: Mapping[str, Completion],
    ) -> None:
        self._template = template
        self._sampling = with_stops(sampling, template.stop)
        # `known`: completions of an earlier table of this shard, by key.
        self._completions = Completions(policy=policy, journal=journal, purse=purse, known=known)

    @property
    def costs(self) -> Costs:
        """Spent so far; live."""
        return self._completions.costs

    async def take(self, row: SolutionRow, samples: int) -> None:
        """Have so many critiques of a solution there. Raises PolicyError or RunError in a group."""
        await self._completions.take(*self._asked(row, samples))

    def there(self, row: SolutionRow, samples: int) -> Iterator[Critique]:
        """Yield those of a solution's first critiques that are there, whenever they were taken."""
        _, keys = self._asked(row, samples)
        for index, key in enumerate(keys):
            completion = self._completions.there(key)
            if completion is not None:
                yield Critique(
                    problem_id=row.problem.id,
                    solution_index=row.solution.solution_index,
                    sample_index=index,
                    key=key,
                    completion=completion,
                    judgement=judgement(completion, len(row.solution.steps)),
                )

    def _asked(self, row: SolutionRow, samples: int) -> tuple[CompletionRequest, Sequence[str]]:
        """Return what is asked about a solution, and the journal keys of the replies."""
        seed, id, steps = row.provenance.seed, row.problem.id, row.solution.steps
        request = CompletionRequest(
            prompt=critique_prompt(self._template, row.problem, steps),
            prefix=ROOT,
            sampling=self._sampling,
            seeds=seeds(seed, id, solution_key(steps), start=0, count=samples),
        )
        return request, self._completions.keys(request)
