"""Tiny models with random weights, one of each family, in folders as their makers publish them."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForTokenClassification,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from prm.grading import _QwenRewards

SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 512,
    "classifier_dropout": 0.0,
}
CHAT = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<bos>", "<pad>", "<extra_0>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]


def tokenizer() -> Any:
    """A byte-level BPE tokenizer with a beginning-of-sequence token and a chat template."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        ["Mia adds up 2, 3, 4. What does she get? ки + -"],
        trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<bos>", pad_token="<pad>", chat_template=CHAT
    )


def classifier(folder: Path) -> Path:
    """A token classifier with two classes."""
    return _saved(LlamaForTokenClassification, LlamaConfig(**SIZES, num_labels=2), folder)


def language_model(folder: Path) -> Path:
    """A language model."""
    return _saved(LlamaForCausalLM, LlamaConfig(**SIZES), folder)


def qwen(folder: Path) -> Path:
    """Qwen2.5-Math-PRM's architecture."""
    saved = _saved(_QwenRewards, Qwen2Config(**SIZES), folder)
    config = folder / "config.json"
    config.write_text(config.read_text().replace("_QwenRewards", "Qwen2ForProcessRewardModel"))
    return saved


def _saved(kind: Any, config: Any, folder: Path) -> Path:
    words = tokenizer()
    config.vocab_size, config.pad_token_id = len(words), words.pad_token_id
    config.bos_token_id, config.eos_token_id = words.bos_token_id, None
    torch.manual_seed(0)
    kind(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
