"""PRM800K (Lightman et al., 2305.20050), as OpenAI released it, and with a row per rated step.

Ratings: 1 right, 0 neutral, -1 wrong. The accepted path (the chosen completion of each step, or
what a labeller wrote there) is followed; every other completion ends a solution of its own there.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from schemas import Outcome, StepStatement
from sources.cells import lookup, optional_text, scalar_text
from sources.rows import BadCellError
from sources.stated.marks import UNSAID, checked, gold, listed, named, plain, question, rating
from sources.stated.prefixes import Path, StepTree
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution

_ANSWER = "# Answer\n\n"
"""What stands before the final answer in a last step."""


class _Rated(StatedFormat):
    """What both forms of PRM800K share."""

    kind: ClassVar[LabelKind] = "human"
    between: ClassVar[str] = "\n"

    human: Literal["right", "unstated"] = "right"
    """Whether a step that a labeller wrote counts as right, though nobody rated it; else a solution
    has no labels from there on."""

    def _written(self) -> StepStatement:
        if self.human == "right":
            return StepStatement(label=1.0, said="written by the labeller")
        return UNSAID


class Prm800k(_Rated):
    """PRM800K's own lines, phases 1 and 2: `question`, `label` with steps and completions."""

    columns: ClassVar[tuple[str, ...]] = ("question", "label")

    format: Literal["prm800k"] = "prm800k"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether a row has the nested columns."""
        return isinstance(lookup(cells, "label.steps"), list) and isinstance(
            cells.get("question"), Mapping
        )

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield a solution for every way through the row's completions that ends."""
        reason = named(cells, "label.finish_reason") or None
        if reason == "bad_problem":
            raise BadCellError("the labeller found the problem bad")
        steps = lookup(cells, "label.steps")
        if not isinstance(steps, list) or not steps:
            raise BadCellError("no list of steps", f"finish_reason {reason}")
        asked, answer = (
            question(cells, "question.problem"),
            gold(cells, "question.ground_truth_answer"),
        )
        for path in self._tree(steps).paths():
            yield _solution(path, asked, answer, cells)

    def _tree(self, steps: Iterable[Any]) -> StepTree:
        tree, prefix = StepTree(), list[str]()
        for step in steps:
            if not isinstance(step, Mapping):
                raise BadCellError("no list of steps", type(step).__name__)
            found = listed(step.get("completions") or (), "completions")
            rated = [one for one in found if isinstance(one, Mapping)]
            for one in rated:
                why = "flagged" if one.get("flagged") is True else ""
                tree.add(prefix, plain(one.get("text")), rating(one.get("rating"), why))
            accepted = self._accepted(tree, prefix, step, rated)
            if accepted is None:
                break
            prefix.append(accepted)
        return tree

    def _accepted(
        self, tree: StepTree, prefix: list[str], step: Cells, rated: list[Cells]
    ) -> str | None:
        """Return the step that was gone on from, added to the tree; None: there was none."""
        chosen = step.get("chosen_completion")
        if isinstance(chosen, int) and 0 <= chosen < len(rated):
            return plain(rated[chosen].get("text"))
        human = step.get("human_completion")
        if not isinstance(human, Mapping | str):
            return None
        text = plain(human.get("text") if isinstance(human, Mapping) else human)
        if text.strip():
            tree.add(prefix, text, self._written())
        return text if text.strip() else None


class Prm800kCritic(_Rated):
    """PRM800K, a row per rated step: `responses` accepted before it, `next_response`, `rating`."""

    columns: ClassVar[tuple[str, ...]] = ("instruction", "responses", "next_response", "rating")
    rows_are_steps: ClassVar[bool] = True

    format: Literal["prm800k_critic"] = "prm800k_critic"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the rated step behind the accepted ones."""
        prefix = [plain(one) for one in listed(cells.get("responses"), "accepted steps")]
        steps = checked((*prefix, plain(cells.get("next_response"))))
        why = optional_text(cells.get("error_reason")) or ""
        written = cells.get("is_human_response") is True
        said = self._written() if written else rating(cells.get("rating"), why)
        yield StatedSolution(
            question=question(cells, "instruction"),
            steps=steps,
            stated=(*(UNSAID,) * len(prefix), said),
        )

    def assembled(self, parts: Iterable[StatedSolution]) -> Iterator[StatedSolution]:
        """Yield a solution for every way through a problem's steps that ends."""
        tree, asked = StepTree(), ""
        for part in parts:
            asked = part.question
            tree.add(part.steps[:-1], part.steps[-1], part.stated[-1])
        for path in tree.paths():
            yield _solution(path, asked, "", {})


def _solution(path: Path, asked: str, answer: str, cells: Cells) -> StatedSolution:
    steps = checked(step for step, _ in path)
    return StatedSolution(
        question=asked,
        answer=answer,
        steps=steps,
        stated=tuple(stated for _, stated in path),
        outcome=_outcome(steps[-1], answer),
        reference=optional_text(lookup(cells, "question.ground_truth_solution")),
    )


def _outcome(last: str, answer: str) -> Outcome:
    """Return that a last step's answer is right where it is the gold to the letter."""
    stated = scalar_text(last.rpartition(_ANSWER)[2]) if _ANSWER in last else ""
    return Outcome.CORRECT if stated and stated == answer else Outcome.UNDECIDED
