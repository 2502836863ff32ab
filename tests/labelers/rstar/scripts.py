"""A policy and a verifier for trees worked out by hand: what is asked is looked up."""

from collections.abc import Mapping, Sequence

from labelers.rstar import Ask, Wrote
from rollouts.voting import AnswerClass

Said = Mapping[tuple[str, str], Sequence[str]]
"""What is written, by part and prefix; a step that ends a solution ends with `$`, a cut text with
`...`, and an answer stands behind `=`."""


def wrote(said: str) -> Wrote:
    text = said.removesuffix("$")
    _, equals, answer = text.partition("=")
    return Wrote(
        text=text,
        answer=answer.strip().removesuffix("...") if equals else None,
        finished=not said.endswith("..."),
        ended=said.endswith("$"),
    )


class Scripted:
    """Writes what is looked up, in turns, or nothing; equal answers are equal words."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self.asked: list[Ask] = []

    async def write(self, ask: Ask) -> Sequence[Wrote]:
        self.asked.append(ask)
        known = self._said.get((ask.part, "".join(ask.prefix)), ())
        return [wrote(known[n % len(known)]) for n in range(ask.count)] if known else []

    async def classes(self, answers: Sequence[str], *, final: bool) -> list[AnswerClass]:
        groups: dict[str, list[str]] = {}
        for one in answers:
            groups.setdefault(one.removesuffix(".0"), []).append(one)
        classes = [
            AnswerClass(answer=some[0], spellings=tuple(dict.fromkeys(some)), count=len(some))
            for some in groups.values()
        ]
        return sorted(classes, key=lambda one: -one.count)
