"""Stories that compare: each member of a group is given relative to an earlier one."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sources.synthetic import words
from sources.synthetic.draft import Draft, compared, relation
from sources.synthetic.program import MEMBERS, SLOT, listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Skin:
    """How one kind of group talks; `{e}` is a member, `{x}` a number with its things."""

    members: tuple[str, ...]
    things: str
    states: str
    """A sentence on one member, e.g. `{e} has {x}`."""
    versus: str
    """How a comparison names the other member, e.g. `{e}` or `on {e}`."""
    label: str
    """The same as a heading, e.g. `apples of {e}: {x}`."""
    together: str
    """A sentence on the sum, e.g. `{members} together have {x}`."""
    ask_one: str
    ask_total: str
    ask_more: str


def holdings(rng: Random) -> Skin:
    """People who own things."""
    things = rng.choice(words.THINGS)
    return Skin(
        members=tuple(rng.sample(words.NAMES, 8)),
        things=things,
        states="{e} has {x}",
        versus="{e}",
        label=f"{things} of {{e}}: {{x}}",
        together="{members} together have {x}",
        ask_one=f"How many {things} does {{e}} have?",
        ask_total=f"How many {things} do {{members}} have together?",
        ask_more=f"How many more {things} does {{e}} have than {{f}}?",
    )


def days(rng: Random) -> Skin:
    """One person's work over a week."""
    person = rng.choice(words.NAMES)
    past, plain, things = rng.choice(words.DEEDS)
    return Skin(
        members=tuple(words.DAYS),
        things=things,
        states=f"on {{e}} {person} {past} {{x}}",
        versus="on {e}",
        label=f"{things} on {{e}}: {{x}}",
        together=f"on {{members}} together {person} {past} {{x}}",
        ask_one=f"How many {things} did {person} {plain} on {{e}}?",
        ask_total=f"How many {things} did {person} {plain} on {{members}} together?",
        ask_more=f"How many more {things} did {person} {plain} on {{e}} than on {{f}}?",
    )


def places(rng: Random) -> Skin:
    """Boxes, bags, fields or barns with things in them."""
    kind, adjectives, things = rng.choice(
        (
            ("box", words.COLOURS, rng.choice(words.THINGS)),
            ("bag", words.COLOURS, rng.choice(words.THINGS)),
            ("field", words.SIDES, rng.choice(words.CROPS)),
            ("barn", words.SIDES, rng.choice(words.CROPS)),
        )
    )
    return Skin(
        members=tuple(f"the {a} {kind}" for a in rng.sample(adjectives, 8)),
        things=things,
        states="{e} holds {x}",
        versus="{e}",
        label=f"{things} in {{e}}: {{x}}",
        together="{members} together hold {x}",
        ask_one=f"How many {things} does {{e}} hold?",
        ask_total=f"How many {things} do {{members}} hold together?",
        ask_more=f"How many more {things} does {{e}} hold than {{f}}?",
    )


SKINS: tuple[Callable[[Random], Skin], ...] = (holdings, days, places)


def compare(draft: Draft, steps: int) -> tuple[int, str]:
    """Write a story of comparisons that takes `steps` steps; return what is asked, and how."""
    skin = draft.rng.choice(SKINS)(draft.rng)
    ending = draft.rng.choice(("one", "more", "total", "total"))
    tail = {"one": 0, "more": 1, "total": draft.rng.randint(1, steps // 2)}[ending]
    derived = min(steps - tail, len(words.DAYS) - 1)
    tail = steps - derived
    positions = _members(draft, skin, derived, free=tail == derived)
    if ending == "more" and tail == 1:
        asked, question = _ask_more(draft, skin, positions)
    elif tail:
        asked, question = _ask_total(draft, skin, positions, sums=tail)
    else:
        asked, question = positions[-1], skin.ask_one.format(e=skin.members[derived])
    draft.disturb()
    draft.distract(_distractors(draft, skin, positions))
    return asked, question


def _members(draft: Draft, skin: Skin, derived: int, *, free: bool) -> list[int]:
    """Give the first member a number and relate each next to the last, or to any if `free`."""
    rng, things = draft.rng, skin.things
    first = rng.randint(4, 40)
    positions = [draft.given(first, *_named(skin, skin.members[0]))]
    draft.fact(_state(skin, skin.members[0], f"{first} {things}"))
    for number in range(1, derived + 1):
        base = rng.randrange(number) if free else number - 1
        positions.append(_relate(draft, skin, number, base=base, at=positions[base]))
    return positions


def _relate(draft: Draft, skin: Skin, number: int, *, base: int, at: int) -> int:
    """Tell how member `number` compares with member `base`, and derive its quantity."""
    member, other = skin.members[number], skin.versus.format(e=skin.members[base])
    operation, constant = relation(draft.rng, draft.value(at))
    sentence = f"{compared(operation, constant, skin.things)} {other}"
    spoken = compared(operation, constant, skin.things).replace(str(constant), SLOT)
    wordings = [_phrase(skin.states, member, f"{spoken} {other}")] if SLOT in spoken else []
    draft.fact(_state(skin, member, sentence))
    right = draft.given(constant, *wordings)
    return draft.derive(operation, at, right, *_named(skin, member))


def _ask_total(draft: Draft, skin: Skin, positions: list[int], *, sums: int) -> tuple[int, str]:
    last = len(positions) - 1
    chosen = sorted([*draft.rng.sample(range(last), sums), last])
    members = [(skin.members[i], positions[i]) for i in chosen]
    names = listing(tuple(name for name, _ in members))
    heading = _phrase(skin.label, MEMBERS, SLOT)
    spoken = skin.together.replace("{x}", f"{SLOT} {skin.things}")
    return draft.total(members, spoken, heading), skin.ask_total.format(members=names)


def _ask_more(draft: Draft, skin: Skin, positions: list[int]) -> tuple[int, str]:
    low = len(positions) - 1
    values = [draft.value(position) for position in positions]
    # The last differs from the one before it, so there is always a choice.
    high = draft.rng.choice([i for i in range(low) if values[i] != values[low]])
    if values[high] < values[low]:
        high, low = low, high
    other = skin.versus.format(e=skin.members[low])
    told = _phrase(skin.states, skin.members[high], f"{SLOT} more {skin.things} than {other}")
    asked = draft.derive("-", positions[high], positions[low], told, f"difference: {SLOT}")
    return asked, skin.ask_more.format(e=skin.members[high], f=skin.members[low])


def _distractors(draft: Draft, skin: Skin, positions: list[int]) -> list[str]:
    """Return a member that nothing asks for, and someone with other things."""
    rng = draft.rng
    number = len(positions)
    sentences = []
    if number < len(skin.members) and rng.random() < 0.5:
        base = rng.randrange(number)
        _relate(draft, skin, number, base=base, at=positions[base])
        sentences.append(draft.facts.pop())
    person = rng.choice([name for name in words.NAMES if name not in skin.members])
    value = rng.randint(2, 60)
    things = rng.choice([thing for thing in words.THINGS if thing != skin.things])
    draft.given(value, f"{person} has {SLOT} {things}")
    sentences.append(f"{person} has {value} {things}.")
    rng.shuffle(sentences)
    return sentences


def _named(skin: Skin, member: str) -> tuple[str, str]:
    return (
        _phrase(skin.states, member, f"{SLOT} {skin.things}"),
        _phrase(skin.label, member, SLOT),
    )


def _state(skin: Skin, member: str, what: str) -> str:
    return _phrase(skin.states, member, what) + "."


def _phrase(template: str, member: str, what: str) -> str:
    return template.replace("{e}", member).replace("{x}", what)
