"""One problem is searched, and becomes rows: what gold says of it comes last.

Each search sees the question alone. Gold answers are looked at when all choices are made.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollouts import Purse
from schemas import Outcome, Problem
from search import AnySearch
from search.aggregation import score
from search.answers import numbered
from search.asking import Asked, ShardSamples, blind
from search.grading import ShardGrades
from tasks.search_settings import SearchRun
from tasks.search_shard import Rows, Searched, candidate_rows, chosen_rows, trace_rows
from verification.judge import Judge


@dataclass(frozen=True, slots=True)
class ProblemSearch:
    """Searches problems of a shard and returns their rows."""

    run: SearchRun
    samples: ShardSamples
    grades: ShardGrades
    judge: Judge
    purse: Purse
    common: Mapping[str, Any]
    """What each candidate's row says of policy, reward model and prompt."""

    async def rows(self, problem: Problem, set_aside: str) -> Rows:
        """Return a problem's rows; of one whose gold answer cannot be judged against its own."""
        if set_aside:
            return self._rows(problem, set_aside, [], [], _Difficulty())
        seen = blind(problem)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._searched(one, seen)) for one in self.run.searches]
            apart = group.create_task(self._apart(seen))
        searched = [task.result() for task in tasks]
        # From here on gold is looked at: every choice is made.
        with self.purse:
            outcomes = [await self._judged(problem, one) for one in searched]
            own = apart.result() or self._of_best_of_n(searched)
            difficulty = await self._difficulty(problem, own)
        return self._rows(problem, "", searched, outcomes, difficulty)

    async def _searched(self, one: AnySearch, seen: Problem) -> Searched:
        asked = Asked(seen, self.samples, self.grades)
        found = await one.search(asked)
        texts = ["".join(candidate.steps) for candidate in found.candidates]
        with self.purse:
            answers = await numbered(self.judge, texts, options=seen.options)
        return Searched(search=one.called, found=found, tally=asked.tally, answers=answers)

    async def _judged(self, problem: Problem, one: Searched) -> list[tuple[str, str]]:
        judged = []
        for candidate in one.found.candidates:
            verdict = await self.judge.judge(
                problem.answer,
                "".join(candidate.steps),
                finished=candidate.end == "stop",
                options=problem.options,
            )
            judged.append((verdict.outcome.value, verdict.reason))
        return judged

    async def _apart(self, seen: Problem) -> "_Sampled | None":
        """Sample solutions that no search uses, to tell how hard the problem is."""
        if not self.run.difficulty:
            return None
        asked = Asked(seen, self.samples, self.grades)
        first = self.run.best_of_n.n if self.run.best_of_n else 0
        written = await asked.solutions(self.run.difficulty, start=first)
        grades = await asked.grades([one.steps for one in written])
        return _Sampled(
            texts=[("".join(one.steps), one.end == "stop") for one in written],
            scores=[
                score(one.steps, len(each.steps), "last")
                for one, each in zip(grades, written, strict=True)
            ],
            tokens=asked.tally.tokens,
        )

    def _of_best_of_n(self, searched: Sequence[Searched]) -> "_Sampled | None":
        best = self.run.best_of_n
        own = next((one for one in searched if best and one.search == best.called), None)
        if own is None:
            return None
        candidates = own.found.candidates
        return _Sampled(
            texts=[("".join(one.steps), one.end == "stop") for one in candidates],
            scores=[score(one.grades, len(one.steps), "last") for one in candidates],
            tokens=0,
        )

    async def _difficulty(self, problem: Problem, sampled: "_Sampled | None") -> "_Difficulty":
        if sampled is None:
            return _Difficulty()
        outcomes = Counter[str]()
        for text, finished in sampled.texts:
            verdict = await self.judge.judge(
                problem.answer, text, finished=finished, options=problem.options
            )
            outcomes[verdict.outcome.value] += 1
        count = len(sampled.scores)
        mean = sum(sampled.scores) / count if count else None
        return _Difficulty(outcomes=outcomes, mean_score=mean, tokens=sampled.tokens)

    def _rows(
        self,
        problem: Problem,
        set_aside: str,
        searched: Sequence[Searched],
        outcomes: Sequence[Sequence[tuple[str, str]]],
        difficulty: "_Difficulty",
    ) -> Rows:
        id, both = problem.id, list(zip(searched, outcomes, strict=True))
        about = {
            "problem_id": id,
            "source": problem.source,
            "question": problem.question,
            "answer": problem.answer,
            "set_aside": set_aside,
            "mean_score": difficulty.mean_score,
            "difficulty_tokens": difficulty.tokens,
        } | {outcome.value: difficulty.outcomes[outcome.value] for outcome in Outcome}
        return {
            "search_problems": [about],
            "search_candidates": [
                row for one, told in both for row in candidate_rows(id, one, told, self.common)
            ],
            "search_chosen": [
                *(row for one, told in both for row in chosen_rows(id, one, told)),
                *self._at_equal_tokens(id, both),
            ],
            "search_trace": [row for one in searched for row in trace_rows(id, one)],
        }

    def _at_equal_tokens(
        self, id: str, both: Sequence[tuple[Searched, Sequence[tuple[str, str]]]]
    ) -> list[dict[str, Any]]:
        """Return what best of N would choose among as many samples as each search has tokens."""
        best = self.run.best_of_n
        own = next((pair for pair in both if best and pair[0].search == best.called), None)
        if own is None:
            return []
        return [
            row
            for other, _ in both
            if other is not own[0]
            for row in chosen_rows(
                id,
                *own,
                first=own[0].within(other.tally.tokens),
                as_much_as=other.search,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sampled:
    """Whole solutions by which a problem's difficulty is told."""

    texts: Sequence[tuple[str, bool]]
    """Each with whether the policy ended it."""
    scores: Sequence[float]
    tokens: int
    """That the policy wrote for this alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difficulty:
    """How hard a problem is for the policy; counts of verdicts by their value."""

    outcomes: Counter[str] = field(default_factory=Counter)
    mean_score: float | None = None
    """Mean score of the solutions by their last grades; None without any."""
    tokens: int = 0
