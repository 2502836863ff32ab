import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rollouts import Journal
from schemas import ConfigError, RunError
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import recorded
from tasks.estimate import estimate
from tasks.problems import stage
from tasks.records import Total
from tasks.reuse import OtherRun
from tasks.run_file import conclusion, opened
from tasks.session import new_session, session_of
from tasks.settings import LabelRun
from tasks.shards import label_problem, label_shard, other_runs, shard_rollouts
from tasks.staging import shard_problems
from tests.toy_runs import sums, tables, toy_run

MORE = {"kind": "math_shepherd", "num_solutions": 4, "num_rollouts": 6}
DOUBLE = {"kind": "double_search", "num_solutions": 3}


def done(run: LabelRun) -> LabelRun:
    """Label a run to its end, without Prefect."""

    async def main() -> None:
        session = new_session(run)
        async with session.kept_open():
            problems = await stage(run)
            for shard in range(problems.shards):
                await label_shard.fn(run, shard)

    with opened(run):
        asyncio.run(main())
    return run


def record(run: LabelRun) -> dict[str, Any]:
    """Return what run.json would say of a run's costs."""
    shards = [recorded(run.folder, int(name[-5:])) for name in RunFolder(run.folder).shards]
    return dict(conclusion(Total.of(one for one in shards if one), left=0)["costs"])


def sampled(run: LabelRun) -> int:
    """Return how many rollouts the policy wrote in the last session of a run."""
    return session_of(run).board.costs.sampled


