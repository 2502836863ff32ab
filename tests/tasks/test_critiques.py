"""Sets of critiques: what they hold, that nothing is paid twice, and how they meet the labels."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from exporters.critiques import CritiqueExporter
from policies.scripted_critic import ScriptedCriticSettings
from rollouts.critiquing import reading
from schemas import (
    Completion,
    CompletionRequest,
    ConfigError,
    Judgement,
    Placed,
    PolicyError,
    RunError,
)
from schemas.critique_folder import CritiqueFolder
from schemas.run_folder import RunFolder
from tasks import critique_set, critiques, record_folder
from tasks.exports import export
from tests.flows.crashes import crash_at
from tests.runs import sums_run
from tests.tasks.critics import WritingCritic, asking, critiqued, judged, of_sums, open_instead
from tests.toy_runs import toy_run, tree

ROOT = Path(__file__).resolve().parents[2]


def small(folder: Path) -> Path:
    """A run of two shards with 12 solutions."""
    return sums_run(folder / "run", count=6)


def made(run: Path) -> CritiqueFolder:
    return RunFolder(run).critique_set("critic")


def rows(run: Path) -> dict[str, bytes]:
    return tree(made(run).path, lambda path: path.suffix == ".parquet")


def test_a_critic_that_knows_the_truth_agrees_with_true_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    open_instead(monkeypatch, WritingCritic(of_sums))
    counts = critiqued(run, samples=3)
    assert (counts.solutions, counts.critiques, counts.read) == (12, 36, 36)
    assert counts.with_verdicts == 36
    assert set(counts.with_error) == set(counts.without_error) == {Placed.SAME}
    assert counts.judged == counts.agreed == 12
    record = made(run).record()
    assert record["status"] == "finished"
    assert record["counts"]["critiques"] == 36
    assert record["costs"]["completion_tokens"] == counts.completion_tokens > 0
    assert record["agreement"]["agreed"] == 12
    assert record["policy"] == "writing-critic"
    assert "{{ solution }}" in record["template"]["user"]


def test_where_critiques_put_the_error_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    open_instead(monkeypatch, WritingCritic(lambda prompt, seed: judged([False])))
    counts = critiqued(run, samples=1)
    first = sum(row.solution.first_error == 0 for row in RunFolder(run).solutions())
    sound = sum(row.solution.first_error == -1 for row in RunFolder(run).solutions())
    assert counts.with_error[Placed.SAME] == first
    assert counts.with_error[Placed.EARLIER] == 12 - first - sound
    assert counts.without_error == {Placed.EARLIER: sound}


def test_a_babbler_is_kept_raw_with_the_reason_and_agrees_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    open_instead(monkeypatch, WritingCritic(lambda prompt, seed: f"Nice weather {seed}."))
    counts = critiqued(run)
    assert (counts.critiques, counts.read, counts.judged) == (48, 0, 0)
    assert counts.unread == {"neither verdicts nor an index in a box": 48}
    for shard in RunFolder(run).shards:
        for one in made(run).critiques(shard):
            assert one.completion.text == f"Nice weather {one.completion.seed}."


def test_seeds_and_rows_are_the_same_whenever_and_whatever_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = small(tmp_path / "a"), small(tmp_path / "b")
    open_instead(monkeypatch, WritingCritic(lambda prompt, seed: judged([seed % 2 == 0])))
    critiqued(here, samples=4)
    critiqued(there, samples=1, limit=5)
    critiqued(there, samples=4)
    assert rows(here) == rows(there)
    seeds = [
        one.completion.seed
        for shard in RunFolder(here).shards
        for one in made(here).critiques(shard)
    ]
    assert len(set(seeds)) == 48


def test_what_came_back_before_a_failure_is_not_paid_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    breaking = WritingCritic(of_sums, fail_after=8)
    open_instead(monkeypatch, breaking)
    with pytest.raises(PolicyError, match="does not answer"):
        critiqued(run, samples=2)
    assert made(run).record()["status"] == "failed"
    whole = WritingCritic(of_sums)
    open_instead(monkeypatch, whole)
    counts = critiqued(run, samples=2)
    assert counts.critiques == 24
    assert breaking.written + whole.written == 24
    again = WritingCritic(of_sums)
    open_instead(monkeypatch, again)
    critiqued(run, samples=2)
    assert again.written == 0


def test_more_samples_pay_for_the_new_ones_alone_and_fewer_lose_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    critic = WritingCritic(of_sums)
    open_instead(monkeypatch, critic)
    critiqued(run, samples=1, limit=4)
    assert critic.written == 4
    critiqued(run, samples=3)
    assert critic.written == 36
    assert critiqued(run, samples=2, limit=1).critiques == 36
    assert critic.written == 36


def test_a_budget_ends_with_what_is_there_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    critic = WritingCritic(of_sums)
    open_instead(monkeypatch, critic)
    counts = critiqued(run, samples=2, budget={"rollouts": 7})
    assert counts.critiques == critic.written <= 7
    assert counts.critiques >= 6
    assert made(run).record()["status"] == "budget reached"
    assert critiqued(run, samples=2, budget={"rollouts": 24}).critiques == critic.written == 24
    assert made(run).record()["status"] == "finished"


@pytest.mark.slow
@pytest.mark.parametrize("deeds", [9, 17, 22, 24, 26])
def test_after_a_kill_nothing_is_paid_twice_and_the_rows_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deeds: int
) -> None:
    whole, killed = small(tmp_path / "a"), small(tmp_path / "b")
    critiqued(whole, samples=2)
    call = (
        "from tests.tasks.critics import critiqued; from pathlib import Path; "
        f"critiqued(Path({str(killed)!r}), samples=2)"
    )
    prelude = crash_at(deeds, killed / "critiques", torn=deeds == 17)
    done = subprocess.run(
        [sys.executable, "-c", f"{prelude}\n{call}"], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]
    had = critique_set.spent_by(made(killed), RunFolder(killed).shards).rollouts
    written = 0
    write = ScriptedCriticSettings.write

    def counted(self: ScriptedCriticSettings, request: CompletionRequest, seed: int) -> Completion:
        nonlocal written
        written += 1
        return write(self, request, seed)

    monkeypatch.setattr(ScriptedCriticSettings, "write", counted)
    counts = critiqued(killed, samples=2)
    assert had + written == counts.sampled
    assert rows(whole) == rows(killed)
    assert not list((made(killed).path / "journal").glob("*.journal"))


def test_another_reader_reads_what_is_there_and_asks_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    critic = WritingCritic(lambda prompt, seed: "It is all \\boxed{well}.")
    open_instead(monkeypatch, critic)
    assert critiqued(run).read == 0
    for module in (critiques, critique_set):
        monkeypatch.setattr(module, "READER", reading.READER + 1)
    well = Judgement(first_error=-1)
    monkeypatch.setattr(critiques, "judgement", lambda completion, steps: well)
    written = critic.written
    assert critiqued(run).read == 48
    assert critic.written == written


def test_equal_solutions_share_their_critiques(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sums_run(tmp_path / "run", count=40)
    critic = WritingCritic(of_sums)
    open_instead(monkeypatch, critic)
    counts = critiqued(run, samples=2)
    distinct = {(row.problem.id, row.solution.steps) for row in RunFolder(run).solutions()}
    assert len(distinct) < counts.solutions
    assert critic.written == counts.sampled == 2 * len(distinct)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sampling": {"temperature": 0.1}}, r"sampling\.temperature: was 0\.7, now 0\.1"),
        ({"policy": {"kind": "scripted_critic", "error": 0.5}}, r"policy\.error: was 0\.1"),
    ],
)
def test_a_set_of_other_settings_is_not_mixed(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    run = small(tmp_path)
    critiqued(run, samples=1)
    with pytest.raises(RunError, match=told):
        critiqued(run, samples=1, **changes)
    assert critiqued(run, samples=1, name="other", **changes).critiques == 12


def test_a_set_that_holds_nothing_yet_may_be_given_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    open_instead(monkeypatch, WritingCritic(of_sums, fail_after=0))
    with pytest.raises(PolicyError):
        critiqued(run, samples=1)
    monkeypatch.undo()
    assert critiqued(run, samples=1, sampling={"temperature": 0.1}).critiques == 12
    assert str(made(run).record()["policy"]).startswith("scripted_critic")


def test_a_set_of_another_model_is_not_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small(tmp_path)
    critiqued(run, samples=1)
    open_instead(monkeypatch, WritingCritic(of_sums))
    with pytest.raises(RunError, match="holds critiques of scripted_critic"):
        critiqued(run, samples=2)


def test_two_processes_do_not_write_one_set(tmp_path: Path) -> None:
    run = small(tmp_path)
    with (
        record_folder.held(made(run)),
        pytest.raises(RunError, match="is being written by process"),
    ):
        critiqued(run)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    run = small(tmp_path)
    critiqued(run, samples=1)
    shards = RunFolder(run).shards
    critique_set.check_set(RunFolder(run), made(run), shards)
    with made(run).file(shards[0]).open("ab") as file:
        file.write(b"x")
    with pytest.raises(RunError, match="differs from what was committed"):
        critique_set.check_set(RunFolder(run), made(run), shards)


def test_tables_load_as_a_dataset_and_say_their_schema(tmp_path: Path) -> None:
    run = small(tmp_path)
    critiqued(run, samples=1)
    schema = pq.read_schema(made(run).file("shard-00000"))
    assert schema.metadata[b"stepmint_table"] == b"critiques"
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == schema.names


def test_a_prompt_that_shows_no_solution_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shows no solution"):
        critiqued(small(tmp_path), prompt="zero-shot")


def test_the_same_critique_is_not_asked_for_many_times() -> None:
    with pytest.raises(ValueError, match="gives the same critique 4 times"):
        asking(sampling={"temperature": 0})
    assert asking(sampling={"temperature": 0}, samples=1).samples == 1


def test_a_run_does_not_export_critiques_that_nobody_has_asked_for(tmp_path: Path) -> None:
    for one in ({"format": "critique"}, {"format": "trl", "filters": [{"kind": "consensus"}]}):
        with pytest.raises(ValueError, match="reads critiques, which are asked for when the run"):
            toy_run(tmp_path, exports=[one])


def test_critiques_of_solutions_that_changed_since_are_not_exported(tmp_path: Path) -> None:
    run = small(tmp_path)
    critiqued(run, samples=1)
    for shard in RunFolder(run).shards:
        path = RunFolder(run).marker(shard)
        record = json.loads(path.read_text())
        record["digests"]["solutions"] = "0" * 64
        path.write_text(json.dumps(record))
    exporter = CritiqueExporter()
    with pytest.raises(RunError, match="run the same `stepmint critique` again"):
        export(run, exporter)
    assert critiqued(run, samples=1).critiques == 12
    assert export(run, exporter).rows["train"] > 0


def test_a_budget_of_a_problem_has_no_meaning() -> None:
    with pytest.raises(ValueError, match=re.escape("budget.problem has no meaning")):
        asking(budget={"problem": {"tokens": 5}})
