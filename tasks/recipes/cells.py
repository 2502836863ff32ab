"""Cells that rows of several products share (schemas/recipe_rows.py)."""

from collections import Counter
from collections.abc import Sequence

from schemas import ChatPrompt, Completion, Outcome, Problem, Prompt, TextPrompt, Verdict
from search.choosing import ByReply, Picked, Picker
from tasks.recipes.folder import Row
from verification.judge import Judge


def asked_cells(problem: Problem) -> Row:
    """Return what a row says of its problem."""
    return {"problem_id": problem.id, "question": problem.question, "answer": problem.answer}


def written_cells(one: Completion) -> Row:
    """Return what a row says of a completion."""
    return {
        "seed": one.seed,
        "text": one.text,
        "finish_reason": one.finish_reason,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
    }


def judged_cells(verdict: Verdict) -> Row:
    """Return what a row says of a solution's answer."""
    return {"extracted": verdict.extracted, "outcome": verdict.outcome.value}


def choosing_cells(picked: Picked, picker: Picker, prm: str) -> Row:
    """Return what a row says of a choice and how it was made."""
    by_reply = isinstance(picker, ByReply)
    return {
        "chooser": "self" if by_reply else "prm",
        "chooser_template": picker.template.version if isinstance(picker, ByReply) else "",
        "prm": prm,
        "chooser_prompt": turns(picked.prompt),
        "shown": list(picked.shown),
        "replies": [
            {
                **written_cells(one.completion),
                "temperature": one.temperature,
                "named": None if one.said.place is None else picked.shown[one.said.place],
                "unread": one.said.unread,
            }
            for one in picked.replies
        ],
        "chosen_index": picked.chosen,
        "unread": picked.unread,
    }


def picked_counts(picked: Picked) -> Counter[str]:
    """Count whether anything was chosen, what became of replies, and what was shown first."""
    counts = Counter(choices=1, nothing_chosen=int(picked.chosen is None))
    counts["replies"] = len(picked.replies)
    counts.update(f"unread: {one.said.unread}" for one in picked.replies if one.said.unread)
    if picked.unread and not picked.replies:
        counts[picked.unread] += 1
    if picked.replies and picked.chosen is not None:
        counts["chosen_by_reply"] += 1
        counts["chose_what_was_shown_first"] += picked.chosen == picked.shown[0]
    return counts


def turns(prompt: Prompt | None) -> list[dict[str, str]] | None:
    """Return a prompt as a chat; plain text is one turn of the user."""
    match prompt:
        case None:
            return None
        case TextPrompt(text=text):
            return [{"role": "user", "content": text}]
        case ChatPrompt(messages=messages):
            return [{"role": one.role, "content": one.content} for one in messages]


def prompt_cell(prompt: Prompt) -> object:
    """Return a prompt as a training row has it: text, or turns."""
    return prompt.text if isinstance(prompt, TextPrompt) else turns(prompt)


def reply_cell(prompt: Prompt, text: str) -> object:
    """Return what stands behind a prompt as a training row has it."""
    if isinstance(prompt, TextPrompt):
        return text
    return [{"role": "assistant", "content": text}]


async def verdict_on(judge: Judge, problem: Problem, text: str, *, finished: bool) -> Verdict:
    """Judge a solution of a problem."""
    return await judge.judge(problem.answer, text, finished=finished, options=problem.options)


async def verdicts_on(
    judge: Judge, problem: Problem, solutions: Sequence[Completion]
) -> list[Verdict]:
    """Judge whole solutions of a problem."""
    return [
        await verdict_on(judge, problem, one.text, finished=one.finish_reason == "stop")
        for one in solutions
    ]


def right(outcome: str | None) -> bool:
    """Tell whether a verdict is that the answer is right."""
    return outcome == Outcome.CORRECT


def step_pair_cells(prompt: Prompt, before: str, *, chosen: str, rejected: str) -> Row:
    """Return what a row says of two next steps behind others, as a trainer reads it.

    In a chat the steps before are the beginning of both replies.
    """
    asked, head = prompt, before
    if isinstance(prompt, TextPrompt):
        asked, head = TextPrompt(text=prompt.text + before), ""
    return {
        "prompt": prompt_cell(asked),
        "chosen": reply_cell(asked, head + chosen),
        "rejected": reply_cell(asked, head + rejected),
    }
