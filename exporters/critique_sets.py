"""The critiques that an export reads beside a run's solutions."""

from schemas import ExportError
from schemas.critique_folder import CritiqueFolder
from schemas.run_folder import RunFolder


def critique_set(run: RunFolder, name: str) -> CritiqueFolder:
    """Return a set of a run's critiques; raises ExportError where there is none of this name."""
    made = run.critique_set(name)
    if not made.record():
        known = ", ".join(one.name for one in run.critique_sets) or "none"
        raise ExportError(
            f"{run.path} has no critiques {name!r}, it has {known}: "
            f"`stepmint critique {run.path} --set name={name}` asks for them"
        )
    return made
