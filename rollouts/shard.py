"""Rollouts of one shard: the journal first, then the policy, then the verifier."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Self

from policies.seam import Policy
from rollouts.ahead import Ahead
from rollouts.asking import encodable, neighbours, with_stops
from rollouts.budget import OverBudgetError, Spent
from rollouts.costs import Costs, Ledger, Origin
from rollouts.cutting import Splitter, prefixes
from rollouts.given import Kept, judged_given, splitter_of
from rollouts.journal import Journal, JournalReader
from rollouts.keys import request_digest, sample_key
from rollouts.once import Once
from rollouts.prompts import PromptTemplate, load_template
from rollouts.purse import Purse
from rollouts.reuse import NoRuns, OtherRuns
from rollouts.scores import Scores
from rollouts.seeds import base_seed, seeds
from rollouts.segmenter import Segmenter, Segments
from schemas import (
    Completion,
    CompletionRequest,
    Continuation,
    Prefix,
    Problem,
    Rollout,
    Sampling,
    Score,
    Verdict,
)
from verification.seam import Verifier


class ShardRollouts:
    """Hands out a shard's judged rollouts and scores, problem by problem; counts their costs.

    It and its problems know each other. Leave it (`with`), or all that was taken stays in memory
    until the garbage collector comes by, which is seldom where little else is garbage.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        verifier: Verifier,
        journal: Journal,
        template: PromptTemplate,
        sampling: Sampling,
        splitter: Splitter,
        run_seed: int,
        spare: Callable[[], int] = lambda: 0,
        other_runs: OtherRuns | None = None,
        purse: Purse | None = None,
        segmenter: Policy | None = None,
        watch: Callable[[Problem, Rollout], None] = lambda problem, rollout: None,
    ) -> None:
        self.policy = policy
        self.verifier = verifier
        self.journal = journal
        self.template = template
        self.sampling = with_stops(sampling, template.stop)
        self.splitter = splitter
        self.segmenter = segmenter or policy
        """The model that tells steps apart, where the splitter has one do it."""
        self.run_seed = run_seed
        self.spare = spare
        """Says how many sequences the policy could take that nobody needs yet."""
        self.other_runs = other_runs or NoRuns()
        self.reused: Counter[str] = Counter()
        """Rollouts taken from other runs, by run."""
        self.purse = purse or Purse()
        self.watch = watch
        """Sees every rollout as it is judged, replayed ones too; what it raises ends the shard."""
        self._problems: dict[str, ProblemRollouts] = {}
        self._segment_template: PromptTemplate | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._problems.clear()

    def of(self, problem: Problem) -> "ProblemRollouts":
        """Return the rollouts of one problem; the same object for the same problem."""
        if problem.id not in self._problems:
            self._problems[problem.id] = ProblemRollouts(self, problem)
        return self._problems[problem.id]

    def segments(self) -> Segments | None:
        """Return what cuts a problem's texts; None where no model tells their steps apart."""
        splitter = self.splitter
        if not isinstance(splitter, Segmenter):
            return None
        if self._segment_template is None:  # a file, read once for all problems
            self._segment_template = load_template(splitter.prompt)
        return Segments(
            splitter,
            template=self._segment_template,
            policy=self.segmenter,
            journal=self.journal,
            purse=self.purse,
        )

    @property
    def costs(self) -> Costs:
        """What has been spent so far, over all problems; live, and safe to ask from any thread."""
        return sum((one.costs for one in tuple(self._problems.values())), Costs())

    @property
    def paid(self) -> Spent:
        """What the run paid for all that the journal holds, in this session and earlier ones.

        What an earlier session took in advance may be asked for by none in this one.
        """
        costs = self.costs
        if costs.rollouts + costs.scored + costs.segmented != len(self.journal):
            with JournalReader(self.journal.path) as journal:
                costs = journal.costs()
        return Spent.of(costs)


