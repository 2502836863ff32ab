"""Labels are views of evidence: counts stay on disk, each view derives its labels at export.

A view gives one label per step: True/False (a right or wrong step) from the views that decide,
a number in [0, 1] from those that grade, None where the evidence decides nothing.

*Early stopping.* Under `first_success` and `adaptive` the sampling stopped because of what was
seen, so K/n (K correct of n decided) is biased upward: stopping at the first success and at 8
rollouts at the latest, a true 0.10 reads 0.227 on average. No useful repair of the ratio exists:
the only unbiased estimator that is a function of (K, n) is 1[n = 1] * K, the first rollout alone
(Girshick, Mosteller & Savage 1946). The likelihood p^K (1-p)^(n-K) does not depend on the stop
rule, so `hard` and `beta` are right under any rule; the views that need the ratio itself refuse
such evidence, with an ExportError.
"""

from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from schemas.errors import ExportError
from schemas.evidence import Evidence, StopRule
from schemas.labels import LabelledSolution
from schemas.settings import Settings

Label = bool | float | None
"""One step's label; None where the evidence decides nothing."""


def hard_label(evidence: Evidence) -> bool | None:
    """Return whether any rollout was correct (Math-Shepherd eq. 3); None where none decided."""
    return evidence.correct > 0 if evidence.decided else None


def first_hard_error(evidence: Sequence[Evidence]) -> int | None:
    """Return the first step whose decided rollouts all failed; -1: none; None: cannot be told.

    It cannot be told when a step that decided nothing comes before the first failed one, or
    anywhere in a solution without one: the first error might be there.
    """
    labels = [hard_label(one) for one in evidence]
    error = labels.index(False) if False in labels else len(labels)
    if None in labels[:error]:
        return None
    return error if error < len(labels) else -1


class _View(Settings):
    """What all views share: a label for every step, then the rule for what follows the error."""

    after_error: Literal["drop", "keep", "wrong"] = "drop"
    """Labels behind the first step labelled wrong (grading views: whose decided rollouts all
    failed): dropped (None, as Qwen, 2501.07301), kept (as Math-Shepherd), or all wrong."""

    def labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        """Return one label per step. Raises ExportError where the stop rule forbids this view."""
        labels = self._labels(solution)
        error = self._error(solution, labels)
        if self.after_error == "keep" or error is None:
            return labels
        wrong = False if isinstance(labels[error], bool) else 0.0
        tail: Label = None if self.after_error == "drop" else wrong
        return (*labels[: error + 1], *([tail] * (len(labels) - error - 1)))

    @abstractmethod
    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        """Return one label per step, whatever came before it."""

    def _error(self, solution: LabelledSolution, labels: Sequence[Label]) -> int | None:
        """Return the step behind which `after_error` applies."""
        failed = (hard_label(one) is False for one in solution.evidence)
        return next((step for step, fails in enumerate(failed) if fails), None)


class _Decides(_View):
    """A view whose labels are True and False."""

    def _error(self, solution: LabelledSolution, labels: Sequence[Label]) -> int | None:
        return next((step for step, label in enumerate(labels) if label is False), None)


class Hard(_Decides):
    """Right if any rollout was correct (HE of Math-Shepherd, 2312.08935); any stop rule."""

    kind: Literal["hard"] = "hard"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        return tuple(map(hard_label, solution.evidence))


class Soft(_View):
    """The Monte Carlo value K/n (SE of Math-Shepherd, 2312.08935); fixed numbers of rollouts only.

    Refuses evidence that was stopped early: use `beta` for it.
    """

    kind: Literal["soft"] = "soft"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        return _ratios(solution, self.kind)


class Threshold(_Decides):
    """Right if the Monte Carlo value exceeds `above`; fixed numbers of rollouts only.

    OpenR uses 0.5; 0 is `hard`, and better by 4.6 points on ProcessBench (2501.07301).
    """

    kind: Literal["threshold"] = "threshold"
    above: float = Field(default=0.5, ge=0, lt=1)

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        ratios = _ratios(solution, self.kind)
        return tuple(None if ratio is None else ratio > self.above for ratio in ratios)


