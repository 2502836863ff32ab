"""Problems are searched with a policy and a reward model; after a kill nothing is paid twice.

Each search sees questions alone. Gold answers are looked at when all searches of a problem are
over.
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from policies.fingerprint import model_identity
from policies.seam import Policy
from rollouts import Costs, Journal, Purse, has_records, load_template
from schemas import Outcome, Problem, RejectedRow, RunError, SourceError
from schemas.arrow import SCHEMA_VERSION
from schemas.search_folder import SearchFolder
from search import AnySearch
from search.aggregation import score
from search.answers import numbered
from search.asking import Asked, Manner, ShardSamples, blind
from search.grading import Grading, ShardGrades
from sources.reading import Reading
from tasks.files import writing
from tasks.problems import distinct, preflight
from tasks.record_folder import failures_told, held, update, write_record
from tasks.run_file import differences
from tasks.search_figures import Figures, figures
from tasks.search_settings import PrmSettings, SearchRun
from tasks.search_shard import (
    Rows,
    Searched,
    ShardRows,
    candidate_rows,
    check_tables,
    chosen_rows,
    commit,
    committed,
    trace_rows,
)
from tasks.sources import located
from tasks.window import Window
from verification.judge import Judge


@dataclass(slots=True)
class SearchBoard:
    """How far the search has come, for a display."""

    phase: str = "starting"
    problems: int = 0
    done: int = 0
    """Those of earlier sessions included."""
    since: float = field(default_factory=time.monotonic)
    spent: Costs = field(default_factory=Costs)
    prm_tokens: int = 0
    """Read in this session, of shards that are done."""
    spending: dict[str, Callable[[], tuple[Costs, int]]] = field(default_factory=dict)

    @property
    def costs(self) -> tuple[Costs, int]:
        """What this session took: of the policy, and tokens that the reward model read."""
        open_ones = [spending() for spending in tuple(self.spending.values())]
        costs = sum((costs for costs, _ in open_ones), self.spent)
        return costs, self.prm_tokens + sum(tokens for _, tokens in open_ones)

    def shard_ended(self, shard: str) -> None:
        """Keep what a shard took."""
        costs, tokens = self.spending.pop(shard)()
        self.spent += costs
        self.prm_tokens += tokens


@dataclass(frozen=True, slots=True)
class _Shard:
    name: str
    number: int
    problems: Sequence[Problem]

    @property
    def digest(self) -> str:
        content = "\x1f".join(problem.as_json() for problem in self.problems)
        return hashlib.sha256(content.encode()).hexdigest()


async def search(run: SearchRun, board: SearchBoard) -> Figures:
    """Search all problems and return what came of it; the same call goes on where one ended.

    Raises a StepmintError that names value and remedy.
    """
    made = SearchFolder(run.folder)
    with writing(made.path), held(made):
        _begin(made, run)
        with failures_told(made):
            board.phase = "reading problems"
            shards = await asyncio.to_thread(_shards, run)
            open_ones = _open(made, shards)
            board.problems = sum(len(one.problems) for one in shards)
            board.done = board.problems - sum(len(one.problems) for one in open_ones)
            if open_ones:
                await _Session(made, run, board).search(open_ones)
            board.phase = "counting"
            check_tables(made, [one.name for one in shards])
            found = await asyncio.to_thread(figures, made, run)
        update(made, {"status": "finished", "error": None, "figures": asdict(found)})
        return found


def _begin(made: SearchFolder, run: SearchRun) -> None:
    """Say what is searched; RunError where the folder holds another search, or a run."""
    if (made.path / "run.json").exists():
        raise RunError(f"{made.path} holds a run: choose another name with --set name=NAME")
    shaping = run.shaping()
    begun = made.shards or any(map(has_records, made.path.glob("journal/*.journal")))
    record = made.record() if begun else {}
    changes = list(differences(record.get("shaping", shaping), shaping))
    if changes:
        raise RunError(
            f"{made.path} holds a search with other settings:\n"
            + "\n".join(f"  {change}" for change in changes)
            + "\nsearch with the old values, or choose another name with --set name=NAME"
        )
    said = {
        "schema_version": SCHEMA_VERSION,
        "settings": run.model_dump(mode="json"),
        "shaping": shaping,
        "template": load_template(run.prompt).model_dump(mode="json"),
        "status": "searching",
    }
    write_record(made, record | said)


def _shards(run: SearchRun) -> list[_Shard]:
    """Return the source's problems in shards. Raises SourceError where there are none."""
    rows = distinct(located(run.source).load(Reading()), run.limit)
    problems = [row for row in rows if not isinstance(row, RejectedRow)]
    if not problems:
        raise SourceError(f"source {run.source.kind!r} gives no problem: give other data")
    return [
        _Shard(f"shard-{number:05d}", number, problems[start : start + run.shard])
        for number, start in enumerate(range(0, len(problems), run.shard))
    ]


