"""The purse through which every request to the policy passes, and what it lets through.

A request that no longer fits waits for ever instead of failing: what is in flight comes back and
is kept, problems that need nothing more end, and then the run is over (`Purse.over`).
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Self

from rollouts.budget import Budget, Spent, within

_SETTLED_TURNS = 200
"""Turns of the event loop without work, behind which no problem goes on by itself."""


class Purse:
    """What a run has left; without limits it lets everything through.

    `with purse:` says that something is at work which may yet end a problem without paying.
    """

    def __init__(
        self,
        budget: Budget | None = None,
        *,
        spent: Spent | None = None,
        max_tokens: int = 0,
        seconds_used: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget = budget or Budget()
        self.spent = spent or Spent()
        """In all sessions of the run."""
        self.reached: Literal["", "rollouts", "tokens", "hours"] = ""
        """The limit that was reached; empty while there is none."""
        self.over = asyncio.Event()
        """Set when nothing will be finished any more."""
        self._clock = clock
        self._began = clock() - seconds_used
        self._max_tokens = max_tokens
        self._asked = 0
        self._tickets = 0
        self._waits = 0
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._at_work = 0
        self._beginning: set[int] = set()
        self._closed = asyncio.Event()
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._open = 0
        self._before = self.spent
        self._ended = 0
        self._ended_spent = Spent()
        self._close_if_empty(rollouts=1)

    def __enter__(self) -> Self:
        self._at_work += 1
        return self

    def __exit__(self, *error: object) -> None:
        self._at_work -= 1
        self._idle.set()

    def begins(self, shard: int) -> None:
        """Count a shard as at work until its problems have begun."""
        self._beginning.add(shard)

    def begun(self, shard: int) -> None:
        """Say that a shard's problems have begun, or that they will not."""
        self._beginning.discard(shard)
        self._idle.set()

    @property
    def told(self) -> str:
        """The limit that was reached and how far, e.g. `998 of 1,000 rollouts`."""
        if self.reached == "hours":
            return f"{self.budget.hours:g} h of this session"
        if self.by_session:
            fresh = self.spent.tokens - self._before.tokens
            return f"{fresh:,} of {self.budget.session_tokens:,} tokens of this session"
        limit = self.budget.rollouts if self.reached == "rollouts" else self.budget.tokens
        spent = self.spent.rollouts if self.reached == "rollouts" else self.spent.tokens
        return f"{spent:,} of {limit:,} {self.reached}"

    @property
    def by_session(self) -> bool:
        """Whether the limit reached is one session's: the same command has as much again."""
        limit = self.budget.session_tokens
        ours = limit is not None and self.budget.tokens == self._before.tokens + limit
        return self.reached == "hours" or (self.reached == "tokens" and ours)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the session's hours are over; None where it has no such limit."""
        hours = self.budget.hours
        return None if hours is None else self._began + 3600 * hours - self._clock()

    def ticket(self) -> int:
        """Return a problem's place among those that wait: the first opened goes first."""
        self._tickets += 1
        return self._tickets

    @property
    def holds_back(self) -> bool:
        """Whether requests or problems wait for want of budget, or would."""
        return bool(self.reached or self._waiting) or not self._fits_another()

    def affords_ahead(self) -> bool:
        """Tell whether a rollout that nobody needs yet may be paid for.

        Where there are limits, only while all open problems and one more could cost the mean anew.
        """
        budget, spent = self.budget, self.spent
        if self.reached or self._waiting:
            return False
        if budget.rollouts is None and budget.tokens is None:
            return True
        if not self._ended or not self._fits(1):
            return False
        share = (self._open + 1) / self._ended
        rollouts = spent.rollouts + self._asked + 1 + share * self._ended_spent.rollouts
        tokens = spent.tokens + share * self._ended_spent.tokens
        return within(rollouts, budget.rollouts) and within(tokens, budget.tokens)

    async def admits(self, rollouts: int, *, ticket: int = 0) -> None:
        """Wait until a request for so many rollouts (0: a score) fits; perhaps for ever.

        Of tokens as many are held back as rollouts came to so far, so that what waits inside the
        policy does not go far beyond the budget. Whoever was admitted goes on within `asking`.
        """
        self._close_if_empty(rollouts=rollouts)
        if not self._waiting and self._fits(rollouts):
            self._asked += rollouts
            return
        turn = asyncio.get_running_loop().create_future()
        self._waits += 1
        heapq.heappush(self._waiting, (ticket, self._waits, rollouts, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release(rollouts)
            raise

    @contextmanager
    def asking(self, rollouts: int) -> Iterator[None]:
        """Give back at the end what `admits` held back."""
        try:
            yield
        finally:
            self._release(rollouts)

    def pay(self, paid: Spent) -> None:
        """Count what came back and was not there before."""
        self.spent += paid
        self._close_if_empty(rollouts=0)
        self._admit()

    def _release(self, rollouts: int) -> None:
        self._asked -= rollouts
        self._admit()

    def _admit(self) -> None:
        """Let in those who wait for the problem opened first, while they fit."""
        while self._waiting:
            *_, rollouts, turn = self._waiting[0]
            if not turn.done():
                self._close_if_empty(rollouts=rollouts)
                if not self._fits(rollouts):
                    return
                self._asked += rollouts
                turn.set_result(None)
            heapq.heappop(self._waiting)

    def _fits(self, rollouts: int) -> bool:
        if self.reached:
            return False
        fresh = self.spent.rollouts - self._before.rollouts
        each = (self.spent.tokens - self._before.tokens) / fresh if fresh else self._max_tokens
        asked = self._asked + rollouts
        return not self._asked or within(self.spent.tokens + each * asked, self.budget.tokens)

    @contextmanager
    def opened(self, paid: Callable[[], Spent]) -> Iterator[None]:
        """Count a problem as open; `paid` tells what this session has paid for it."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._ended += paid() != Spent()
            self._ended_spent += paid()
            self._changed.set()

    async def room(self) -> None:
        """Wait until a further problem is likely to end within the budget.

        As problems cost what those before it cost; where none is open, one may always begin.
        """
        while not self.reached and self._open and not self._fits_another():
            self._changed.clear()
            await self._changed.wait()

    async def watch(self) -> None:
        """Say when it is `over`: the hours are up, or a limit is reached and all has settled."""
        try:
            async with asyncio.timeout(self.seconds_left):
                await self._closed.wait()
                await self._settle()
        except TimeoutError:
            self._close("hours")
        self.over.set()

    def _fits_another(self) -> bool:
        if not self._ended:
            return True
        known, share = self._before + self._ended_spent, (self._open + 1) / self._ended
        rollouts = known.rollouts + share * self._ended_spent.rollouts
        tokens = known.tokens + share * self._ended_spent.tokens
        return within(rollouts, self.budget.rollouts) and within(tokens, self.budget.tokens)

    def _close_if_empty(self, *, rollouts: int) -> None:
        """Close where so many rollouts more do not fit, or no token is left."""
        budget, spent = self.budget, self.spent
        if not within(spent.rollouts + self._asked + rollouts, budget.rollouts):
            self._close("rollouts")
        elif not within(spent.tokens + 1, budget.tokens):
            self._close("tokens")

    def _close(self, reached: Literal["rollouts", "tokens", "hours"]) -> None:
        self.reached = self.reached or reached
        self._closed.set()
        self._changed.set()

    async def _settle(self) -> None:
        """Wait until what came back has ended the problems that it can end."""
        turns = 0
        while turns < _SETTLED_TURNS:
            while self._at_work or self._beginning:
                turns = 0
                self._idle.clear()
                await self._idle.wait()
            turns += 1
            await asyncio.sleep(0)
