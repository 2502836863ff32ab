"""One problem is searched, and becomes rows: what gold says of it comes last.

Each search sees the question alone. Gold answers are looked at when all choices are made.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollouts import Purse
from schemas import Outcome, Problem
from search import AnySearch, Candidate, Wrote
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
            outcomes = [await self._judged(problem, one.found.candidates) for one in searched]
            difficulty = await self._difficulty(problem, apart.result(), searched, outcomes)
        return self._rows(problem, "", searched, outcomes, difficulty)

    async def _searched(self, one: AnySearch, seen: Problem) -> Searched:
        asked = Asked(seen, self.samples, self.grades)
        found = await one.search(asked)
        texts = ["".join(candidate.steps) for candidate in found.candidates]
        with self.purse:
            answers = await numbered(self.judge, texts, options=seen.options)
        return Searched(
            search=one.called, found=found, tally=asked.tally, answers=answers, top=self.run.top
        )

    async def _judged(
        self, problem: Problem, solutions: Iterable[Candidate | Wrote]
    ) -> list[tuple[str, str]]:
        """Return the verdict on each solution, with its reason."""
        judged = []
        for one in solutions:
            verdict = await self.judge.judge(
                problem.answer,
                "".join(one.steps),
                finished=one.end == "stop",
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
            solutions=written,
            scores=[
                score(one.steps, len(each.steps), "last")
                for one, each in zip(grades, written, strict=True)
            ],
            tokens=asked.tally.tokens,
        )

    async def _difficulty(
        self,
        problem: Problem,
        apart: "_Sampled | None",
        searched: Sequence[Searched],
        outcomes: Sequence[Sequence[tuple[str, str]]],
    ) -> "_Difficulty":
        """Tell it by what was sampled apart; else by best of N, which is judged already."""
        if apart is not None:
            judged = await self._judged(problem, apart.solutions)
            return _Difficulty.of(judged, apart.scores, tokens=apart.tokens)
        best = self._best_of_n
        if best is None:
            return _Difficulty()
        candidates = searched[best].found.candidates
        scores = [score(one.grades, len(one.steps), "last") for one in candidates]
        return _Difficulty.of(outcomes[best], scores)

    @property
    def _best_of_n(self) -> int | None:
        """The place of best of N among the searches."""
        best = self.run.best_of_n
        return None if best is None else self.run.searches.index(best)

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
        best = self._best_of_n
        if best is None or not both:
            return []
        own, told = both[best]
        return [
            row
            for other, _ in both
            if other is not own
            for row in chosen_rows(
                id,
                own,
                told,
                first=own.within(other.tally.tokens),
                as_much_as=other.search,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sampled:
    """Whole solutions by which a problem's difficulty is told."""

    solutions: Sequence[Wrote]
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

    @classmethod
    def of(
        cls, judged: Iterable[tuple[str, str]], scores: Sequence[float], *, tokens: int = 0
    ) -> "_Difficulty":
        """Return that of solutions with these verdicts and scores."""
        return cls(
            outcomes=Counter(outcome for outcome, _ in judged),
            mean_score=sum(scores) / len(scores) if scores else None,
            tokens=tokens,
        )
