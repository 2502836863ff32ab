"""One row becomes one Problem, or a BadCellError says why not."""

from collections.abc import Mapping

from schemas import Problem, problem_id
from sources.cells import MISSING, lookup, optional_text, question_text
from sources.gold import GoldRule, extract_gold
from sources.layout import Layout
from sources.options import option_gold, with_options
from sources.rows import BadCellError


def to_problem(
    cells: Mapping[str, object],
    layout: Layout,
    *,
    source: str,
    gold: GoldRule,
    remove: tuple[str, ...],
) -> Problem:
    """Return the problem that a row states; raises BadCellError with the reason if none."""
    choices = lookup(cells, layout.options) if layout.options else None
    stated = _joined(cells, layout.answer, " ")
    answer = extract_gold(
        option_gold(stated, choices), gold, from_solution=layout.answer_is_solution
    )
    question = question_of(cells, layout, remove)
    question = with_options(question, choices) if choices else question
    return Problem(
        id=problem_id(source, question, answer),
        source=source,
        question=question,
        answer=answer,
        solution=_solution(cells, layout, stated, answer),
        level=_optional(cells, layout.level),
        subject=_optional(cells, layout.subject),
    )


def question_of(cells: Mapping[str, object], layout: Layout, remove: tuple[str, ...]) -> str:
    """Return the question that a row asks; raises BadCellError where it asks none."""
    asked = question_text(_joined(cells, layout.problem, "\n"))
    lead_in = lookup(cells, layout.lead_in) if layout.lead_in else MISSING
    if lead_in is not MISSING:
        asked = "\n".join(filter(None, (question_text(lead_in), asked)))
    for text in remove:
        asked = asked.replace(text, "")
    if not asked.strip():
        raise BadCellError("empty question")
    return asked.strip()


def _joined(cells: Mapping[str, object], paths: tuple[str, ...], separator: str) -> object:
    """Return the cell of a column, or the texts of several, joined."""
    values = [lookup(cells, path) for path in paths]
    for path, value in zip(paths, values, strict=True):
        if value is MISSING:
            raise BadCellError("missing column", path)
    if len(values) == 1:
        return values[0]
    return separator.join(filter(None, map(question_text, values)))


def _solution(
    cells: Mapping[str, object], layout: Layout, stated: object, answer: str
) -> str | None:
    """Return the reference solution: its own column, or the answer cell that states it whole."""
    if layout.solution:
        return _optional(cells, layout.solution)
    text = optional_text(stated) or ""
    return text if text != answer and ("####" in text or "\\boxed" in text) else None


def _optional(cells: Mapping[str, object], path: str | None) -> str | None:
    return optional_text(lookup(cells, path)) if path else None
