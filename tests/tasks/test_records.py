from rollouts import Costs
from tasks.records import Counts
from tasks.run_file import conclusion


def test_scores_are_among_a_runs_costs_where_there_were_any() -> None:
    counts = Counts.of([], [], Costs(scored=3, scored_tokens=70))
    costs = conclusion(counts + counts, shards=2, policy="p")["costs"]
    assert (costs["scored"], costs["scored_tokens"]) == (6, 140)
    without = conclusion(Counts(), shards=2, policy="p")
    assert "scored" not in {*without["costs"], *without["counts"]}


def test_a_marker_written_before_there_were_scores_is_read() -> None:
    assert Counts(**{"problems": 3, "text_prefixes": 1}).scored == 0
