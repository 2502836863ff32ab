import asyncio
import json
import os
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from exporters import AnyExporter
from flows.cli import app
from schemas import ConfigError
from schemas.views import AnyView
from tasks.problems import stage
from tasks.run_file import opened
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tests.flows.in_process import stepmint
from tests.prm import models
from tests.registries import kinds
from tests.toy_runs import settings, toy_run

FORMATS = ", ".join(kinds(AnyExporter, "format"))
VIEWS = ", ".join(kinds(AnyView))


async def label(run: LabelRun) -> None:
    with opened(run):
        problems = await stage(run)
        for shard in range(problems.shards):
            await label_shard.fn(run, shard)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = toy_run(tmp_path_factory.mktemp("cli"), problems=6)
    asyncio.run(label(run))
    return run.folder


def test_a_run_is_shown_and_so_is_each_of_its_problems(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "show", labelled) == 0
    assert "toy" in capsys.readouterr().out
    assert stepmint(monkeypatch, "show", labelled, "0", "--solution", "0") == 0
    assert "Solution 0" in capsys.readouterr().out


def test_a_run_is_reported_in_one_file(
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "not there yet" / "toy.html"
    words = ("report", labelled, "--problems", "2", "--output")
    assert stepmint(monkeypatch, *words, target) == 0
    assert "2 of 6 problems are here" in capsys.readouterr().out
    assert target.read_text().startswith("<!doctype html>")
    assert stepmint(monkeypatch, *words, target / "inside a file") == 1
    assert "give another file with --output" in capsys.readouterr().err


def test_a_run_is_exported(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = stepmint(
        monkeypatch, "export", labelled, "--format", "trl", "--set", "validation_ratio=0"
    )
    assert code == 0
    told = capsys.readouterr().out
    assert "rows in" in told
    assert "lengths were not measured" in told
    assert pq.read_table(labelled / "exports" / "trl-hard" / "train.parquet").num_rows > 0


def test_the_rollouts_behind_a_step_are_shown_with_what_was_read_of_them(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "show", labelled, "0", "--rollouts", "0") == 0
    told = capsys.readouterr().out
    assert "3 rollouts from the beginning" in told
    assert "(read as hash, " in told
    shown = ("show", labelled, "0", "--solution", "0", "--rollouts")
    assert stepmint(monkeypatch, *shown, "1") == 0
    assert "4 rollouts behind step 1" in capsys.readouterr().out
    assert stepmint(monkeypatch, *shown, "99") == 1
    assert "there is no step 99" in capsys.readouterr().err


def test_the_runs_of_a_folder_are_listed_and_failed_ones_say_why(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = toy_run(labelled.parent.parent, name="bad-night", problems=6)
    with pytest.raises(ConfigError), opened(failed):
        raise ConfigError("the disk is full: make room\nmore of it")
    assert stepmint(monkeypatch, "runs", labelled.parent) == 0
    told = capsys.readouterr().out
    assert "finished" in told
    assert "bad-night: the disk is full: make room\n" in told
    assert stepmint(monkeypatch, "runs", labelled) == 1
    assert "holds no run" in capsys.readouterr().err


def test_a_configuration_is_checked_and_the_exit_code_says_how_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(tmp_path)))
    assert stepmint(monkeypatch, "check", config) == 0
    assert "12 problems, 12 to label" in capsys.readouterr().out
    assert stepmint(monkeypatch, "check", config, "--set", "source.path=nowhere.jsonl") == 1
    assert "nowhere.jsonl" in capsys.readouterr().out


def test_the_schema_of_a_configuration_is_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "schema") == 0
    schema = json.loads(capsys.readouterr().out)
    assert "labeler" in schema["properties"]
    titles = {name: one["title"] for name, one in schema["$defs"].items() if "title" in one}
    assert (titles["FileSource"], titles["OmegaPRM"]) == ("file", "omega_prm"), (
        "as it is configured"
    )


