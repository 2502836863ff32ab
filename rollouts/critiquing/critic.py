"""Critiques of one shard's solutions: what is known first, then the journal, then the policy."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policies.seam import Policy
from rollouts.asking import encodable, neighbours
from rollouts.budget import Spent
from rollouts.costs import Costs, Ledger
from rollouts.critiquing.reading import judgement
from rollouts.critiquing.showing import critique_prompt, solution_key
from rollouts.journal import Journal
from rollouts.keys import request_digest, sample_key
from rollouts.once import Once
from rollouts.prompts import PromptTemplate
from rollouts.purse import Purse
from rollouts.seeds import seeds
from schemas import ROOT, Completion, CompletionRequest, Critique, Prompt, Sampling
from schemas.rows import SolutionRow


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked about one solution."""

    prompt: Prompt
    seeds: Sequence[int]
    keys: Sequence[str]


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
        stops = tuple(dict.fromkeys((*sampling.stop, *template.stop)))
        self._policy = policy
        self._template = template
        self._sampling = sampling.model_copy(update={"stop": stops})
        self._journal = journal
        self._purse = purse
        self._known = known
        """Completions of an earlier table of this shard, by key."""
        self._ledger = Ledger()
        self._completions = Once[str, Completion]()

    @property
    def costs(self) -> Costs:
        """Spent so far; live."""
        return self._ledger.costs

    async def take(self, row: SolutionRow, samples: int) -> None:
        """Have so many critiques of a solution there. Raises PolicyError or RunError in a group."""
        asked = self._asked(row, samples)

        async def take(free: Sequence[str]) -> None:
            missing = [asked.keys.index(key) for key in free if not self._recorded(key)]
            async with asyncio.TaskGroup() as group:
                for run in neighbours(missing):
                    group.create_task(self._ask(asked, run))

        await self._completions.get(asked.keys, take)

    def there(self, row: SolutionRow, samples: int) -> Iterator[Critique]:
        """Yield those of a solution's first critiques that are there, whenever they were taken."""
        for index, key in enumerate(self._asked(row, samples).keys):
            completion = self._completions.taken.get(key) or self._before(key)
            if completion is not None:
                yield Critique(
                    problem_id=row.problem.id,
                    solution_index=row.solution.solution_index,
                    sample_index=index,
                    key=key,
                    completion=completion,
                    judgement=judgement(completion, len(row.solution.steps)),
                )

    def _asked(self, row: SolutionRow, samples: int) -> _Asked:
        steps = row.solution.steps
        prompt = critique_prompt(self._template, row.problem, steps)
        drawn = seeds(
            row.provenance.seed, row.problem.id, solution_key(steps), start=0, count=samples
        )
        request = request_digest(self._policy.identity, self._sampling, prompt, ROOT)
        keys = [sample_key(request, index, seed) for index, seed in enumerate(drawn)]
        return _Asked(prompt, drawn, keys)

    def _before(self, key: str) -> Completion | None:
        """Return what was paid for before."""
        return self._known.get(key) or self._journal.get(key)

    def _recorded(self, key: str) -> bool:
        """Take what was paid for before; tell whether there was anything."""
        found = self._before(key)
        if found is None:
            return False
        self._completions.taken[key] = found
        self._ledger.completed(found, origin="journal", as_text=False)
        return True

    async def _ask(self, asked: _Asked, run: range) -> None:
        """Ask the policy for neighbouring samples; the journal has them before anybody else."""
        await self._purse.admits(len(run))
        with self._purse, self._purse.asking(len(run)):
            request = CompletionRequest(
                prompt=asked.prompt,
                prefix=ROOT,
                sampling=self._sampling,
                seeds=tuple(asked.seeds[run.start : run.stop]),
            )
            whole = [encodable(one) for one in await self._policy.complete(request)]
            for index, completion in zip(run, whole, strict=True):
                self._journal.append(asked.keys[index], completion)
                self._completions.taken[asked.keys[index]] = completion
                self._ledger.completed(completion, origin="policy", as_text=False)
            tokens = sum(one.completion_tokens for one in whole)
            self._purse.pay(Spent(rollouts=len(run), tokens=tokens))
