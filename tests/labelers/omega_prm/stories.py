"""Worlds in which every rollout of every prefix is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import made
from rollouts.cutting import prefixes
from rollouts.seam import Rollouts
from rollouts.steps import Newline
from schemas import Continuation, Outcome, Prefix, Rollout, Score, Tokens

RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT


@dataclass(frozen=True)
class Told:
    """One rollout: its completion, its verdict, its length in tokens."""

    text: str
    outcome: Outcome = WRONG
    tokens: int = 10


class Story(Rollouts):
    """The seam `Rollouts` over what was written down; asking for more is an error."""

    cannot_score = "nothing is scored here"

    def __init__(self, told: Mapping[str, Sequence[Told]], *, by_token: bool = False) -> None:
        self.asked: list[tuple[str, int]] = []
        """Prefix and sample index of every rollout asked for behind the root, in order."""
        self._told = told
        self._by_token = by_token

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return rollouts start, ..., start + count - 1 of a prefix."""
        indices = range(start, start + count)
        if prefix.steps:
            self.asked += [(prefix.text, index) for index in indices]
        told = self._told[prefix.text]
        return tuple(self._rollout(prefix, index, told[index]) for index in indices)

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        raise AssertionError("no search asks for scores")

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return one prefix per line."""
        return prefixes(solution, Newline())

    def _rollout(self, prefix: Prefix, index: int, told: Told) -> Rollout:
        """Return a rollout; `by_token` its tokens are its characters, two where a `é` is."""
        tokens = None
        if self._by_token:
            ids: list[int] = []
            ends: list[int] = []
            for place, character in enumerate(told.text):
                if character == "é":
                    ids, ends = [*ids, 1], [*ends, place]
                ids, ends = [*ids, ord(character)], [*ends, place + 1]
            tokens = Tokens(ids=tuple(ids), ends=tuple(ends))
        return made.rollout(
            told.text,
            told.outcome,
            prefix=prefix,
            index=index,
            tokens=tokens,
            completion_tokens=len(tokens.ids) if tokens else told.tokens,
        )
