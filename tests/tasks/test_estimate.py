import random
from statistics import mean

import pytest

from rollouts import Costs
from tasks.estimate import interval, scaled, student


@pytest.mark.parametrize(("degrees", "exact"), [(4, 2.776), (7, 2.365), (15, 2.131), (60, 2.000)])
def test_students_quantile_is_close_to_the_tables(degrees: int, exact: float) -> None:
    assert student(degrees) == pytest.approx(exact, rel=0.01)


def test_the_interval_covers_the_true_total_about_as_often_as_it_says() -> None:
    rng = random.Random(0)
    population = [rng.expovariate(1 / 50) + 10 for _ in range(400)]
    covered = []
    for _ in range(1000):
        found = interval(rng.sample(population, 32), len(population))
        covered.append(found.low <= sum(population) <= found.high)
    assert 0.90 <= mean(covered) <= 0.97


def test_a_probe_of_all_problems_is_no_estimate() -> None:
    found = interval([3.0, 4.0, 5.0], 3)
    assert (found.low, found.total, found.high) == (12.0, 12.0, 12.0)


def test_no_total_is_below_what_the_probe_already_cost() -> None:
    assert interval([100.0, 0.0, 0.0], 4).low >= 100


def test_costs_are_scaled_to_the_problems_that_can_be_labelled() -> None:
    spent = {"completion_tokens": 50, "scored_tokens": 7, "segment_tokens": 3}
    costs = [Costs(sampled=10, replayed=2, **spent)] * 4
    found = scaled(costs, 40)
    assert found.rollouts.total == 480
    assert found.completion_tokens.low == found.completion_tokens.high == 2000
    assert (found.scored_tokens.total, found.segment_tokens.total) == (280, 120)
    assert found.spent.sampled == 40
