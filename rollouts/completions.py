"""Completions that are no rollouts: the journal first, then the policy; nobody judges them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from policies.seam import Policy
from rollouts.asking import encodable, neighbours
from rollouts.budget import Spent
from rollouts.costs import Costs, Ledger
from rollouts.journal import Journal
from rollouts.keys import request_digest, sample_key
from rollouts.once import Once
from rollouts.purse import Purse
from schemas import Completion, CompletionRequest


class Completions:
    """Takes each completion once, whoever asks; counts what they cost."""

    def __init__(
        self,
        *,
        policy: Policy,
        journal: Journal,
        purse: Purse,
        known: Mapping[str, Completion] = MappingProxyType({}),
        at_once: int | None = None,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._purse = purse
        self._known = known
        """What was paid for and is in the journal no more, by key."""
        self._at_once = at_once
        """Samples of one request at most: they are in the journal once all of them are there."""
        self._ledger = Ledger()
        self._once = Once[str, Completion]()

    @property
    def costs(self) -> Costs:
        """Spent so far; live."""
        return self._ledger.costs

    def keys(self, request: CompletionRequest, *, start: int = 0) -> list[str]:
        """Return the journal keys of samples start, start + 1, ..., one per seed."""
        head = request_digest(
            self._policy.identity, request.sampling, request.prompt, request.prefix
        )
        return [sample_key(head, index, seed) for index, seed in enumerate(request.seeds, start)]

    def there(self, key: str) -> Completion | None:
        """Return what was paid for, whenever that was; None where nothing was."""
        return self._once.taken.get(key) or self._known.get(key) or self._journal.get(key)

    async def take(self, request: CompletionRequest, keys: Sequence[str]) -> tuple[Completion, ...]:
        """Return a completion per seed, whose keys these are, in their order.

        Raises PolicyError or RunError, in a group where several requests were under way.
        """
        places = {key: at for at, key in enumerate(keys)}

        async def take(free: Sequence[str]) -> None:
            missing = [places[key] for key in free if not self._recorded(key)]
            async with asyncio.TaskGroup() as group:
                for run in neighbours(missing):
                    step = self._at_once or len(run)
                    for first in range(run.start, run.stop, step):
                        part = slice(first, min(first + step, run.stop))
                        group.create_task(
                            self._ask(replace(request, seeds=request.seeds[part]), keys[part])
                        )

        return await self._once.get(keys, take)

    def _recorded(self, key: str) -> bool:
        """Take what was paid for before; tell whether there was anything."""
        found = self.there(key)
        if found is None:
            return False
        self._once.taken[key] = found
        self._ledger.completed(found, origin="journal", as_text=False)
        return True

    async def _ask(self, request: CompletionRequest, keys: Sequence[str]) -> None:
        """Ask the policy; the journal has the answers before anybody else."""
        count = len(keys)
        await self._purse.admits(count)
        with self._purse, self._purse.asking(count):
            whole = [encodable(one) for one in await self._policy.complete(request)]
            for key, completion in zip(keys, whole, strict=True):
                self._journal.append(key, completion)
                self._once.taken[key] = completion
                self._ledger.completed(completion, origin="policy", as_text=False)
            tokens = sum(one.completion_tokens for one in whole)
            self._purse.pay(Spent(rollouts=count, tokens=tokens))