def test_an_export_never_shares_a_folder_with_another(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export = ("export", labelled, "--format", "trl", "--set", "folder=mine")
    assert stepmint(monkeypatch, *export) == 0
    assert stepmint(monkeypatch, *export, "--set", "max_length=7") == 1
    told = capsys.readouterr().err
    assert "max_length was 1024, now 7" in told
    assert "folder=mine-2" in told


def test_a_publication_can_be_rehearsed(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "publish", labelled, "--to", "hf:org/toy", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "nothing was sent" in told
    assert "solutions/shard-00000.parquet" in told


def test_pairs_are_graded_and_written_with_their_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.jsonl"
    rows = [
        {"id": 1, "truth": "1/2", "prediction": "0.5"},
        {"id": 2, "truth": "3", "prediction": "4"},
    ]
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    graded = tmp_path / "graded.jsonl"
    options = ("--gold-column", "truth", "--output", graded)
    assert stepmint(monkeypatch, "verify", pairs, *options) == 0
    verdicts = [json.loads(line)["verdict"] for line in graded.read_text().splitlines()]
    assert verdicts == ["correct", "incorrect"]
    assert "50.0%" in capsys.readouterr().out


def test_the_version_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.startswith("stepmint 0.")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "nowhere"), "nowhere is no folder: give a run's folder"),
        (("show", "RUN", "999"), "has no problem '999'"),
        (("show", "RUN", "0", "--solution", "77"), "has no solution 77; it has: "),
        (("export", "RUN", "--format", "nope"), f"format: 'nope'; give one of {FORMATS}"),
        (("export", "RUN", "--view", "nope"), f"view.kind: 'nope'; give one of {VIEWS}"),
        (("export", "RUN", "--set", "max_length=x"), "max_length: 'x': input should be a valid"),
        (("calibrate", "RUN", "--output", "RUN"), "that is a folder: name a file"),
        (("report", "RUN", "--output", ""), "--output .: that is a folder: name a file"),
        (("calibrate", "RUN", "--known", ""), "cannot be read"),
        (("verify", "nowhere.jsonl"), "nowhere.jsonl"),
        (("verify", "PAIRS", "--answers", "all"), "--answers all: give one of auto, bare"),
        (("verify", "PAIRS", "--gold-column", "x"), "could be graded: name its columns with"),
        (("verify", "PAIRS", "--set", "worker=2"), "worker: unknown; did you mean workers?"),
        (("publish", "RUN", "--to", "github:x"), "github:x"),
        (("label", "nowhere.yaml"), "nowhere.yaml is no configuration"),
        (("estimate", "nowhere.yaml"), "nowhere.yaml is no configuration"),
        (("serve", "nowhere.yaml", "--cron", "0 2 * * *"), "nowhere.yaml is no configuration"),
        (("lable", "demo"), "No such command"),
        (("label", "demo", "--sett", "a=b"), "No such option"),
    ],
)
def test_what_cannot_work_is_one_message_without_a_traceback(
    arguments: tuple[str, ...],
    expected: str,
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"gold": "1", "prediction": "1"}\n')
    places = {"RUN": str(labelled), "PAIRS": str(tmp_path / "pairs.jsonl")}
    code = stepmint(monkeypatch, *(places.get(part, part) for part in arguments))
    told = capsys.readouterr().err
    assert code in {1, 2}
    assert expected in " ".join(told.split())
    assert "Traceback" not in told
    assert "fault of stepmint" not in told


def test_another_configuration_under_the_same_name_is_refused_at_once(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = labelled.parent.parent / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(labelled.parent.parent, problems=6)))
    assert stepmint(monkeypatch, "label", config, "--set", "seed=6") == 1
    assert "seed: was 5, now 6" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(tmp_path)))
    (tmp_path / "locked").mkdir(mode=0o500)
    assert stepmint(monkeypatch, "label", config, "--set", f"output={tmp_path / 'locked'}") == 1
    assert "choose another folder with --set output=FOLDER" in capsys.readouterr().err


def test_a_torn_table_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = toy_run(tmp_path, problems=3)
    asyncio.run(label(run))
    torn = run.folder / "solutions" / "shard-00000.parquet"
    torn.write_bytes(torn.read_bytes()[:-9])
    assert stepmint(monkeypatch, "show", run.folder) == 1
    assert "shard-00000.parquet cannot be read" in capsys.readouterr().err


def test_a_traceback_is_shown_for_the_asking(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "--debug", "show", "nowhere") == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "error: nowhere is no folder" in told


