"""Prompts become ids, ids become text, and no seam shows."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.tokens import PromptTokenizer, TextReader, load_tokenizer, whole_tokens
from schemas import ROOT, ChatPrompt, ConfigError, Continuation, Message, Prefix, TextPrompt, Tokens

CHAT = ChatPrompt(messages=(Message(role="user", content="Tom has 3 apples"),))
ALPHABET = "Tom has 3 apples +=\n#é€😀ï1745"


def _llama_like() -> Any:
    """Return a tokenizer that marks spaces, strips the first and falls back to bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256))]
    words += ["▁", "T", "o", "m", "h", "a", "s", "▁has", "To", "Tom", "▁Tom", "3", "+", "="]
    vocabulary = {word: i for i, word in enumerate(words)}
    merges = [("T", "o"), ("To", "m"), ("▁", "Tom")]
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")


@pytest.fixture(scope="module")
def byte_level(model_dir: str) -> PromptTokenizer:
    return load_tokenizer(model_dir)


@pytest.fixture(scope="module")
def tokenizers(byte_level: PromptTokenizer) -> dict[str, PromptTokenizer]:
    return {"byte-level": byte_level, "byte-fallback": PromptTokenizer("llama", _llama_like())}


@pytest.mark.parametrize("kind", ["byte-level", "byte-fallback"])
@given(text=st.text(ALPHABET, max_size=30), cut=st.floats(0, 1))
@settings(max_examples=150)
def test_text_read_behind_any_token_continues_the_text_before_it(
    tokenizers: dict[str, PromptTokenizer], kind: str, text: str, cut: int
) -> None:
    tokenizer = tokenizers[kind]
    ids = tokenizer._tokenizer("Tom" + text, add_special_tokens=False).input_ids
    at = 1 + int(cut * (len(ids) - 1))
    before = TextReader(tokenizer.bytes, (), ids[:at])
    after = TextReader(tokenizer.bytes, ids[:at], ids[at:])
    assert (before.text + after.text).lstrip(" ") == "Tom" + text
    assert after.ends == sorted(after.ends)
    assert not ids[at:] or after.ends[-1] == len(after.text)


def test_a_leading_space_survives_a_tokenizer_that_strips_it(
    tokenizers: dict[str, PromptTokenizer],
) -> None:
    tokenizer = tokenizers["byte-fallback"]
    ids = tokenizer._tokenizer("Tom has", add_special_tokens=False).input_ids
    assert TextReader(tokenizer.bytes, ids[:1], ids[1:]).text == " has"


def test_a_character_in_pieces_belongs_to_the_token_that_completes_it(
    tokenizers: dict[str, PromptTokenizer],
) -> None:
    tokenizer = tokenizers["byte-fallback"]
    ids = [3 + b for b in "€".encode()]
    reader = TextReader(tokenizer.bytes, (), [*ids, 3 + ord("x")])
    assert (reader.text, reader.ends) == ("€x", [0, 0, 1, 2])
    assert TextReader(tokenizer.bytes, ids[:2], ids[2:]).text == "€", "also across the seam"
    assert TextReader(tokenizer.bytes, (), ids[:2]).text == "", (
        "incomplete at the end: not in the text"
    )


def test_special_tokens_stand_for_no_text(byte_level: PromptTokenizer) -> None:
    end = byte_level.eos_id
    assert end is not None
    ids = byte_level._tokenizer("Tom has").input_ids
    assert TextReader(byte_level.bytes, (), [end, *ids, end, 10**6]).text == "Tom has"


def test_the_chat_template_is_applied_once_and_the_prefix_goes_behind_it(
    byte_level: PromptTokenizer,
) -> None:
    prefix = Prefix(steps=("First, 3 + 14",), token_ids=None)
    ids = byte_level.encode(CHAT, prefix)
    expected = "<|bos|><|user|>Tom has 3 apples\n<|assistant|>First, 3 + 14"
    assert byte_level._tokenizer.decode(ids, skip_special_tokens=False) == expected
    assert list(ids).count(byte_level._tokenizer.bos_token_id) == 1


