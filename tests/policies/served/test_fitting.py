"""Token ids that are not those of their text: asked for again, and believed when said twice."""

import logging

import pytest

from policies.served.settings import Patience
from tests.policies.asking import Opened, ask
from tests.policies.served.fake_server import Body, FakeServer

pytestmark = pytest.mark.anyio

TEXT = "3:5é."
RIGHT = (*map(ord, TEXT), 0)


class Garbling(FakeServer):
    """Garbles the ids of its first answers, or of all."""

    def __init__(self, *garbled: tuple[int, ...], always: bool = False) -> None:
        super().__init__()
        self.garbled, self.always = list(garbled), always

    def _complete(self, body: Body) -> Body:
        answer = super()._complete(body)
        if self.garbled:
            ids = self.garbled[0] if self.always else self.garbled.pop(0)
            answer["choices"][0]["token_ids"] = list(ids)
        return answer


@pytest.mark.parametrize(
    "garbled",
    [
        pytest.param((*RIGHT[:2], 999, *RIGHT[3:]), id="another token in a token's place"),
        pytest.param((*RIGHT[1:5], RIGHT[0], 0), id="in another order"),
    ],
)
async def test_ids_that_are_not_their_texts_are_asked_for_again(
    opened: Opened, garbled: tuple[int, ...]
) -> None:
    server = Garbling()
    async with server.running(), opened(server) as policy:
        server.garbled = [garbled]
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
    assert (completion.text, completion.tokens.ids) == (TEXT, RIGHT[:-1])
    assert len(server.requests) == 2


async def test_a_tokenizer_here_finds_them_without_asking_the_server(
    opened: Opened, model_dir: str
) -> None:
    server = Garbling()
    async with server.running(), opened(server, tokenizer=model_dir) as policy:
        server.garbled = [(7, 7, 7, 7, 7, 0), (8, 7, 7, 7, 7, 0)]
        await policy.complete(ask("Tom", seeds=(5,)))
    assert len(server.requests) == 4, "the characters it then gives are no ids of that tokenizer"
    assert server.detokenized == 0


async def test_what_a_server_says_twice_is_believed(opened: Opened) -> None:
    server = Garbling(always=True)
    async with server.running(), opened(server) as policy:
        server.garbled = [(1, 2, 3, 4, 5, 0)]
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
        assert (completion.text, completion.tokens.ids) == (TEXT, (1, 2, 3, 4, 5))
        await policy.complete(ask("Tom", seeds=(5,)))
    assert len(server.requests) == 3, "and then known"


async def test_answers_that_never_fit_end_with_the_retries(opened: Opened) -> None:
    server = Garbling()
    async with server.running(), opened(server, patience=Patience(retries=2)) as policy:
        server.garbled = [(n, 2, 3, 4, 5, 0) for n in range(9)]
        await policy.complete(ask("Tom", seeds=(5,)))
    assert len(server.requests) == 3


async def test_a_server_whose_ids_never_read_back_is_not_asked_twice_for_ever(
    opened: Opened, model_dir: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = FakeServer()
    with caplog.at_level(logging.WARNING, "policies"):
        async with server.running(), opened(server, tokenizer=model_dir) as policy:
            for seed in range(100):
                await policy.complete(ask("Tom", seeds=(seed,)))
    assert 100 < len(server.requests) < 125
    assert caplog.text.count("do not read as its text") == 1


async def test_a_server_confirms_each_token_once(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        for _ in range(5):
            await policy.complete(ask("Tom", seeds=(5,)))
        assert server.detokenized == 1
        assert len(server.requests) == 5


async def test_a_server_that_cannot_confirm_is_believed(opened: Opened) -> None:
    class Silent(FakeServer):
        def _describe(self, path: str, body: Body) -> tuple[int, object]:
            return (404, {}) if path == "/detokenize" else super()._describe(path, body)

    async with Silent().running() as server, opened(server) as policy:
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
        assert completion.tokens.ids == RIGHT[:-1]
