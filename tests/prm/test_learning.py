"""Our trainer learns what rows say, and stopped or not comes to the same model."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exporters import StepmintExporter
from exporters.runs import export_run
from prm.grading import load_grader
from prm.learning import Curve, learn
from prm.settings import Training
from schemas import ConfigError
from schemas.run_folder import RunFolder
from schemas.views import Soft
from tests.prm import models
from tests.runs import sums_run

FAST: dict[str, Any] = {
    "learning_rate": 5e-3,
    "schedule": "constant",
    "warmup": 0,
    "batch_size": 16,
    "per_device": 16,
    "device": "cpu",
}


class Stopped(Exception):  # noqa: N818 - what a kill does, in a test
    pass


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.language_model(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("runs") / "sums"
    return RunFolder(sums_run(folder, count=60, telltale=" hm"))


def rows(run: RunFolder, **settings: Any) -> dict[str, list[Path]]:
    report = export_run(run, StepmintExporter(**{"validation_ratio": 0.2, **settings}))
    return {split: [report.folder / f"{split}.parquet"] for split in ("train", "validation")}


def learnt(
    run: RunFolder, base: Path, output: Path, *, stop_at: int | None = None, **settings: Any
) -> Curve:
    def told(done: int, of: int, measured: Mapping[str, float]) -> None:
        if done == stop_at:
            raise Stopped

    files = rows(run)
    training = Training(base=str(base), output=output, **{**FAST, "max_steps": 30, **settings})
    return learn(training, files["train"], files["validation"], separator="\n", told=told)


def weights(output: Path) -> bytes:
    return (output / "model" / "model.safetensors").read_bytes()


def test_the_loss_falls_and_is_kept_as_a_curve(run: RunFolder, base: Path, tmp_path: Path) -> None:
    curve = learnt(run, base, tmp_path)
    losses = [point["loss"] for point in curve.points if "loss" in point]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert curve.batches == 30
    assert curve.last is not None
    lines = (tmp_path / "loss.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == list(curve.points)


def test_what_was_learnt_is_there_alone_and_says_how_it_is_asked(
    run: RunFolder, base: Path, tmp_path: Path
) -> None:
    learnt(run, base, tmp_path, max_steps=1)
    assert {path.name for path in tmp_path.iterdir()} == {"model", "loss.jsonl"}
    said = json.loads((tmp_path / "model" / "prm.json").read_text())
    assert said == {"form": "trl", "separator": "\n"}
    assert len(next(load_grader(str(tmp_path / "model"), device="cpu").grade([("?", ["9"])]))) == 1


def test_a_training_that_was_stopped_goes_on_to_the_same_model(
    run: RunFolder, base: Path, tmp_path: Path
) -> None:
    whole = learnt(run, base, tmp_path / "whole", max_steps=12, save_steps=5)
    with pytest.raises(Stopped):
        learnt(run, base, tmp_path / "cut", max_steps=12, save_steps=5, stop_at=8)
    assert not (tmp_path / "cut" / "model").exists()
    rest = learnt(run, base, tmp_path / "cut", max_steps=12, save_steps=5)
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    assert [point["loss"] for point in rest.points if "loss" in point] == pytest.approx(
        [point["loss"] for point in whole.points if "loss" in point]
    )


def test_with_patience_the_best_model_is_kept(run: RunFolder, base: Path, tmp_path: Path) -> None:
    (train,) = rows(run)["train"]
    table = pq.read_table(train)
    swapped = [[1 - label for label in labels] for labels in table["labels"].to_pylist()]
    place = table.schema.get_field_index("labels")
    pq.write_table(table.set_column(place, "labels", [swapped]), tmp_path / "swapped.parquet")
    settings = {**FAST, "max_steps": 40, "patience": 2, "save_steps": 3}
    training = Training(base=str(base), output=tmp_path / "prm", **settings)
    curve = learn(training, [train], [tmp_path / "swapped.parquet"], separator="\n")
    assert curve.batches < 40
    assert curve.least is not None
    assert curve.last is not None
    assert curve.least < curve.last
    kept = _loss_of(tmp_path / "prm" / "model", tmp_path / "swapped.parquet")
    assert kept == pytest.approx(curve.least, rel=1e-3)


def _loss_of(model: Path, file: Path) -> float:
    told = pq.read_table(file).to_pylist()
    grader = load_grader(str(model), device="cpu")
    graded = grader.grade((row["prompt"], row["completions"]) for row in told)
    losses = [
        -math.log(grade if label else 1 - grade)
        for row, grades in zip(told, graded, strict=True)
        for label, grade in zip(row["labels"], grades, strict=True)
    ]
    return sum(losses) / len(losses)


def test_patience_without_validation_rows_is_refused(
    run: RunFolder, base: Path, tmp_path: Path
) -> None:
    training = Training(base=str(base), output=tmp_path, patience=1)
    with pytest.raises(ConfigError, match="patience needs validation rows"):
        learn(training, rows(run)["train"], [], separator="\n")


def test_another_seed_gives_another_model(run: RunFolder, base: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        learnt(run, base, tmp_path / str(seed), max_steps=2, seed=seed)
    assert weights(tmp_path / "0") != weights(tmp_path / "1")


def test_a_batch_of_several_passes_is_the_batch_in_one(
    run: RunFolder, base: Path, tmp_path: Path
) -> None:
    one = learnt(run, base, tmp_path / "one", max_steps=6)
    four = learnt(run, base, tmp_path / "four", max_steps=6, per_device=4)
    assert four.last == pytest.approx(one.last, rel=1e-3)


def test_grades_are_learnt_as_grades(base: Path, tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums", count=20))
    report = export_run(run, StepmintExporter(view=Soft(after_error="keep"), validation_ratio=0))
    training = Training(base=str(base), output=tmp_path / "prm", max_steps=60, **FAST)
    learn(training, [report.folder / "train.parquet"], [], separator="\n")
    told = pq.read_table(report.folder / "train.parquet").to_pylist()
    stated = [label for row in told for label in row["labels"]]
    grader = load_grader(str(tmp_path / "prm" / "model"), device="cpu")
    grades = list(grader.grade((row["prompt"], row["completions"]) for row in told))
    mean = sum(map(sum, grades)) / sum(map(len, grades))
    assert 0.2 < sum(stated) / len(stated) < 0.95
    assert mean == pytest.approx(sum(stated) / len(stated), abs=0.1)


def test_small_matrices_alone_are_learnt_and_read_back(
    run: RunFolder, base: Path, tmp_path: Path
) -> None:
    learnt(run, base, tmp_path, lora={"rank": 4}, gradient_checkpointing=True)
    assert (tmp_path / "model" / "adapter_config.json").is_file()
    grader = load_grader(str(tmp_path / "model"), device="cpu")
    question = "Mia adds up 2, 3."
    right, wrong = grader.grade([(question, ["2 + 3 = 5"]), (question, ["2 + 3 = 6 hm"])])
    assert right[0] > wrong[0]


def test_a_base_that_is_none_is_named(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing' does not load"):
        learnt(run, tmp_path / "nothing", tmp_path / "prm")


def test_layers_that_are_not_there_are_named(run: RunFolder, base: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"lora\.modules=\['nowhere'\]"):
        learnt(run, base, tmp_path, lora={"modules": ["nowhere"]})


def test_a_batch_is_made_of_whole_passes() -> None:
    with pytest.raises(ValueError, match="per_device=5 does not divide batch_size=16"):
        Training(base="x", output=Path("y"), batch_size=16, per_device=5)
