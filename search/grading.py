"""A process reward model behind the event loop: many searches ask, one thread grades in batches.

Grades are kept in the journal: a model's last bits may differ from batch to batch, and a search
that is resumed has to go the same way again.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from rollouts import Journal, Purse
from rollouts.once import Once
from schemas import Grades, RunError

_BATCH = 512
"""Solutions that go into one call; the model makes passes of them that fit its memory."""


class StepGrader(Protocol):
    """A loaded process reward model: `prm.grading.Grader`."""

    def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
        """Yield the grades of each solution, given as question and steps, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    question: str
    steps: tuple[str, ...]
    grades: asyncio.Future[Grades]


class Grading:
    """Takes what is asked meanwhile into the next batch. Open it with `async with`."""

    def __init__(self, grader: StepGrader, identity: str) -> None:
        self.identity = identity
        """What grades depend on besides what is read: model and form, for the journal."""
        self.in_flight = 0
        """Solutions being read now."""
        self._grader = grader
        self._wanted: list[_Wanted] = []
        self._asked = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._worker.cancel()
        await asyncio.wait([self._worker])

    async def of(self, question: str, steps: Sequence[str]) -> Grades:
        """Return the grades of a solution's steps. Raises RunError where the model fails."""
        wanted = _Wanted(question, tuple(steps), asyncio.get_running_loop().create_future())
        self._wanted.append(wanted)
        self._asked.set()
        return await wanted.grades

    async def _work(self) -> None:
        while True:
            await self._asked.wait()
            await asyncio.sleep(0)  # whoever is about to ask joins
            batch, self._wanted = self._wanted[:_BATCH], self._wanted[_BATCH:]
            if not self._wanted:
                self._asked.clear()
            batch = [one for one in batch if not one.grades.done()]
            if batch:
                await self._grade(batch)

    async def _grade(self, batch: Sequence[_Wanted]) -> None:
        self.in_flight = len(batch)
        try:
            found = await asyncio.to_thread(self._read, batch)
        except Exception as error:  # noqa: BLE001 - those who wait for it raise it
            for one in batch:
                if not one.grades.done():
                    one.grades.set_exception(_failure(error))
            return
        finally:
            self.in_flight = 0
        for one, grades in zip(batch, found, strict=True):
            if not one.grades.done():
                one.grades.set_result(grades)

    def _read(self, batch: Sequence[_Wanted]) -> list[Grades]:
        return list(self._grader.read((one.question, one.steps) for one in batch))


def _failure(error: Exception) -> RunError:
    return RunError(
        f"the process reward model failed ({type(error).__name__}: {str(error)[:200]}): give it "
        "more memory or another device with --set prm.device=cpu, and run the same command again"
    )


class ShardGrades:
    """Grades taken once; the journal first, then the model."""

    def __init__(self, grading: Grading, journal: Journal, purse: Purse | None = None) -> None:
        self._grading = grading
        self._purse = purse or Purse()
        self._journal = journal
        self._taken = Once[str, Grades]()
        self.fresh = 0
        """Tokens the model read for this process."""
        self.replayed = 0
        """Tokens of grades that came out of the journal."""

    def _key(self, question: str, steps: Sequence[str]) -> str:
        """Return the journal key, 32 hex digits, of a solution's grades."""
        content = json.dumps([self._grading.identity, "grades", question, list(steps)])
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    async def of(self, question: str, steps: Sequence[str]) -> Grades:
        """Return the grades of a solution's steps."""
        key = self._key(question, steps)

        async def take(_: Sequence[str]) -> None:
            known = self._journal.get_grades(key)
            if known is None:
                with self._purse:  # a search that waits for grades may go on without paying
                    known = await self._grading.of(question, steps)
                self._journal.append_grades(key, known)
                self.fresh += known.tokens
            else:
                self.replayed += known.tokens
            self._taken.taken[key] = known

        (grades,) = await self._taken.get([key], take)
        return grades
