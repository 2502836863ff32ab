"""The embedded policy: right tokens, right odds, a full batch, bits that do not depend on it."""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas import ChatPrompt, Completion, ConfigError, Message, PolicyError, Prefix
from tests.policies.asking import Opened, ask, until
from tests.policies.embedded.plain import Plain

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.anyio

PROMPTS = ("Tom has 3 apples", "Café au lait costs 2 €; naïve", "How many", "First, 3 + 14 = 17.\n")


@pytest.mark.parametrize("deterministic", [False, True])
async def test_greedy_tokens_and_log_probabilities_are_the_models_own(
    opened: Opened, plain: Plain, deterministic: bool
) -> None:
    async with opened(deterministic=deterministic) as policy, asyncio.TaskGroup() as group:
        runs = {
            p: group.create_task(policy.complete(ask(p, temperature=0, max_tokens=12)))
            for p in PROMPTS
        }
    for prompt, run in runs.items():
        ids = plain.tokenizer(prompt).input_ids
        expected = plain.model.generate(
            torch.tensor([ids]), max_new_tokens=12, do_sample=False, pad_token_id=1
        )
        drawn = expected[0, len(ids) :].tolist()
        (completion,) = run.result()
        assert list(completion.tokens.ids) == [i for i in drawn if i != 1]
        scored = plain.next([*ids, *drawn])[len(ids) - 1 : -1]
        total = scored.gather(-1, torch.tensor(drawn)[:, None]).sum().item()
        assert completion.logprob == pytest.approx(total, abs=1e-3)


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 0.8}, {"top_k": 3}, {"top_p": 0.6}, {"top_p": 0.8, "top_k": 4}]
)
async def test_first_tokens_are_drawn_with_the_odds_that_the_sampling_says(
    opened: Opened, plain: Plain, options: dict[str, Any]
) -> None:
    tries = 1200
    options = {"temperature": 3.0, **options}
    request = ask("Tom has 3 apples", seeds=tuple(range(tries)), max_tokens=1, **options)
    async with opened(max_batch=64) as policy:
        completions = await policy.complete(request)
    ids = plain.tokenizer("Tom has 3 apples").input_ids
    logits = plain.next(ids)[-1] / options["temperature"]
    odds = _by_hand(logits.softmax(-1).tolist(), options.get("top_k", 0), options.get("top_p", 1))
    seen = Counter(c.tokens.ids[0] if c.tokens.ids else None for c in completions)
    for token, share in odds.items():
        if share * tries > 30 and _shows(plain.tokenizer.decode([token])):
            deviation = (tries * share * (1 - share)) ** 0.5
            assert abs(seen[token] - tries * share) < 4.5 * deviation
    assert set(seen) - {None} <= set(odds)


def _shows(text: str) -> bool:
    """Whether a token is a text by itself: no special token, no part of a character."""
    return bool(text) and "\ufffd" not in text and not text.startswith("<|")


def _by_hand(probabilities: Sequence[float], top_k: int, top_p: float) -> dict[int, float]:
    """Return the kept tokens' odds: the k likeliest, then the fewest that reach top_p of them."""
    ranked = sorted(enumerate(probabilities), key=lambda pair: -pair[1])[: top_k or None]
    whole, kept, reached = sum(p for _, p in ranked), {}, 0.0
    for token, p in ranked:
        if reached >= top_p * whole - 1e-12:
            break
        kept[token] = p
        reached += p
    return {token: p / reached for token, p in kept.items()}


async def test_a_batch_of_strangers_changes_no_bit_in_the_deterministic_setting(
    opened: Opened,
) -> None:
    """Random groupings and arrival orders, seeds shared out over problems and requests."""
    work = [(prompt, seed) for prompt in PROMPTS for seed in range(6)]
    async with opened(deterministic=True) as policy:
        first = {}
        for prompt, seed in work:
            first[prompt, seed] = (await policy.complete(ask(prompt, seeds=(seed,))))[0]
        for shuffle in range(6):
            rng = random.Random(shuffle)
            again = await _in_random_groups(policy, work, rng)
            assert again == first
    assert len({c.text for c in first.values()}) > len(work) / 2


async def _in_random_groups(
    policy: Any, work: Sequence[tuple[str, int]], rng: random.Random
) -> dict[tuple[str, int], Completion]:
    found = {}

    async def one(prompt: str, seeds: tuple[int, ...]) -> None:
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
        for seed, completion in zip(
            seeds, await policy.complete(ask(prompt, seeds=seeds)), strict=True
        ):
            found[prompt, seed] = completion

    shuffled = rng.sample(work, len(work))
    async with asyncio.TaskGroup() as group:
        while shuffled:
            prompt = shuffled[0][0]
            same = [pair for pair in shuffled if pair[0] == prompt][: rng.randint(1, 5)]
            shuffled = [pair for pair in shuffled if pair not in same]
            group.create_task(one(prompt, tuple(seed for _, seed in same)))
    return {key: found[key] for key in work}


