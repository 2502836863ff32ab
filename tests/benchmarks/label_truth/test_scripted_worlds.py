import asyncio
import math
from typing import Literal

import pytest

from benchmarks.label_truth.contenders import Contender, chosen
from benchmarks.label_truth.figures import Figure, figures
from benchmarks.label_truth.measure import Bench, Measured
from benchmarks.label_truth.scripted import Branch, ScriptedRollouts, ScriptedWorld
from schemas import ROOT, Outcome, Prefix, Rollout

WORLD = ScriptedWorld(law="a", recoverable=0.5, wrong=20, right=20, per_problem=2)


def sample(rollouts: ScriptedRollouts, prefix: Prefix, count: int) -> tuple[Rollout, ...]:
    return asyncio.run(rollouts.sample(prefix, count=count))


def measured(world: ScriptedWorld, name: str, *, retest: bool = False) -> Measured:
    (contender,) = chosen([name])
    return asyncio.run(Bench(world, retest=retest).measure(contender))


def figure(world: ScriptedWorld, name: str) -> dict[str, Figure]:
    return figures(measured(world, name).judged, seed=0)


def test_a_branch_has_the_paths_values_up_to_its_error_and_behind_its_repair() -> None:
    path = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    branch = Branch(error=1, repair=3, recovery=0.05)
    assert [branch.value(length, path) for length in range(6)] == [0.1, 0.2, 0.05, 0.05, 0.5, 0.6]


@pytest.mark.parametrize("law", ["a", "b"])
def test_rollouts_are_right_as_often_as_the_prefix_is_worth(law: Literal["a", "b"]) -> None:
    world = ScriptedWorld(law=law, recoverable=0.5, wrong=8)
    surprise = variance = 0.0
    for case in world.cases():
        rollouts = world.rollouts(case, draw=0)
        assert isinstance(rollouts, ScriptedRollouts)
        (solution,) = sample(rollouts, ROOT, 1)
        branch = rollouts.script.solutions[0]
        for length, prefix in enumerate(rollouts.prefixes(solution)[:-1], start=1):
            value = branch.value(length, rollouts.script.path)
            right = [
                one.verdict.outcome is Outcome.CORRECT for one in sample(rollouts, prefix, 100)
            ]
            surprise += sum(right) - 100 * value
            variance += 100 * value * (1 - value)
    assert abs(surprise) < 4 * math.sqrt(variance)


def test_what_was_wrong_stays_wrong_in_wrong_rollouts_and_costs_the_steps_left() -> None:
    for case in WORLD.cases()[:10]:
        rollouts = WORLD.rollouts(case, draw=0)
        assert isinstance(rollouts, ScriptedRollouts)
        (solution, *_) = sample(rollouts, ROOT, 1)
        error, steps = case.truths[0], rollouts.script.num_steps
        if case.finals[0] or error + 1 >= steps:
            continue
        dead = rollouts.prefixes(solution)[error]
        for one in sample(rollouts, dead, 20):
            assert one.completion.completion_tokens == 20 * (steps - error - 1)
            if one.verdict.outcome is Outcome.INCORRECT and error + 2 < steps:
                deeper = rollouts.prefixes(one)[error + 1]
                shares = [
                    x.verdict.outcome is Outcome.CORRECT for x in sample(rollouts, deeper, 50)
                ]
                assert sum(shares) / 50 <= rollouts.script.solutions[0].recovery + 0.25


def test_solutions_have_the_final_answers_and_truths_they_claim() -> None:
    finals = [final for case in WORLD.cases() for final in case.finals.values()]
    assert (finals.count(False), finals.count(True)) == (20, 20)
    for case in WORLD.cases():
        roots = asyncio.run(WORLD.rollouts(case, draw=0).sample(ROOT, count=16))
        outcomes = [one.verdict.outcome is Outcome.CORRECT for one in roots]
        assert 0 < sum(outcomes) < 16
        for index, final in case.finals.items():
            assert outcomes[index] == final
            assert final or case.truths[index] >= 0


