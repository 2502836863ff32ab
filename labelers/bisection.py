"""Find where a solution dies by halving: O(log M) probes instead of M (OmegaPRM, 2406.06592)."""

from collections.abc import Awaitable, Callable

Alive = Callable[[int], Awaitable[bool | None]]
"""Says of the prefix with so many steps whether a rollout of it was correct; None: it cannot be
told, because no rollout was decided."""


async def bisect(alive: int, dead: int, is_alive: Alive) -> int | None:
    """Return the first wrong step between a live prefix of `alive` steps and a dead longer one.

    Probes at most log2(dead - alive) prefixes, rounded up. 0-based: with t steps alive and t + 1
    dead, step t is wrong. None where a probe cannot be told.
    """
    while dead - alive > 1:
        middle = (alive + dead) // 2
        told = await is_alive(middle)
        if told is None:
            return None
        if told:
            alive = middle
        else:
            dead = middle
    return alive
