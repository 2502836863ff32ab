from dataclasses import asdict

from rollouts import Costs, Spent
from schemas.arrow import TABLE_NAMES
from tasks.records import Counts, ShardRecord, Total
from tasks.run_file import conclusion


def of(counts: Counts) -> ShardRecord:
    digests = dict.fromkeys(TABLE_NAMES, "0")
    return ShardRecord(shard="shard", policy="p", counts=counts, digests=digests, paid=Spent())


def test_scores_are_among_a_runs_costs_where_there_were_any() -> None:
    counts = Counts.of([], [], Costs(scored=3, scored_tokens=70), "counts")
    costs = conclusion(Total.of([of(counts), of(counts)]), left=0)["costs"]
    assert (costs["scored"], costs["scored_tokens"]) == (6, 140)
    without = conclusion(Total.of([of(Counts())]), left=0)
    assert "scored" not in {*without["costs"], *without["counts"]}


def test_a_marker_written_before_there_were_scores_is_read() -> None:
    assert Counts(**{"problems": 3, "text_prefixes": 1}).scored == 0


def test_a_marker_written_before_there_were_budgets_paid_for_all_it_holds() -> None:
    counts = Counts(correct=2, no_answer=1, completion_tokens=50, scored=1, scored_tokens=4)
    marker = asdict(of(counts))
    old = {name: marker[name] for name in ("shard", "policy", "counts", "digests")}
    read = ShardRecord.from_json(old)
    assert read.paid == Spent(rollouts=3, tokens=54)
    assert (read.left, read.reused) == (0, {})