def test_draws_share_the_solutions_and_nothing_else() -> None:
    case = WORLD.cases()[0]
    first, again = (WORLD.rollouts(case, draw=draw) for draw in (0, 1))
    roots = [asyncio.run(one.sample(ROOT, count=16)) for one in (first, again)]
    assert roots[0] == roots[1]
    prefix = first.prefixes(roots[0][0])[0]
    texts = [[r.text for r in asyncio.run(one.sample(prefix, count=30))] for one in (first, again)]
    outcomes = [
        [r.verdict.outcome for r in asyncio.run(one.sample(prefix, count=30))]
        for one in (first, again)
    ]
    assert texts[0] != texts[1] or outcomes[0] != outcomes[1]


def test_the_problems_to_learn_from_are_not_those_to_measure_on() -> None:
    ((other, part),) = ScriptedWorld(law="b", recoverable=0.3, wrong=5).folds()
    assert part.cases()
    assert not {one.problem.id for one in other.cases()} & {one.problem.id for one in part.cases()}


def test_the_worlds_rank_searches_as_their_first_simulation_did() -> None:
    world = ScriptedWorld(law="a", recoverable=0.3, wrong=250)
    sweep, binary, double = (
        figure(world, name)
        for name in ("math_shepherd N=8", "binary_search N=8", "double_search N=8")
    )
    # The reference simulation: 78.8% at 80 rollouts, 79.9% at 15.7, 93.9% of 81% at 31.
    assert abs(sweep["exact"].value - 0.788) < 0.08
    assert abs(binary["exact"].value - 0.799) < 0.08
    assert abs(double["exact"].value - 0.92) < 0.06
    assert abs(double["kept"].value - 0.81) < 0.08
    assert abs(sweep["rollouts"].value - 80) < 5
    assert abs(binary["rollouts"].value - 15.7) < 2
    assert abs(double["rollouts"].value - 31) < 3


def test_a_run_can_be_repeated_to_the_last_figure_and_retested_on_fresh_rollouts() -> None:
    world = ScriptedWorld(law="b", recoverable=0.3, wrong=30)
    one, two = (measured(world, "double_search N=4", retest=True) for _ in range(2))
    assert one == two
    assert any(judged.said != judged.said_again for judged in one.judged)


def test_omega_prm_grows_without_repeats_and_above_the_yield_of_its_rivals() -> None:
    world = ScriptedWorld(law="a", recoverable=0.3, wrong=6)
    found = measured(world, "omega_prm N=8")
    assert found.asked_again == 0
    assert 1000 * found.probed / found.rollouts > 62


def test_unknown_contenders_are_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match="'triple_search': give some of outcome, answer_likelihood"
    ):
        chosen(["triple_search"])
    assert all(isinstance(one, Contender) for one in chosen(["posterior"]))


def test_prefixes_that_counts_label_are_set_beside_the_truth() -> None:
    world = ScriptedWorld(law="a", recoverable=0.0, wrong=20)
    found = measured(world, "math_shepherd N=16")
    right, wrong = (
        sum(getattr(one, name) for one in found.prefixes) for name in ("right", "wrong")
    )
    assert (len(found.prefixes), right > 0, wrong > 0) == (20, True, True)
    # From no error does this world recover, so a correct rollout proves its prefix.
    assert sum(one.right_hits for one in found.prefixes) == right
    assert 0.9 * wrong < sum(one.wrong_hits for one in found.prefixes) <= wrong
    assert all(one.tokens > 16 for one in found.prefixes)


def test_a_tree_search_labels_the_solutions_of_a_world() -> None:
    world = ScriptedWorld(law="a", recoverable=0.3, wrong=16, per_problem=8)
    found = measured(world, "uct 8 leaves")
    assert found.asked_again == 0
    assert found.rollouts == 2 * (16 + 8 * 4)
    assert all(one.said is None or one.said >= 0 for one in found.judged)
