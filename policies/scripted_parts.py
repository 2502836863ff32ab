r"""What the scripted policy's world writes where a question is taken apart or put otherwise.

    Question 1:                      What is 3 + 5?
    Question 1: ...\nAnswer 1:       3 + 5 = 8. The answer is 8.
    Question 2:                      Now we can answer the question: Add up: 3, 5, 9.
    ... Condition 1:                 The numbers are 3, 5, 9. Question: Add up: 3, 5, 9.

In a quarter of the cases what is left is asked for at once. An answer is 1 too high as often as an
addition of the world goes wrong.
"""

import random
import re
from collections.abc import Callable

_OPEN = re.compile(r"(?:^|\n)(Question|Answer) (\d{1,3}):$")
_CONDITIONS = re.compile(r"Condition 1:$")
_ANSWERED = re.compile(r"The answer is (\d{1,18})\.")
_SUM = re.compile(r"What is (\d{1,18}) \+ (\d{1,18})\?$")
_AT_ONCE = 0.25


def part(
    numbers: tuple[int, ...],
    prefix: str,
    rng: random.Random,
    error_rate: Callable[[int], float],
) -> str | None:
    """Return what goes on from a prefix; None where it is the beginning of no such part.

    `error_rate`: of the addition with this number, from 0.
    """
    if _CONDITIONS.search(prefix):
        listed = ", ".join(map(str, numbers))
        return f" The numbers are {listed}. Question: Add up: {listed}."
    found = _OPEN.search(prefix)
    if found is None:
        return None
    known = [int(one) for one in _ANSWERED.findall(prefix)]
    done, total = len(known), known[-1] if known else numbers[0]
    if found[1] == "Question":
        return _question(numbers, done, total, rng)
    return _answer(numbers, prefix, (done, total), rng, error_rate)


def _question(numbers: tuple[int, ...], done: int, total: int, rng: random.Random) -> str:
    if done >= len(numbers) - 2 or rng.random() < _AT_ONCE:
        listed = ", ".join(map(str, numbers))
        return f" Now we can answer the question: Add up: {listed}."
    return f" What is {total} + {numbers[done + 1]}?"


def _answer(
    numbers: tuple[int, ...],
    prefix: str,
    so_far: tuple[int, int],
    rng: random.Random,
    error_rate: Callable[[int], float],
) -> str:
    done, total = so_far
    asked = _SUM.search(prefix.rpartition("\n")[0])
    terms = [int(asked[1]), int(asked[2])] if asked else [total, *numbers[done + 1 :]]
    wrong = sum(rng.random() < error_rate(done + n) for n in range(len(terms) - 1))
    result = sum(terms) + wrong
    return f" {' + '.join(map(str, terms))} = {result}. The answer is {result}."
