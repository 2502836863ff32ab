"""Sets with errors put into right solutions, by a model (PRMBench) or a program (ReasonEval).

PRMBench (2501.03124): `error_steps` of `modified_process`, 1-based; its own scores count every
other step as right, those behind the error too. ReasonEval (2404.05692): perturbed solutions of
PRM800K, and ratings of its test solutions for redundancy.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from schemas import StepStatement
from schemas.labels import NEUTRAL
from sources.cells import optional_text
from sources.rows import BadCellError
from sources.stated.marks import (
    RIGHT,
    UNSAID,
    gold,
    listed,
    marks,
    named,
    question,
    rating,
    steps_of,
    until_error,
    whole,
)
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution


class _Perturbed(StatedFormat):
    """What sets of changed solutions share."""

    kind: ClassVar[LabelKind] = "synthetic"
    between: ClassVar[str] = "\n"

    originals: bool = False
    """Whether the solutions before the change are taken too, all their steps right."""


class PrmBench(_Perturbed):
    """PRMBench: `modified_process`, `error_steps` (1-based), `classification`, `reason`."""

    columns: ClassVar[tuple[str, ...]] = ("modified_question", "modified_process", "error_steps")

    format: Literal["prmbench"] = "prmbench"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the changed solution; errors said to be behind its last step are passed over."""
        steps = steps_of(cells.get("modified_process"))
        places = {whole(one) - 1 for one in listed(cells.get("error_steps"), "labels")}
        inside = {place for place in places if 0 <= place < len(steps)}
        if places and not inside:
            raise BadCellError("the first error is no step", f"{sorted(places)} of {len(steps)}")
        kind, id = named(cells, "classification"), named(cells, "idx")
        error = StepStatement(
            label=0.0, said=kind or "error", why=optional_text(cells.get("reason")) or ""
        )
        asked = question(cells, "modified_question", "question")
        answer = gold(cells, "ground_truth")
        yield StatedSolution(
            question=asked,
            answer=answer,
            steps=steps,
            stated=tuple(error if n in inside else RIGHT for n in range(len(steps))),
            id=id if kind in id else f"{id}/{kind}",
            subject=kind or None,
        )
        if self.originals:
            original = steps_of(cells.get("original_process"))
            yield StatedSolution(
                question=question(cells, "original_question", "question"),
                answer=answer,
                steps=original,
                stated=(RIGHT,) * len(original),
                id=f"{id}/original",
            )


class ReasonEval(_Perturbed):
    """ReasonEval's perturbations (`hypothesis_steps`, `error_type`, `tags`), and its ratings.

    Its invalid errors, which people marked, are of the form `mr_gsm8k`.
    """

    columns: ClassVar[tuple[str, ...]] = ()

    format: Literal["reasoneval"] = "reasoneval"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether a row is of one of the two forms."""
        perturbed = {"hypothesis_steps", "error_type", "tags"} <= cells.keys()
        return perturbed or {"model_output_step_format", "rating"} <= cells.keys()

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        asked, answer = question(cells, "question"), gold(cells, "ground_truth_answer")
        if "rating" in cells:
            steps = steps_of(cells.get("model_output_step_format"))
            stated = marks(cells["rating"], steps, rating)
        else:
            steps = steps_of(cells.get("hypothesis_steps"))
            stated = _of_change(named(cells, "error_type"), cells.get("tags"), steps)
        yield StatedSolution(
            question=asked,
            answer=answer,
            steps=steps,
            stated=stated,
            id=named(cells, "id"),
            subject=named(cells, "error_type") or None,
        )
        if self.originals and "reference_steps" in cells:
            reference = steps_of(cells["reference_steps"])
            yield StatedSolution(
                question=asked,
                answer=answer,
                steps=reference,
                stated=(RIGHT,) * len(reference),
                id=f"{named(cells, 'id')}/reference",
            )


def _of_change(kind: str, tags: object, steps: Sequence[str]) -> tuple[StepStatement, ...]:
    """Return what a change of a right solution states of the steps after it.

    A number or operation changed: that step is wrong. Two steps swapped: both are. Another
    problem's solution: its first step is. A step repeated: the second time it is redundant, which
    the set counts as PRM800K's neutral, and the others are right. A step removed: those before the
    gap are right, and of the rest nothing is said.
    """
    count = len(steps)
    match kind:
        case "random number" | "random operation":
            return until_error(count, whole(tags), said=kind)
        case "swap steps" if isinstance(tags, list | tuple) and len(tags) == 2:
            one, other = sorted(map(whole, tags))
            stated = list(until_error(count, one, said=kind))
            if other >= count:
                raise BadCellError("the first error is no step", f"{other} of {count} steps")
            stated[other] = stated[one]
            return tuple(stated)
        case "swap solutions":
            return until_error(count, 0, said=kind)
        case "repeat step":
            place = whole(tags) + 1
            again = StepStatement(said=NEUTRAL, why=kind)
            return tuple(again if step == place else RIGHT for step in range(count))
        case "remove step":
            before = min(whole(tags), count)
            return (*(RIGHT,) * before, *(UNSAID,) * (count - before))
    raise BadCellError("an error of unknown kind", f"{kind}, tags {tags!r}"[:60])
