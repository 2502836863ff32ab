"""TRL's chat trainers read rows of critiques: what they learn from is what we wrote, whole."""

from pathlib import Path
from typing import Any

import datasets
import pytest
import trl
from transformers import Qwen2ForCausalLM

from exporters.critiques import CritiqueDpoExporter, CritiqueExporter
from exporters.runs import export_run
from schemas.run_folder import RunFolder
from tests.exporters.test_critiques import AGREES, EARLIER, LATER, run_of
from tests.exporters.test_trl_trainer import ARGUMENTS, tiny, tokenizer

__all__ = ["tokenizer"]  # a fixture

CHAT = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}{{ eos_token }}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
ARGS = ARGUMENTS | {"max_length": 4096, "per_device_train_batch_size": 1}


@pytest.fixture
def chats(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(tokenizer, "chat_template", CHAT)
    return tokenizer


def rows(exporter: Any, folder: Path) -> datasets.Dataset:
    run = run_of(folder / "run", AGREES, EARLIER, f"Again.\n\n{AGREES}", LATER)
    report = export_run(RunFolder(run), exporter)
    train = str(report.folder / "train.parquet")
    return datasets.Dataset.from_parquet(train, cache_dir=str(folder / "cache"))


def turn(message: Any, end: str) -> str:
    return f"<{message['role']}>{message['content']}{end}"


def test_the_trainer_of_chats_reads_each_critique_behind_its_prompt(
    chats: Any, tmp_path: Path
) -> None:
    kept = rows(CritiqueExporter(validation_ratio=0), tmp_path)
    trainer = trl.SFTTrainer(
        model=Qwen2ForCausalLM(tiny(chats)),
        args=trl.SFTConfig(output_dir=str(tmp_path / "out"), **ARGS),
        processing_class=chats,
        train_dataset=kept,
    )
    assert len(kept) == 2
    for row, read in zip(kept, trainer.train_dataset, strict=True):
        whole = "".join(turn(message, chats.eos_token) for message in row["messages"])
        assert chats.decode(read["input_ids"]) == whole
    trainer.train()


def test_the_trainer_of_preferences_reads_both_critiques_behind_one_prompt(
    chats: Any, tmp_path: Path
) -> None:
    pairs = rows(CritiqueDpoExporter(validation_ratio=0, pairs=2), tmp_path)
    trainer = trl.DPOTrainer(
        model=Qwen2ForCausalLM(tiny(chats)),
        ref_model=Qwen2ForCausalLM(tiny(chats)),
        args=trl.DPOConfig(output_dir=str(tmp_path / "out"), **ARGS),
        processing_class=chats,
        train_dataset=pairs,
    )
    assert len(pairs) == 2
    for row, read in zip(pairs, trainer.train_dataset, strict=True):
        (asked,) = row["prompt"]
        assert chats.decode(read["prompt_ids"]) == f"{turn(asked, chats.eos_token)}<assistant>"
        for side in ("chosen", "rejected"):
            (said,) = row[side]
            assert chats.decode(read[f"{side}_ids"]) == said["content"] + chats.eos_token
    trainer.train()