class ProblemRollouts:
    """The seam `Rollouts` for one problem.

    A rollout or a score is taken once, whoever asks and however often: what was taken is
    remembered, what is under way is waited for, what the journal holds is replayed.
    """

    def __init__(self, shard: ShardRollouts, problem: Problem) -> None:
        self.problem = problem
        self.prompt = shard.template.render(problem)
        self._shard = shard
        self._ledger = Ledger()
        self._heads: dict[tuple[str, tuple[int, ...] | None], bytes] = {}
        self._ticket = shard.purse.ticket()
        self._scores = Scores(
            policy=shard.policy, journal=shard.journal, prompt=self.prompt, purse=shard.purse
        )
        self._segments = shard.segments()
        self._rollouts = Once[tuple[str, int], Rollout]()
        self._asked: set[tuple[str, int]] = set()
        """What a labeler asked for: this alone is evidence, and counts against its budget."""
        self._asked_tokens = 0
        """Tokens of what was asked for and is there."""
        self._ahead: dict[str, list[Ahead]] = {}
        self._known: dict[tuple[str, ...], Prefix] = {}
        self._whole: set[str] = set()
        self._parts: set[str] = set()

    @property
    def costs(self) -> Costs:
        """Spent on this problem so far; live."""
        segments = self._segments.costs if self._segments else Costs()
        return self._ledger.costs + self._scores.costs + segments

    @property
    def over_budget(self) -> bool:
        """Whether more was asked for than `budget.problem` allows, whatever was taken ahead."""
        return self._exceeds(more=0)

    def _exceeds(self, *, more: int) -> bool:
        budget = self._shard.purse.budget.problem
        return not budget.allows(rollouts=len(self._asked) + more, tokens=self._asked_tokens)

    @property
    def cannot_score(self) -> str:
        """Why the policy cannot score texts; empty where it can."""
        return self._shard.policy.cannot_score

    @property
    def taken(self) -> tuple[Rollout, ...]:
        """All rollouts asked for, by number of steps, prefix key and sample index.

        The order does not depend on which came back first.
        """
        asked = ((key, one) for key, one in self._rollouts.taken.items() if key in self._asked)
        return tuple(one for _, one in sorted(asked, key=lambda item: (_depth(item[1]), *item[0])))

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts of `prefix` with sample indices start, ..., start + count - 1.

        Raises PolicyError or RunError (in an ExceptionGroup where several requests were under
        way), OverBudgetError where it is more than the problem may take, ValueError for a prefix
        that is a whole solution.
        """
        key = prefix.key
        if key in self._whole - self._parts:
            raise ValueError(f"prefix {key} is a whole solution: its verdict is known, not sampled")
        wanted = [(key, index) for index in range(start, start + count)]
        new = [one for one in wanted if one not in self._asked]
        if new and self._exceeds(more=len(new)):
            raise OverBudgetError(self._shard.purse.budget.problem.reason)
        self._count(new)
        try:
            for ahead in self._ahead.get(key, ()):
                ahead.top_up(start + count)
            taken = await self._take(prefix, wanted)
        except BaseException:
            self._asked.difference_update(one for one in new if one not in self._rollouts.taken)
            raise
        # Whoever asked for some of it first may have given up.
        self._count([one for one in wanted if one not in self._asked])
        return taken

    async def given(self) -> tuple[Rollout, ...]:
        """Return the problem's given solutions, judged; they are evidence of no prefix."""
        return await judged_given(self.problem, self._verdict)

    def _count(self, new: Sequence[tuple[str, int]]) -> None:
        """Count what was not asked for before; it may have been taken in advance."""
        self._asked.update(new)
        for one in new:
            if one in self._rollouts.taken:
                self._asked_tokens += self._rollouts.taken[one].completion.completion_tokens

    @asynccontextmanager
    async def ahead(self, prefix: Prefix, *, start: int, count: int) -> AsyncIterator[None]:
        """Take samples in advance while the policy idles; see `rollouts.seam.Rollouts`."""
        key = prefix.key
        ahead = Ahead(
            range(start, start + count),
            room=self._room_ahead,
            take=lambda index: self._take(prefix, [(key, index)]),
        )
        self._ahead.setdefault(key, []).append(ahead)
        try:
            yield
        finally:
            self._ahead[key].remove(ahead)
            await ahead.stop()

    def _room_ahead(self) -> int:
        """Return how many samples may be taken in advance: none where a budget is short."""
        limit = self._shard.purse.budget.problem.rollouts
        if limit is not None and len(self._rollouts.taken) >= limit:
            return 0
        room = self._shard.spare()
        return room if room > 0 and self._shard.purse.affords_ahead() else 0

    async def _take(self, prefix: Prefix, wanted: Sequence[tuple[str, int]]) -> tuple[Rollout, ...]:
        return await self._rollouts.get(
            wanted, lambda free: self._complete(prefix, [index for _, index in free])
        )

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return how likely the policy finds each continuation behind `prefix`, in their order.

        Raises PolicyError or RunError, ConfigError where the policy cannot score.
        """
        return await self._scores.of(prefix, continuations)

    async def segment(self, solutions: Sequence[Rollout]) -> None:
        """Have a model tell the steps of some solutions apart, where the splitter asks for that.

        Raises PolicyError or RunError.
        """
        if self._segments:
            own = (one for one in solutions if not self._has_steps(one))
            await self._segments.cut(one.text for one in own)

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return the prefixes of a solution, one per step; the last is the whole solution.

        Of solutions with equal steps the first gives the tokens, so that equal prefixes are one.
        Where a model tells steps apart, KeyError for a solution it was not shown (`segment`).
        """
        splitter = self._shard.splitter
        if self._segments and not self._has_steps(solution):
            splitter = Kept(self._segments.known(solution.text))
        cut = prefixes(solution, splitter_of(self.problem, solution, splitter))
        if cut:
            self._parts.update(prefix.key for prefix in cut[:-1])
            self._whole.add(cut[-1].key)
        return tuple(map(self._canonical, cut))

    def _has_steps(self, solution: Rollout) -> bool:
        return isinstance(splitter_of(self.problem, solution, self._shard.splitter), Kept)

    def _canonical(self, prefix: Prefix) -> Prefix:
        """Return the first prefix seen with these steps, or the first that has tokens."""
        known = self._known.get(prefix.steps)
        if known is None or known.token_ids is None:
            self._known[prefix.steps] = known = prefix
        return known

    async def _complete(self, prefix: Prefix, indices: Sequence[int]) -> None:
        keys = self._keys(prefix, indices)
        missing: list[int] = []
        work: list[Coroutine[None, None, None]] = []
        for index in indices:
            recorded = self._recorded(keys[index])
            if recorded is None:
                missing.append(index)
            else:
                work.append(self._judge(prefix, index, *recorded))
        work += [self._request(prefix, run, keys) for run in neighbours(missing)]
        await _together(work)

    def _recorded(self, key: str) -> tuple[Completion, Origin] | None:
        """Return what was paid for before, by this run or by another.

        The journal keeps what comes from another run, so that it is the same when this one resumes.
        """
        journal = self._shard.journal
        found = journal.find(key)
        if found is None:
            found = self._shard.other_runs.get(self.problem, key, self._keys)
            if found is None:
                return None
            journal.append(key, found[0], run=found[1])
        completion, run = found
        if not run:
            return completion, "journal"
        self._shard.reused[run] += 1
        return completion, "run"

    async def _request(self, prefix: Prefix, run: range, keys: dict[int, str]) -> None:
        """Ask the policy for neighbouring samples; the journal has them before the verifier."""
        purse = self._shard.purse
        await purse.admits(len(run), ticket=self._ticket)
        with purse:
            with purse.asking(len(run)):
                whole = await self._ask(prefix, run)
            for index, completion in zip(run, whole, strict=True):
                self._shard.journal.append(keys[index], completion)
            tokens = sum(completion.completion_tokens for completion in whole)
            purse.pay(Spent(rollouts=len(run), tokens=tokens))
            await _together(
                [
                    self._judge(prefix, index, completion, "policy")
                    for index, completion in zip(run, whole, strict=True)
                ]
            )

    async def _ask(self, prefix: Prefix, run: range) -> list[Completion]:
        completions = await self._shard.policy.complete(
            CompletionRequest(
                prompt=self.prompt,
                prefix=prefix,
                sampling=self._shard.sampling,
                seeds=self._seeds(prefix, run),
            )
        )
        return [encodable(completion) for completion in completions]

    async def _judge(
        self, prefix: Prefix, index: int, completion: Completion, origin: Origin
    ) -> None:
        as_text = prefix.token_ids is None
        self._ledger.completed(completion, origin=origin, as_text=as_text)
        verdict = await self._verdict(
            prefix.text + completion.text, finished=completion.finish_reason == "stop"
        )
        rollout = Rollout(
            problem_id=self.problem.id,
            prefix=prefix,
            sample_index=index,
            completion=completion,
            verdict=verdict,
        )
        self._rollouts.taken[prefix.key, index] = rollout
        if (prefix.key, index) in self._asked:
            self._asked_tokens += completion.completion_tokens
        self._ledger.judged(verdict.outcome)
        self._shard.watch(self.problem, rollout)

    async def _verdict(self, text: str, *, finished: bool = True) -> Verdict:
        with self._shard.purse:
            return await self._shard.verifier.judge(
                self.problem.answer, text, finished=finished, options=self.problem.options
            )

    def _seeds(self, prefix: Prefix, run: range) -> tuple[int, ...]:
        return seeds(
            self._shard.run_seed, self.problem.id, prefix.key, start=run.start, count=len(run)
        )

    def _keys(self, prefix: Prefix, indices: Iterable[int]) -> dict[int, str]:
        """Return the journal key of each sample index."""
        asked, shard = (prefix.key, prefix.token_ids), self._shard
        head = self._heads.get(asked)
        if head is None:
            head = request_digest(shard.policy.identity, shard.sampling, self.prompt, prefix)
            self._heads[asked] = head
        base = base_seed(shard.run_seed, self.problem.id, prefix.key)
        return {index: sample_key(head, index, base + index) for index in indices}


async def _together(work: Sequence[Coroutine[None, None, None]]) -> None:
    """Do all work at the same time; what is alone needs no task, which most rollouts are."""
    if len(work) == 1:
        await work[0]
        return
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one)


def _depth(rollout: Rollout) -> int:
    return len(rollout.prefix.steps)
