"""One search of OmegaPRM: a wrong rollout is halved until the place where it died is found."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from labelers.omega_prm.cuts import Cuts
from labelers.omega_prm.tree import Selection, State
from schemas import Prefix

Probe = Callable[[Prefix], Awaitable[State]]
"""Returns the state of a prefix, with its rollouts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search asked and found."""

    selection: Selection
    probed: tuple[Prefix, ...]
    """In the order of asking; never the whole solution."""
    dead: Prefix | None
    """The shortest prefix known to be dead: the whole solution if no probe was. None where a
    probe could not be told."""


async def search(selection: Selection, cuts: Cuts, probe: Probe) -> Search:
    """Find where a selected rollout died: its state is alive, its end is not."""
    low, high = -1, len(cuts.prefixes) - 1
    probed: list[Prefix] = []
    while (cut := cuts.between(low, high)) is not None:
        prefix = cuts.prefixes[cut]
        probed.append(prefix)
        alive = (await probe(prefix)).is_alive
        if alive is None:
            return Search(selection=selection, probed=tuple(probed), dead=None)
        if alive:
            low = cut
        else:
            high = cut
    dead = cuts.prefixes[high] if cuts.prefixes else None
    return Search(selection=selection, probed=tuple(probed), dead=dead)
