"""The cascade: extract, compare in process, and leave the rest to guarded workers.

Synchronous and thread-safe; `Judge` makes it a Verifier for async code.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cachetools import FIFOCache

from schemas import Outcome, Verdict
from verification.comparing.equivalence import FAULT, Decision, by_option, compare, fault
from verification.comparing.exclusions import is_sentence
from verification.comparing.perturb import perturbed
from verification.conventions import Conventions
from verification.finding.extraction import AnswerFormat, Extraction, extract
from verification.finding.golds import gold_answer, why_no_gold
from verification.guarded.messages import Stage
from verification.guarded.pool import LOST, Pool
from verification.parsing.parsed import Parsed
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Words

Options = Sequence[str]
"""The texts of a multiple choice, in the order of their letters; none where there is no choice."""
MAX_GUARDED_CHARACTERS = 4_000
"""Longer answers are not sent to a worker: no stage reads them."""
LARGE = 400
"""Characters of gold and answer together from which comparing may take milliseconds."""
GOLDS = 4_096
"""Golds that are kept parsed."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An answer that needs a worker, with the stages that are still to be asked."""

    gold: str
    extraction: Extraction
    answer: str
    stages: tuple[Stage, ...]


class Cascade:
    """Judges answers through all stages; keeps a memo and counts which stage decided."""

    def __init__(
        self,
        form: AnswerFormat,
        conventions: Conventions,
        pool: Pool,
        *,
        guarded: tuple[Stage, ...],
        memo_entries: int,
    ) -> None:
        self._form = form
        self._conventions = conventions
        self._pool = pool
        self._guarded = guarded
        self._parsed = lru_cache(GOLDS)(lambda gold: Parsed(gold_answer(gold), conventions))
        self._memo: FIFOCache[tuple[str, str], Decision] = FIFOCache(memo_entries)
        self._lock = threading.Lock()
        self._stages: Counter[str] = Counter()
        self._memo_hits = 0

    @property
    def stages(self) -> Mapping[str, int]:
        """How many verdicts each stage decided, undecided ones under the stage that gave up."""
        return dict(self._stages)

    @property
    def memo_hits(self) -> int:
        """How many of the verdicts were remembered."""
        return self._memo_hits

    @property
    def worker_seconds(self) -> float:
        """CPU time that workers spent on jobs."""
        return self._pool.cpu_seconds

    def judge(
        self, gold: str, text: str, *, finished: bool = True, options: Options = ()
    ) -> Verdict:
        """Judge the answer that a whole text states; blocks while a worker is asked."""
        found = self.extract(text, finished=finished)
        return self.judge_extracted(gold, found, finished, options=options)

    def judge_extracted(
        self, gold: str, found: Extraction, finished: bool = True, *, options: Options = ()
    ) -> Verdict:
        """Judge an answer that is already extracted."""
        verdict = self.glance(gold, found, finished=finished, options=options)
        return verdict if isinstance(verdict, Verdict) else self.settle(verdict)

    def extract(self, text: str, *, finished: bool) -> Extraction:
        """Return the final answer that the text states in the declared form."""
        try:
            return extract(text, self._form, finished=finished)
        except Exception as error:  # noqa: BLE001  one row must not end a run
            return Extraction(fault(error).reason, FAULT)

    def glance(
        self,
        gold: str,
        found: Extraction,
        *,
        finished: bool,
        defer_large: bool = False,
        options: Options = (),
    ) -> Verdict | Unsettled:
        """Judge in process, within milliseconds, or say what a worker is to be asked.

        With `defer_large`, even the in-process stages of a large answer are left to a worker.
        """
        if found.answer is None:
            return self._without_answer(finished)
        if found.rule == FAULT:
            return self._verdict(found, Decision(None, FAULT, found.answer))
        if options:
            chosen = by_option(self._parsed(gold), Parsed(found.answer, self._conventions), options)
            if chosen is not None:
                return self._verdict(found, chosen)
        known = self._recall(gold, found.answer)
        if known is not None:
            return self._verdict(found, known)
        if defer_large and LARGE < len(gold) + len(found.answer) <= MAX_GUARDED_CHARACTERS:
            return Unsettled(gold, found, found.answer, ("compare", *self._guarded))
        sides = self._parsed(gold), Parsed(found.answer, self._conventions)
        decision = compare(*sides)
        unsure = decision.equal is None and decision.stage == "tree"
        stages = self._guarded_stages(*sides) if unsure else ()
        if stages:
            return Unsettled(gold, found, found.answer, stages)
        return self._verdict(found, self._remember(gold, found.answer, decision))

    def settle(self, open_question: Unsettled) -> Verdict:
        """Judge by asking a worker; blocks."""
        gold, answer = open_question.gold, open_question.answer
        known = self._recall(gold, answer)
        if known is None:
            decision = self._pool.ask(self._parsed(gold).text, answer, open_question.stages)
            known = self._remember(gold, answer, decision)
        return self._verdict(open_question.extraction, known)

    def preflight(self, gold: str) -> str | None:
        """Return why a gold answer cannot be judged against, or None if it can; may block."""
        refused = why_no_gold(gold)
        if refused is not None:
            return f"the gold answer cannot be judged against: {refused}"
        found = Extraction(self._parsed(gold).text, "gold")
        itself = self.judge_extracted(gold, found)
        if itself.outcome is not Outcome.CORRECT:
            return f"the gold answer does not accept itself: {itself.reason}"
        try:
            tree = self._parsed(gold).tree
        except UnparsedError as error:
            return f"the gold answer cannot be read: {error}"
        if isinstance(tree, Words) and is_sentence(tree.text):
            return "the gold answer is a sentence: another wording could not be told from a mistake"
        other = perturbed(self._parsed(gold).text, self._conventions)
        if other is None:
            return "the gold answer has no part that could be changed to test it"
        different = self.judge_extracted(gold, Extraction(other, "gold"))
        if different.outcome is not Outcome.INCORRECT:
            return f"the gold answer does not reject {other!r}: {different.reason}"
        return None

    def warm_up(self) -> None:
        """Start a worker now rather than at the first answer that needs one."""
        if self._guarded:
            self._pool.ask("1", "1", self._guarded)

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def _guarded_stages(self, gold: Parsed, answer: Parsed) -> tuple[Stage, ...]:
        """Return the stages that could still decide; sympy needs two trees."""
        if len(gold.text) + len(answer.text) > MAX_GUARDED_CHARACTERS:
            return ()
        try:
            _ = gold.tree, answer.tree
        except UnparsedError:
            return tuple(stage for stage in self._guarded if stage != "sympy")
        return self._guarded

    def _without_answer(self, finished: bool) -> Verdict:
        outcome = Outcome.NO_ANSWER if finished else Outcome.TRUNCATED
        reason = "no stated answer" if finished else "cut before an answer was stated"
        self._stages["extraction"] += 1
        return Verdict(outcome=outcome, extracted=None, rule="", stage="extraction", reason=reason)

    def _recall(self, gold: str, answer: str) -> Decision | None:
        with self._lock:
            known = self._memo.get((gold, answer))
        if known is not None:
            self._memo_hits += 1
        return known

    def _remember(self, gold: str, answer: str, decision: Decision) -> Decision:
        if decision.stage == LOST or not self._memo.maxsize:
            return decision
        with self._lock:
            self._memo[gold, answer] = decision
        return decision

    def _verdict(self, found: Extraction, decision: Decision) -> Verdict:
        self._stages[decision.stage] += 1
        return Verdict(
            outcome=_OUTCOMES[decision.equal],
            extracted=found.answer,
            rule=found.rule,
            stage=decision.stage,
            reason=decision.reason,
        )


_OUTCOMES = {True: Outcome.CORRECT, False: Outcome.INCORRECT, None: Outcome.UNDECIDED}
