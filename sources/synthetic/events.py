"""Stories in which one stock changes from event to event."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sources.synthetic import words
from sources.synthetic.draft import LARGEST, Draft
from sources.synthetic.program import SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Whose stock of what stands at which quantity, and who else is around."""

    owner: str
    things: str
    others: tuple[str, ...]
    at: int
    """Position of the stock's present quantity in the program."""


Event = Callable[[Draft, Stock], int | None]
"""Tells one event and returns the stock's new position; None where the numbers forbid it."""


def change(draft: Draft, steps: int) -> tuple[int, str]:
    """Write a story of events that takes `steps` steps; return what is asked, and how."""
    rng = draft.rng
    owner, stranger, *others = rng.sample(words.NAMES, 12)
    things = rng.choice(words.THINGS)
    first = rng.randint(6, 40)
    draft.fact(f"{owner} has {first} {things}.")
    at = draft.given(first, f"{owner} has {SLOT} {things}")
    stock = Stock(owner=owner, things=things, others=tuple(others), at=at)
    shared = rng.random() < 0.4
    stock = _happen(draft, stock, steps - shared)
    asked, question = stock.at, f"how many {things} does {owner} have now?"
    if shared:
        asked, question = _share(draft, stock)
    value = rng.randint(2, 60)
    other = rng.choice([thing for thing in words.THINGS if thing != things])
    draft.given(value, f"{stranger} has {SLOT} {other}")
    draft.distract([f"{stranger} has {value} {other}."])
    return asked, question


def _happen(draft: Draft, stock: Stock, steps: int) -> Stock:
    """Let events of one or two steps happen, each at most once, until the steps are used."""
    # A visit is always possible, so there is always a way to use up the steps.
    visits = [partial(_receive, visitor=name) for name in stock.others[1:]]
    short: list[Event] = [_find, _give, _lose, _double, _halve, visits.pop()]
    long: list[Event] = [_buy, _use]
    while steps:
        pool = long if steps > 1 and long and draft.rng.random() < 0.45 else short
        event = draft.rng.choice(pool)
        before = len(draft.quantities)
        at = event(draft, stock)
        if at is not None:
            pool.remove(event)
            if isinstance(event, partial):
                short.append(visits.pop())
            steps -= sum(1 for q in draft.quantities[before:] if q.args)
            stock = replace(stock, at=at)
    return stock


def _states(stock: Stock, when: str) -> tuple[str, str]:
    return f"{when}, {stock.owner} has {SLOT} {stock.things}", f"{stock.things} {when}: {SLOT}"


def _find(draft: Draft, stock: Stock) -> int:
    count = draft.rng.randint(2, 20)
    draft.fact(f"{stock.owner} finds {count} more {stock.things}.")
    return draft.derive("+", stock.at, draft.given(count), *_states(stock, "after the find"))


def _receive(draft: Draft, stock: Stock, visitor: str) -> int:
    count = draft.rng.randint(2, 20)
    draft.fact(f"{visitor} brings {stock.owner} {count} {stock.things}.")
    told = _states(stock, f"after the visit of {visitor}")
    return draft.derive("+", stock.at, draft.given(count), *told)


def _give(draft: Draft, stock: Stock) -> int | None:
    if draft.value(stock.at) < 6:
        return None
    count = draft.rng.randint(2, min(20, draft.value(stock.at) - 2))
    draft.fact(f"{stock.owner} gives {count} {stock.things} to {stock.others[0]}.")
    return draft.derive("-", stock.at, draft.given(count), *_states(stock, "after the gift"))


def _lose(draft: Draft, stock: Stock) -> int | None:
    if draft.value(stock.at) < 6:
        return None
    count = draft.rng.randint(2, min(20, draft.value(stock.at) - 2))
    draft.fact(f"{stock.owner} loses {count} {stock.things}.")
    return draft.derive("-", stock.at, draft.given(count), *_states(stock, "after the loss"))


def _double(draft: Draft, stock: Stock) -> int | None:
    times = draft.rng.choice((2, 2, 3))
    if draft.value(stock.at) * times > LARGEST:
        return None
    grown = "doubles" if times == 2 else "triples"
    draft.fact(f"a lucky game {grown} the {stock.things} of {stock.owner}.")
    return draft.derive("*", stock.at, draft.given(times), *_states(stock, "after the game"))


def _halve(draft: Draft, stock: Stock) -> int | None:
    if draft.value(stock.at) % 2 or draft.value(stock.at) < 4:
        return None
    draft.fact(f"{stock.owner} sells half of the {stock.things}.")
    return draft.derive("/", stock.at, draft.given(2), *_states(stock, "after the sale"))


def _buy(draft: Draft, stock: Stock) -> int:
    packs, size = draft.rng.randint(2, 6), draft.rng.randint(2, 9)
    draft.fact(f"{stock.owner} buys {packs} packs of {size} {stock.things}.")
    bought = draft.derive(
        "*",
        draft.given(packs, f"{stock.owner} buys {SLOT} packs"),
        draft.given(size, f"each pack holds {SLOT} {stock.things}"),
        f"the packs hold {SLOT} {stock.things}",
        f"{stock.things} in the packs: {SLOT}",
    )
    return draft.derive("+", stock.at, bought, *_states(stock, "with the packs"))


def _use(draft: Draft, stock: Stock) -> int | None:
    pairs = [(d, n) for d in range(2, 8) for n in range(2, 10) if d * n < draft.value(stock.at) - 1]
    if not pairs:
        return None
    days, daily = draft.rng.choice(pairs)
    draft.fact(f"{stock.owner} uses {daily} {stock.things} a day for {days} days.")
    used = draft.derive(
        "*",
        draft.given(daily, f"{stock.owner} uses {SLOT} {stock.things} a day"),
        draft.given(days),
        f"in those days, {stock.owner} uses {SLOT} {stock.things}",
        f"used {stock.things}: {SLOT}",
    )
    return draft.derive("-", stock.at, used, *_states(stock, "after those days"))


def _share(draft: Draft, stock: Stock) -> tuple[int, str]:
    """End with equal shares, or where that leaves a rest, with a last visit."""
    parts = [k for k in range(2, 10) if draft.value(stock.at) % k == 0]
    if not parts or draft.value(stock.at) < 4:
        question = f"how many {stock.things} does {stock.owner} have after the trip?"
        count = draft.rng.randint(2, 9)
        draft.fact(f"{stock.owner} takes a trip and finds {count} {stock.things}.")
        told = _states(stock, "after the trip")
        return draft.derive("+", stock.at, draft.given(count), *told), question
    count = draft.rng.choice(parts)
    draft.fact(f"all {stock.things} are then shared by {count} friends in equal parts.")
    told = (f"each friend gets {SLOT} {stock.things}", f"part of each friend: {SLOT}")
    question = f"how many {stock.things} does each friend get?"
    return draft.derive("/", stock.at, draft.given(count), *told), question
