"""One row becomes one Problem, or a BadCellError says why not."""

from collections.abc import Iterator, Mapping
from string import ascii_uppercase

from schemas import Problem, problem_id
from sources.cells import MISSING, lookup, optional_text
from sources.contexts import context_texts, refuse_gaps, refuse_holes
from sources.gold import GoldRule, extract_gold
from sources.layout import Layout
from sources.options import option_gold, option_texts, with_options
from sources.rows import BadCellError
from sources.turns import answered_text, are_turns, question_text, unread_turns


def to_problem(
    cells: Mapping[str, object],
    layout: Layout,
    *,
    source: str,
    gold: GoldRule,
    remove: tuple[str, ...],
) -> Problem:
    """Return the problem that a row states; raises BadCellError with the reason if none."""
    refuse_holes(cells, layout)
    choices = _choices(cells, layout)
    question = _question(cells, layout, remove, choices)
    refuse_gaps(question)
    stated = _joined(cells, layout.answer, " ")
    from_solution = layout.answer_is_solution
    if are_turns(stated):
        stated, from_solution = answered_text(stated), True
    answer = _gold(stated, choices, gold, from_solution=from_solution)
    return Problem(
        id=problem_id(source, question, answer),
        source=source,
        question=question,
        answer=answer,
        options=option_texts(choices),
        solution=_solution(cells, layout, stated, answer),
        level=_optional(cells, layout.level),
        subject=_optional(cells, layout.subject),
    )


def left_out(cells: Mapping[str, object], layout: Layout) -> Iterator[str]:
    """Yield what a problem's own columns say beside question and gold, e.g. a system prompt."""
    for path in layout.problem:
        if are_turns(value := lookup(cells, path)):
            yield from (f"{speaker} turn of {path}" for speaker in unread_turns(value))


def _gold(stated: object, choices: object, rule: GoldRule, *, from_solution: bool) -> str:
    """Return the gold answer; of a multiple choice its letter, wherever the solution states it."""
    if from_solution or rule not in ("auto", "column"):
        found = extract_gold(stated, rule, from_solution=from_solution)
        return str(option_gold(found, choices))
    return extract_gold(option_gold(stated, choices), rule, from_solution=False)


def _choices(cells: Mapping[str, object], layout: Layout) -> object:
    """Return the row's options, as one column has them or several: by their places, A first."""
    values = [lookup(cells, path) for path in layout.options]
    if len(values) == 1:
        return None if values[0] is MISSING else values[0]
    return {
        letter: value
        for letter, value in zip(ascii_uppercase, values, strict=False)
        if value is not MISSING and value not in (None, "")
    }


def question_of(cells: Mapping[str, object], layout: Layout, remove: tuple[str, ...]) -> str:
    """Return the question that a row asks, with its options; BadCellError where it asks none."""
    return _question(cells, layout, remove, _choices(cells, layout))


def _question(
    cells: Mapping[str, object], layout: Layout, remove: tuple[str, ...], choices: object
) -> str:
    parts = context_texts(cells, layout)
    asked = "\n".join((*parts, question_text(_joined(cells, layout.problem, "\n"))))
    for text in remove:
        asked = asked.replace(text, "")
    if not asked.strip():
        raise BadCellError("empty question")
    return with_options(asked.strip(), choices)


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
    return text if text != answer and is_worked(text) else None


def is_worked(text: str) -> bool:
    """Tell whether the text of a gold is a whole solution: it marks its answer."""
    return "####" in text or "\\boxed" in text


def _optional(cells: Mapping[str, object], path: str | None) -> str | None:
    return optional_text(lookup(cells, path)) if path else None
