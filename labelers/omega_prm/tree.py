"""The search tree of OmegaPRM: states, the pool of rollouts to search, and which comes next.

A state s is a prefix with its visit count N(s), its Monte Carlo value MC(s) and its rollouts r,
with the value of searching r next

    Q(s, r) = alpha^(1 - MC(s)) * beta^(len(r) / L)        len in tokens
    U(s)    = c_puct * sqrt(sum of N over all states) / (1 + N(s))

The pool holds the wrong rollouts of states with 0 < MC(s) < 1; the one with the greatest Q + U
leaves it to be searched, which counts as a visit of its state.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas import FAILED, Evidence, Prefix, Rollout, Settings, StopRule


class Constants(Settings):
    """The constants of selection; as published by default."""

    alpha: float = 0.5
    """Weight of a high Monte Carlo value: the more promising the state, the better hidden the
    error."""
    beta: float = 0.9
    """Weight of a short rollout."""
    length: float = 500.0
    """L: tokens after which a rollout's value has fallen to `beta`."""
    c_puct: float = 0.125
    """Weight of exploration."""

    def q_value(self, mc_value: float, tokens: int) -> float:
        """Return Q(s, r), in (0, 1]."""
        return math.pow(self.alpha, 1 - mc_value) * math.pow(self.beta, tokens / self.length)

    def exploration(self, visits: int, all_visits: int) -> float:
        """Return U(s)."""
        return self.c_puct * math.sqrt(all_visits) / (1 + visits)


@dataclass(slots=True)
class State:
    """A probed prefix. Its visit count grows; all else is fixed when it is born."""

    prefix: Prefix
    rollouts: tuple[Rollout, ...]
    visits: int = 0
    """N(s): searches of its rollouts so far."""
    evidence: Evidence = field(init=False)

    def __post_init__(self) -> None:
        outcomes = (one.verdict.outcome for one in self.rollouts)
        self.evidence = Evidence.of(outcomes, StopRule.FIXED)

    @property
    def mc_value(self) -> float | None:
        """MC(s); None where no rollout was decided."""
        return self.evidence.mc_value

    @property
    def is_alive(self) -> bool | None:
        """Whether a rollout was correct; None where none was decided."""
        return None if self.mc_value is None else self.mc_value > 0

    def candidates(self) -> tuple[Rollout, ...]:
        """Return the rollouts worth a search: wrong ones, equal texts once, if some are right."""
        if self.mc_value is None or not 0 < self.mc_value < 1:
            return ()
        wrong: dict[str, Rollout] = {}
        for one in self.rollouts:
            if one.verdict.outcome in FAILED:
                wrong.setdefault(one.text, one)
        return tuple(wrong.values())


@dataclass(frozen=True, slots=True)
class Selection:
    """A rollout of a state, chosen for a search."""

    state: State
    rollout: Rollout


class Tree:
    """All states of one question and the pool."""

    def __init__(self, constants: Constants) -> None:
        self._constants = constants
        self._states: dict[str, State] = {}
        self._pool: list[Selection] = []

    @property
    def states(self) -> Sequence[State]:
        """All states in the order in which they were added."""
        return tuple(self._states.values())

    @property
    def pool(self) -> Sequence[Selection]:
        """What may still be searched."""
        return tuple(self._pool)

    def get(self, prefix: Prefix) -> State | None:
        """Return the state of a prefix that was probed before."""
        return self._states.get(prefix.key)

    def add(self, prefix: Prefix, rollouts: Iterable[Rollout]) -> State:
        """Add a state with its rollouts; those worth a search join the pool."""
        state = State(prefix, tuple(rollouts))
        self._states[prefix.key] = state
        self._pool += (Selection(state, one) for one in state.candidates())
        return state

    def select(self) -> Selection | None:
        """Take the rollout with the greatest Q + U out of the pool, the oldest of equals.

        Priorities are computed anew for each choice, so no visit is overlooked. None if empty.
        """
        if not self._pool:
            return None
        all_visits = sum(state.visits for state in self._states.values())
        best = max(self._pool, key=lambda one: self.priority(one, all_visits))
        self._pool.remove(best)
        return best

    def priority(self, selection: Selection, all_visits: int) -> float:
        """Return Q(s, r) + U(s)."""
        state = selection.state
        assert state.mc_value is not None, "the pool holds states with a value"
        q_value = self._constants.q_value(
            state.mc_value, selection.rollout.completion.completion_tokens
        )
        return q_value + self._constants.exploration(state.visits, all_visits)
