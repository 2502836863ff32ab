"""The posterior labeler: noisy bisection for the first error, with abstention.

Each solution with a wrong final answer has one first error; which one is a latent with an exact
posterior (`inference.py`) under a model of the policy (`model.py`). In rounds, every solution that
is not done asks for rollouts of the prefix with the most expected information per token; it is
done once a step's probability reaches `stop_at`, no probe is worth its tokens, or the cap is
reached. What is below `keep_at` then is left open: an abstention, with its whole posterior.

Before any rollout the steps are read (`read`): equalities are checked, and the policy's own scores
of the solution taken. What that says of the first error is the model's to know (`cues.py`).

The solutions of a problem go on side by side and share what is learnt: each rollout counts for
all solutions that have its prefix (`counting.py`); the question's rate is one; and the
share f of errors that can be recovered from is one per problem, with a posterior from the other
solutions' evidence: P(f | the others) ~ Beta(f) prod_s (1 - f + f odds_s), odds_s the likelihood
ratio of "recoverable" for solution s. Every quantity is a function of the rounds before, which end
for all solutions of the problem at once, so labels do not depend on which rollout came back first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from labelers.echoes import echoes_of
from labelers.posterior.counting import Trail
from labelers.posterior.cues import Array
from labelers.posterior.inference import Belief, Sight, information
from labelers.posterior.model import Model
from labelers.posterior.reading import CueName, Read, read_steps
from labelers.right_answers import RightAnswers
from labelers.scoring import answers
from labelers.solutions import Concluded, Conclusion, Solution, SolutionLabeler, Start
from rollouts.seam import Rollouts
from schemas import Evidence, Node, Outcome, Prefix, Problem, Rollout, StopRule

_SHARES: Array = (np.arange(24) + 0.5) / 24
"""Grid of f."""


class PosteriorLabeler(SolutionLabeler):
    """Searches each solution's first error by expected information; abstains where unsure."""

    kind: Literal["posterior"] = "posterior"
    model: Model = Model()
    """What is believed of the policy beforehand; fit it with `stepmint calibrate`."""
    stop_at: float = Field(default=0.97, gt=0.5, lt=1)
    """Posterior probability of one answer at which a solution is done."""
    keep_at: float = Field(default=0.9, gt=0, lt=1)
    """Posterior probability below which the labeler abstains."""
    max_rollouts: int = Field(default=64, ge=1)
    """Rollouts a solution may ask for."""
    round_size: int = Field(default=1, ge=1)
    """Rollouts a solution asks for at a time, all of one prefix; 1 is cheapest, more is sooner."""
    min_information: float = Field(default=0.02, ge=0)
    """Nats per cost of a whole solution below which no probe is worth its tokens: a question too
    hard to tell good prefixes from bad ones is given up early."""
    request_cost: float = Field(default=0.02, ge=0)
    """Cost of a rollout before its first token, as a share of a whole solution's tokens."""
    right_answers: RightAnswers | Literal["read"] = "trust"
    """What is done with solutions whose final answer is right. `trust`: no error, no rollout;
    `read`: what is read off their steps counts, no rollout; `spot_probe`: that, and a few rollouts
    where they tell most; `full`: as for wrong ones."""
    spot_rollouts: int = Field(default=4, ge=1)
    """Rollouts that `spot_probe` asks for at most."""
    read: tuple[CueName, ...] = ("refuted", "echo", "regret")
    """What is read off each step before any rollout, for the record and as the model's cues say.
    `refuted`: displayed equalities that are false, and `echo`: how many of the question's right
    rollouts write the same, cost nothing; `regret`: one scoring pass over each solution;
    `net_information`: a pass per prefix and answer (MCNIG)."""
    max_answers: int = Field(default=8, ge=1)
    """Right answers, and wrong ones, that `net_information` scores at most."""

    @model_validator(mode="after")
    def _keeps_what_it_stops_at(self) -> "PosteriorLabeler":
        if self.keep_at > self.stop_at:
            raise ValueError(
                f"keep_at={self.keep_at} is above stop_at={self.stop_at}, where a search ends: "
                "give at most as much, or nearly all solutions are left open"
            )
        return self

    @property
    def scores(self) -> bool:
        """Whether something is read that the policy scores."""
        return bool({"regret", "net_information"} & set(self.read))

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Search in rounds that end for all solutions at once."""
        read = await self._read(problem, start, rollouts)
        search = _Search(self, start, read)
        while wanted := search.probes():
            search.learn(await _take(rollouts, wanted))
        places = range(len(start.solutions))
        return [search.conclusion(place) for place in places], search.nodes()

    async def _read(self, problem: Problem, start: Start, rollouts: Rollouts) -> tuple[Read, ...]:
        """Read the steps of all solutions, at the same time."""
        known = None
        if "net_information" in self.read:
            known = answers(problem.answer, start.roots, most=self.max_answers)
        echoes = await echoes_of(start.roots, rollouts) if "echo" in self.read else None
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    read_steps(one, rollouts, read=self.read, known=known, echoes=echoes)
                )
                for one in start.solutions
            ]
        return tuple(task.result() for task in tasks)

    def budget(self, outcome: Outcome) -> int:
        """Return how many rollouts a solution with this final verdict may ask for."""
        if outcome is Outcome.UNDECIDED:
            return 0
        if outcome is not Outcome.CORRECT or self.right_answers == "full":
            return self.max_rollouts
        return self.spot_rollouts if self.right_answers == "spot_probe" else 0


@dataclass(frozen=True, slots=True)
class _Probe:
    """Rollouts to ask for: the next `count` of a prefix."""

    prefix: Prefix
    start: int
    count: int


async def _take(rollouts: Rollouts, probes: Sequence[_Probe]) -> tuple[Rollout, ...]:
    """Return the rollouts of all probes, in the probes' order."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(rollouts.sample(one.prefix, start=one.start, count=one.count))
            for one in probes
        ]
    return tuple(rollout for task in tasks for rollout in task.result())