def test_an_estimate_needs_no_prefect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(tmp_path, problems=20)))
    assert stepmint(monkeypatch, "estimate", config, "--probe", "5") == 0
    told = capsys.readouterr().out
    assert "20 problems, estimated from 5" in told
    assert "95% interval" in told
    assert "GPU-hours of writing" in told
    assert "that the probe saw" in told
    record = json.loads((tmp_path / "output" / "toy" / "run.json").read_text())
    assert record["status"] == "estimated"


def test_an_estimate_has_hours_and_a_price_at_the_rate_and_price_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(tmp_path, problems=4)))
    given = ("--probe", "4", "--rate", "0.1", "--price", "2.5")
    assert stepmint(monkeypatch, "estimate", config, *given) == 0
    cells = {
        name.strip(): float(total.replace(",", ""))
        for name, total in re.findall(r"│ (\S[^│]*?) *│ +([\d,.]+) │", capsys.readouterr().out)
    }
    hours = cells["completion tokens"] / 0.1 / 3600
    assert cells["GPU-hours of writing"] == pytest.approx(hours, abs=0.01)
    assert cells["price at 2.5 a GPU-hour"] == pytest.approx(2.5 * hours, abs=0.02)


def test_a_run_that_is_labelled_needs_no_estimate(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = labelled.parent.parent / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(labelled.parent.parent, problems=6)))
    assert stepmint(monkeypatch, "estimate", config) == 1
    assert "is labelled already: its costs are in" in " ".join(capsys.readouterr().err.split())


def test_what_others_wrote_moves_no_cursor_and_is_no_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "[bold]\x1b[2J pairs.jsonl"
    pairs.write_text('{"gold": "1", "prediction": "1"}\n{"\x1b[31m')
    assert stepmint(monkeypatch, "verify", pairs) == 0
    assert stepmint(monkeypatch, "verify", pairs, "--gold-column", "\x1b[2J[/x]") != 0
    assert stepmint(monkeypatch, "show", tmp_path / "\x1b]0;title\x07[/red]") != 0
    said = "".join(capsys.readouterr())
    assert "\x1b" not in said
    assert r"[bold]\x1b[2J pairs.jsonl" in said.replace("\n", "")
    assert r"\x1b]0;title\x07[/red]" in said


def test_a_model_is_learnt_from_a_run_and_measured_on_it(
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, output = models.language_model(tmp_path / "base"), tmp_path / "prm"
    training = ["train", labelled, "--base", base, "--output", output]
    settings = ["--set", "max_steps=1", "--set", "device=cpu", "--set", "max_length=400"]
    assert stepmint(monkeypatch, *training, *settings) == 0
    told = capsys.readouterr()
    assert f"rows of {labelled}" in told.err.replace("\n", "")
    assert f"stepmint evaluate {output / 'model'}" in told.out
    assert stepmint(monkeypatch, *training, *settings, "--set", "seed=1") == 2
    assert "seed was 0, now 1" in capsys.readouterr().err
    figures, grades = tmp_path / "figures.json", tmp_path / "grades.jsonl"
    written = ["--json", figures, "--grades", grades]
    assert stepmint(monkeypatch, "evaluate", output / "model", "--on", labelled, *written) == 0
    assert "threshold" in capsys.readouterr().out
    assert json.loads(figures.read_text())[0]["solutions"] > 0
    assert all(json.loads(line)["grades"] for line in grades.read_text().splitlines())


def test_a_form_that_is_none_is_named(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepmint(monkeypatch, "evaluate", "x", "--on", labelled, "--form", "qwen") == 2
    assert "--form qwen: give one of trl, qwen_prm" in capsys.readouterr().err


def test_a_setting_of_the_training_that_is_none_is_named(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["train", labelled, "--base", "x", "--set", "epoch=3"]
    assert stepmint(monkeypatch, *wrong) == 2
    assert "did you mean epochs?" in capsys.readouterr().err


COMMANDS = [one.name or one.callback.__name__ for one in app.registered_commands if one.callback]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert stepmint(monkeypatch, command, "--help") == 0
    assert f"Usage: stepmint {command}" in capsys.readouterr().out
