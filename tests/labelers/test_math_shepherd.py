import asyncio
import math
import random
from itertools import accumulate, product

import pytest

from labelers import MathShepherd, Screen
from schemas import ROOT, Evidence, Labelling, Outcome, Problem, StopRule
from schemas.views import Hard, hard_label

from .worlds import KnownWorld

PROBLEM = Problem(id="p", source="s", question="?", answer="1")
RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
N = 8


def label(settings: MathShepherd, world: KnownWorld) -> Labelling:
    return asyncio.run(settings.label(PROBLEM, world))


def counted(correct: int, incorrect: int, rule: StopRule = StopRule.FIXED) -> Evidence:
    return Evidence(correct=correct, incorrect=incorrect, stop_rule=rule)


def test_a_small_problem_worked_out_by_hand() -> None:
    world = KnownWorld(
        [("a\nb\n1", RIGHT), ("a\nc\nd\n2", WRONG), ("a\nb\n1", RIGHT)],
        {"a\n": 1.0, "a\nb\n": 1.0, "a\nc\n": 0.0, "a\nc\nd\n": 0.0},
    )
    labelling = label(MathShepherd(num_solutions=3, num_rollouts=2), world)
    first, second = labelling.solutions
    assert labelling.set_aside == ""
    assert first.steps == ("a\n", "b\n", "1")
    assert first.evidence == (counted(2, 0), counted(2, 0), counted(1, 0, StopRule.TERMINAL))
    assert first.root == counted(2, 1)
    assert (first.solution_index, first.outcome, first.first_error) == (0, RIGHT, -1)
    assert second.evidence == (
        counted(2, 0),
        counted(0, 2),
        counted(0, 2),
        counted(0, 1, StopRule.TERMINAL),
    )
    assert (second.solution_index, second.outcome, second.first_error) == (1, WRONG, 1)
    assert [(node.prefix.text, node.evidence) for node in labelling.nodes[:2]] == [
        ("", counted(2, 1)),
        ("a\n", counted(2, 0)),
    ]
    assert {node.prefix.text for node in labelling.nodes[2:]} == {"a\nb\n", "a\nc\n", "a\nc\nd\n"}


def test_equal_solutions_and_equal_prefixes_are_paid_for_once() -> None:
    texts = [("a\nb\n1", RIGHT)] * 3 + [("a\nc\n2", WRONG)]
    world = KnownWorld(texts, {"a\n": 0.5, "a\nb\n": 0.5, "a\nc\n": 0.5})
    labelling = label(MathShepherd(num_solutions=4), world)
    assert [solution.solution_index for solution in labelling.solutions] == [0, 3]
    assert len(world.asked) == 3 * N


def test_truncated_solutions_are_not_labelled_but_count_at_the_root() -> None:
    world = KnownWorld([("a\nb", Outcome.TRUNCATED), ("a\n1", RIGHT)], {"a\n": 1.0})
    labelling = label(MathShepherd(num_solutions=2), world)
    assert [solution.solution_index for solution in labelling.solutions] == [1]
    assert labelling.solutions[0].root == Evidence(correct=1, truncated=1, stop_rule=StopRule.FIXED)


def test_a_problem_of_truncated_solutions_says_so() -> None:
    world = KnownWorld([("a\nb", Outcome.TRUNCATED)] * 2, {})
    labelling = label(MathShepherd(num_solutions=2), world)
    assert labelling.solutions == ()
    assert labelling.set_aside == "no solution among 2 root rollouts: 2 truncated"


def test_a_solution_without_an_answer_is_a_failure_and_an_undecided_one_is_not() -> None:
    texts = [("a\nb", Outcome.NO_ANSWER), ("a\nc", Outcome.UNDECIDED)]
    labelling = label(MathShepherd(num_solutions=2), KnownWorld(texts, {"a\n": 1.0}))
    assert [Hard().labels(solution) for solution in labelling.solutions] == [
        (True, False),
        (True, None),
    ]
    assert [solution.first_error for solution in labelling.solutions] == [1, None]


# --- First success: the same hard labels at a fraction of the rollouts ---


def random_world(seed: int, *, truncated: float = 0.0, undecided: float = 0.0) -> KnownWorld:
    """Return ten solutions of 6 to 10 steps: high values, a fall at the error, rare recovery."""
    rng = random.Random(seed)
    values: dict[str, float] = {}
    solutions: list[tuple[str, Outcome]] = []
    for number in range(10):
        steps = [f"{seed}.{number}.{step}\n" for step in range(rng.randrange(6, 11))]
        error = rng.randrange(len(steps) * 2)  # half of the solutions have no error
        value = rng.uniform(0.4, 0.9)
        for step, text in enumerate(accumulate(steps)):
            value = rng.betavariate(1, 6) * (rng.random() < 0.3) if step == error else value
            value += (1 - value) * 0.15 * (step < error)
            values[text] = value
        solutions.append(("".join(steps), RIGHT if error >= len(steps) else WRONG))
    return KnownWorld(solutions, values, truncated=truncated, undecided=undecided, seed=seed)


def hard_labels(labelling: Labelling) -> list[tuple[object, ...]]:
    return [tuple(map(hard_label, solution.evidence)) for solution in labelling.solutions]


@pytest.mark.parametrize("round_size", [1, 2, 3, 8])
@pytest.mark.parametrize("nothing", [0.0, 0.3])
def test_first_success_gives_the_very_labels_of_a_fixed_number(
    round_size: int, nothing: float
) -> None:
    for seed in range(8):
        fixed = random_world(seed, truncated=nothing, undecided=nothing / 2)
        first = random_world(seed, truncated=nothing, undecided=nothing / 2)
        early = MathShepherd(num_solutions=10, stop="first_success", round_size=round_size)
        assert hard_labels(label(early, first)) == hard_labels(
            label(MathShepherd(num_solutions=10), fixed)
        )
        assert first.asked.keys() <= fixed.asked.keys()