class _Search:
    """The state of one problem between rounds."""

    def __init__(self, settings: PosteriorLabeler, start: Start, read: Sequence[Read]) -> None:
        solutions = start.solutions
        self._settings = settings
        self._root = start.root
        self._trails = [Trail(solution, start.roots) for solution in solutions]
        self._read = read
        self._costs = [_costs(solution, settings.request_cost) for solution in solutions]
        self._left = [settings.budget(one.rollout.verdict.outcome) for one in solutions]
        self._taken: dict[str, list[Rollout]] = {}
        self._sights: list[tuple[int, Sight] | None] = [None] * len(solutions)
        self._memo: list[dict[tuple[int, float], Belief]] = [{} for _ in solutions]
        self._beliefs = self._believe()

    def probes(self) -> tuple[_Probe, ...]:
        """Return what to ask for next, each prefix once; empty when all solutions are done."""
        wanted: dict[str, _Probe] = {}
        for place, trail in enumerate(self._trails):
            step = self._next(place)
            if step is not None:
                count = min(self._settings.round_size, self._left[place])
                self._left[place] -= count
                prefix = trail.solution.prefixes[step - 1]
                before = len(self._taken.get(prefix.key, ()))
                other = wanted.get(prefix.key)
                most = max(count, other.count) if other else count
                wanted[prefix.key] = _Probe(prefix, before, most)
        return tuple(wanted.values())

    def learn(self, rollouts: Sequence[Rollout]) -> None:
        """Count a round's rollouts for every solution they say something of."""
        for one in rollouts:
            self._taken.setdefault(one.prefix.key, []).append(one)
        for trail in self._trails:
            trail.add(rollouts)
        self._beliefs = self._believe()

    def nodes(self) -> list[Node]:
        """Return every probed prefix with the verdicts asked for there."""
        return [
            Node(
                prefix=taken[0].prefix,
                evidence=Evidence.of((one.verdict.outcome for one in taken), StopRule.ADAPTIVE),
            )
            for taken in self._taken.values()
        ]

    def conclusion(self, place: int) -> Conclusion:
        """Return what is concluded of a solution."""
        trail, belief = self._trails[place], self._beliefs[place]
        outcome = trail.solution.rollout.verdict.outcome
        told = outcome is not Outcome.UNDECIDED
        return Conclusion(
            solution=trail.solution,
            evidence=trail.evidence()[:-1],
            first_error=self._first_error(outcome, belief) if told else None,
            posterior=tuple(belief.posterior.tolist()) if told else (),
            checks=self._read[place].checks,
            readings=self._read[place].steps,
        )

    def _first_error(self, outcome: Outcome, belief: Belief) -> int | None:
        if outcome is Outcome.CORRECT and self._settings.right_answers == "trust":
            return -1
        best = int(belief.posterior.argmax())
        if not belief.posterior[best] >= self._settings.keep_at:
            return None
        return best if best < len(belief.posterior) - 1 else -1

    def _next(self, place: int) -> int | None:
        """Return how many steps the prefix to probe has; None when the solution is done."""
        belief, settings = self._beliefs[place], self._settings
        steps = len(self._costs[place])
        if steps < 2 or not self._left[place] or belief.posterior.max() >= settings.stop_at:
            return None
        worth = (information(belief) / self._costs[place])[1:]
        best = int(worth.argmax())
        return best + 1 if worth[best] >= max(settings.min_information, 1e-9) else None

    def _believe(self) -> list[Belief]:
        """Return each solution's belief, with f learnt from the others."""
        mean = self._settings.model.recoverable
        places = range(len(self._trails))
        odds = [self._odds(place, mean) for place in places]
        shares = shared_recoverable(self._settings.model, odds) if len(odds) > 1 else [mean]
        # To two digits, so that what nobody learnt of is not computed again each round.
        return [self._belief(place, float(f"{shares[place]:.2g}")) for place in places]

    def _odds(self, place: int, share: float) -> float:
        """Return what a solution tells the others of f; nothing where its outcome is undecided."""
        outcome = self._trails[place].solution.rollout.verdict.outcome
        if outcome is Outcome.UNDECIDED:
            return 1.0
        return self._belief(place, share).recovery_odds

    def _belief(self, place: int, share: float) -> Belief:
        trail, memo = self._trails[place], self._memo[place]
        key = trail.counted, share
        if key not in memo:
            if any(counted != trail.counted for counted, _ in memo):
                memo.clear()
            memo[key] = self._sight(place).belief(recoverable=share)
        return memo[key]

    def _sight(self, place: int) -> Sight:
        """Return what is seen of a solution now; what was read off its steps stays the same."""
        trail, before = self._trails[place], self._sights[place]
        if before and before[0] == trail.counted:
            return before[1]
        seen = trail.observation(self._root, self._read[place].readings)
        sight = Sight(self._settings.model, seen, cued=before[1].cued if before else None)
        self._sights[place] = trail.counted, sight
        return sight


def shared_recoverable(model: Model, odds: Sequence[float]) -> list[float]:
    """Return E[f | all solutions but s] for each s, from every solution's recovery odds.

    A solution's likelihood is linear in f, so this mean is all that matters of f's posterior.
    """
    a = model.recoverable * model.recoverable_weight
    b = (1 - model.recoverable) * model.recoverable_weight
    prior = (a - 1) * np.log(_SHARES) + (b - 1) * np.log1p(-_SHARES)
    terms = np.log(1 - _SHARES + np.minimum(np.array(odds), 1e12)[:, None] * _SHARES)
    others = prior + terms.sum(axis=0) - terms
    weights = np.exp(others - others.max(axis=1, keepdims=True))
    return [float(mean) for mean in (weights @ _SHARES) / weights.sum(axis=1)]


def _costs(solution: Solution, request: float) -> Array:
    """Return a rollout's expected cost per prefix: what is left of the solution, plus a request's.

    In units of the whole solution; its own length stands for that of its continuations.
    """
    whole = max(len(solution.rollout.text), 1)
    before = [0, *(len(prefix.text) for prefix in solution.prefixes[:-1])]
    return np.array([(whole - length) / whole + request for length in before])