async def test_the_fast_setting_gives_the_same_texts_up_to_rounding(opened: Opened) -> None:
    async with opened(deterministic=True) as exact, opened() as fast:
        for prompt in PROMPTS:
            a = await exact.complete(ask(prompt, seeds=tuple(range(8))))
            b = await fast.complete(ask(prompt, seeds=tuple(range(8))))
            assert [c.text for c in a] == [c.text for c in b]


async def test_a_prefix_is_continued_as_if_it_had_never_been_cut(opened: Opened) -> None:
    async with opened() as policy:
        (whole,) = await policy.complete(ask(temperature=0, max_tokens=16))
        cut = 7
        prefix = Prefix(
            steps=(whole.text[: whole.tokens.ends[cut - 1]],), token_ids=whole.tokens.ids[:cut]
        )
        (rest,) = await policy.complete(ask(prefix=prefix, temperature=0, max_tokens=16 - cut))
    assert prefix.text + rest.text == whole.text
    assert prefix.token_ids + rest.tokens.ids == whole.tokens.ids
    assert rest.prompt_tokens == whole.prompt_tokens + cut


async def test_a_stop_string_ends_the_text_before_it_also_inside_a_token(opened: Opened) -> None:
    async with opened() as policy:
        (free,) = await policy.complete(ask(seeds=(3,), max_tokens=40))
        stop = free.text[9:12]
        (stopped,) = await policy.complete(ask(seeds=(3,), max_tokens=40, stop=("\0", stop)))
    assert stopped.text == free.text[: free.text.index(stop)]
    assert stopped.finish_reason == "stop"
    assert stopped.stopped_by == stop
    assert free.stopped_by == ""
    assert all(end <= len(stopped.text) for end in stopped.tokens.ends)
    assert stopped.tokens.ids == free.tokens.ids[: len(stopped.tokens.ids)]
    assert stopped.completion_tokens > len(stopped.tokens.ids)


async def test_completions_end_by_themselves_or_at_max_tokens(opened: Opened) -> None:
    async with opened() as policy:
        done = await policy.complete(ask(seeds=tuple(range(60)), max_tokens=30))
    reasons = Counter(c.finish_reason for c in done)
    assert reasons["stop"]
    assert reasons["length"]
    for c in done:
        assert c.completion_tokens == 30 or c.finish_reason == "stop"
        assert [c.seed for c in done] == list(range(60))


async def test_the_context_cuts_completions_and_a_prompt_that_fills_it_is_truncated(
    opened: Opened,
) -> None:
    async with opened(context=32) as policy:
        (cut,) = await policy.complete(ask(temperature=0, max_tokens=32))
        (full,) = await policy.complete(ask("Tom has 3 apples " * 20))
        with pytest.raises(ConfigError, match=r"max_tokens=33 .* context of 32 tokens"):
            await policy.complete(ask(max_tokens=33))
    assert cut.prompt_tokens + cut.completion_tokens == 32
    assert (full.text, full.finish_reason, full.completion_tokens) == ("", "length", 0)
    assert full.prompt_tokens > 32


def watched_steps(policy: Any) -> tuple[list[int], threading.Event]:
    """Return a list that gets the size of the batch at every step, and what lets steps begin."""
    sizes, gate, step = list[int](), threading.Event(), policy._batch.step

    def watched() -> None:
        sizes.append(len(policy._batch))
        gate.wait(60)
        step()

    policy._batch.step = watched
    return sizes, gate


async def test_waiting_requests_of_other_problems_fill_the_batch(opened: Opened) -> None:
    async with opened() as policy:
        steps, gate = watched_steps(policy)
        async with asyncio.TaskGroup() as group:
            for i in range(20):
                request = ask(PROMPTS[i % 4], seeds=(i, i + 1), max_tokens=5 + i)
                group.create_task(policy.complete(request))
            await until(lambda: len(policy._queue) >= 18)
            gate.set()
    busy = steps[steps.index(4) : -30]  # the first request comes alone, none follow the last
    assert busy.count(4) == len(busy) > 50


async def test_the_event_loop_runs_on_while_the_model_works(opened: Opened) -> None:
    async with opened() as policy:
        steps, gate = watched_steps(policy)
        run = asyncio.create_task(policy.complete(ask()))
        await until(lambda: steps)
        gate.set()
        assert (await run)[0].completion_tokens


async def test_a_cancelled_request_frees_its_slots(opened: Opened) -> None:
    async with opened() as policy:
        long = asyncio.create_task(policy.complete(ask(seeds=tuple(range(500)), max_tokens=100)))
        await until(lambda: policy.in_flight)
        long.cancel()
        with pytest.raises(asyncio.CancelledError):
            await long
        (short,) = await policy.complete(ask(max_tokens=1))
        assert short.completion_tokens == 1
        await until(lambda: not policy.in_flight)


async def test_leaving_the_context_answers_those_who_still_wait(opened: Opened) -> None:
    async with opened() as policy:
        run = asyncio.create_task(policy.complete(ask(seeds=tuple(range(500)), max_tokens=100)))
        await until(lambda: policy.in_flight)
    with pytest.raises(PolicyError, match="closed"):
        await run
    with pytest.raises(PolicyError, match="closed"):
        await policy.complete(ask())


