"""A policy, a verifier and a labeler held open, so that many solutions can be labelled."""

import asyncio
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict

from labelers import AnyLabeler
from policies import Policy
from rollouts import AnySplitter, Costs, Journal, ShardRollouts, load_template
from rollouts.segmenter import Segmenter
from rollouts.steps import BlankLine
from schemas import (
    ConfigError,
    GivenSolution,
    LabelledSolution,
    Problem,
    Sampling,
    problem_id,
)
from schemas.views import AnyView, own_view
from sources.given_rows import with_separators
from stepmint.labels import StepLabels
from stepmint.policies import SomePolicy, opened
from stepmint.settings import read
from tasks.failures import leading
from verification import VerificationSettings
from verification.seam import Verifier

Item = tuple[str, str | Sequence[str], str]
"""Question, solution (one text, or a list of steps), gold answer."""

_SOURCE = "given"
_AT_ONCE = 256
"""Problems that are open at once; the policy limits what runs."""


class Options(TypedDict, total=False):
    """What else decides labels; settings may be given as mappings, as in a run's YAML."""

    prompt: str
    """A template in configs/prompts, or the path of one; `zero-shot` by default."""
    sampling: Sampling | Mapping[str, Any]
    """How the policy draws completions."""
    splitter: AnySplitter | Mapping[str, Any]
    """Cuts solutions that are one text; at blank lines by default."""
    separator: str
    r"""Put between given steps that have no white space there; `\n\n` by default."""
    verification: VerificationSettings | Mapping[str, Any]
    """How answers are read and judged; in any form by default."""
    view: AnyView | Mapping[str, Any] | None
    """How labels are read off the evidence; as the labeler itself concludes by default."""
    seed: int
    """Every request's seed derives from it; 0 by default."""
    journal: Path | None
    """A file that keeps what was paid for: calls that come again take it from there. Without one
    it is kept until the end."""


class StepLabeler:
    """`async with StepLabeler(policy=..., labeler=...) as mint: await mint.label(...)`.

    Calls may run side by side, also of one problem. Raises ConfigError for settings that cannot
    work; what a policy or verifier raises reaches the caller as it is.
    """

    def __init__(
        self,
        *,
        policy: SomePolicy,
        labeler: AnyLabeler | Mapping[str, Any],
        prompt: str = "zero-shot",
        sampling: Sampling | Mapping[str, Any] | None = None,
        splitter: AnySplitter | Mapping[str, Any] | None = None,
        separator: str = "\n\n",
        verification: VerificationSettings | Mapping[str, Any] | None = None,
        view: AnyView | Mapping[str, Any] | None = None,
        seed: int = 0,
        journal: Path | None = None,
    ) -> None:
        self._policy_settings = policy
        self._labeler: AnyLabeler = read("labeler", AnyLabeler, labeler)
        if self._labeler.cannot_label_given:
            raise ConfigError(self._labeler.cannot_label_given)
        self._template = load_template(prompt)
        self._sampling: Sampling = read("sampling", Sampling, sampling or Sampling())
        self._splitter: AnySplitter = read("splitter", AnySplitter, splitter or BlankLine())
        self._separator = separator
        self._verification: VerificationSettings = read(
            "verification", VerificationSettings, verification or VerificationSettings()
        )
        usual = own_view(self._labeler.concludes)
        self._view: AnyView = read("view", AnyView, view or usual)
        self._seed = seed
        self._journal_path = journal
        self.costs = Costs()
        """What labelling has taken so far; a rollout that came out of the journal counts too."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            folder = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix="stepmint-")))
            path = self._journal_path or folder / "journal"
            self._journal = opening.enter_context(Journal(path))
            self._verifier: Verifier = await opening.enter_async_context(self._verification.open())
            self._policy: Policy = await opening.enter_async_context(
                opened(self._policy_settings, folder)
            )
            self._segmenter = self._policy
            if isinstance(self._splitter, Segmenter) and self._splitter.policy:
                own = self._splitter.policy.open(folder)
                self._segmenter = await opening.enter_async_context(own)
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    async def label(self, problem: str, solution: str | Sequence[str], gold: str) -> StepLabels:
        """Label one solution of a problem, given as a text or as a list of steps."""
        (only,) = await self.label_many([(problem, solution, gold)])
        return only

    async def label_many(self, items: Iterable[Item]) -> tuple[StepLabels, ...]:
        """Label many solutions; return one record for each, in their order.

        The `given_id` of a record's solution is its place in `items`.
        Solutions of one problem share the rollouts of their common prefixes, and of the question.
        """
        places: dict[tuple[str, str], list[tuple[int, GivenSolution]]] = {}
        for place, (question, solution, gold) in enumerate(items):
            given = _given(solution, id=str(place), separator=self._separator)
            places.setdefault((question, gold), []).append((place, given))
        told: dict[int, StepLabels] = {}
        room = asyncio.Semaphore(_AT_ONCE)

        async def label(question: str, gold: str, some: list[tuple[int, GivenSolution]]) -> None:
            async with room:
                labels = await self._problem(question, gold, [given for _, given in some])
            told.update(zip((place for place, _ in some), labels, strict=True))

        try:
            async with asyncio.TaskGroup() as group:
                for (question, gold), some in places.items():
                    group.create_task(label(question, gold, some))
        except ExceptionGroup as error:
            raise leading(error) from error
        return tuple(told[place] for place in range(len(told)))

    async def _problem(
        self, question: str, gold: str, given: Sequence[GivenSolution]
    ) -> list[StepLabels]:
        problem = Problem(
            id=problem_id(_SOURCE, question, gold),
            source=_SOURCE,
            question=question,
            answer=gold,
            given=tuple(given),
        )
        reason = await self._verifier.preflight(gold)
        if reason:
            aside = f"gold answer: {reason}"
            return [self._told(problem, None, aside, Costs()) for _ in given]
        with self._rollouts() as shard:
            try:
                labelling = await self._labeler.label(problem, shard.of(problem))
            finally:
                costs = shard.costs
                self.costs += costs
        found = {one.solution_index: one for one in labelling.solutions}
        aside = labelling.set_aside or "no text in it"
        return [self._told(problem, found.get(place), aside, costs) for place in range(len(given))]

    def _rollouts(self) -> ShardRollouts:
        """Return what hands out one problem's rollouts: two calls may bring the same problem."""
        return ShardRollouts(
            policy=self._policy,
            verifier=self._verifier,
            journal=self._journal,
            template=self._template,
            sampling=self._sampling,
            splitter=self._splitter,
            segmenter=self._segmenter,
            run_seed=self._seed,
        )

    def _told(
        self, problem: Problem, solution: LabelledSolution | None, aside: str, costs: Costs
    ) -> StepLabels:
        return StepLabels(
            problem=replace(problem, given=()),
            solution=solution,
            labels=self._view.labels(solution) if solution else (),
            set_aside="" if solution else aside,
            costs=costs,
        )


def _given(solution: str | Sequence[str], *, id: str, separator: str) -> GivenSolution:
    if isinstance(solution, str):
        return GivenSolution(id=id, steps=(solution,), cut=False)
    return GivenSolution(id=id, steps=with_separators(solution, separator), cut=True)
