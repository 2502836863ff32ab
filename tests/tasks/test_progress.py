"""The board of a run, which one thread writes and another reads."""

from rollouts import Costs
from tasks.progress import Board


def test_costs_can_be_asked_while_a_shard_begins() -> None:
    board = Board()

    def costs() -> Costs:
        board.shard_began(1, lambda: Costs(sampled=5))
        return Costs(sampled=2)

    board.shard_began(0, costs)
    assert board.costs.sampled == 2
    assert board.costs.sampled == 7


def test_what_a_shard_spent_is_kept_when_it_ends() -> None:
    board = Board()
    board.shard_began(0, lambda: Costs(sampled=2))
    board.shard_ended(0)
    assert board.costs.sampled == 2
