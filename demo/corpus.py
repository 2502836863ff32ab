"""Training examples: synthetic problems with their solutions, as token ids."""

from dataclasses import dataclass
from random import Random

from transformers import PreTrainedTokenizerFast

from demo.tokenizer import PROMPT
from schemas import Problem
from sources.synthetic import SyntheticSource, corrupt
from sources.synthetic.slips import Ending


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and its solution."""

    ids: tuple[int, ...]
    start: int
    """Where the solution starts in the ids."""


def examples(
    tokenizer: PreTrainedTokenizerFast,
    *,
    seed: int,
    first: int,
    count: int,
    max_steps: int,
    slips: float,
) -> list[Example]:
    """Return the examples of problems first, ..., first + count - 1 of the training seed.

    A share `slips` of the solutions has a planted slip; most are put right, so that the policy
    learns that a wrong step need not be the end.
    """
    source = SyntheticSource(seed=seed, max_steps=max_steps)
    prompts, solutions = [], []
    for index in range(first, first + count):
        problem = source.problem(index)
        prompts.append(PROMPT.format(question=problem.question))
        solutions.append(_solution(problem, slips, Random(f"{problem.id}/slip")))
    asked = tokenizer(prompts)["input_ids"]
    told = tokenizer(solutions)["input_ids"]
    return [
        Example((*question, *solution, tokenizer.eos_token_id), len(question))
        for question, solution in zip(asked, told, strict=True)
    ]


_ENDINGS: tuple[tuple[Ending, float], ...] = (("fixed", 0.6), ("ignored", 0.2), ("carried", 0.2))


def _solution(problem: Problem, slips: float, rng: Random) -> str:
    if rng.random() >= slips:
        return problem.solution or ""
    endings, weights = zip(*_ENDINGS, strict=True)
    (ending,) = rng.choices(endings, weights)
    return "\n".join(corrupt(problem, rng, ending=ending).steps)
