"""Labels that are read off what the labeler itself concluded or scored."""

from typing import Literal

from schemas.labels import LabelledSolution
from schemas.views.seam import Decides, Label, View, hard_label


class FirstError(Decides):
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


class Posterior(View):
    """P(no error up to and with this step), from the labeler's posterior; any stop rule."""

    kind: Literal["posterior"] = "posterior"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        if not solution.posterior:
            return (None,) * len(solution.steps)
        return tuple(sum(solution.posterior[step + 1 :]) for step in range(len(solution.steps)))


class NetInformation(Decides):
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
