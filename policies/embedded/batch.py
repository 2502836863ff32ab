"""The running batch: which sequence sits in which slot, and what each step adds to it."""

from dataclasses import dataclass

from policies.embedded.drawing import Draw, draw, uniform
from policies.embedded.jobs import Job
from policies.embedded.loading import LoadedModel
from policies.embedded.slots import Starts
from policies.tokens import TextReader, whole_tokens
from schemas import Completion, FinishReason, Sampling

_IDLE = Draw(Sampling(temperature=0), 0.5)


@dataclass(slots=True, kw_only=True, eq=False)
class CompletionJob(Job[Completion]):
    """Completions of one prefix, one per seed."""

    sampling: Sampling
    seeds: tuple[int, ...]


@dataclass(slots=True)
class _Running:
    """One sequence in a slot."""

    job: CompletionJob
    index: int
    reader: TextReader
    limit: int
    next_token: int
    length: int
    """Tokens in the slot."""
    logprob: float = 0.0
    drawn: int = 0

    @property
    def seed(self) -> int:
        return self.job.seeds[self.index]

    def draw(self) -> Draw:
        return Draw(self.job.sampling, uniform(self.seed, self.drawn))

    def completion(self, text: str, reason: FinishReason, stopped_by: str = "") -> Completion:
        return Completion(
            text=text,
            tokens=whole_tokens(self.reader.ids, self.reader.ends, len(text)),
            finish_reason=reason,
            seed=self.seed,
            prompt_tokens=len(self.job.ids),
            cached_tokens=0,
            completion_tokens=self.drawn,
            logprob=self.logprob,
            stopped_by=stopped_by,
        )


class Batch:
    """Sequences being decoded; slots 0 .. len - 1 are occupied."""

    def __init__(self, model: LoadedModel, starts: Starts) -> None:
        self._model = model
        self._slots = model.slots
        self._rows: list[_Running] = []
        self._starts = starts

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def has_room(self) -> bool:
        """Whether another sequence could start."""
        return len(self._rows) < self._slots.size

    def admit(self, job: CompletionJob) -> None:
        """Start as many waiting sequences of a job as there are free slots.

        They share one pass over all prompt tokens but the last, which their first step adds.
        """
        start = self._starts.of(job.ids[:-1])
        while job.waiting and self.has_room:
            self._slots.put(len(self._rows), start)
            self._rows.append(
                _Running(
                    job=job,
                    index=job.waiting.popleft(),
                    reader=TextReader(self._model.tokenizer.bytes, job.ids),
                    limit=min(job.sampling.max_tokens, self._model.context - len(job.ids)),
                    next_token=job.ids[-1],
                    length=len(job.ids) - 1,
                )
            )

    def drop_cancelled(self) -> None:
        """Free the slots of requests that nobody awaits any more."""
        for slot in reversed(range(len(self._rows))):
            if self._rows[slot].job.cancelled:
                self._release(slot)

    def step(self) -> None:
        """Draw one token for every running sequence; finished ones leave."""
        logits = self._slots.step(
            [row.next_token for row in self._rows], [row.length for row in self._rows]
        )
        draws = [row.draw() for row in self._rows]
        tokens, logprobs = draw(logits, draws + [_IDLE] * (len(logits) - len(draws)))
        finished = [
            self._extend(row, token, logprob)
            for row, token, logprob in zip(self._rows, tokens, logprobs, strict=False)
        ]
        for slot in reversed(range(len(finished))):
            if finished[slot]:
                self._release(slot)

    def _extend(self, row: _Running, token: int, logprob: float) -> bool:
        """Append a drawn token to its sequence; return whether that ended it."""
        row.length += 1
        row.drawn += 1
        row.logprob += logprob
        row.next_token = token
        completion = self._ended(row, token)
        if completion is None:
            return False
        row.job.finish(row.index, completion)
        return True

    def _ended(self, row: _Running, token: int) -> Completion | None:
        reader = row.reader
        if token in self._model.eos_ids:
            return row.completion(reader.text, "stop")
        since = len(reader.text)
        reader.read(token)
        stop = reader.stop_at(row.job.sampling.stop, since)
        if stop is not None:
            return row.completion(reader.text[: stop.start], "stop", stop.text)
        if row.drawn >= row.limit:
            return row.completion(reader.text, "length")
        return None

    def _release(self, slot: int) -> None:
        """Empty a slot and close the gap with the last sequence."""
        last = self._rows.pop()
        if slot < len(self._rows):
            self._slots.move(len(self._rows), slot, last.length)
            self._rows[slot] = last