class Beta(_View):
    """The posterior mean (a + K) / (a + b + n) under a Beta(a, b) prior; any stop rule.

    The verdict on a complete solution is no draw from an unknown rate: it stays 0 or 1.
    """

    kind: Literal["beta"] = "beta"
    a: float = Field(default=1.0, gt=0)
    """Prior successes; 1 and 1 is the uniform prior, 0.5 and 0.5 Jeffreys'."""
    b: float = Field(default=1.0, gt=0)
    """Prior failures."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        return tuple(map(self._mean, solution.evidence))

    def _mean(self, evidence: Evidence) -> float | None:
        if not evidence.decided or evidence.stop_rule is StopRule.TERMINAL:
            return evidence.mc_value
        return (self.a + evidence.correct) / (self.a + self.b + evidence.decided)


class RootNormalised(_View):
    """min(MC / root MC, 1), the self-calibrated label of SCAN (2509.16548).

    Undecided for a problem whose root value is not above `min_root`: nothing can be divided by
    it. Fixed numbers of rollouts only.
    """

    kind: Literal["root_normalised"] = "root_normalised"
    min_root: float = Field(default=0.0, ge=0, lt=1)

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        ratios = _ratios(solution, self.kind)
        root = _ratio(solution.root, self.kind)
        if root is None or root <= self.min_root:
            return (None,) * len(ratios)
        return tuple(None if ratio is None else min(ratio / root, 1.0) for ratio in ratios)


class Ratio(_Decides):
    """Right if MC_t / MC_(t-1) reaches `at_least`: relative progress of GenPRM (2504.00891).

    MC_(-1) is the root's. Undecided where the value before the step is 0: there is no progress
    to measure. Fixed numbers of rollouts only.
    """

    kind: Literal["ratio"] = "ratio"
    at_least: float = Field(default=0.8, gt=0)

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        values = (_ratio(solution.root, self.kind), *_ratios(solution, self.kind))
        return tuple(self._progress(before, after) for before, after in pairwise(values))

    def _progress(self, before: float | None, after: float | None) -> bool | None:
        if not before or after is None:
            return None
        return after / before >= self.at_least


class FirstError(_Decides):
    """Right before the labeler's first error, wrong at it; all undecided where it abstained.

    The labeler says nothing of what follows the error: `keep` drops it too.
    """

    kind: Literal["first_error"] = "first_error"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        steps, error = len(solution.steps), solution.first_error
        if error is None:
            return (None,) * steps
        if error < 0:
            return (True,) * steps
        return (*([True] * error), False, *([None] * (steps - error - 1)))


class Posterior(_View):
    """P(no error up to and with this step), from the labeler's posterior; any stop rule."""

    kind: Literal["posterior"] = "posterior"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        if not solution.posterior:
            return (None,) * len(solution.steps)
        return tuple(sum(solution.posterior[step + 1 :]) for step in range(len(solution.steps)))


class NetInformation(_Decides):
    """Right if MCNIG exceeds `above` (2603.17815); the last step by the verdict on its answer.

    All undecided where the labeler scored no answers.
    """

    kind: Literal["net_information"] = "net_information"
    above: float = 0.0
    """Nats."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        gains = [one.net_information for one in solution.readings]
        if not any(gain is not None for gain in gains):
            return (None,) * len(solution.steps)
        *labels, _ = (None if gain is None else gain > self.above for gain in gains)
        return (*labels, hard_label(solution.evidence[-1]))


_BIASED = frozenset({StopRule.FIRST_SUCCESS, StopRule.ADAPTIVE})


def _ratio(evidence: Evidence, view: str) -> float | None:
    """Return the Monte Carlo value, unless early stopping has biased it."""
    if evidence.stop_rule in _BIASED:
        raise ExportError(
            f"view {view!r} needs {evidence.correct}/{evidence.decided} as a ratio, but sampling "
            f"stopped by rule {evidence.stop_rule.value!r}, which biases it upward: use view "
            "'hard' or 'beta', or label with `stop: fixed`"
        )
    return evidence.mc_value


def _ratios(solution: LabelledSolution, view: str) -> tuple[float | None, ...]:
    return tuple(_ratio(evidence, view) for evidence in solution.evidence)


AnyView = Annotated[
    Hard
    | Soft
    | Threshold
    | Beta
    | RootNormalised
    | Ratio
    | FirstError
    | Posterior
    | NetInformation,
    Field(discriminator="kind"),
]
"""The registry of views: pydantic picks by `kind` and names the valid ones on a typo."""


_COUNTS = frozenset({"math_shepherd", "outcome"})
"""Labelers whose labels are counts of rollouts, step by step; the others conclude a first error."""


def own_view(labeler: str, *, after_error: Literal["drop", "keep"] = "drop") -> AnyView:
    """Return the view that says what a labeler itself concludes: `hard` or `first_error`."""
    view = Hard if labeler in _COUNTS else FirstError
    return view(after_error=after_error)