def _open(made: SearchFolder, shards: Sequence[_Shard]) -> list[_Shard]:
    """Return the shards that are not committed. Raises RunError where problems changed."""
    open_ones = []
    for shard in shards:
        done = committed(made, shard.name)
        if done is None:
            open_ones.append(shard)
        elif done.problems != shard.digest:
            raise RunError(
                f"{made.path}: the problems of {shard.name} are not those that were searched: "
                "bring the old source back, or choose another name with --set name=NAME"
            )
    return open_ones


def _same(made: SearchFolder, what: str, identity: str) -> None:
    """Record which model answers; RunError where another one answered before."""
    before = made.record().get(what, identity)
    if before != identity:
        raise RunError(
            f"{made.path} was searched with {before}, and the {what} is {identity} now: bring the "
            "old one back, or choose another name with --set name=NAME"
        )
    update(made, {what: identity})


@asynccontextmanager
async def _graded_by(prm: PrmSettings) -> AsyncIterator[Grading]:
    from prm.grading import load_grader  # torch: seconds that other commands save

    load = partial(load_grader, prm.model, form=prm.form, device=prm.device)
    grader = await asyncio.to_thread(load)
    identity = f"{model_identity(prm.model, 'main')} {type(grader.form).__name__}"
    async with Grading(grader, identity) as grading:
        yield grading


class _Session:
    """The part of a search that this process does."""

    def __init__(self, made: SearchFolder, run: SearchRun, board: SearchBoard) -> None:
        self._made = made
        self._run = run
        self._board = board
        self._purse = Purse()
        self._window = Window(run.open)
        self._manner = Manner(
            template=load_template(run.prompt),
            sampling=run.sampling,
            splitter=run.splitter,
            pause=run.pauses,
            seed=run.seed,
        )

    async def search(self, shards: Sequence[_Shard]) -> None:
        """Search some shards, many problems at once."""
        run, board, made = self._run, self._board, self._made
        board.phase = f"starting the policy ({run.policy.kind}) and the reward model"
        async with (
            _graded_by(run.prm) as grading,
            run.verification.open() as judge,
            run.policy.open(made.path) as policy,
        ):
            _same(made, "policy", policy.identity)
            _same(made, "prm", grading.identity)
            update(made, {"policy_caveat": policy.caveat})
            board.phase, board.since = f"searching {len(shards)} shards", time.monotonic()
            self._window.feeds(lambda: policy.idle)
            async with asyncio.TaskGroup() as group:
                for shard in shards:
                    await self._window.enter(shard.number, len(shard.problems))
                    group.create_task(self._shard(shard, policy, grading, judge))

    async def _shard(self, shard: _Shard, policy: Policy, grading: Grading, judge: Judge) -> None:
        reasons = await preflight(judge, shard.problems)
        with Journal(self._made.journal(shard.name)) as journal:
            samples = ShardSamples(
                policy=policy, journal=journal, purse=self._purse, manner=self._manner
            )
            grades = ShardGrades(grading, journal)
            work = _Problems(self._run, samples, grades, judge, self._common(policy, grading))
            self._board.spending[shard.name] = lambda: (samples.costs, grades.fresh)

            async def one(problem: Problem, reason: str) -> Rows:
                rows = await work.rows(problem, reason)
                self._board.done += 1
                self._window.ended(shard.number)
                return rows

            try:
                async with asyncio.TaskGroup() as group:
                    pairs = zip(shard.problems, reasons, strict=True)
                    asked = [group.create_task(one(*pair)) for pair in pairs]
            finally:
                self._board.shard_ended(shard.name)
        rows = ShardRows()
        for task in asked:
            rows.add(task.result())
        await asyncio.to_thread(
            commit,
            self._made,
            rows.rows,
            shard=shard.name,
            problems=shard.digest,
            costs=samples.costs,
            prm_tokens=grades.fresh + grades.replayed,
        )
        self._window.leave(shard.number)

    def _common(self, policy: Policy, grading: Grading) -> dict[str, Any]:
        return {
            "policy": policy.identity,
            "prm": grading.identity,
            "prompt": self._manner.template.version,
            "temperature": self._run.sampling.temperature,
            "seed": self._run.seed,
        }


@dataclass(frozen=True, slots=True)
class _Problems:
    """Searches problems and writes their rows."""

    run: SearchRun
    samples: ShardSamples
    grades: ShardGrades
    judge: Judge
    common: Mapping[str, Any]

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
        outcomes = [await self._judged(problem, one) for one in searched]
        own = apart.result() or self._of_best_of_n(searched)
        difficulty = await self._difficulty(problem, own)
        return self._rows(problem, "", searched, outcomes, difficulty)

    async def _searched(self, one: AnySearch, seen: Problem) -> Searched:
        asked = Asked(seen, self.samples, self.grades)
        found = await one.search(asked)
        texts = ["".join(candidate.steps) for candidate in found.candidates]
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
