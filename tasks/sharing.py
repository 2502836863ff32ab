"""One model and one verifier, shared by every shard in flight.

A shard that ends must not stop the model its neighbours use, and the first to come opens it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

from schemas import LastingPolicyError, PolicyError, VerifierError

T = TypeVar("T")


class Shared(Generic[T]):
    """A resource opened at its first use and closed when nobody uses or holds it.

    It is opened and closed by a task of its own, because many async resources must be left by
    the task that entered them. One that broke is closed as soon as its users have left, and
    the next use opens it anew.
    """

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._opening = opening
        self._holds = 0
        self._life: _Life[T] | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the resource open between uses, without opening it."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            await self._close_if_idle()

    @asynccontextmanager
    async def used(self) -> AsyncIterator[T]:
        """Use the resource; opens it where it is closed."""
        if self._life and self._life.owner.done():  # perhaps with its event loop
            self._life = None
        while self._life and self._life.broken:
            await asyncio.wait([self._life.owner])
            self._life = None if self._life.owner.done() else self._life
        life = self._life = self._life or _Life(self._opening)
        life.users += 1
        try:
            yield await asyncio.shield(life.ready)
        except BaseException as error:
            life.broken |= life.owner.done() or _is_broken(error)
            raise
        finally:
            life.users -= 1
            await self._close_if_idle()

    async def _close_if_idle(self) -> None:
        life = self._life
        if life is None or life.users or (self._holds and not life.broken):
            return
        life.broken = True
        await life.close()
        if self._life is life:
            self._life = None


class _Life(Generic[T]):
    """One opening of a resource, from start to stop."""

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self.users = 0
        self.broken = False
        self.ready: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._closing = asyncio.Event()
        self.owner = asyncio.create_task(self._live(opening))

    async def _live(self, opening: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        try:
            async with opening() as resource:
                self.ready.set_result(resource)
                await self._closing.wait()
        except Exception as error:
            if self.ready.done():
                raise
            # What did not even start will not by itself.
            told = LastingPolicyError(str(error)) if isinstance(error, PolicyError) else error
            told.__cause__ = error.__cause__
            self.ready.set_exception(told)
            self.ready.exception()

    async def close(self) -> None:
        """Stop the resource, also while it is still starting."""
        self._closing.set()
        if not self.ready.done():
            self.owner.cancel()
        await asyncio.wait([self.owner])
        if not self.owner.cancelled() and (error := self.owner.exception()):
            raise error


def _is_broken(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_broken(inner) for inner in error.exceptions)
    return isinstance(error, PolicyError | VerifierError)