def test_a_prefix_with_token_ids_is_continued_from_those_very_tokens(
    byte_level: PromptTokenizer,
) -> None:
    odd = tuple(byte_level._tokenizer(c).input_ids[0] for c in "Tom")
    prompt = TextPrompt(text="Tom has 3 apples")
    ids = byte_level.encode(prompt, Prefix(steps=("Tom",), token_ids=odd))
    assert ids == byte_level.encode(prompt, ROOT) + odd
    assert byte_level.encode(prompt, Prefix(steps=("Tom",), token_ids=None)) != ids


def test_bos_is_added_once_and_eos_never() -> None:
    from tokenizers.processors import TemplateProcessing

    raw = _llama_like()
    raw.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    tokenizer = PromptTokenizer("llama", raw)
    plain = tokenizer.encode(TextPrompt(text="Tom"), ROOT)
    assert plain[0] == 1
    assert 2 not in plain
    assert list(tokenizer.encode(TextPrompt(text="<s>Tom"), ROOT)).count(1) == 1
    assert tokenizer.text_for_server(TextPrompt(text="<s>Tom"), ROOT) == "Tom"


def test_a_chat_prompt_without_a_chat_template_is_one_clear_error(
    tokenizers: dict[str, PromptTokenizer],
) -> None:
    with pytest.raises(ConfigError, match="'llama' has no chat template"):
        tokenizers["byte-fallback"].encode(CHAT, ROOT)


def test_a_chat_template_reads_the_variables_it_is_given_and_no_others(tokenizer_dir: Path) -> None:
    path = tokenizer_dir / "chat_template.jinja"
    thinks = "{% if not enable_thinking is defined or enable_thinking %}<think>{% endif %}"
    path.write_text(path.read_text() + thinks)
    usual = load_tokenizer(str(tokenizer_dir))
    silent = load_tokenizer(str(tokenizer_dir), template_kwargs={"enable_thinking": False})
    assert usual.encode(CHAT, ROOT) != silent.encode(CHAT, ROOT)
    assert usual.text_for_server(CHAT, ROOT) == silent.text_for_server(CHAT, ROOT) + "<think>"
    with pytest.raises(ConfigError, match=r"chat_template_kwargs\.thinking: .* reads no such"):
        load_tokenizer(str(tokenizer_dir), template_kwargs={"thinking": False})


def test_a_tokenizer_that_does_not_load_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not load.*local folder"):
        load_tokenizer(str(tmp_path))


@pytest.mark.parametrize(
    ("ends", "length", "kept"),
    [
        ((2, 5, 9), 9, 3),
        ((2, 5, 9), 7, 2),
        ((2, 5, 9), 5, 2),
        ((2, 2, 4), 2, 1),
        ((0, 2), 0, 0),
        ((), 0, 0),
    ],
)
def test_only_tokens_wholly_within_the_text_are_kept(
    ends: tuple[int, ...], length: int, kept: int
) -> None:
    ids = tuple(range(len(ends)))
    assert whole_tokens(ids, ends, length) == Tokens(ids=ids[:kept], ends=ends[:kept])


def test_configuring_a_policy_imports_neither_torch_nor_transformers() -> None:
    code = "import policies, sys; print({'torch', 'transformers'} & set(sys.modules))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.strip() == "set()"


def test_a_text_is_tokenised_without_the_space_that_sentencepiece_puts_before_it(
    tmp_path: Path,
) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "▁", "▁17", "17", "<0x0A>", "▁a", "a"]
    tokenizer = Tokenizer(models.Unigram([(p, -1.0) for p in pieces], unk_id=0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(tmp_path)
    ours = load_tokenizer(str(tmp_path))
    tokens = ours.pieces(Continuation(text="17"), ())
    assert (tokens.ids, tokens.ends) == ((3,), (2,))
