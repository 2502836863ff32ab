"""The critiques that an export reads beside a run's solutions."""

from pydantic import ValidationError

from rollouts import PromptTemplate
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


def critique_template(made: CritiqueFolder) -> PromptTemplate:
    """Return how the critic of a set was asked; raises ExportError where its record is damaged."""
    try:
        return PromptTemplate.model_validate(made.record().get("template"))
    except ValidationError as error:
        raise ExportError(
            f"{made.record_file} does not say how the critic was asked: restore it, or run the "
            "same `stepmint critique` again, which pays for nothing twice"
        ) from error
