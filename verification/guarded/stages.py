"""The stages that a guarded worker runs, in the order a job names them."""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from verification.comparing.equivalence import Decision, compare
from verification.conventions import Conventions
from verification.guarded.messages import Job, Stage
from verification.guarded.symbolic import compare_trees
from verification.parsing.parsed import Parsed


class Stages:
    """What one worker can be asked; imported and warmed up before any job's deadline runs."""

    def __init__(self, conventions: Conventions, *, math_verify: bool) -> None:
        self._conventions = conventions
        self._parse = lru_cache(256)(lambda text: Parsed(text, conventions))
        self._stages: dict[Stage, Callable[[str, str], Decision]] = {
            "compare": self._compare,
            "sympy": self._sympy,
        }
        if math_verify:
            self._stages["math_verify"] = _MathVerify()

    def warm_up(self) -> None:
        """Run each stage once, so that lazy imports are behind us."""
        for stage in self._stages.values():
            stage(r"\frac{\sqrt{2}}{2}+\sin(1)+x", r"\frac{1}{\sqrt{2}}+\sin(1)+x")

    def judge(self, job: Job) -> Decision:
        """Ask the stages of a job in turn until one decides."""
        decision = Decision(None, "sympy", "no stage was asked")
        for name in job.stages:
            decision = self._ask(name, job)
            if decision.equal is not None:
                break
        return decision

    def _ask(self, name: Stage, job: Job) -> Decision:
        try:
            return self._stages[name](job.gold, job.answer)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  sympy and math-verify raise anything
            return Decision(None, name, f"{name} failed: {type(error).__name__}")

    def _compare(self, gold: str, answer: str) -> Decision:
        return compare(gold, answer, self._conventions)

    def _sympy(self, gold: str, answer: str) -> Decision:
        return compare_trees(self._parse(gold), self._parse(answer))


class _MathVerify:
    """math-verify, with its own alarms off: the worker's deadline bounds it."""

    def __init__(self) -> None:
        library = import_module("math_verify")
        self._parse, self._verify = library.parse, library.verify

    def __call__(self, gold: str, answer: str) -> Decision:
        sides = [
            self._parse(f"${text}$", fallback_mode="no_fallback", parsing_timeout=None)
            for text in (gold, answer)
        ]
        if not all(sides):
            return Decision(None, "math_verify", "math-verify cannot read it")
        equal = bool(self._verify(*sides, timeout_seconds=None))
        verb = "equal" if equal else "different"
        return Decision(equal, "math_verify", f"math-verify says {verb}")
