"""The tokens of completions, of which a shard holds many."""

import tracemalloc

from schemas import Tokens


def test_tokens_keep_their_numbers_however_large() -> None:
    for ids in ((), (5,), (0, 300, 262_143), (262_144, 1), (2**31 - 1, 0), (-1, 4)):
        tokens = Tokens(ids=ids, ends=tuple(range(len(ids))))
        assert tokens.ids == ids
        assert tokens.ends == tuple(range(len(ids)))
        assert tokens == Tokens(ids=ids, ends=tuple(range(len(ids))))


def test_many_completions_share_the_numbers_of_their_tokens() -> None:
    tracemalloc.start()
    held = [Tokens(ids=tuple(range(1000, 2000)), ends=tuple(range(1000, 2000))) for _ in range(100)]
    weight = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert weight < len(held) * 2000 * 12
