"""Build the demo policy's tokenizer: byte-level BPE over the synthetic world's few words.

Any text encodes and decodes without loss. Digits are single tokens, with or without a blank in
front, and a line break is always a token of its own, so no step boundary splits a token.
"""

from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from sources.synthetic import SyntheticSource

END, PAD = "<|end|>", "<|pad|>"
VOCABULARY = 1024
POSITIONS = 2048
PROMPT = "Question: {question}\nAnswer:\n"
"""The prompt the policy is trained on; `configs/prompts/synthetic.yaml` renders the same."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}{{ message['content'] }}"
    "{% elif message['role'] == 'user' %}Question: {{ message['content'] }}\nAnswer:\n"
    "{% endif %}{% endfor %}"
)
"""Renders one user turn to the plain prompt; system turns are unknown to this policy."""

_PIECES = Regex(r"\n| ?\p{N}| ?\p{L}+| ?[^\s\p{L}\p{N}]+|[^\S\n]+")
_SEED = 7
_TEXTS = 20_000


def build() -> PreTrainedTokenizerFast:
    """Train the tokenizer; the same code gives the same tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_PIECES, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=POSITIONS,
        chat_template=CHAT_TEMPLATE,
    )


def _texts() -> Iterator[str]:
    for problem in map(SyntheticSource(seed=_SEED).problem, range(_TEXTS)):
        yield f"{PROMPT.format(question=problem.question)}{problem.solution}"
    # Words of slips and their corrections, which reference solutions do not have.
    yield from ["Wait, the next So the first Wait, each Wait, on Wait, after"] * 50


def load(folder: Path) -> PreTrainedTokenizerFast:
    """Read a saved tokenizer."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    return tokenizer
