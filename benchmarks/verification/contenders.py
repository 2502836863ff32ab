"""The verifiers under test behind one verb: gold and prediction in, yes, no or cannot tell out."""

from types import TracebackType
from typing import Protocol, Self

from math_verify import parse, verify
from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig

from schemas import Outcome
from verification import VerificationSettings
from verification.finding.extraction import Extraction


class Contender(Protocol):
    """A verifier under test."""

    name: str

    def judge(self, gold: str, prediction: str, *, bare: bool) -> bool | None:
        """Return whether the prediction is right; None where it cannot tell."""
        ...


class Ours:
    """The cascade as a run uses it: `auto` extraction, default conventions, sympy in workers."""

    name = "stepmint"

    def __init__(self, settings: VerificationSettings | None = None) -> None:
        self.cascade = (settings or VerificationSettings()).cascade()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cascade.close()

    def judge(self, gold: str, prediction: str, *, bare: bool) -> bool | None:
        """Judge in this thread."""
        found = Extraction(prediction, "bare") if bare else None
        found = found or self.cascade.extract(prediction, finished=True)
        outcome = self.cascade.judge_extracted(gold, found).outcome
        return None if outcome is Outcome.UNDECIDED else outcome is Outcome.CORRECT


class MathVerify:
    """math-verify 0.9 as its own evaluation calls it, with its default 5 s alarms."""

    name = "math-verify"

    _gold = (LatexExtractionConfig(), ExprExtractionConfig())
    _text = (LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig())

    def judge(self, gold: str, prediction: str, *, bare: bool) -> bool | None:
        """Judge in the main thread, which its alarms need; it never says that it cannot tell."""
        text = rf"\boxed{{{prediction}}}" if bare else prediction
        return bool(
            verify(
                parse(f"${gold}$", extraction_config=self._gold),
                parse(text, extraction_config=self._text),
            )
        )