async def test_a_model_that_breaks_tells_all_who_wait(opened: Opened) -> None:
    def out_of_memory() -> None:
        raise torch.OutOfMemoryError("tried to allocate 9 GiB")

    async with opened() as policy:
        policy._batch.step = out_of_memory
        for _ in range(2):
            with pytest.raises(PolicyError, match="9 GiB"):
                await policy.complete(ask())


async def test_chat_and_text_prompts_are_what_the_tokenizer_says(
    opened: Opened, plain: Plain
) -> None:
    chat = ChatPrompt(messages=(Message(role="user", content="How many"),))
    turns = [{"role": "user", "content": "How many"}]
    ids = plain.tokenizer.apply_chat_template(turns, add_generation_prompt=True)["input_ids"]
    async with opened() as policy:
        (completion,) = await policy.complete(ask(chat))
        assert completion.prompt_tokens == len(ids)
        with pytest.raises(ConfigError, match="prompt is empty"):
            await policy.complete(ask(""))


async def test_the_identity_is_the_models_content_not_its_place(
    opened: Opened, model_dir: str, tmp_path: Path
) -> None:
    async with opened() as policy:
        name = policy.identity
    moved = tmp_path / "elsewhere" / Path(model_dir).name
    shutil.copytree(model_dir, moved)
    async with opened(model=str(moved)) as policy:
        assert policy.identity == name
    weights = moved / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    async with opened(model=str(moved)) as policy:
        assert policy.identity != name
    async with opened(deterministic=True) as policy:
        assert policy.identity != name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "/nowhere/model"}, "'/nowhere/model'.*does not load"),
        ({"device": "abacus"}, "device='abacus'.*Try `auto`"),
    ],
)
async def test_what_cannot_be_loaded_is_one_clear_error(
    opened: Opened, settings: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        async with opened(**settings):
            pass


async def test_weights_that_are_pickles_are_refused_unread(
    opened: Opened, model_dir: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(model_dir, tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"pickles alone \(pytorch_model\.bin\).*safetensors"):
        async with opened(model=str(folder)):
            pass


@pytest.mark.parametrize("where", ["policies", "tasks"])
def test_code_that_a_model_brings_is_not_run_whatever_a_pipe_answers(
    model_dir: str, tmp_path: Path, where: str
) -> None:
    folder = shutil.copytree(model_dir, tmp_path / "model")
    brought: dict[str, dict[str, Any]] = {
        "config.json": {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"},
        "tokenizer_config.json": {"AutoTokenizer": ["evil.Evil", "evil.Evil"]},
    }
    for file, classes in brought.items():
        settings = json.loads((folder / file).read_text()) | {"auto_map": classes}
        settings.pop("model_type", None)
        (folder / file).write_text(json.dumps(settings | {"tokenizer_class": "Evil"}))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    code = "from policies.tokens import load_tokenizer as load"
    if where == "tasks":
        code = "from tasks.tokenizer import TrainerTokenizer; load = TrainerTokenizer.load"
    code += f"\nload({str(folder)!r})"
    shown = subprocess.run(
        [sys.executable, "-c", code], input="y\n" * 9, capture_output=True, text=True, timeout=100
    )
    assert not (tmp_path / "ran").exists()
    assert "Do you wish to run the custom code" not in shown.stdout


def test_without_torch_the_remedy_is_named(model_dir: str) -> None:
    code = f"""
import asyncio, pathlib, sys
sys.modules["torch"] = None
from policies import TransformersSettings
async def main():
    async with TransformersSettings(model={model_dir!r}).open(pathlib.Path()):
        pass
asyncio.run(main())
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "ConfigError: this policy needs the package 'torch'" in shown.stderr
    assert "extra `local`" in shown.stderr


async def test_a_recurrent_model_is_refused_instead_of_decoded_wrongly(
    opened: Opened, tokenizer_dir: Path
) -> None:
    from transformers import MambaConfig, MambaForCausalLM

    config = MambaConfig(vocab_size=160, hidden_size=32, num_hidden_layers=2, state_size=4)
    MambaForCausalLM(config).save_pretrained(tokenizer_dir)
    with pytest.raises(ConfigError, match=r"mamba.*Use `kind: vllm`"):
        async with opened(model=str(tokenizer_dir)):
            pass


async def test_rows_that_differ_on_this_machine_are_decoded_one_at_a_time(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policies.embedded.slots import Slots

    monkeypatch.setattr(Slots, "rows_are_equal", lambda self, ids: False)
    async with opened(deterministic=True) as policy:
        steps, gate = watched_steps(policy)
        gate.set()
        await policy.complete(ask(seeds=(1, 2, 3)))
    assert set(steps) == {1}


async def test_the_deterministic_setting_batches_whatever_number_of_threads_it_finds(
    opened: Opened,
) -> None:
    """Two threads share the rows of a batch out unequally; the identity must not tell of them."""
    before = torch.get_num_threads()
    identities = set()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            async with opened(deterministic=True) as policy:
                identities.add(policy.identity)
    finally:
        torch.set_num_threads(before)
    assert len(identities) == 1
