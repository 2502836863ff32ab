"""Who chooses among alternatives: the policy itself, by a reply, or a process reward model.

Alternatives are whole solutions, or next steps behind others. Equal ones are shown once. A choice
that cannot be read is none: never the first in its stead.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from rollouts import PromptTemplate
from rollouts.asking import with_stops
from rollouts.choosing import Named, choice_prompt, named
from schemas import Completion, Prompt, Sampling
from search.aggregation import Aggregation, score
from search.asking import Asked

_ENDS = "(The solution ends here.)"
"""How a next step that only ends the solution is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What may be chosen."""

    place: int
    """Its position among all that was sampled."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a chooser wrote, and what was read in it."""

    completion: Completion
    temperature: float
    said: Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What was chosen, by place, and how."""

    chosen: int | None
    """None: nothing was; `unread` says why."""
    unread: str = ""
    shown: tuple[int, ...] = ()
    """The places of what was shown, in that order; equal texts are shown as the first of them."""
    prompt: Prompt | None = None
    """What the policy was asked; None where it was not."""
    replies: tuple[Reply, ...] = ()
    scores: tuple[float, ...] = ()
    """Of a reward model, for each of `shown`."""

    @property
    def score_of(self) -> dict[int, float]:
        """The scores by place; empty where no reward model chose."""
        return dict(zip(self.shown, self.scores, strict=True)) if self.scores else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ByReply:
    """The policy chooses. The order in which texts are shown is drawn, so that none is favoured."""

    template: PromptTemplate
    max_tokens: int
    tries: int
    """Replies asked for until one can be read: the first the likeliest, others at 0.7."""
    seed: int

    async def pick(
        self, asked: Asked, alternatives: Sequence[Alternative], *, before: Sequence[str] | None
    ) -> Picked:
        """Have the policy choose; `before` are the steps before the alternatives, if these are."""
        shown = _distinct(alternatives)
        if len(shown) < 2:
            return _no_choice(shown)
        text = None if before is None else "".join(before)
        random.Random(f"{self.seed}/shown/{asked.problem.id}/{text or ''}").shuffle(shown)
        places = tuple(one.place for one in shown)
        prompt = choice_prompt(
            self.template, asked.problem, [one.text.strip() or _ENDS for one in shown], before=text
        )
        replies: list[Reply] = []
        for attempt in range(self.tries):
            drawn = self._sampling(attempt)
            reply = await asked.reply(prompt, drawn, role="choice", index=attempt)
            said = named(reply, len(shown))
            replies.append(Reply(completion=reply, temperature=drawn.temperature, said=said))
            if said.place is not None:
                break
        return Picked(
            chosen=None if said.place is None else places[said.place],
            unread=said.unread,
            shown=places,
            prompt=prompt,
            replies=tuple(replies),
        )

    def _sampling(self, attempt: int) -> Sampling:
        drawn = Sampling(temperature=0.7 if attempt else 0.0, max_tokens=self.max_tokens)
        return with_stops(drawn, self.template.stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByGrades:
    """A process reward model chooses: the highest score, of equals the first."""

    aggregation: Aggregation

    async def pick(
        self, asked: Asked, alternatives: Sequence[Alternative], *, before: Sequence[str] | None
    ) -> Picked:
        """Have the alternatives graded, each with the steps before it."""
        shown = _distinct(alternatives)
        if len(shown) < 2:
            return _no_choice(shown)
        whole = [
            asked.cut(one.text) if before is None else (*before, *filter(None, [one.text]))
            for one in shown
        ]
        graded = await asked.grades(whole)
        scores = tuple(
            score(grades.steps, len(steps), self.aggregation)
            for grades, steps in zip(graded, whole, strict=True)
        )
        best = max(range(len(shown)), key=scores.__getitem__)
        return Picked(
            chosen=shown[best].place,
            shown=tuple(one.place for one in shown),
            scores=scores,
        )


Picker = ByReply | ByGrades


def _distinct(alternatives: Sequence[Alternative]) -> list[Alternative]:
    """Return the first of those with equal texts, blanks at their ends aside."""
    found: dict[str, Alternative] = {}
    for one in alternatives:
        found.setdefault(one.text.strip(), one)
    return list(found.values())


def _no_choice(shown: Sequence[Alternative]) -> Picked:
    """Return the only one there is; or none."""
    if not shown:
        return Picked(chosen=None, unread="nothing to choose from")
    return Picked(chosen=shown[0].place, shown=(shown[0].place,))
