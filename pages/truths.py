"""How true a run's labels are, where an oracle or marks beside the run know."""

from collections.abc import Iterator

from pages.library import OpenRun
from reports.truth import Truth, truth
from schemas import StepmintError
from tasks.known_errors import known_errors, name_of

_ORACLE_S = 2.0
"""How long one request asks the oracle."""


def truths_of(run: OpenRun) -> tuple[list[Truth], bool]:
    """Compare first errors with each source that knows them; tell whether nothing is left."""
    told = run.oracle.so_far(within_s=_ORACLE_S)
    oracle = [one for one in told.values if one is not None]
    found = [sum(oracle[1:], oracle[0])] if oracle else []
    return [*found, *_marked(run)], told.complete


def _marked(run: OpenRun) -> Iterator[Truth]:
    marks = run.folder.marks
    if not marks.is_file():
        return
    try:
        known = known_errors(run.folder, str(marks))
    except StepmintError:  # none of them is of this run, or they are no marks: marking says so
        return
    found = truth(run.folder.solutions(), known, by=name_of(str(marks)))
    if found is not None:
        yield found
