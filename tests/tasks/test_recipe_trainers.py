"""TRL's trainers read a recipe's rows: the loss is on what the policy wrote, whole."""

from pathlib import Path
from typing import Any

import datasets
import pytest
import trl
from transformers import Qwen2ForCausalLM

from tests.exporters.test_critique_trainers import ARGS, CHAT, turn
from tests.exporters.test_trl_trainer import tiny, tokenizer
from tests.tasks.recipes import TextWriter, cooked, open_instead, sums, v_star

__all__ = ["tokenizer"]  # a fixture


def rows(folder: Path, product: str) -> datasets.Dataset:
    path = folder / f"output/made/round-1/{product}.parquet"
    return datasets.Dataset.from_parquet(str(path), cache_dir=str(folder / "cache"))


@pytest.fixture(params=["synthetic", "zero-shot"])
def made(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokenizer: Any
) -> Path:
    """The products of one round, of a text prompt and of a chat."""
    boxed = request.param == "zero-shot"

    def write(prompt: str, prefix: str, seed: int) -> str:
        total = 14 + seed % 2
        return f"2 + 12 = {total}\n\n\\boxed{{{total}}}" if boxed else f"So:\n#### {total}"

    open_instead(monkeypatch, TextWriter(write))
    monkeypatch.setattr(tokenizer, "chat_template", CHAT)
    cooked(v_star(tmp_path, sums(tmp_path, 1), samples=4, prompt=request.param))
    return tmp_path


def texts(row: Any, name: str, end: str) -> str:
    """A cell as the trainer should read it."""
    if isinstance(row[name], str):
        return str(row[name]) + ("" if name == "prompt" else end)
    if name == "prompt":
        return "".join(turn(message, end) for message in row[name]) + "<assistant>"
    return str(row[name][0]["content"]) + end


def test_the_trainer_of_solutions_learns_from_what_was_written_and_not_from_the_prompt(
    made: Path, tokenizer: Any
) -> None:
    kept = rows(made, "sft")
    trainer = trl.SFTTrainer(
        model=Qwen2ForCausalLM(tiny(tokenizer)),
        args=trl.SFTConfig(output_dir=str(made / "out"), **ARGS),
        processing_class=tokenizer,
        train_dataset=kept,
    )
    (row,), (read,) = kept, trainer.train_dataset
    tokens = list(zip(read["input_ids"], read["labels"], strict=True))
    end = tokenizer.eos_token
    learnt = [token for token, label in tokens if label != -100]
    assert tokenizer.decode(learnt) == texts(row, "completion", end)
    asked = tokenizer.decode([token for token, label in tokens if label == -100])
    assert asked.removeprefix("<bos>") == texts(row, "prompt", end)
    trainer.train()


def test_the_trainer_of_preferences_reads_right_and_wrong_behind_one_prompt(
    made: Path, tokenizer: Any
) -> None:
    pairs = rows(made, "pairs")
    trainer = trl.DPOTrainer(
        model=Qwen2ForCausalLM(tiny(tokenizer)),
        ref_model=Qwen2ForCausalLM(tiny(tokenizer)),
        args=trl.DPOConfig(output_dir=str(made / "out"), **ARGS),
        processing_class=tokenizer,
        train_dataset=pairs,
    )
    (row,), (read,) = pairs, trainer.train_dataset
    assert tokenizer.decode(read["prompt_ids"]).removeprefix("<bos>") == texts(
        row, "prompt", tokenizer.eos_token
    )
    for side in ("chosen", "rejected"):
        assert tokenizer.decode(read[f"{side}_ids"]) == texts(row, side, tokenizer.eos_token)
    trainer.train()
