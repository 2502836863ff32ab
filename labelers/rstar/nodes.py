"""A node of an rStar tree: what an action wrote, with the votes for it as evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelers.rstar.actions import Action
from labelers.tree import Visited
from rollouts.voting import AnswerClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """Samples of one thing, grouped by their answers."""

    classes: tuple[AnswerClass, ...]
    """The largest first."""
    samples: int
    """All of them, cut ones too."""
    truncated: int
    """Cut at their limit of tokens: they count as nothing."""

    @property
    def finished(self) -> int:
        """Those that count: n."""
        return self.samples - self.truncated

    @property
    def no_answer(self) -> int:
        """Those that ended and state no answer."""
        return self.finished - sum(one.count for one in self.classes)

    def share(self, answer: str) -> float:
        """Return c / n of the class in which an answer is spelt so; 0 where there is none."""
        found = (one.count for one in self.classes if answer in one.spellings)
        return next(found, 0) / self.finished if self.finished else 0.0


@dataclass(slots=True, eq=False, kw_only=True)
class ActionNode(Visited):
    """The question, or what an action made of the node above.

    Its visits are the ways through it, and their values the rewards at their ends.
    """

    action: Action | None = None
    """None: the question itself."""
    parent: "ActionNode | None" = field(default=None, repr=False)
    question: str
    """As it is put from here on: rephrased, where an action above did that."""
    text: str
    """What the action wrote: a step, the rest, an answer to the sub-question, or a question."""
    subquestion: str = ""
    """What `text` answers."""
    steps: tuple[str, ...] = ()
    """The solution so far; joined it is the text that is gone on with."""
    dialogue: tuple[tuple[str, str], ...] = ()
    """The sub-questions so far with their answers."""
    times: int = 1
    """Samples that wrote it."""
    votes: Votes | None = None
    """The samples that voted: for an answer, of which this is one. Of a step that ends a solution
    those for the rest, which went on from the same place."""
    answer: str | None = None
    """The final answer of a whole solution; of a sub-question the answer voted for."""
    ends: bool = False
    """Whether it ends a whole solution."""
    number: int = 0
    """Its position in the order in which nodes were made."""
    children: tuple["ActionNode", ...] | None = field(default=None, repr=False)
    """None until the policy was asked."""

    @property
    def value(self) -> float | None:
        """The share of the votes for its answer, c / n; None where nothing voted."""
        if self.votes is None or self.answer is None:
            return None
        return self.votes.share(self.answer)

    @property
    def reward(self) -> float:
        """What a way is worth that ends here: the votes' share for a whole solution, else 0."""
        return (self.value or 0.0) if self.ends else 0.0

    @property
    def trail(self) -> "Sequence[ActionNode]":
        """The nodes from the question to this one."""
        trail, node = [self], self.parent
        while node is not None:
            trail.append(node)
            node = node.parent
        return trail[::-1]

    @property
    def depth(self) -> int:
        """Actions from the question to here."""
        return len(self.trail) - 1
