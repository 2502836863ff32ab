"""What search labelers do with solutions whose final answer is right.

Such a solution is not right throughout: 5% (GSM8K) to 43% (Omni-MATH) contain a wrong step
(2501.07301). A search for the point of no return has nothing to go by there, as the solution
returned; what can be seen is a prefix from which the policy seldom does.
"""

from typing import Literal

from labelers.bisection import Alive, bisect

RightAnswers = Literal["trust", "spot_probe", "full"]
"""`trust`: no error, no rollout. `spot_probe`: the prefixes at a quarter, half and three quarters
of the steps are probed. `full`: every proper prefix is probed, as far as the first dead one.
`benchmarks/label_truth` shows what each choice costs."""


def spots(num_steps: int, choice: RightAnswers) -> tuple[int, ...]:
    """Return the lengths, in steps, of the prefixes to probe: rising, proper and not empty."""
    if choice == "trust":
        return ()
    if choice == "full":
        return tuple(range(1, num_steps))
    quarters = (round(num_steps * share / 4) for share in (1, 2, 3))
    return tuple(sorted({spot for spot in quarters if 0 < spot < num_steps}))


async def first_error_of_right(num_steps: int, choice: RightAnswers, is_alive: Alive) -> int | None:
    """Return the first error of a solution whose final answer is right; -1: none found.

    Spots are probed from left to right; the first dead one is narrowed down by bisection from
    the spot before it. None where a probe cannot be told.
    """
    alive = 0
    for spot in spots(num_steps, choice):
        told = await is_alive(spot)
        if told is None:
            return None
        if not told:
            return await bisect(alive, spot, is_alive)
        alive = spot
    return -1
