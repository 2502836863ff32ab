"""Answers whose token ids are not those of their text: they are asked for again.

A prefix is continued from its own tokens. Ids that were garbled would change what the policy
writes behind it, or leave the prefix to be continued as text, and with it the labels. So ids are
read back: by a tokenizer here, else by the strings that the server decodes each to, which the
server itself confirms (`/detokenize`, no work for its model) where an id comes with a string for
the first time.

A server that says the same twice means it. There are tokenizers whose ids do not read back; of them
no more than one answer in a hundred is asked for a second time.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from policies.served.choices import Choice, Choices
from policies.tokens import TokenBytes
from schemas import Completion, LastingPolicyError

logger = logging.getLogger(__name__)

_CREDIT = 16
"""Answers that a server may stand by before they are held against one in a hundred."""
_PAIRS_REMEMBERED = 1 << 18

_Said = tuple[int, str, tuple[int, ...]]
"""A seed, and the text and ids of its choice."""


class Fitting:
    """Asks until ids fit their text, or the server stands by what it said."""

    def __init__(
        self,
        table: TokenBytes | None,
        text_of: Callable[[Sequence[int]], Awaitable[str]] | None,
        *,
        retries: int,
    ) -> None:
        self._table = table
        self._text_of = text_of
        self._retries = retries
        self._known: set[tuple[int, str]] = set()
        self._answers = 0
        self._stood_by = 0
        self._warned = False

    async def completions(
        self,
        ask: Callable[[], Awaitable[Choices]],
        seeds: Sequence[int],
        ids: Sequence[int] | None,
    ) -> list[Completion]:
        """Return one completion per seed; `ids` are prompt and prefix where they are known.

        Those whose ids the server stands by without their reading as the text have no tokens.
        """
        self._answers += 1
        before: list[_Said] = []
        for _ in range(1 + self._retries):
            answer = await ask()
            found = answer.completions(seeds, ids, self._table)
            doubtful = [said async for said in self._doubtful(answer, found)]
            if not doubtful:
                return found
            if doubtful == before or self._is_its_way:
                break
            before = doubtful
        self._stood_by += 1
        for choice in answer.choices:
            self._learn(choice)
        return found

    @property
    def _is_its_way(self) -> bool:
        """Whether so many answers were stood by that asking again is no use."""
        often = self._stood_by > _CREDIT + self._answers // 100
        if often and not self._warned:
            self._warned = True
            logger.warning(
                "the server's token ids often do not read as its text, and it says the same when "
                "asked again: set `tokenizer` to the model's folder or hub name, or correct it."
            )
        return often

    async def _doubtful(self, answer: Choices, found: Sequence[Completion]) -> AsyncIterator[_Said]:
        """Yield what of an answer does not read back."""
        for choice, completion in zip(answer.choices, found, strict=True):
            if choice.token_ids is not None and not await self._fits(choice, completion):
                yield completion.seed, completion.text, tuple(choice.token_ids)

    async def _fits(self, choice: Choice, completion: Completion) -> bool:
        """Tell whether ids read as their text, as far as anyone can tell."""
        tokens = completion.tokens
        if tokens is None:
            return self._table is None and choice.logprobs is None
        if self._text_of is None or not tokens.ids or self._known.issuperset(choice.decoded):
            return True
        try:
            text = await self._text_of(tokens.ids)
        except LastingPolicyError:  # not every server tells
            self._text_of = None
            return True
        # Some tokenizers leave out a space that begins a text.
        if text.lstrip(" ") != completion.text[: tokens.ends[-1]].lstrip(" "):
            return False
        self._learn(choice)
        return True

    def _learn(self, choice: Choice) -> None:
        """Remember the strings of ids that were confirmed, or stood by."""
        if self._text_of is None:
            return
        if len(self._known) > _PAIRS_REMEMBERED:
            self._known.clear()
        self._known.update(choice.decoded)
