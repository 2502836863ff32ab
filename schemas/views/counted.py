"""Labels that are read off the counts of rollouts.

*Early stopping.* Under `first_success` and `adaptive` the sampling stopped because of what was
seen, so K/n (K correct of n decided) is biased upward: stopping at the first success and at 8
rollouts at the latest, a true 0.10 reads 0.227 on average. No useful repair of the ratio exists:
the only unbiased estimator that is a function of (K, n) is 1[n = 1] * K, the first rollout alone
(Girshick, Mosteller & Savage 1946). The likelihood p^K (1-p)^(n-K) does not depend on the stop
rule, so `hard` and `beta` are right under any rule; the views that need the ratio itself refuse
such evidence, with an ExportError.
"""

from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import Field

from schemas.errors import ExportError
from schemas.evidence import Evidence, StopRule
from schemas.labels import LabelledSolution
from schemas.views.seam import Decides, Label, View, hard_label


class Hard(Decides):
    """Right if any rollout was correct (HE of Math-Shepherd, 2312.08935); any stop rule."""

    kind: Literal["hard"] = "hard"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        return tuple(map(hard_label, solution.evidence))


class Recovered(Decides):
    """Right if any rollout was correct, or if the same text comes right again later; any stop rule.

    What it calls wrong was never made good: the meaning for chains of thought that correct
    themselves, where `hard` calls a step wrong though the text mends it. Steps behind the first
    error show it where they were sampled (`after_error: sample` of `math_shepherd`), and the final
    answer always does.
    """

    kind: Literal["recovered"] = "recovered"
    after_error: Literal["drop", "keep", "wrong"] = "keep"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        pairs = zip(solution.evidence, solution.recovered, strict=True)
        return tuple(True if recovered else hard_label(one) for one, recovered in pairs)


class Soft(View):
    """The Monte Carlo value K/n (SE of Math-Shepherd, 2312.08935); fixed numbers of rollouts only.

    Refuses evidence that was stopped early: use `beta` for it.
    """

    grades_counts: ClassVar[bool] = True

    kind: Literal["soft"] = "soft"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        return _ratios(solution, self.kind)


class Threshold(Decides):
    """Right if the Monte Carlo value exceeds `above`; fixed numbers of rollouts only.

    OpenR uses 0.5; 0 is `hard`, and better by 4.6 points on ProcessBench (2501.07301).
    """

    kind: Literal["threshold"] = "threshold"
    above: float = Field(default=0.5, ge=0, lt=1)
    """The share of correct among decided rollouts that a right step has more than."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        ratios = _ratios(solution, self.kind)
        return tuple(None if ratio is None else ratio > self.above for ratio in ratios)


class Beta(View):
    """The posterior mean (a + K) / (a + b + n) under a Beta(a, b) prior; any stop rule.

    The verdict on a complete solution is no draw from an unknown rate: it stays 0 or 1.
    """

    grades_counts: ClassVar[bool] = True

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


class RootNormalised(View):
    """min(MC / root MC, 1), the self-calibrated label of SCAN (2509.16548).

    Undecided for a problem whose root value is not above `min_root`: nothing can be divided by
    it. Fixed numbers of rollouts only.
    """

    grades_counts: ClassVar[bool] = True

    kind: Literal["root_normalised"] = "root_normalised"
    min_root: float = Field(default=0.0, ge=0, lt=1)
    """The root's share that must be exceeded for its problem's steps to have labels."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        ratios = _ratios(solution, self.kind)
        root = _ratio(solution.root, self.kind)
        if root is None or root <= self.min_root:
            return (None,) * len(ratios)
        return tuple(None if ratio is None else min(ratio / root, 1.0) for ratio in ratios)


class Ratio(Decides):
    """Right if MC_t / MC_(t-1) reaches `at_least`: relative progress of GenPRM (2504.00891).

    MC_(-1) is the root's. Undecided where the value before the step is 0: there is no progress
    to measure. Fixed numbers of rollouts only.
    """

    kind: Literal["ratio"] = "ratio"
    at_least: float = Field(default=0.8, gt=0)
    """The least MC_t / MC_(t-1) of a right step."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        values = (_ratio(solution.root, self.kind), *_ratios(solution, self.kind))
        return tuple(self._progress(before, after) for before, after in pairwise(values))

    def _progress(self, before: float | None, after: float | None) -> bool | None:
        if not before or after is None:
            return None
        return after / before >= self.at_least


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