@pytest.mark.parametrize(
    "changes",
    [{"labeler": MORE}, {"labeler": DOUBLE}, {"shards": {"size": 7}}, {"limit": 9}],
    ids=["more rollouts", "another labeler", "other shards", "fewer problems"],
)
def test_a_run_that_reuses_another_is_byte_for_byte_the_one_that_pays(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    without = done(toy_run(tmp_path, name="without", **changes))
    spent = sampled(without)
    reusing = done(toy_run(tmp_path, name="with", reuse=str(paid.folder), **changes))
    assert tables(reusing.folder) == tables(without.folder)
    taken = record(reusing)["reused"]
    assert taken == {str(paid.folder): spent - sampled(reusing)}
    assert record(reusing)["rollouts"] == record(without)["rollouts"]
    assert "reused" not in record(without)


def test_what_a_run_has_is_never_paid_for_again(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    again = done(toy_run(tmp_path, name="again", reuse=[str(paid.folder)]))
    assert sampled(again) == 0
    assert record(again)["paid"] == {"rollouts": 0, "tokens": 0}


def test_of_two_runs_each_gives_what_it_has_and_the_first_named_goes_first(tmp_path: Path) -> None:
    few = done(toy_run(tmp_path, name="few", limit=4))
    most = done(toy_run(tmp_path, name="most"))
    third = done(toy_run(tmp_path, name="third", reuse=[str(few.folder), str(most.folder)]))
    assert sampled(third) == 0
    assert record(third)["reused"][str(few.folder)] == record(few)["rollouts"]


def test_what_was_reused_can_be_reused_again(tmp_path: Path) -> None:
    first = done(toy_run(tmp_path, name="first"))
    second = done(toy_run(tmp_path, name="second", reuse=str(first.folder), labeler=MORE))
    third = done(toy_run(tmp_path, name="third", reuse=str(second.folder), labeler=MORE))
    assert sampled(third) == 0
    assert sampled(second) > 0


def test_journals_of_a_run_that_was_cut_short_are_reused_and_not_touched(tmp_path: Path) -> None:
    cut = toy_run(tmp_path, name="cut")
    count = asyncio.run(_into_the_journal(cut))
    path = RunFolder(cut.folder).journal(shard_name(0))
    with path.open("ab") as file:
        file.write(b"a torn rec")
    before = path.read_bytes()
    reusing = done(toy_run(tmp_path, name="with", reuse=str(cut.folder)))
    assert record(reusing)["reused"] == {str(cut.folder): count}
    assert path.read_bytes() == before
    assert tables(reusing.folder) == tables(done(toy_run(tmp_path, name="without")).folder)


async def _into_the_journal(run: LabelRun) -> int:
    """Label two problems into the journal of a run's first shard, and no more; return the count."""
    with opened(run):
        session = new_session(run)
        async with session.verifier.used() as verifier, session.policy.used() as policy:
            await stage(run)
            rows = shard_problems(run.folder, 0)[:2]
            journal = Journal(RunFolder(run.folder).journal(shard_name(0)))
            async with other_runs(run, rows, policy) as others:
                with journal:
                    rollouts = shard_rollouts(run, policy, verifier, journal, others)
                    for row in rows:
                        await label_problem(run, row, rollouts)
                    return rollouts.costs.sampled


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": 6}, "seed: there 5, here 6"),
        (
            {"sampling": {"temperature": 0.5, "max_tokens": 200}},
            r"sampling\.temperature: there 1\.0, here 0\.5",
        ),
        ({"sampling": {"temperature": 1.0, "max_tokens": 300}}, r"sampling\.max_tokens: there 200"),
    ],
)
def test_a_run_that_was_sampled_otherwise_is_refused_with_what_differs(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    other = toy_run(tmp_path, name="other", reuse=str(paid.folder), **changes)
    with (
        pytest.raises(ConfigError, match=rf"no rollout of .*paid fits(.|\n)*{told}"),
        opened(other),
    ):
        pass


def test_a_run_of_another_template_is_refused(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    template = tmp_path / "mine.yaml"
    text = "name: mine\nmode: text\nuser: '{{ question }} '\nanswer_format: hash\n"
    template.write_text(text)
    other = toy_run(tmp_path, name="other", reuse=str(paid.folder), prompt=str(template))
    with pytest.raises(ConfigError, match="prompt: there"), opened(other):
        pass


def test_a_run_of_another_model_is_refused_by_name_before_anything_is_paid(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    other = toy_run(
        tmp_path, name="other", reuse=str(paid.folder), policy={"kind": "scripted", "error": 0.3}
    )
    with pytest.raises(RunError, match=r"paid was labelled by scripted:.*take it off `reuse`"):
        done(other)
    assert sampled(other) == 0


def test_problems_that_ask_otherwise_under_one_id_are_not_taken(tmp_path: Path) -> None:
    template = tmp_path / "levels.yaml"
    user = "'{{ level }}: {{ question }}'"
    template.write_text(f"name: levels\nmode: text\nuser: {user}\nanswer_format: hash\n")
    path = sums(tmp_path / "sums.jsonl", 12)
    rows = [json.loads(line) for line in path.read_text().splitlines()]

    def with_level(name: str, level: str) -> dict[str, Any]:
        written = tmp_path / name / "sums.jsonl"
        written.parent.mkdir()
        lines = [json.dumps(row | {"level": level}) + "\n" for row in rows]
        written.write_text("".join(lines))
        return {"prompt": str(template), "source": {"kind": "file", "path": str(written)}}

    paid = done(toy_run(tmp_path, name="paid", **with_level("a", "easy")))
    other = done(toy_run(tmp_path, name="b", reuse=str(paid.folder), **with_level("b", "hard")))
    assert "reused" not in record(other)


def test_a_missing_run_and_the_run_itself_are_refused_with_the_remedy(tmp_path: Path) -> None:
    nowhere = toy_run(tmp_path, reuse=str(tmp_path / "nowhere"))
    with (
        pytest.raises(ConfigError, match=r"nowhere is no run's folder.*take it off"),
        opened(nowhere),
    ):
        pass
    itself = toy_run(tmp_path, reuse=str(tmp_path / "output" / "toy"))
    with pytest.raises(ConfigError, match="this very run"), opened(itself):
        pass


@pytest.mark.parametrize("harm", ["changed", "missing", "run.json", "marker", "problems"])
def test_a_broken_run_is_named_with_the_remedy(tmp_path: Path, harm: str) -> None:
    paid = RunFolder(done(toy_run(tmp_path, name="paid")).folder)
    rollouts = paid.file("rollouts", "shard-00000")
    if harm == "changed":
        shutil.copy(paid.file("rollouts", "shard-00001"), rollouts)
    elif harm == "missing":
        rollouts.unlink()
    elif harm == "run.json":
        paid.run_json.write_text('{"seed": 5}')
    elif harm == "marker":
        paid.marker("shard-00000").write_text("{")
    else:
        paid.file("problems", "shard-00000").write_bytes(b"PAR1")
    with pytest.raises(RunError, match=r"output/paid/.*: (bring|restore|delete)"):
        done(toy_run(tmp_path, name="other", reuse=str(paid.path)))


def test_a_link_in_a_run_that_is_reused_is_refused(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    (paid.folder / "journal" / "shard-00009.journal").symlink_to(tmp_path / "secret")
    with pytest.raises(RunError, match="is a link"):
        done(toy_run(tmp_path, name="other", reuse=str(paid.folder)))


def test_a_problem_is_found_in_the_shard_that_holds_it(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    policy = recorded(paid.folder, 0)
    assert policy is not None
    ids = [row.problem.id for row in shard_problems(paid.folder, 1)]
    found = OtherRun(paid.folder).shards_of([*ids, "unknown"], policy=policy.policy)
    assert found == {1: ids}


def test_an_estimate_takes_what_other_runs_paid_for_too(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    found = asyncio.run(estimate(toy_run(tmp_path, name="e", reuse=str(paid.folder)), probe=12))
    assert found.spent.sampled == 0
    assert found.rollouts.total == found.spent.reused == record(paid)["rollouts"]


def test_a_run_cut_short_goes_on_the_same_without_the_run_it_reused(tmp_path: Path) -> None:
    paid = done(toy_run(tmp_path, name="paid"))
    half = toy_run(tmp_path, name="half", reuse=str(paid.folder))
    asyncio.run(_into_the_journal(half))
    shutil.rmtree(paid.folder)
    end = done(toy_run(tmp_path, name="half"))
    assert tables(end.folder) == tables(done(toy_run(tmp_path, name="without")).folder)
    assert record(end)["reused"][str(paid.folder)] > 0
    assert session_of(end).board.costs.replayed == 0
    assert record(end)["paid"]["rollouts"] == sampled(end)
