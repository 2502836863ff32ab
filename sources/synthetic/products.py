"""Stories of so many at so much each: shops, work by the hour, rows of trees."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sources.synthetic import words
from sources.synthetic.draft import Draft, compared, relation
from sources.synthetic.program import MEMBERS, SLOT, listing

MOST = 4
"""Kinds of goods in one story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skin:
    """How one kind of product talks; `{e}` is one member, `{x}` a number with its unit."""

    members: tuple[tuple[str, str], ...]
    """Each member as the unit's sentence names it, and as the listing does."""
    unit: str
    """What one is worth, e.g. `a {e} costs {x}`."""
    things: str
    """What the unit counts, e.g. `dollars`."""
    per: str
    """What follows the things in the unit's sentence, e.g. ` per hour`; may be empty."""
    versus: str
    """How a comparison names the other member."""
    label: str
    """The unit as a heading, e.g. `price of {e}: {x}`."""
    amount: str
    """A sentence on how many, e.g. `Tom buys {x} {es}`."""
    cost: str
    """A sentence on the product, e.g. `the {es} cost {x}`."""
    together: str
    ask_total: str


def shop(rng: Random) -> Skin:
    """Goods with prices; the buyer's name is the first word of the amount's sentence."""
    buyer = rng.choice(words.NAMES)
    return Skin(
        members=tuple((f"a {one}", f"the {more}") for one, more in rng.sample(words.GOODS, MOST)),
        unit="{e} costs {x}",
        things="dollars",
        per="",
        versus="{e}",
        label="price of {e}: {x}",
        amount=f"{buyer} buys {{x}} of {{es}}",
        cost="{es} cost {x}",
        together="{members} together cost {x}",
        ask_total="How many dollars do {members} cost together?",
    )


def work(rng: Random) -> Skin:
    """People who make things by the hour."""
    makes, make, things = rng.choice(words.PRODUCTS)
    return Skin(
        members=tuple((name, name) for name in rng.sample(words.NAMES, MOST)),
        unit=f"{{e}} {makes} {{x}}",
        things=things,
        per=" per hour",
        versus="{e}",
        label=f"{things} per hour of {{e}}: {{x}}",
        amount="{es} works {x} hours",
        cost=f"in all hours {{es}} {makes} {{x}}",
        together=f"{{members}} together {make} {{x}}",
        ask_total=f"How many {things} do {{members}} {make} together?",
    )


def rows(rng: Random) -> Skin:
    """Fields planted in rows."""
    things = rng.choice(("trees", "bushes"))
    fields = tuple(f"the {side} field" for side in rng.sample(words.SIDES, MOST))
    return Skin(
        members=tuple((field, field) for field in fields),
        unit="each row of {e} has {x}",
        things=things,
        per="",
        versus="each row of {e}",
        label=f"{things} in each row of {{e}}: {{x}}",
        amount="{es} has {x} rows",
        cost="{es} has {x} in all",
        together="{members} together have {x}",
        ask_total=f"How many {things} do {{members}} have together?",
    )


SKINS: tuple[Callable[[Random], Skin], ...] = (shop, work, rows)


def multiply(draft: Draft, steps: int) -> tuple[int, str]:
    """Write a story of products that takes `steps` steps; return what is asked, and how."""
    skin = draft.rng.choice(SKINS)(draft.rng)
    kinds, related, ends = draft.rng.choice(_SHAPES[steps])
    totals = _products(draft, skin, kinds=kinds, related=related)
    draft.disturb()
    names = listing(tuple(name for name, _ in totals))
    asked, question = totals[0][1], skin.ask_total.format(members=names)
    if kinds > 1:
        told = skin.together.replace("{x}", f"{SLOT} {skin.things}")
        asked = draft.total(totals, told, f"total of {MEMBERS}: {SLOT}")
    for end in draft.rng.choice(_ENDINGS[ends]):
        asked, question = end(draft, skin, asked)
    draft.distract(_distractors(draft, skin, kinds))
    return asked, question


def _shapes(steps: int) -> list[tuple[int, int, int]]:
    """Return every (kinds, related units, endings) that adds up to the steps."""
    return [
        (kinds, steps - (2 * kinds - 1) - ends, ends)
        for kinds in range(1, MOST + 1)
        for ends in range(3)
        if 0 <= steps - (2 * kinds - 1) - ends < kinds
    ]


_SHAPES = {steps: _shapes(steps) for steps in range(2, 9)}


def _products(draft: Draft, skin: Skin, *, kinds: int, related: int) -> list[tuple[str, int]]:
    """Tell each kind's unit and amount; return the products with their names in a listing."""
    rng = draft.rng
    relative = set(rng.sample(range(1, kinds), related))
    units, totals = list[int](), list[tuple[str, int]]()
    for number in range(kinds):
        if number in relative:
            units.append(_related_unit(draft, skin, number, at=units[-1]))
        else:
            units.append(_given_unit(draft, skin, number))
    for number, unit in enumerate(units):
        value = rng.randint(2, 9 if draft.value(unit) < 12 else 5)
        amount = draft.given(value, _phrase(skin.amount, skin.members[number], SLOT))
        draft.fact(_phrase(skin.amount, skin.members[number], str(value)) + ".")
        totals.append((skin.members[number][1], _product(draft, skin, number, unit, amount)))
    return totals


