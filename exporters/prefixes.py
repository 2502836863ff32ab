"""All prefixes of a problem that a run knows, as one tree: those of its solutions, and the sampled.

A search samples prefixes that no solution holds, and solutions end in prefixes that nobody sampled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from schemas import FAILED, Evidence, LabelledSolution, Node, Outcome, StopRule
from schemas.views import AnyView, Label


@dataclass(slots=True, eq=False, kw_only=True)
class Branch:
    """A prefix in the tree of its problem."""

    parent: "Branch | None" = field(default=None, repr=False)
    """The prefix without its last step; None of the root, which is the empty prefix."""
    steps: tuple[str, ...] = ()
    """To the byte."""
    children: dict[str, "Branch"] = field(default_factory=dict, repr=False)
    """By the next step, in the order they are met."""
    evidence: Evidence = field(default_factory=Evidence)
    labels: list[Label] = field(default_factory=list, repr=False)
    """What the view says of it in each of the solutions that hold it."""
    value: Label = None
    """What the view says of it; None where nothing decides it."""
    right: bool = False
    """Whether a rollout or a solution through it came right."""
    wrong: bool = False
    """Whether one came wrong."""

    @property
    def grade(self) -> float:
        """The value as a number; 0 where there is none."""
        return float(self.value or 0)

    def then(self, step: str) -> "Branch":
        """Return the prefix that goes on with a step, made where it is new."""
        if step not in self.children:
            self.children[step] = Branch(parent=self, steps=(*self.steps, step))
        return self.children[step]

    def every(self) -> Iterator["Branch"]:
        """Yield it and all that go on from it, each behind the one it goes on from."""
        waiting = [self]
        while waiting:
            branch = waiting.pop()
            yield branch
            waiting.extend(reversed(branch.children.values()))

    def path(self) -> list["Branch"]:
        """Return the prefixes from the root to it, both included."""
        path, branch = [self], self.parent
        while branch is not None:
            path.append(branch)
            branch = branch.parent
        return path[::-1]


def prefix_tree(
    solutions: Iterable[LabelledSolution], nodes: Iterable[Node], view: AnyView
) -> Branch:
    """Return the root of all prefixes of a problem's solutions and nodes, with their values.

    The value of a prefix is what the view says of it in the solutions that hold it: where grades
    differ (as a posterior's may) their mean, where decisions differ nothing. Of a prefix that no
    solution holds it is what the view would say of a solution that ended there. Raises ExportError
    where the evidence forbids the view.
    """
    root = Branch()
    for solution in solutions:
        _count(root, solution.root)
        _hang(root, solution, view.labels(solution))
    for node in nodes:
        branch = root
        for step in node.prefix.steps:
            branch = branch.then(step)
        _count(branch, node.evidence)
    for branch in root.every():
        counts, path = branch.evidence, branch.path()
        _mark(path, right=counts.correct > 0, wrong=counts.decided > counts.correct)
        branch.value = _agreed(branch.labels) if branch.labels else _value(path, view)
    return root


def _hang(root: Branch, solution: LabelledSolution, labels: Sequence[Label]) -> None:
    """Put a solution's prefixes into the tree."""
    branch = root
    for step, evidence, label in zip(solution.steps, solution.evidence, labels, strict=True):
        branch = branch.then(step)
        _count(branch, evidence)
        branch.labels.append(label)
    right, wrong = solution.outcome is Outcome.CORRECT, solution.outcome in FAILED
    _mark(branch.path(), right=right, wrong=wrong)


def _count(branch: Branch, evidence: Evidence) -> None:
    """Note the evidence at a prefix; what several solutions share was sampled once."""
    if branch.evidence.stop_rule is StopRule.NOT_SAMPLED:
        branch.evidence = evidence


def _mark(path: Iterable[Branch], *, right: bool, wrong: bool) -> None:
    for branch in path:
        branch.right |= right
        branch.wrong |= wrong


def _agreed(labels: Iterable[Label]) -> Label:
    said = {label for label in labels if label is not None}
    if len(said) < 2:
        return next(iter(said), None)
    return None if any(isinstance(label, bool) for label in said) else fmean(said)


def _value(path: Sequence[Branch], view: AnyView) -> Label:
    """Return what the view says of the last prefix of a path; the root's as that of a step."""
    if path[-1].evidence.stop_rule is StopRule.NOT_SAMPLED:
        return None
    root, known = path[0], path[1:] or path
    ending = LabelledSolution(
        problem_id="",
        solution_index=0,
        labeler="",
        steps=path[-1].steps or ("",),
        outcome=Outcome.UNDECIDED,
        root=root.evidence,
        evidence=tuple(branch.evidence for branch in known),
        first_error=None,
    )
    return view.labels(ending)[-1]
