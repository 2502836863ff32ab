"""A recipe's problems, staged once: a resumed recipe works on the very ones it began with."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from rollouts import PromptTemplate
from schemas import Problem, RejectedRow, SourceError
from schemas.arrow import read_table, write_table
from schemas.conversion import problems_from, problems_table
from schemas.recipe_folder import RecipeFolder
from schemas.rows import ProblemRow
from sources import AnySource, problems_of
from sources.reading import Reading
from sources.selection import up_to
from tasks.contradictions import contradicted
from tasks.files import sync, writing
from tasks.problems import preflight
from tasks.sources import located
from verification import VerificationSettings

_AT_ONCE = 1024


async def staged(
    made: RecipeFolder,
    name: str,
    source: AnySource,
    *,
    limit: int | None,
    verification: VerificationSettings,
    apart: Mapping[str, str],
) -> list[Problem]:
    """Return a recipe's problems, those of `<name>.parquet` where they are staged already.

    Left out, and staged with the reason: those whose gold answer cannot be judged against, and
    those whose question is among `apart`, question to reason. Raises SourceError where none is
    left.
    """
    path = made.path / f"{name}.parquet"
    if not path.is_file():
        await _stage(path, source, limit=limit, verification=verification, apart=apart)
    rows = list(problems_from(await asyncio.to_thread(read_table, path, "problems")))
    kept = [row.problem for row in rows if not row.set_aside]
    if not kept:
        path.unlink()
        why = f", e.g. {rows[0].problem.id}: {rows[0].set_aside}" if rows else ": it has no rows"
        raise SourceError(f"source {source.kind!r} gives no problem to work on{why}")
    return kept


def set_aside(made: RecipeFolder, name: str) -> dict[str, str]:
    """Return why staged problems are not worked on, by id."""
    rows = problems_from(read_table(made.path / f"{name}.parquet", "problems"))
    return {row.problem.id: row.set_aside for row in rows if row.set_aside}


async def _stage(
    path: Path,
    source: AnySource,
    *,
    limit: int | None,
    verification: VerificationSettings,
    apart: Mapping[str, str],
) -> None:
    found = await asyncio.to_thread(_read, source, limit)
    reasons: dict[str, str] = contradicted(found, verification.conventions)
    async with verification.open() as verifier:
        problems = iter(found)
        while some := list(islice(problems, _AT_ONCE)):
            told = await preflight(verifier, some)
            reasons |= {one.id: why for one, why in zip(some, told, strict=True) if why}
    reasons |= {one.id: why for one in found if (why := apart.get(asked(one.question)))}
    rows = (ProblemRow(problem=one, set_aside=reasons.get(one.id, "")) for one in found)
    partial = path.with_name(f"{path.name}.partial")
    with writing(path):
        write_table(problems_table(rows), partial)
        sync(partial)
        partial.replace(path)
        sync(path.parent)


def _read(source: AnySource, limit: int | None) -> list[Problem]:
    rows = problems_of(located(source), None, Reading())
    return [row for row in up_to(rows, limit) if not isinstance(row, RejectedRow)]


def asked(question: str) -> str:
    """Return a question as it is compared: without case, and with single blanks."""
    return " ".join(question.casefold().split())


def shown_in(templates: Sequence[PromptTemplate]) -> dict[str, str]:
    """Return the questions that prompts show as examples, with the reason to leave them out."""
    return {
        asked(shot.question): f"it is an example of the prompt {template.name}"
        for template in templates
        for shot in template.examples
    }


def among(problems: Iterable[Problem], why: str) -> dict[str, str]:
    """Return the questions of problems with one reason to leave them out."""
    return {asked(problem.question): why for problem in problems}
