"""One model, a fixed number of slots: sequences join and leave between decoding steps.

Every slot keeps the keys and values of one sequence, left-aligned, so a step is one forward pass
over the occupied slots with a position and an attention mask per row.

*Fast*: a step computes the occupied rows over the longest sequence's width (rounded up), so the
last bits of a row's numbers can depend on its neighbours. *Deterministic*: a step always computes
all slots over the whole context. Kernels choose their order of summation by shape, not by values,
so equal shapes make a row a function of itself, provided that a row's place makes no difference
either: `rows_are_equal` checks that on the machine at hand. Prompts are computed one by one at
their own length in both settings.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from cachetools import LRUCache
from transformers import DynamicCache
from transformers.cache_utils import Cache, CacheLayerMixin

_WIDTH_STEP = 64
_SCORED_AT_ONCE = 512
_ROWS_IN_DOUBLE = 64


@dataclass(frozen=True, slots=True)
class Prefilled:
    """Keys and values per layer, each [1, heads, tokens, head size], of a sequence's start."""

    ids: tuple[int, ...]
    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]


class Likelihood(NamedTuple):
    """Natural-log probabilities at one place."""

    token: float
    """Of the token that stands there."""
    best: float
    """Of the likeliest one."""


class Slots:
    """The key-value memory of a model's running sequences, and the steps that extend it."""

    def __init__(self, model: Any, *, size: int, context: int, deterministic: bool) -> None:
        self._model = model
        self._context = context
        self.deterministic = deterministic
        self.size = size
        start = self.prefill((0,))
        self._view = _View(size, context)
        self._layers = [_SlotLayer(self._view, *layer) for layer in start.layers]
        self._cache = Cache(layers=list(self._layers))

    def prefill(self, ids: Sequence[int]) -> Prefilled:
        """Compute the keys and values of a sequence's first tokens."""
        if not ids:
            return Prefilled((), ())
        cache = DynamicCache()
        with torch.inference_mode():
            self._model(
                input_ids=self._tensor([list(ids)]),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return Prefilled(tuple(ids), tuple((layer.keys, layer.values) for layer in cache.layers))

    def put(self, slot: int, start: Prefilled) -> None:
        """Give a slot the beginning of a sequence."""
        length = len(start.ids)
        for layer, (keys, values) in zip(self._layers, start.layers, strict=False):
            layer.keys[slot, :, :length] = keys[0]
            layer.values[slot, :, :length] = values[0]

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of one slot to another."""
        for layer in self._layers:
            layer.keys[target, :, :length] = layer.keys[source, :, :length]
            layer.values[target, :, :length] = layer.values[source, :, :length]

    def step(self, tokens: Sequence[int], positions: Sequence[int]) -> torch.Tensor:
        """Append one token to each of the first slots; return the logits [rows, vocabulary].

        `positions` are 0-based: how many tokens the slot held before. In the deterministic
        setting there are always as many rows as slots.
        """
        idle = self.size - len(tokens) if self.deterministic else 0
        places = self._tensor([*positions, *[0] * idle])
        width = self._context
        if not self.deterministic:
            longest = max(positions) + 1
            width = min(self._context, -(-longest // _WIDTH_STEP) * _WIDTH_STEP)
        self._view.aim(places, width)
        mask = torch.arange(width, device=places.device)[None] <= places[:, None]
        with torch.inference_mode():
            result = self._model(
                input_ids=self._tensor([[t] for t in [*tokens, *[0] * idle]]),
                position_ids=places[:, None],
                attention_mask=mask[:, None, None],
                past_key_values=self._cache,
                use_cache=True,
            )
        logits: torch.Tensor = result.logits[:, -1]
        return logits

    def score(
        self, start: Prefilled, last: int, continuations: Sequence[Sequence[int]]
    ) -> list[list[Likelihood]]:
        """Return the likelihood of each token of each continuation.

        Each stands behind `start` and the token `last`. Several go through the model in one row.
        """
        if len(continuations) == 1:
            return [self._score_alone(start, last, continuations[0])]
        cache = _copied(start)
        owner, places, tokens = [0], [0], [last]
        for number, ids in enumerate(continuations, 1):
            owner += [number] * (len(ids) - 1)
            places += range(1, len(ids))
            tokens += ids[:-1]
        owners, offsets = self._tensor(owner), self._tensor(places)
        mine = (owners[:, None] == owners[None]) | (owners[None] == 0)
        mask = mine & (offsets[None] <= offsets[:, None])
        before = mask.new_ones((len(tokens), len(start.ids)))
        logits = self._read(cache, tokens, offsets + len(start.ids), torch.cat([before, mask], 1))
        rows, behind = [], 1
        for ids in continuations:
            rows += [0, *range(behind, behind + len(ids) - 1)][: len(ids)]
            behind += max(0, len(ids) - 1)
        wanted = [token for ids in continuations for token in ids]
        found = iter(_likelihoods(logits[self._tensor(rows)], self._tensor(wanted)))
        return [[next(found) for _ in ids] for ids in continuations]

    def _score_alone(self, start: Prefilled, last: int, ids: Sequence[int]) -> list[Likelihood]:
        """Score one continuation, in windows where it is long: logits take much memory."""
        cache, found = _copied(start), list[Likelihood]()
        tokens = [last, *ids[:-1]]
        for begin in range(0, len(ids), _SCORED_AT_ONCE):
            window = tokens[begin : begin + _SCORED_AT_ONCE]
            seen = len(start.ids) + begin
            places = self._tensor(list(range(seen, seen + len(window))))
            mask = torch.arange(seen + len(window), device=places.device) <= places[:, None]
            logits = self._read(cache, window, places, mask)
            wanted = self._tensor(list(ids[begin : begin + _SCORED_AT_ONCE]))
            found += _likelihoods(logits, wanted)
        return found

    def _read(
        self, cache: Cache, tokens: list[int], places: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Append tokens to a cache of one sequence; return the logits [tokens, vocabulary]."""
        with torch.inference_mode():
            result = self._model(
                input_ids=self._tensor([tokens]),
                position_ids=places[None],
                attention_mask=mask[None, None],
                past_key_values=cache,
                use_cache=True,
            )
        logits: torch.Tensor = result.logits[0]
        return logits

    def agrees_with_model(self, ids: Sequence[int]) -> bool:
        """Return whether a step in a slot gives what the whole sequence at once gives.

        It does not for architectures that remember more than keys and values per token.
        """
        start = self.prefill(ids[:-2])
        row = min(1, self.size - 1)
        self.put(row, start)
        for place in (len(ids) - 2, len(ids) - 1):
            tokens, positions = [ids[place]] * (row + 1), [0] * row + [place]
            stepped = self.step(tokens, positions)[row].float()
        with torch.inference_mode():
            whole = self._model(input_ids=self._tensor([list(ids)])).logits[0, -1].float()
        return bool((stepped - whole).abs().max() <= 0.1 * whole.std())

    def rows_are_equal(self, ids: Sequence[int]) -> bool:
        """Return whether every slot computes the same bits from the same sequence."""
        start = self.prefill(ids[:-1])
        for slot in range(self.size):
            self.put(slot, start)
        logits = self.step([ids[-1]] * self.size, [len(ids) - 1] * self.size)
        return bool((logits == logits[:1]).all())

    def _tensor(self, values: list[Any]) -> torch.Tensor:
        return torch.tensor(values, device=self._model.device)


class Starts:
    """Beginnings of sequences computed lately: a prefix is asked about often, one by one.

    `room` is for tokens: at least as many as the longest beginning has. A start is a function of
    its own tokens, so keeping it changes no completion and no score.
    """

    def __init__(self, slots: Slots, room: int) -> None:
        self._slots = slots
        self._kept: MutableMapping[tuple[int, ...], Prefilled] = LRUCache(
            room, getsizeof=lambda start: len(start.ids)
        )

    def of(self, ids: tuple[int, ...]) -> Prefilled:
        """Return the keys and values of these tokens, computed now or before."""
        start = self._kept.get(ids)
        if start is None:
            start = self._kept[ids] = self._slots.prefill(ids)
        return start


def _copied(start: Prefilled) -> DynamicCache:
    """Return a cache that begins with a start and leaves it as it is."""
    cache = DynamicCache()
    for layer, (keys, values) in enumerate(start.layers):
        cache.update(keys, values, layer)
    return cache


def _likelihoods(logits: torch.Tensor, tokens: torch.Tensor) -> list[Likelihood]:
    """Return how likely one token per row of logits is."""
    found: list[Likelihood] = []
    for part, wanted in zip(
        logits.split(_ROWS_IN_DOUBLE), tokens.split(_ROWS_IN_DOUBLE), strict=True
    ):
        exact = part.double()
        chosen = exact.gather(-1, wanted[:, None])[:, 0]
        total = exact.logsumexp(-1)
        best = exact.max(-1).values - total
        found += map(Likelihood, (chosen - total).tolist(), best.tolist())
    return found


class _View:
    """Which rows, places and width the current step works on; shared by all layers."""

    def __init__(self, size: int, context: int) -> None:
        self.size = size
        self.context = context
        self.width = context
        self.places = torch.zeros(0, dtype=torch.long)
        self.rows = self.places

    def aim(self, places: torch.Tensor, width: int) -> None:
        self.places = places
        self.rows = torch.arange(len(places), device=places.device)
        self.width = width


class _SlotLayer(CacheLayerMixin):  # type: ignore[misc]  # transformers is untyped here
    """One layer's keys and values, each [slots, heads, context, head size]."""

    is_sliding = False

    def __init__(self, view: _View, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self._view = view
        self.keys = self._room(keys)
        self.values = self._room(values)
        self.is_initialized = True

    def _room(self, like: torch.Tensor) -> torch.Tensor:
        _, heads, _, head_size = like.shape
        return like.new_zeros((self._view.size, heads, self._view.context, head_size))

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Do nothing: the room is there from the start."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one token per row at its place; return what the step's width shows."""
        view = self._view
        self.keys[view.rows, :, view.places] = key_states[:, :, 0]
        self.values[view.rows, :, view.places] = value_states[:, :, 0]
        rows = len(view.rows)
        return self.keys[:rows, :, : view.width], self.values[:rows, :, : view.width]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return the width and offset of the keys a step sees."""
        return self._view.width, 0

    def get_seq_length(self) -> int:
        """Return the tokens before the current one, as far as one number can say it."""
        return self._view.width - 1

    def get_max_length(self) -> int:
        """Return the context."""
        return self._view.context
