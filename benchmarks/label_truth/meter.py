"""What a labeler asked for, prefix by prefix, and what that costs a policy with a prefix cache."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from rollouts.seam import Rollouts
from schemas import ROOT, Continuation, Prefix, Rollout, Score

CACHE_BLOCK = 16
"""Tokens per block of vLLM's prefix cache: whole blocks are served, the rest is computed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Rollouts and tokens; additive."""

    rollouts: float = 0.0
    completion_tokens: float = 0.0
    prompt_tokens: float = 0.0
    """Prompt and prefix tokens that the prefix cache does not serve, once per request."""
    scored_tokens: float = 0.0
    """Tokens read for scores: prompt, prefix and text of each, as vLLM reads them, whose prefix
    cache serves no request that asks for the prompt's log-probabilities."""

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(**{name: getattr(self, name) + getattr(other, name) for name in _NAMES})

    def __truediv__(self, parts: int) -> "Spent":
        return Spent(**{name: getattr(self, name) / parts for name in _NAMES})


_NAMES = tuple(field.name for field in fields(Spent))


class Meter(Rollouts):
    """The rollouts of one problem, with an account of who asked for what."""

    def __init__(self, rollouts: Rollouts) -> None:
        self.rollouts = rollouts
        """Where they come from."""
        self._indices: defaultdict[str, set[int]] = defaultdict(set)
        self._asked: Counter[str] = Counter()
        self._spent: defaultdict[str, Spent] = defaultdict(Spent)
        self._scored: dict[tuple[str, str], int] = {}
        self.solutions: dict[int, Rollout] = {}
        """Root rollouts by sample index."""

    @property
    def cannot_score(self) -> str:
        """What the rollouts behind it say."""
        return self.rollouts.cannot_score

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return rollouts and note what they cost; a rollout is paid for once."""
        taken = await self.rollouts.sample(prefix, start=start, count=count)
        key, seen = prefix.key, self._indices[prefix.key]
        new = [one for one in taken if one.sample_index not in seen]
        seen.update(one.sample_index for one in new)
        self._asked[key] += count
        self._spent[key] += _cost(new)
        if not prefix.steps:
            self.solutions.update((one.sample_index, one) for one in taken)
        return taken

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return scores and note what they cost; a score is paid for once."""
        scores = await self.rollouts.score(prefix, continuations)
        for told, score in zip(continuations, scores, strict=True):
            self._scored[prefix.key, told.text] = score.prompt_tokens + len(score.logprobs)
        return scores

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return the prefixes of a solution."""
        return self.rollouts.prefixes(solution)

    @property
    def probed(self) -> int:
        """Distinct prefixes sampled, the root included."""
        return len(self._indices)

    @property
    def total(self) -> Spent:
        """All that was spent, the root included."""
        return sum(self._spent.values(), Spent())

    @property
    def root(self) -> Spent:
        """What the root rollouts, among them the solutions, cost: the same for every labeler."""
        return self._spent[ROOT.key]

    @property
    def asked_again(self) -> int:
        """Rollouts behind the root that were asked for once more after they had been taken."""
        keys = (key for key in self._asked if key != ROOT.key)
        return sum(self._asked[key] - len(self._indices[key]) for key in keys)

    def shares(self, finals: Mapping[int, bool]) -> Mapping[int, Spent]:
        """Divide what was spent behind the root among solutions; `finals`: whose answer is right.

        A prefix is paid in equal shares by the solutions with a wrong answer that it is part of,
        else by those with a right one; if it is part of none, by all with a wrong answer. So
        nothing that wrong solutions needed is charged to right ones, which some labelers trust.
        What was read for scores is divided among all.
        """
        wrong = [index for index, right in finals.items() if not right]
        trusted = [index for index, right in finals.items() if right]
        owners = self._owners(trusted) | self._owners(wrong)
        read = Spent(scored_tokens=sum(self._scored.values()) / max(len(finals), 1))
        shares = dict.fromkeys(finals, read)
        for key, spent in self._spent.items():
            if key == ROOT.key:
                continue
            payers = owners.get(key, wrong or list(finals))
            for index in payers:
                shares[index] += spent / len(payers)
        return shares

    def _owners(self, solutions: Sequence[int]) -> dict[str, list[int]]:
        """Return the solutions that each prefix is part of."""
        owners: defaultdict[str, list[int]] = defaultdict(list)
        for index in solutions:
            for prefix in self.prefixes(self.solutions[index])[:-1]:
                owners[prefix.key].append(index)
        return dict(owners)


def _cost(taken: Sequence[Rollout]) -> Spent:
    if not taken:
        return Spent()
    written = sum(one.completion.completion_tokens for one in taken)
    prompt = taken[0].completion.prompt_tokens
    return Spent(
        rollouts=len(taken),
        completion_tokens=written,
        prompt_tokens=1 + (prompt - 1) % CACHE_BLOCK,
    )
