"""Self-Refine of one problem: a draft, feedback on it, a revision, so many rounds at most."""

from dataclasses import dataclass

from rollouts import PromptTemplate
from rollouts.asking import with_stops
from rollouts.refining import feedback_prompt, revision_prompt, stops, unread
from schemas import Completion, Prompt, Sampling
from search.asking import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A draft, and what became of it. The revision is the next round's draft."""

    draft: Completion
    feedback: Completion | None = None
    """None where the draft was none to give feedback on."""
    stops: bool = False
    """Whether the feedback says that there is nothing to correct."""
    unread: str = ""
    """Why there is no revision though the feedback does not say so; empty where there is one."""
    prompt: Prompt | None = None
    """What the revision was asked for by."""
    revision: Completion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refining:
    """How drafts are reviewed and revised."""

    solving: PromptTemplate
    feedback: PromptTemplate
    revise: PromptTemplate
    sampling: Sampling
    rounds: int

    async def refined(self, asked: Asked) -> list[Round]:
        """Refine the first draft, until nothing is to be corrected or the rounds are over."""
        (draft,) = await asked.drawn((), count=1)
        done: list[Round] = []
        while len(done) < self.rounds:
            done.append(await self._round(asked, draft, len(done)))
            revision = done[-1].revision
            if revision is None:
                break
            draft = revision
        return done

    async def _round(self, asked: Asked, draft: Completion, number: int) -> Round:
        if draft.finish_reason != "stop":
            return Round(draft=draft, unread="the draft was cut at max_tokens")
        problem = asked.problem
        feedback = await asked.reply(
            feedback_prompt(self.feedback, problem, draft.text),
            with_stops(self.sampling, self.feedback.stop),
            role="feedback",
            index=number,
        )
        if reason := unread(feedback):
            return Round(draft=draft, feedback=feedback, unread=reason)
        if stops(feedback):
            return Round(draft=draft, feedback=feedback, stops=True)
        prompt = revision_prompt(self.solving, self.revise, problem, draft.text, feedback.text)
        revision = await asked.reply(
            prompt,
            with_stops(self.sampling, self.solving.stop),
            role="revision",
            index=number,
        )
        return Round(draft=draft, feedback=feedback, prompt=prompt, revision=revision)
