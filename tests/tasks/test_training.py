"""Runs become a model in a folder that says what it was made of, and takes nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from exporters import StepmintExporter
from exporters.runs import ExportReport
from prm.settings import Training
from schemas import ConfigError, RunError
from schemas.views import Beta
from tasks.locks import locked
from tasks.training import Trained, train
from tests.prm import models
from tests.runs import sums_run


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.language_model(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return sums_run(tmp_path / "sums", count=20)


def trained(runs: list[Path], base: Path, output: Path, **settings: Any) -> Trained:
    rows = settings.pop("rows", StepmintExporter(validation_ratio=0.3))
    chosen = {"max_steps": 1, "device": "cpu", **settings}
    return train(runs, Training(base=str(base), output=output, **chosen), rows)


def record(output: Path) -> dict[str, Any]:
    return dict(json.loads((output / "train.json").read_text()))


def test_a_model_comes_with_a_record_of_its_rows_and_settings(
    run: Path, base: Path, tmp_path: Path
) -> None:
    found = trained([run], base, tmp_path / "prm", learning_rate=1e-3)
    assert (found.model / "config.json").is_file()
    assert not found.already
    told = record(tmp_path / "prm")
    assert told["settings"]["learning_rate"] == 1e-3
    assert "device" not in told["settings"]
    assert told["batches"] == 1
    assert told["validation_loss"] == found.loss
    (rows,) = told["rows"]
    assert rows["run"] == "sums"
    assert rows["view"]["kind"] == "hard"
    assert sum(rows["counts"].values()) == sum(found.rows.values())


def test_the_same_command_again_learns_nothing(run: Path, base: Path, tmp_path: Path) -> None:
    first = trained([run], base, tmp_path / "prm")
    before = record(tmp_path / "prm")
    again = trained([run], base, tmp_path / "prm", per_device=4)
    assert again.already
    assert again.loss == first.loss
    assert record(tmp_path / "prm") == before


def test_other_settings_want_another_folder(run: Path, base: Path, tmp_path: Path) -> None:
    trained([run], base, tmp_path / "prm")
    with pytest.raises(ConfigError, match=r"seed was 0, now 3\): give another folder"):
        trained([run], base, tmp_path / "prm", seed=3)


def test_other_rows_want_another_folder(run: Path, base: Path, tmp_path: Path) -> None:
    trained([run], base, tmp_path / "prm")
    with pytest.raises(ConfigError, match="rows changed"):
        trained([run], base, tmp_path / "prm", rows=StepmintExporter(view=Beta()))


def test_runs_are_learnt_from_together_with_one_separator(
    run: Path, base: Path, tmp_path: Path
) -> None:
    lines = sums_run(tmp_path / "lines", count=20, seed=5, telltale=" a\nb")
    reports: list[ExportReport] = []
    rows = StepmintExporter(validation_ratio=0.3)
    settings = Training(base=str(base), output=tmp_path / "prm", max_steps=1, device="cpu")
    found = train([run, lines], settings, rows, exported=reports.append)
    assert {report.separator for report in reports} == {"\n\n"}
    assert sum(found.rows.values()) == sum(sum(one.rows.values()) for one in reports)
    told = json.loads((found.model / "prm.json").read_text())
    assert told["separator"] == "\n\n"


def test_a_damaged_record_is_named(run: Path, base: Path, tmp_path: Path) -> None:
    trained([run], base, tmp_path / "prm")
    (tmp_path / "prm" / "train.json").write_text("{")
    with pytest.raises(RunError, match=r"train\.json is damaged"):
        trained([run], base, tmp_path / "prm")


def test_two_processes_do_not_learn_in_one_folder(run: Path, base: Path, tmp_path: Path) -> None:
    (tmp_path / "prm").mkdir()
    with locked(tmp_path / "prm" / "lock"), pytest.raises(RunError, match="another process"):
        trained([run], base, tmp_path / "prm")


def test_a_folder_that_is_no_run_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nowhere"):
        trained([tmp_path / "nowhere"], base, tmp_path / "prm")


def test_a_run_whose_tables_were_changed_is_not_learnt_from(
    run: Path, base: Path, tmp_path: Path
) -> None:
    table = next((run / "solutions").iterdir())
    shutil.copy(next((run / "problems").iterdir()), table)
    with pytest.raises(RunError):
        trained([run], base, tmp_path / "prm")
