"""MATH-APS (OpenR, 2410.09671): Monte Carlo values of prefixes found by OmegaPRM's search.

First release: `q`, and `states` with the prefix (`state`), a rollout from it, its value (`mcs`).
Later: `question`, `final_answer`, and `reasoning_steps`, either a list of prefixes that begin with
the question (`solution_prefix`, `mc_value`), or a tree (`text`, `mc_value`, `children`) below it.
A step is what a prefix has more than the prefix before it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from schemas import StepStatement
from sources.cells import scalar_text
from sources.rows import BadCellError
from sources.stated.marks import UNSAID, gold, listed, mark, named, plain, question
from sources.stated.prefixes import chains, pieces
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution

_Valued = Mapping[str, StepStatement]
"""What is stated of each prefix."""
_DEEPEST = 10_000


class MathAps(StatedFormat):
    """MATH-APS in all its forms: `states`, or `reasoning_steps` flat or as a tree."""

    columns: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[LabelKind] = "automatic"

    format: Literal["math_aps"] = "math_aps"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether a row is of one of the forms."""
        return {"q", "states"} <= cells.keys() or {"question", "reasoning_steps"} <= cells.keys()

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield a solution for every way through the tree that ends."""
        asked = question(cells, "q", "question")
        ways = self._ways(cells, asked)
        id, answer = named(cells, "question_id"), gold(cells, "final_answer")
        for number, (steps, stated) in enumerate(ways):
            kept = [(step, one) for step, one in zip(steps, stated, strict=True) if step.strip()]
            if any(one != UNSAID for _, one in kept):
                yield StatedSolution(
                    question=asked,
                    answer=answer,
                    steps=tuple(step for step, _ in kept),
                    stated=tuple(one for _, one in kept),
                    id=f"{id}/{number}" if id else "",
                )

    def _ways(
        self, cells: Cells, asked: str
    ) -> Iterator[tuple[Sequence[str], Sequence[StepStatement]]]:
        if "states" in cells:
            return _of_states(cells["states"])
        found = _decoded(cells["reasoning_steps"])
        if isinstance(found, Mapping):
            return _of_tree(found, asked)
        return _of_prefixes(_prefixes(found, asked))


def _decoded(found: object) -> object:
    """Return a tree that may be written as JSON: a table has no type for one."""
    if not isinstance(found, str):
        return found
    try:
        return json.loads(found)
    except (ValueError, RecursionError):
        raise BadCellError("no list of prefixes", "not valid JSON") from None


def _of_states(states: object) -> Iterator[tuple[Sequence[str], Sequence[StepStatement]]]:
    """Yield whole texts: a state with its rollout, cut where another state of the search ends."""
    known, texts = dict[str, StepStatement](), list[str]()
    for one in _mappings(states):
        state = plain(one.get("state")).lstrip()
        known.setdefault(state, mark(one.get("mcs")))
        texts.append((state + plain(one.get("rollout"))).lstrip())
    for chain in chains([*filter(None, known), *filter(None, texts)]):
        yield pieces(chain), [known.get(text, UNSAID) for text in chain]


def _prefixes(found: object, asked: str) -> _Valued:
    """Return the prefixes without the question before them; the question itself is no step."""
    valued = dict[str, StepStatement]()
    for one in _mappings(found):
        text = plain(one.get("solution_prefix"))
        if scalar_text(text) == asked:
            continue
        if not text.lstrip().startswith(asked):
            raise BadCellError("a prefix does not begin with the question")
        valued.setdefault(text.lstrip()[len(asked) :].lstrip(), mark(one.get("mc_value")))
    return valued


def _of_prefixes(valued: _Valued) -> Iterator[tuple[Sequence[str], Sequence[StepStatement]]]:
    for chain in chains(filter(None, valued)):
        yield pieces(chain), [valued[text] for text in chain]


def _of_tree(root: Cells, asked: str) -> Iterator[tuple[Sequence[str], Sequence[StepStatement]]]:
    # No recursion: a file may nest deeper than Python goes.
    first: tuple[tuple[str, StepStatement], ...] = ()
    left: list[tuple[Mapping[str, Any], tuple[tuple[str, StepStatement], ...]]] = [(root, first)]
    while left:
        node, path = left.pop()
        text = plain(node.get("text"))
        if path or scalar_text(text) != asked:
            path = (*path, (text, mark(node.get("mc_value"))))
        inner = list(_mappings(node.get("children") or ()))
        left += [(one, path) for one in reversed(inner)]
        if len(path) > _DEEPEST:
            raise BadCellError("too many steps", f"more than {_DEEPEST}")
        if not inner and path:
            yield [step for step, _ in path], [stated for _, stated in path]


def _mappings(values: object) -> Iterator[Mapping[str, Any]]:
    for one in listed(values, "prefixes"):
        if not isinstance(one, Mapping):
            raise BadCellError("no list of prefixes", type(one).__name__)
        yield one
