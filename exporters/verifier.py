"""Rows of the GSM8K verifier (Cobbe et al., 2110.14168): many solutions of a problem, judged whole.

The verdict on the answer is the label of the solution, and of every token of it: the verifier reads
a value off each. A right answer says nothing of the steps before it, so where the run's labeler
judged steps, what it found stands beside.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.outcome import whole_solution
from exporters.records import LabelledSteps, Made, Refused, Settled, Taken
from exporters.seam import ProblemExporter
from schemas import LabelledSolution, Node, Problem
from schemas.views import first_wrong

_TEXT, _INT = pa.string(), pa.int32()
_BY_VERDICT = "outcome"
"""The labeler and the view that judge no steps: they repeat the verdict."""


class VerifierRow(TypedDict):
    """One solution with the verdict on its answer."""

    solution_index: int
    """Of equal texts the first one's."""
    prompt: str
    completion: str
    times: int
    """Samples that are this text; 1 for one that was given."""
    label: bool | None
    """Whether its answer is right; None: cut off before it, or the verifier could not tell."""
    problem: str
    """`all_right`, `all_wrong` or `mixed`, by its decided samples; `undecided` without any."""
    right: int
    """Samples of the problem with a right answer, equal texts each for itself."""
    decided: int
    """Samples whose answer is right or wrong, or that state none."""
    first_error: int | None
    """0-based index of the first step that is labelled wrong, -1 none; None: no label tells."""
    prompt_ids: list[int] | None
    completion_ids: list[int] | None
    token_labels: list[float] | None
    """The label once for each of completion_ids, 1 or 0; None without tokenizer or label."""


class VerifierExporter(ProblemExporter):
    """Distinct solutions of a problem with labels for solution and tokens, and what steps say."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "solution_index": _INT,
            "prompt": _TEXT,
            "completion": _TEXT,
            "times": _INT,
            "label": pa.bool_(),
            "problem": _TEXT,
            "right": _INT,
            "decided": _INT,
            "first_error": _INT,
            "prompt_ids": pa.list_(_INT),
            "completion_ids": pa.list_(_INT),
            "token_labels": pa.list_(pa.float32()),
        }
    )
    reads_nodes: ClassVar[bool] = False
    reads_rollouts: ClassVar[bool] = True

    format: Literal["gsm8k_verifier"] = "gsm8k_verifier"
    undecided: bool = False
    """Rows of solutions without a verdict, too, with no label; they are wrong in no case."""

    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return the whole text, with the verdict on its answer where there is one."""
        whole = whole_solution(problem, solution)
        if isinstance(whole, LabelledSteps):
            return Taken(steps=whole)
        text = "".join(solution.steps).strip()
        if not text or not self.undecided:
            return whole
        return Taken(
            steps=LabelledSteps(problem=problem, solution=solution, steps=(text,), labels=())
        )

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield a row for each distinct text."""
        right, decided = _samples(taken)
        texts: dict[str, LabelledSteps] = {}
        for one in taken:
            texts.setdefault(one.steps.steps[0], one.steps)
        sampled = settled.rollouts.get(problem.id, ())
        times = Counter(one.text.strip() for one in sampled if not one.prefix_steps)
        for text, first in texts.items():
            label = bool(first.labels[0]) if first.labels else None
            row = VerifierRow(
                solution_index=first.solution.solution_index,
                prompt=problem.question,
                completion=text,
                times=times[text] or 1,
                label=label,
                problem=_kind(right, decided),
                right=right,
                decided=decided,
                first_error=_first_error(first.solution, settled),
                prompt_ids=None,
                completion_ids=None,
                token_labels=None,
            )
            yield self._tokenised(row, settled)

    def _tokenised(self, row: VerifierRow, settled: Settled) -> Made | Refused:
        """Return a row with its tokens, where a tokenizer is given; those longer are refused."""
        tokenizer, label = settled.tokenizer, row["label"]
        if tokenizer is not None:
            asked, said = tokenizer.ids(f"{row['prompt']}\n"), tokenizer.ids(row["completion"])
            length = int(tokenizer.adds_bos) + len(asked) + len(said) + 1
            if self.max_length is not None and length > self.max_length:
                return Refused(reason=f"longer than {self.max_length} tokens")
            row["prompt_ids"], row["completion_ids"] = asked, said
            row["token_labels"] = None if label is None else [float(label)] * len(said)
        return Made(row=row, labels=() if label is None else (label,))


def _samples(taken: Sequence[Taken]) -> tuple[int, int]:
    """Return a problem's right and decided samples.

    A run keeps one of its equal solutions, and counts all at the root; where nothing was sampled
    the solutions themselves are counted.
    """
    root = taken[0].steps.solution.root
    if root.total:
        return root.correct, root.decided
    labels = [one.steps.labels[0] for one in taken if one.steps.labels]
    return sum(map(bool, labels)), len(labels)


def _kind(right: int, decided: int) -> str:
    if not decided:
        return "undecided"
    return {decided: "all_right", 0: "all_wrong"}.get(right, "mixed")


def _first_error(solution: LabelledSolution, settled: Settled) -> int | None:
    """Return where the run's step labels put the first error; a verdict is none of a step."""
    if _BY_VERDICT in (solution.labeler, settled.view.kind):
        return None
    return first_wrong(settled.view.labels(solution))
