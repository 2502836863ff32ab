"""Worlds without a policy: every prefix has a known value and a rollout is one Bernoulli draw.

A problem has 6 to 16 steps and a path of values v_0, v_1, ..., v_(M-1) along its correct part: v_t
is the probability that a rollout of an error-free prefix of t steps ends right. A solution errs at
step e (a random one); from then on a rollout ends right with its recovery probability r, which is
0 for a share 1 - f of errors. So a prefix of t steps has the value v_t for t <= e and r behind.

*World A* (hard problems err early): v_0 = 0.05 + 0.9 Beta(2, 2); logit v rises linearly by
U(1, 4) over the M steps; e = floor(M Beta(6m, 6 - 6m)) with m = 0.25 + 0.5 v_0; r ~ Beta(1, 6).

*World B* (a logit random walk): logit v_0 ~ N(0, 1.2), every step adds N(0.05, 0.5); e is uniform;
r ~ Beta(1, 3).

Problems with no right or no wrong solution among 16 root rollouts are not in the world. A solution
with a right answer has no error, or one that was repaired: it errs with probability 1 - v_0 and is
repaired with probability r, at a random later step, behind which the values are the path's again.

What a rollout costs: a step is `STEP_TOKENS` long, so a rollout of t of M steps costs (M - t) / M
of a solution.
"""

import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from benchmarks import made
from benchmarks.label_truth.worlds import Case, World
from rollouts.seam import Rollouts
from schemas import (
    Continuation,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    RunError,
    Score,
)

