"""The exact quantities behind a story: values, how each is computed, and the words for it."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Operation = Literal["given", "+", "-", "*", "/"]

SLOT = "{}"
"""Where a wording takes the computation, e.g. `Mia has {} apples`."""
MEMBERS = "{members}"
"""Where a group's wording takes the listing of its members, e.g. `Tom, Mia and Ben`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number of a story."""

    value: int
    operation: Operation
    """`given`: the question states it; otherwise what is done to the two arguments."""
    args: tuple[int, ...]
    """Positions of the arguments in the program, in order; empty for a given quantity."""
    wordings: tuple[str, ...]
    """Every phrase, with one slot, that names this quantity; empty for a nameless constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Quantities of one kind, any of which a step may add up."""

    members: tuple[tuple[str, int], ...]
    """Each member's name in a listing, and its quantity's position in the program."""
    wordings: tuple[str, ...]
    """Phrases for the sum of a listing of members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """All quantities of one problem; an argument always comes before what is made of it."""

    quantities: tuple[Quantity, ...]
    groups: tuple[Group, ...]
    asked: int
    """Position of the quantity the question asks for."""

    @property
    def answer(self) -> int:
        """The gold answer."""
        return self.quantities[self.asked].value

    def needed(self) -> tuple[int, ...]:
        """Return the positions of the computed quantities the answer rests on, in order."""
        open_, seen = [self.asked], set[int]()
        while open_:
            index = open_.pop()
            if index not in seen:
                seen.add(index)
                open_.extend(self.quantities[index].args)
        return tuple(i for i in sorted(seen) if self.quantities[i].args)

    def to_json(self) -> str:
        """Return the JSON that `Problem.program` carries."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Program":
        """Read what `to_json` wrote."""
        data = json.loads(text)
        return cls(
            quantities=tuple(
                Quantity(
                    value=q["value"],
                    operation=q["operation"],
                    args=tuple(q["args"]),
                    wordings=tuple(q["wordings"]),
                )
                for q in data["quantities"]
            ),
            groups=tuple(
                Group(
                    members=tuple((name, index) for name, index in g["members"]),
                    wordings=tuple(g["wordings"]),
                )
                for g in data["groups"]
            ),
            asked=data["asked"],
        )


def listing(names: tuple[str, ...]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