def _given_unit(draft: Draft, skin: Skin, number: int) -> int:
    value = draft.rng.randint(2, 12)
    draft.fact(_unit(skin, number, str(value)) + ".")
    return draft.given(value, *_unit_wordings(skin, number))


def _related_unit(draft: Draft, skin: Skin, number: int, *, at: int) -> int:
    operation, constant = relation(draft.rng, draft.value(at), largest=20)
    other = _phrase(skin.versus, skin.members[number - 1], "")
    told = f"{compared(operation, constant, skin.things + skin.per)} {other}"
    draft.fact(_phrase(skin.unit, skin.members[number], told) + ".")
    right = draft.given(constant)
    return draft.derive(operation, at, right, *_unit_wordings(skin, number))


def _product(draft: Draft, skin: Skin, number: int, unit: int, amount: int) -> int:
    member = skin.members[number]
    return draft.derive(
        "*",
        unit,
        amount,
        _phrase(skin.cost, member, f"{SLOT} {skin.things}"),
        f"total of {member[1]}: {SLOT}",
    )


def _take_off(draft: Draft, skin: Skin, total: int) -> tuple[int, str]:
    """Take a number off the total."""
    value, parts = draft.value(total), draft.rng.randint(2, 5)
    offs = range(1, min(value - 2, 20) + 1)
    off = draft.rng.choice([off for off in offs if (value - off) % parts == 0] or offs)
    if skin.things == "dollars":
        draft.fact(f"a coupon takes {off} dollars off the total.")
        right = draft.given(off, f"the coupon takes {SLOT} dollars off")
        told = (f"after the coupon the total is {SLOT} dollars", f"total after the coupon: {SLOT}")
        question = "how many dollars is the total after the coupon?"
    else:
        draft.fact(f"of all {skin.things}, {off} are lost.")
        right = draft.given(off, f"{SLOT} {skin.things} are lost")
        told = (f"after the loss there are {SLOT} {skin.things}", f"total after the loss: {SLOT}")
        question = f"how many {skin.things} are there after the loss?"
    return draft.derive("-", total, right, *told), question


def _split(draft: Draft, skin: Skin, total: int) -> tuple[int, str]:
    """Share what there is in equal parts, or where that leaves a rest, multiply it."""
    value = draft.value(total)
    parts = [k for k in range(2, 10) if value % k == 0 and value > k]
    if not parts:
        return _double(draft, skin, total)
    count = draft.rng.choice(parts)
    right = draft.given(count)
    if skin.things == "dollars":
        draft.fact(f"the total is paid by {count} friends in equal parts.")
        told = (f"each friend pays {SLOT} dollars", f"part of each friend: {SLOT}")
        question = "how many dollars does each friend pay?"
    else:
        draft.fact(f"then all {skin.things} are shared by {count} friends in equal parts.")
        told = (f"each friend gets {SLOT} {skin.things}", f"part of each friend: {SLOT}")
        question = f"how many {skin.things} does each friend get?"
    return draft.derive("/", total, right, *told), question


def _double(draft: Draft, skin: Skin, total: int) -> tuple[int, str]:
    draft.fact("the next week everything is twice as much.")
    told = (f"the next week it is {SLOT} {skin.things}", f"total of the next week: {SLOT}")
    question = f"how many {skin.things} is it the next week?"
    return draft.derive("*", total, draft.given(2), *told), question


Ending = Callable[[Draft, Skin, int], tuple[int, str]]
_ENDINGS: dict[int, tuple[tuple[Ending, ...], ...]] = {
    0: ((),),
    1: ((_take_off,), (_split,)),
    2: ((_take_off, _split),),
}
"""What may follow the total, by the number of steps it takes."""


def _distractors(draft: Draft, skin: Skin, kinds: int) -> list[str]:
    """Return a member of the same kind that nothing asks for, and someone with other things."""
    rng = draft.rng
    sentences = []
    if kinds < MOST and rng.random() < 0.5:
        _given_unit(draft, skin, kinds)
        sentences.append(draft.facts.pop())
    taken = {name for pair in skin.members for name in pair} | {skin.amount.split()[0]}
    person = rng.choice([name for name in words.NAMES if name not in taken])
    value, things = rng.randint(2, 60), rng.choice(words.THINGS)
    draft.given(value, f"{person} has {SLOT} {things}")
    sentences.append(f"{person} has {value} {things}.")
    rng.shuffle(sentences)
    return sentences


def _unit(skin: Skin, number: int, what: str) -> str:
    return _phrase(skin.unit, skin.members[number], f"{what} {skin.things}{skin.per}")


def _unit_wordings(skin: Skin, number: int) -> tuple[str, str]:
    return _unit(skin, number, SLOT), _phrase(skin.label, skin.members[number], SLOT)


def _phrase(template: str, member: tuple[str, str], what: str) -> str:
    return template.replace("{es}", member[1]).replace("{e}", member[0]).replace("{x}", what)
