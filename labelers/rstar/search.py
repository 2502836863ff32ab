r"""rStar's generator: ways through a tree of typed actions, whose reward is the votes' agreement.

    so many times:
        select: down by UCT to a node that no way led through, or to a leaf (`labelers/tree/ucb.py`)
        expand: every action that the grammar allows is taken at once (`actions.py`)
        simulate: on to a child at random, which is expanded in turn, down to a leaf
        back up: the leaf's reward counts at every node of the way

A leaf is a whole solution: the rest (A2), a sub-question that asks what the question asks (A3), or
a step that states the answer (A1). Its reward is c / n of the votes for its answer, told apart by
the verifier. No gold answer has a part in any of this; what it says of a leaf is put beside the
rewards when all trees are grown.

What differs from the published code (zhentingqi/rStar cab41df):

- The next step, and the rest, are what the policy writes behind the solution so far; there they
  are asked for anew, with what there is as hints. So equal prefixes are one and paid for once.
- A step that states the answer is a leaf; there it is one among the solutions and none in the
  tree, which goes on behind it to a reward of 0.
- How many votes a sub-question has depends on its own text; there on that of the last of the three.
- Answers that cannot be read make no child; there they end the question.
- A sub-question is answered again beside the sentences of the question that come before what it
  asks; of a question of one sentence, beside all of it.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from labelers.rstar.actions import FOLLOWS, Action
from labelers.rstar.nodes import ActionNode, Votes
from labelers.rstar.seam import Ask, Asker, Part, Wrote
from labelers.rstar.settings import RStarTree
from labelers.tree import Ucb, back_up

ANSWERABLE: Final = "Now we can answer the question:"
"""How the policy is asked to begin a sub-question that is the question itself."""
CONDITIONS: Final = "Given a list of conditions, please answer the question. Condition 1:"
"""How a rephrased question begins."""
_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_STATES = "The answer is"
_ANSWERABLE = "now we can answer"


class Growth:
    """The growing of one question's tree."""

    def __init__(
        self,
        question: str,
        asker: Asker,
        settings: RStarTree,
        *,
        separator: str = "\n",
        rng: random.Random,
    ) -> None:
        self.root = ActionNode(question=question, text=question)
        self.nodes: list[ActionNode] = [self.root]
        """All of them, in the order in which they were made."""
        self.ways: list[ActionNode] = []
        """Where each way ended."""
        self._asker = asker
        self._settings = settings
        self._separator = separator
        self._rng = rng
        self._rule = Ucb(weight=settings.exploration)

    async def grow(self) -> None:
        """Go all ways, one after another."""
        for _ in range(self._settings.rollouts):
            trail = self._rule.descend(self.root, lambda one: one.children or (), self._rng)
            while below := await self._below(trail[-1]):
                trail.append(self._rng.choice(below))
            back_up(trail, trail[-1].reward)
            self.ways.append(trail[-1])

    @property
    def solutions(self) -> list[ActionNode]:
        """The whole solutions of the tree, whether a way ended there or not."""
        return [one for one in self.nodes if one.ends]

    async def _below(self, node: ActionNode) -> Sequence[ActionNode]:
        """Return the children of a node, which is expanded where it is not yet."""
        if node.children is None and not node.ends and node.depth < self._settings.depth:
            node.children = tuple(await self._expanded(node))
            for child in node.children:
                child.number = len(self.nodes)
                self.nodes.append(child)
        return node.children or ()

    async def _expanded(self, node: ActionNode) -> list[ActionNode]:
        """Take all actions that may follow, at the same time; their children in a fixed order."""
        taken = {
            Action.STEP: self._steps,
            Action.REST: self._rest,
            Action.SUBQUESTION: self._subquestions,
            Action.REANSWER: self._reanswered,
            Action.REPHRASE: self._rephrased,
        }
        allowed = [one for one in FOLLOWS[node.action] if one in self._settings.actions]
        found = await _together([taken[action](node) for action in allowed])
        by_action = dict(zip(allowed, found, strict=True))
        await self._weigh(by_action.get(Action.STEP, ()), by_action[Action.REST])
        return [child for children in found for child in children]

    async def _steps(self, node: ActionNode) -> list[ActionNode]:
        wrote = await self._ask("step", node, node.steps, self._settings.steps)
        texts = Counter(one.text for one in wrote if one.text.strip() and one.finished)
        ends = {one.text: one for one in wrote if one.ended or one.answer is not None}
        return [
            ActionNode(
                action=Action.STEP,
                parent=node,
                question=node.question,
                text=text,
                steps=(*node.steps, text),
                times=times,
                answer=ends[text].answer if text in ends else None,
                ends=text in ends,
            )
            for text, times in texts.items()
        ]

    async def _rest(self, node: ActionNode) -> list[ActionNode]:
        wrote = await self._ask("rest", node, node.steps, self._settings.votes)
        return await self._voted(
            wrote, action=Action.REST, parent=node, steps=node.steps, final=True
        )

    async def _weigh(self, steps: Sequence[ActionNode], rest: Sequence[ActionNode]) -> None:
        """Give steps that end a solution the votes of those that went on from the same place."""
        votes = next((one.votes for one in rest), None)
        ended = [one for one in steps if one.ends]
        if votes is None or not ended:
            return
        heard = [one.answer for one in votes.classes for _ in range(one.count)]
        for step in ended:
            step.votes = votes
            if step.answer is None or votes.share(step.answer):
                continue
            # It may be spelt as no vote is, and equal to one none the less.
            classes = await self._asker.classes([*heard, step.answer], final=True)
            same = next(one for one in classes if step.answer in one.spellings)
            step.answer = next((one for one in same.spellings if votes.share(one)), step.answer)

    async def _subquestions(self, node: ActionNode) -> list[ActionNode]:
        told = f"{dialogue_text(node.dialogue)}Question {len(node.dialogue) + 1}:"
        wrote = await self._ask("subquestion", node, (told,), self._settings.subquestions)
        texts = Counter(one.text for one in wrote if one.text and one.finished)
        found = await _together([self._answered(node, text, texts[text]) for text in texts])
        return [child for children in found for child in children]

    async def _answered(self, node: ActionNode, asked: str, times: int) -> list[ActionNode]:
        """Return a sub-question with its answer; nothing where none can be read."""
        last = asks_all(asked, node.question)
        told = f"{dialogue_text(node.dialogue)}{_numbered(node, asked)}"
        settings = self._settings
        count = settings.votes if last else settings.subanswer_votes
        wrote = await self._ask("subanswer", node, (told,), count)
        return await self._voted(
            wrote,
            action=Action.SUBQUESTION,
            parent=node,
            steps=node.steps,
            subquestion=asked,
            final=last,
            times=times,
        )

    async def _reanswered(self, node: ActionNode) -> list[ActionNode]:
        """Answer the last sub-question by itself; it takes the place of the answer it had."""
        asked, parent = node.subquestion, node.parent
        assert parent is not None
        question = f"{context_of(node.question)} {asked.removeprefix(ANSWERABLE).strip()}"
        told = f"Question 1: {ANSWERABLE} {asked}\nAnswer 1:"
        wrote = await self._asker.write(
            Ask(
                part="subanswer",
                question=question,
                prefix=(told,),
                count=self._settings.subanswer_votes,
            )
        )
        return await self._voted(
            wrote,
            action=Action.REANSWER,
            parent=node,
            steps=parent.steps,
            subquestion=asked,
            final=False,
        )

    async def _rephrased(self, node: ActionNode) -> list[ActionNode]:
        wrote = await self._ask("rephrase", node, (CONDITIONS,), 1)
        return [
            ActionNode(
                action=Action.REPHRASE,
                parent=node,
                question=f"{CONDITIONS} {one.text}",
                text=f"{CONDITIONS} {one.text}",
            )
            for one in wrote
            if one.text and one.finished
        ]

    async def _ask(
        self, part: Part, node: ActionNode, prefix: tuple[str, ...], count: int
    ) -> Sequence[Wrote]:
        ask = Ask(part=part, question=node.question, prefix=prefix, count=count)
        return await self._asker.write(ask)

    async def _voted(
        self,
        wrote: Sequence[Wrote],
        *,
        action: Action,
        parent: ActionNode,
        steps: tuple[str, ...],
        final: bool,
        subquestion: str = "",
        times: int | None = None,
    ) -> list[ActionNode]:
        """Return the child that most samples speak for; none where no answer can be read."""
        heard = [(one.answer, one) for one in wrote if one.finished and one.answer is not None]
        if not heard:
            return []
        classes = await self._asker.classes([answer for answer, _ in heard], final=final)
        votes = Votes(
            classes=tuple(classes),
            samples=len(wrote),
            truncated=sum(not one.finished for one in wrote),
        )
        first = next(one for answer, one in heard if answer in classes[0].spellings)
        child = ActionNode(
            action=action,
            parent=parent,
            question=parent.question,
            text=first.text,
            subquestion=subquestion,
            steps=(*steps, first.text if final else f"{bare(first.text)}{self._separator}"),
            dialogue=_dialogue(action, parent, subquestion, first.text),
            times=times or classes[0].count,
            votes=votes,
            answer=classes[0].answer,
            ends=final,
        )
        return [child]


