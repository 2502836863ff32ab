"""TRL's real trainer reads a real export: labels sit on the step ends, and the loss falls."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import datasets
import pytest
import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2ForSequenceClassification,
    Qwen2ForTokenClassification,
)

from exporters import LabelledSteps, TrlExporter
from exporters.preference import (
    OutcomePreferenceExporter,
    PreferenceExporter,
    pair_length,
)
from exporters.runs import export_run
from schemas.run_folder import RunFolder
from schemas.views import Hard
from tasks.tokenizer import TrainerTokenizer
from tests.runs import evidence, problem, solution, sums_run


@pytest.fixture(scope="module")
def prm() -> Any:
    """The module of the trainer of steps; without it those of pairs and chats are tested still."""
    return pytest.importorskip("trl.experimental.prm", reason="TRL 1.14 removed its PRM trainer")


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with a beginning-of-sequence token, as most models have."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<bos>", "<pad>", "<eos>"]
    raw.train_from_iterator(
        ["Mia adds up 2, 3, 4. What does she get?"],
        trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<bos>", pad_token="<pad>", eos_token="<eos>"
    )


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> datasets.Dataset:
    run = sums_run(tmp_path_factory.mktemp("runs") / "sums", count=60, telltale=" hm")
    report = export_run(RunFolder(run), TrlExporter(validation_ratio=0))
    return datasets.Dataset.from_parquet(
        str(report.folder / "train.parquet"), cache_dir=str(run / "cache")
    )


def tokenize(
    prm: Any, row: dict[str, Any], tokenizer: Any, *, max_length: int | None = 1024
) -> Any:
    return prm.PRMTrainer.tokenize_row(
        row,
        tokenizer=tokenizer,
        step_separator="\n",
        max_length=max_length,
        max_completion_length=None,
        train_on_last_step_only=False,
        is_eval=False,
    )


def test_the_trainer_puts_each_label_with_its_polarity_on_the_end_of_its_step(
    prm: Any, train: datasets.Dataset, tokenizer: Any
) -> None:
    for row in train:
        tokens = tokenize(prm, row, tokenizer)
        ends = [at for at, label in enumerate(tokens["labels"]) if label != -100]
        assert [bool(tokens["labels"][at]) for at in ends] == row["labels"]
        start = 1 + len(tokenizer(row["prompt"], add_special_tokens=False)["input_ids"])
        pieces = [start, *(end + 1 for end in ends)]
        steps = [
            tokenizer.decode(tokens["input_ids"][begin:end]) for begin, end in pairwise(pieces)
        ]
        assert steps == [step + "\n" for step in row["completions"]]


def test_our_length_of_a_row_is_the_trainers(
    prm: Any, train: datasets.Dataset, tokenizer: Any, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path)
    ours = TrainerTokenizer.load(str(tmp_path))
    for row in train.select(range(20)):
        made = _steps(row)
        trainers_length = len(tokenize(prm, row, tokenizer, max_length=None)["input_ids"])
        assert TrlExporter().length(made, "\n", ours) == trainers_length


def test_rows_kept_at_a_tight_limit_lose_no_label_in_the_trainer(
    prm: Any, tokenizer: Any, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    run = RunFolder(sums_run(tmp_path / "sums"))
    limit = 50
    settings = TrlExporter(
        validation_ratio=0, max_length=limit, long_rows="shorten", view=Hard(after_error="keep")
    )
    ours = TrainerTokenizer.load(str(tmp_path / "tokenizer"))
    report = export_run(run, settings, tokenizer=ours)
    assert report.shortened
    kept = datasets.Dataset.from_parquet(
        str(report.folder / "train.parquet"), cache_dir=str(tmp_path / "cache")
    )
    for row in kept:
        labels = tokenize(prm, row, tokenizer, max_length=limit)["labels"]
        assert [bool(label) for label in labels if label != -100] == row["labels"]


def test_the_loss_falls(prm: Any, train: datasets.Dataset, tokenizer: Any, tmp_path: Path) -> None:
    trainer = prm.PRMTrainer(
        model=Qwen2ForTokenClassification(tiny(tokenizer, num_labels=2)),
        args=prm.PRMConfig(
            output_dir=str(tmp_path),
            max_steps=30,
            per_device_train_batch_size=16,
            learning_rate=5e-3,
            lr_scheduler_type="constant",
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            seed=0,
        ),
        processing_class=tokenizer,
        train_dataset=train,
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


@pytest.fixture(scope="module", params=[PreferenceExporter, OutcomePreferenceExporter])
def pairs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> datasets.Dataset:
    run = sums_run(tmp_path_factory.mktemp("runs") / "sums", count=60)
    report = export_run(RunFolder(run), request.param(validation_ratio=0))
    return datasets.Dataset.from_parquet(
        str(report.folder / "train.parquet"), cache_dir=str(run / "cache")
    )


ARGUMENTS: dict[str, Any] = {
    "per_device_train_batch_size": 8,
    "save_strategy": "no",
    "report_to": [],
    "use_cpu": True,
    "bf16": False,
    "max_steps": 1,
    "max_length": 256,
    "gradient_checkpointing": False,
}


def test_the_trainer_of_rewards_reads_pairs_whole(
    pairs: datasets.Dataset, tokenizer: Any, tmp_path: Path
) -> None:
    trainer = trl.RewardTrainer(
        model=Qwen2ForSequenceClassification(tiny(tokenizer, num_labels=1)),
        args=trl.RewardConfig(output_dir=str(tmp_path / "out"), **ARGUMENTS),
        processing_class=tokenizer,
        train_dataset=pairs,
    )
    read = [(row["chosen_ids"], row["rejected_ids"]) for row in trainer.train_dataset]
    _read_whole(read, pairs, tokenizer, tmp_path)
    trainer.train()


def test_the_trainer_of_preferences_reads_pairs_whole(
    pairs: datasets.Dataset, tokenizer: Any, tmp_path: Path
) -> None:
    trainer = trl.DPOTrainer(
        model=Qwen2ForCausalLM(tiny(tokenizer)),
        ref_model=Qwen2ForCausalLM(tiny(tokenizer)),
        args=trl.DPOConfig(output_dir=str(tmp_path / "out"), **ARGUMENTS),
        processing_class=tokenizer,
        train_dataset=pairs,
    )
    read = [
        (row["prompt_ids"] + row["chosen_ids"], row["prompt_ids"] + row["rejected_ids"])
        for row in trainer.train_dataset
    ]
    _read_whole(read, pairs, tokenizer, tmp_path)
    trainer.train()


def _read_whole(
    read: list[tuple[list[int], list[int]]], pairs: datasets.Dataset, tokenizer: Any, folder: Path
) -> None:
    """Check that both texts of each pair were read to their end, and are as long as we say."""
    tokenizer.save_pretrained(folder)
    ours = TrainerTokenizer.load(str(folder))
    assert len(read) == len(pairs) > 10
    for row, both in zip(pairs, read, strict=True):
        whole = [row["prompt"] + row[side] for side in ("chosen", "rejected")]
        assert list(map(tokenizer.decode, both)) == [text + tokenizer.eos_token for text in whole]
        begins = int(ours.adds_bos)  # this tokenizer has a beginning that TRL leaves away here
        assert pair_length(row, ours) - begins == max(map(len, both))


def tiny(tokenizer: Any, **more: Any) -> Qwen2Config:
    """A model of nothing much, for trainers to be seen at work."""
    return Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )


def _steps(row: dict[str, Any]) -> Any:
    one = problem(row["prompt"])
    return LabelledSteps(
        problem=one,
        solution=solution(one, row["completions"], [evidence(1, 1)] * len(row["completions"])),
        steps=tuple(row["completions"]),
        labels=tuple(row["labels"]),
    )
