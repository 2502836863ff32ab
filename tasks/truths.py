"""How true two runs that are compared are, beside whoever knows first errors."""

from collections.abc import Callable, Sequence

from reports.agreement import UNKNOWN, Pair, Truths, truths
from schemas import StepmintError
from tasks.known_errors import Known


def truths_known(pairs: Sequence[Pair], oracle: Truths, marks: Callable[[], Known]) -> Truths:
    """Return how true both runs are beside the step oracle, or else beside the first one's marks.

    Marks are asked for where the oracle knows nothing of what is compared. `UNKNOWN` where nobody
    knows, or the marks cannot serve.
    """
    if oracle != UNKNOWN:
        return oracle
    try:
        known = marks()
    except StepmintError:  # the run's page says why
        return UNKNOWN
    return truths(pairs, known.errors, by=known.by)