_Children = list[ActionNode]


async def _together(work: Sequence[Coroutine[Any, Any, _Children]]) -> list[_Children]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
    return [task.result() for task in tasks]


def _dialogue(
    action: Action, parent: ActionNode, asked: str, answer: str
) -> tuple[tuple[str, str], ...]:
    match action:
        case Action.SUBQUESTION:
            return (*parent.dialogue, (asked, answer))
        case Action.REANSWER:
            return (*parent.dialogue[:-1], (asked, answer))
        case _:
            return parent.dialogue


def dialogue_text(dialogue: Sequence[tuple[str, str]]) -> str:
    """Return sub-questions with their answers as the policy writes on them, a line each."""
    pairs = enumerate(dialogue, start=1)
    return "".join(f"Question {n}: {asked}\nAnswer {n}: {told}\n" for n, (asked, told) in pairs)


def _numbered(node: ActionNode, asked: str) -> str:
    number = len(node.dialogue) + 1
    return f"Question {number}: {asked}\nAnswer {number}:"


def bare(answer: str) -> str:
    """Return a sub-question's answer as a step: without the sentence that states it.

    All of it where there is no other sentence.
    """
    return answer.partition(_STATES)[0].strip() or answer


def asks_all(subquestion: str, question: str) -> bool:
    """Tell whether a sub-question asks what the question does: by its beginning, or its words."""
    asked = " ".join(subquestion.casefold().split())
    if _ANSWERABLE in asked:
        return True
    last = " ".join(_last_sentence(question).casefold().split())
    return bool(last) and last in asked


def context_of(question: str) -> str:
    """Return the sentences of a question before the last, all of it where there is one alone."""
    *before, last = _SENTENCES.split(question.strip())
    return " ".join(before) or last


def _last_sentence(question: str) -> str:
    last = _SENTENCES.split(question.strip())[-1]
    return last.rstrip(".").removeprefix("Question:").strip()