def test_first_success_with_skipping_takes_about_a_fifth_of_the_rollouts() -> None:
    taken = {"fixed": 0, "first_success": 0, "skip": 0}
    for seed in range(25):
        worlds = {name: random_world(seed) for name in taken}
        fixed = label(MathShepherd(num_solutions=10), worlds["fixed"])
        early = MathShepherd(num_solutions=10, stop="first_success")
        label(early, worlds["first_success"])
        skip = label(early.model_copy(update={"after_error": "skip"}), worlds["skip"])
        for one, other in zip(fixed.solutions, skip.solutions, strict=True):
            assert one.first_error == other.first_error
            assert Hard().labels(one) == Hard().labels(other)
        for name, world in worlds.items():
            taken[name] += len(world.asked)
    assert taken["first_success"] < 0.45 * taken["fixed"]
    assert taken["skip"] < 0.25 * taken["fixed"]


def exact(p: float, nothing: float, size: int) -> tuple[float, float]:
    """Return P(label = 1) and E[rollouts] of first success, by enumerating all N outcomes."""
    chance = {"+": p * (1 - nothing), "-": (1 - p) * (1 - nothing), "0": nothing}
    positive = rollouts = 0.0
    for outcomes in product("+-0", repeat=N):
        weight = math.prod(chance[one] for one in outcomes)
        stop = next((n for n in range(size, N, size) if "+" in outcomes[:n]), N)
        positive += weight * ("+" in outcomes[:stop])
        rollouts += weight * stop
    return positive, rollouts


@pytest.mark.parametrize("p", [0.05, 0.3, 0.8])
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("nothing", [0.0, 0.25])
def test_labels_and_rollouts_have_the_exact_distribution_for_any_round(
    p: float, size: int, nothing: float
) -> None:
    good = p * (1 - nothing)
    positive, expected = exact(p, nothing, size)
    assert positive == pytest.approx(1 - (1 - good) ** N)
    if size == 1:
        assert expected == pytest.approx((1 - (1 - good) ** N) / good)
    draws = 1500
    texts = [(f"{n}\n1", RIGHT) for n in range(draws)]
    world = KnownWorld(texts, {f"{n}\n": p for n in range(draws)}, truncated=nothing, seed=3)
    early = MathShepherd(num_solutions=draws, stop="first_success", round_size=size)
    labels = [one[0] is True for one in hard_labels(label(early, world))]
    error = math.sqrt(positive * (1 - positive) / draws)
    assert abs(sum(labels) / draws - positive) < 4 * error + 1e-9
    assert abs(len(world.asked) / draws - expected) < 4 * N / 2 / math.sqrt(draws)


def test_the_evidence_of_an_early_stop_names_its_rule_and_counts_all_that_was_paid() -> None:
    world = KnownWorld([("a\n1", RIGHT)], {"a\n": 1.0})
    early = MathShepherd(num_solutions=1, stop="first_success", round_size=3)
    (solution,) = label(early, world).solutions
    assert solution.evidence[0] == counted(3, 0, StopRule.FIRST_SUCCESS)


def test_skipping_leaves_what_follows_the_error_unsampled() -> None:
    texts = [("a\nb\nc\n1", WRONG), ("a\nb\n2", WRONG)]
    world = KnownWorld(texts, {"a\n": 0.0, "a\nb\n": 1.0, "a\nb\nc\n": 1.0})
    labelling = label(MathShepherd(num_solutions=2, after_error="skip"), world)
    assert labelling.solutions[0].evidence[1:3] == (Evidence(), Evidence())
    assert [solution.first_error for solution in labelling.solutions] == [0, 0]
    assert [node.prefix.text for node in labelling.nodes] == ["", "a\n"]


# --- The screen ---


def test_the_screen_sets_aside_what_is_always_or_never_solved() -> None:
    screen = Screen(num_rollouts=4)
    settings = MathShepherd(num_solutions=2, screen=screen)
    easy = label(settings, KnownWorld([("a\n1", RIGHT)] * 4, {}))
    assert (easy.solutions, easy.set_aside) == ((), "screen: 4 of 4 correct")
    assert easy.nodes[0].evidence == counted(4, 0)
    hard = label(settings, KnownWorld([("a\n1", WRONG)] * 4, {}))
    assert hard.set_aside == "screen: 0 of 4 correct"
    mute = label(settings, KnownWorld([("a", Outcome.TRUNCATED)] * 4, {}))
    assert mute.set_aside == "screen: none of 4 root rollouts decided"


def test_the_screens_rollouts_are_the_solutions_and_the_root_evidence() -> None:
    texts = [("a\n1", RIGHT), ("b\n2", WRONG), ("c\n3", WRONG), ("d\n4", WRONG)]
    world = KnownWorld(texts, {"a\n": 1.0, "b\n": 0.0})
    settings = MathShepherd(num_solutions=2, screen=Screen(num_rollouts=4))
    labelling = label(settings, world)
    assert [solution.solution_index for solution in labelling.solutions] == [0, 1]
    assert labelling.nodes[0].prefix == ROOT
    assert labelling.nodes[0].evidence == counted(1, 3)


def test_a_screen_that_lets_nothing_pass_is_refused() -> None:
    with pytest.raises(ValueError, match=r"min_correct_share=0\.5 leaves nothing"):
        Screen(min_correct_share=0.5, max_correct_share=0.5)
