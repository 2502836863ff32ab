"""A tiny random model with a real tokenizer."""

from pathlib import Path

import pytest

_CHAT = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_CORPUS = [
    "Tom has 3 apples and buys 14 more. How many apples does Tom have now?\n",
    "First, 3 + 14 = 17.\nSo Tom has 17 apples.\n#### 17",
    "Café au lait costs 2 €; naïve 😀 buyers pay 5 €.\n\nStep 1: 2 + 5 = 7\n",
] * 3


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for a hub; other rooms' tests and their processes are left as they are."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def make_tokenizer(folder: Path) -> None:
    """Write a byte-level BPE tokenizer with a chat template, whose characters can split."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|bos|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    trainer = trainers.BpeTrainer(vocab_size=160, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(_CORPUS, trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|bos|>",
        eos_token="<|end|>",
        chat_template=_CHAT,
    ).save_pretrained(folder)


def make_model(folder: Path, *, seed: int = 0) -> None:
    """Write a two-layer Qwen2 of random weights that now and then ends by itself."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    make_tokenizer(folder)
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(AutoTokenizer.from_pretrained(folder)),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,  # head size 32: the smallest that vLLM's CPU attention takes
        num_key_value_heads=1,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=1,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("tiny") / "tiny-qwen2"
    make_model(folder)
    return str(folder)


@pytest.fixture
def tokenizer_dir(tmp_path: Path) -> Path:
    """Return a folder with a tokenizer and no model yet."""
    make_tokenizer(tmp_path / "tokenizer")
    return tmp_path / "tokenizer"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