STEP_TOKENS = 20
PROMPT_TOKENS = 100
ROOT_ROLLOUTS = 16
CALIBRATION = 200
"""Wrong solutions to fit a model of the policy to."""
OTHER_PROBLEMS = 1_000_000
"""Added to a seed, it gives the problems to fit to."""
Law = Literal["a", "b"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """How one continuation goes on, from its first step to the end of the solution."""

    error: int
    """Step at which it errs; the number of steps if it does not."""
    repair: int
    """Step at which the error is put right; the number of steps if it is not."""
    recovery: float
    """Value of the prefixes between error and repair."""

    def value(self, length: int, path: Sequence[float]) -> float:
        """Return the value of a prefix of this branch that has `length` steps."""
        return self.recovery if self.error < length <= self.repair else path[length]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One problem: its number of steps, the values along its correct part, its solutions."""

    name: str
    law: Law
    recoverable: float
    path: tuple[float, ...]
    solutions: tuple[Branch, ...]
    """The first root rollouts."""

    @property
    def num_steps(self) -> int:
        """Steps of every solution."""
        return len(self.path)

    def fail(self, start: int, rng: random.Random) -> Branch:
        """Draw a branch that errs at or behind step `start` and stays wrong."""
        left, end = self.num_steps - start, self.num_steps
        if self.law == "a":
            mean = 0.25 + 0.5 * self.path[0]
            error = start + min(left - 1, int(left * rng.betavariate(6 * mean, 6 - 6 * mean)))
        else:
            error = start + rng.randrange(left)
        recovery = 0.0
        if rng.random() < self.recoverable:
            recovery = rng.betavariate(1, 6 if self.law == "a" else 3)
        return Branch(error=error, repair=end, recovery=recovery)

    def succeed(self, start: int, rng: random.Random) -> Branch:
        """Draw a branch from the root that ends right: without error, or with one repaired."""
        end = self.num_steps
        while True:
            if rng.random() < self.path[start]:
                return Branch(error=end, repair=end, recovery=0.0)
            branch = self.fail(start, rng)
            if rng.random() < branch.recovery and branch.error < end - 1:
                repair = rng.randrange(branch.error + 1, end)
                return Branch(error=branch.error, repair=repair, recovery=branch.recovery)


def path(law: Law, rng: random.Random) -> tuple[float, ...]:
    """Draw the values along the correct part of a problem of 6 to 16 steps."""
    steps = rng.randint(6, 16)
    if law == "a":
        first = _logit(0.05 + 0.9 * rng.betavariate(2, 2))
        rise = rng.uniform(1, 4)
        return tuple(_sigmoid(first + rise * t / steps) for t in range(steps))
    value, values = rng.gauss(0, 1.2), []
    for _ in range(steps):
        values.append(_sigmoid(value))
        value += rng.gauss(0.05, 0.5)
    return tuple(values)


@dataclass(frozen=True, kw_only=True)
class ScriptedWorld:
    """World A or B with a given share of recoverable errors."""

    law: Law
    recoverable: float
    """f: share of errors from which a rollout may recover."""
    wrong: int
    """Solutions with a wrong final answer, at least."""
    right: int = 0
    """Solutions with a right one, at least."""
    per_problem: int = 1
    """Solutions per problem, all of them wrong or all of them right."""
    seed: int = 0
    root_rollouts: int = ROOT_ROLLOUTS

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"scripted-{self.law} f={self.recoverable:g}"

    @property
    def num_solutions(self) -> int:
        """Root rollouts to label per problem."""
        return self.per_problem

    def cases(self) -> Sequence[Case]:
        """Return the problems whose solutions are wrong, then those whose solutions are right."""
        return self._cases

    def rollouts(self, case: Case, *, draw: int) -> Rollouts:
        """Return the rollouts of a case."""
        return ScriptedRollouts(self._scripts[case.problem.id], seed=f"{self.seed}/{draw}")

    def is_right(self, case: Case, rollouts: Rollouts, prefix: Prefix) -> bool:
        """Tell whether the branch of a prefix has not erred yet."""
        assert isinstance(rollouts, ScriptedRollouts)
        return rollouts.branch_of(prefix).error >= len(prefix.steps)

    def folds(self) -> Sequence[tuple[World, World]]:
        """Return a world of the same law with other problems, and this one."""
        other = replace(self, wrong=CALIBRATION, right=0, seed=self.seed + OTHER_PROBLEMS)
        return ((other, self),)

    @cached_property
    def _scripts(self) -> dict[str, Script]:
        scripts = [*self._draw("wrong", self.wrong), *self._draw("right", self.right)]
        return {script.name: script for script in scripts}

    @cached_property
    def _cases(self) -> tuple[Case, ...]:
        return tuple(map(_case, self._scripts.values()))

    def _draw(self, final: str, solutions: int) -> Iterator[Script]:
        """Yield problems with right and wrong root rollouts until the solutions suffice."""
        found, number = 0, 0
        while found < solutions:
            name = f"{self.name}/{self.seed}/{final}/{number}"
            script, number = self._script(name, final), number + 1
            outcomes = ScriptedRollouts(script, seed=f"{self.seed}/0").roots(self.root_rollouts)
            if 0 < sum(outcomes) < self.root_rollouts:
                found += self.per_problem
                yield script

    def _script(self, name: str, final: str) -> Script:
        rng = random.Random(name)
        bare = Script(
            name=name,
            law=self.law,
            recoverable=self.recoverable,
            path=path(self.law, rng),
            solutions=(),
        )
        draw = bare.fail if final == "wrong" else bare.succeed
        solutions = tuple(draw(0, rng) for _ in range(self.per_problem))
        return Script(
            name=name,
            law=self.law,
            recoverable=self.recoverable,
            path=bare.path,
            solutions=solutions,
        )


def _case(script: Script) -> Case:
    steps = script.num_steps
    return Case(
        problem=Problem(id=script.name, source="scripted", question=script.name, answer="1"),
        truths={i: -1 if s.error == steps else s.error for i, s in enumerate(script.solutions)},
        finals={i: _ends_right(script, one) for i, one in enumerate(script.solutions)},
    )


def _ends_right(script: Script, branch: Branch) -> bool:
    return branch.error == script.num_steps or branch.repair < script.num_steps


@dataclass(slots=True)
class _Stream:
    """The draws of one prefix: the i-th belongs to sample i."""

    rng: random.Random
    rollouts: list[Rollout] = field(default_factory=list)


class ScriptedRollouts(Rollouts):
    """The seam `Rollouts` of one scripted problem; a rollout is a function of (seed, prefix, i).

    A step reads `branch.number`, so the last one of a prefix tells on which branch it is.
    """

    cannot_score = "this world has no policy; measure labelers that score in the neural world"

    def __init__(self, script: Script, *, seed: str) -> None:
        self.script = script
        self._seed = seed
        self._streams: dict[str, _Stream] = {}
        self._branches: dict[str, Branch] = {}
        for number, branch in enumerate(script.solutions):
            self._branches[f"s{number}"] = branch

    def roots(self, count: int) -> list[bool]:
        """Return whether the first root rollouts are right."""
        return [one.verdict.outcome is Outcome.CORRECT for one in self._taken(Prefix(), count)]

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts start, ..., start + count - 1 of a prefix."""
        return tuple(self._taken(prefix, start + count)[start : start + count])

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Raise RunError: nobody writes here, so no text is likelier than another."""
        raise RunError(self.cannot_score)

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return one prefix per line."""
        lines = tuple(solution.text.splitlines(keepends=True))
        return tuple(Prefix(steps=lines[: n + 1], token_ids=None) for n in range(len(lines)))

    def branch_of(self, prefix: Prefix) -> Branch:
        """Return the branch that a prefix of a sampled solution is on."""
        return self._branches[prefix.steps[-1].partition(".")[0]]

    def _taken(self, prefix: Prefix, count: int) -> list[Rollout]:
        last = prefix.steps[-1] if prefix.steps else ""
        stream = self._streams.get(last)
        if stream is None:
            # The root's rollouts are the same in every draw: the screen passed on them.
            seed = self._seed if prefix.steps else self._seed.split("/")[0]
            rng = random.Random(f"{self.script.name}/{seed}/{last}")
            self._streams[last] = stream = _Stream(rng)
        while len(stream.rollouts) < count:
            stream.rollouts.append(self._roll(prefix, last, stream))
        return stream.rollouts

    def _roll(self, prefix: Prefix, last: str, stream: _Stream) -> Rollout:
        script, index, length = self.script, len(stream.rollouts), len(prefix.steps)
        parent = self.branch_of(prefix) if last else None
        if parent is None and index < len(script.solutions):
            right, name = _ends_right(script, script.solutions[index]), f"s{index}"
        else:
            value = parent.value(length, script.path) if parent else script.path[0]
            right = stream.rng.random() < value
            name = hashlib.blake2b(f"{last}{index}".encode(), digest_size=6).hexdigest()
            self._branches[name] = self._branch(parent, length, stream.rng, right=right)
        lines = [f"{name}.{step}\n" for step in range(length, script.num_steps)]
        return _rollout(script.name, prefix, index, "".join(lines), right=right)

    def _branch(
        self, parent: Branch | None, length: int, rng: random.Random, *, right: bool
    ) -> Branch:
        """Return how a drawn rollout goes on: what was wrong stays wrong, or is repaired."""
        end = self.script.num_steps
        if right:
            return Branch(error=end, repair=end, recovery=0.0)
        if parent is not None and parent.error < length <= parent.repair:
            return Branch(error=parent.error, repair=end, recovery=parent.recovery)
        return self.script.fail(length, rng)


def _rollout(problem: str, prefix: Prefix, index: int, text: str, *, right: bool) -> Rollout:
    before = PROMPT_TOKENS + STEP_TOKENS * len(prefix.steps)
    outcome = Outcome.CORRECT if right else Outcome.INCORRECT
    return made.rollout(
        text,
        outcome,
        problem_id=problem,
        prefix=prefix,
        index=index,
        prompt_tokens=before,
        completion_tokens=STEP_TOKENS * text.count("\n"),
    )


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
