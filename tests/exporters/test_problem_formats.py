"""Rows that are made of all that a run knows of a problem."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters import Refused
from exporters.edits import differ_by, edit_distance, nearest
from exporters.math_aps import MathApsExporter, MathApsTreeExporter
from exporters.preference import OutcomePreferenceExporter, PreferenceExporter
from exporters.prefixes import prefix_tree
from exporters.traces import TopTracesExporter, best_traces
from exporters.tree_edges import TreeEdgesExporter
from schemas import Evidence, ExportError, Prefix, StopRule
from schemas.views import Beta, Hard, Posterior, Soft
from tests.exporters.problems import (
    DEAD,
    NODES,
    ONE,
    RIGHT,
    SHARED,
    SOLUTIONS,
    WRONG,
    Words,
    made_of,
    node,
    rows_of,
    solved,
)
from tests.runs import evidence

QUESTION = ONE.question
COUNTS = st.integers(0, 8).map(lambda correct: evidence(correct, 8 - correct))
STEP = st.sampled_from(["a\n", "b\n", "c\n", "ки\n", "é "])
PATHS = st.lists(st.lists(STEP, min_size=1, max_size=4).map(tuple), min_size=1, unique=True)


@st.composite
def searched(draw: st.DrawFn) -> Any:
    """Return one solution and nodes of one problem, and the value of each prefix by hand."""
    counts = {path: draw(COUNTS) for path in draw(PATHS)}
    steps = draw(st.lists(STEP, min_size=1, max_size=4))
    along = [counts.get(tuple(steps[: end + 1])) or draw(COUNTS) for end in range(len(steps))]
    for end, one in enumerate(along):
        counts[tuple(steps[: end + 1])] = one
    nodes = [node(path, one) for path, one in counts.items()]
    return [solved(steps, along)], nodes, {path: one.mc_value for path, one in counts.items()}


def _flattened(root: Any) -> dict[str, float]:
    """Return the values of a tree's nodes by their whole text, blanks aside."""
    values, waiting = {}, [("", root)]
    while waiting:
        before, one = waiting.pop()
        text = before + one["text"]
        values["".join(text.split())] = one["mc_value"]
        waiting += [(text, child) for child in one["children"]]
    return values


@given(searched())
def test_a_flat_row_of_math_aps_reads_back_as_the_prefixes_and_their_values(world: Any) -> None:
    solutions, nodes, values = world
    (row,) = rows_of(MathApsExporter(), solutions, nodes)
    assert (row["question"], row["final_answer"]) == (QUESTION, "8")
    root, *others = row["reasoning_steps"]
    assert root == {"solution_prefix": QUESTION, "mc_value": 5 / 8}
    read = {one["solution_prefix"].removeprefix(f"{QUESTION}\n\n"): one for one in others}
    assert len(read) == len(others)
    expected = {"".join(path).rstrip(): value for path, value in values.items()}
    assert {text: one["mc_value"] for text, one in read.items()} == pytest.approx(expected)


@given(searched())
def test_a_tree_of_math_aps_reads_back_as_the_prefixes_and_their_values(world: Any) -> None:
    solutions, nodes, values = world
    (row,) = rows_of(MathApsTreeExporter(), solutions, nodes)
    read = _flattened(json.loads(row["reasoning_steps"]))
    expected = {"".join((QUESTION + "".join(path)).split()): one for path, one in values.items()}
    assert read == pytest.approx({"".join(QUESTION.split()): 5 / 8} | expected)


def test_a_prefix_that_was_not_sampled_is_part_of_the_next_ones_text() -> None:
    nodes = [*NODES, node(["a\n", "b\n", "c\n"], evidence(2, 6))]
    (row,) = rows_of(MathApsTreeExporter(), nodes=nodes)
    texts = [child["text"] for child in json.loads(row["reasoning_steps"])["children"]]
    assert texts == ["2 * 3 = 6.", "2 + 2 = 4.", "a\nb\nc"]


def test_a_solution_of_which_a_search_sampled_no_step_brings_the_verdict_on_its_answer() -> None:
    world = [*SOLUTIONS, solved(["a\n", "b"], [Evidence(), RIGHT], 2)]
    (row,) = rows_of(MathApsTreeExporter(), world)
    children = json.loads(row["reasoning_steps"])["children"]
    assert {"text": "a\nb", "mc_value": 1.0, "children": []} in children


def test_edges_count_what_passes_through_them_and_what_was_sampled_behind_them() -> None:
    edges = rows_of(TreeEdgesExporter())
    root, shared, dead = Prefix(), Prefix(steps=("2 * 3 = 6.\n",)), Prefix(steps=("2 + 2 = 4.\n",))
    counts = {
        (one["parent_key"], one["step"]): (one["visits"], one["correct"], one["q_value"])
        for one in edges
    }
    assert counts == {
        (root.key, "2 * 3 = 6.\n"): (3, 2, 2 / 3),
        (shared.key, "2 + 6 = 8."): (2, 2, 1.0),
        (shared.key, "2 + 6 = 9."): (1, 0, 0.0),
        # The truncated one is a visit without a value, and the torn step no edge.
        (root.key, "2 + 2 = 4.\n"): (1, 0, None),
    }
    assert [one["depth"] for one in edges] == [1, 1, 2, 2]
    assert {one["step"] for one in edges if one["terminal"]} == {"2 + 6 = 8.", "2 + 6 = 9."}
    assert dead.key in {one["prefix_key"] for one in edges}


def test_the_traces_of_highest_mean_q_are_taken_and_of_equals_those_of_highest_least_q() -> None:
    values = {"even": [0.5, 0.5], "uneven": [0.75, 0.25], "low": [0.25, 0.25], "high": [1.0, 0.5]}
    assert best_traces(values, values.__getitem__, most=2) == ["high", "even"]
    assert best_traces(reversed(values), values.__getitem__, most=3) == ["high", "even", "uneven"]


def test_a_top_trace_is_right_and_its_q_is_that_of_the_edges() -> None:
    (row,) = rows_of(TopTracesExporter())
    assert row["messages"][1]["content"] == "2 * 3 = 6.\n2 + 6 = 8."
    assert (row["mean_q"], row["min_q"]) == (pytest.approx((2 / 3 + 1) / 2), pytest.approx(2 / 3))
    made = made_of(TopTracesExporter(), SOLUTIONS[1:])
    assert [one.reason for one in made if isinstance(one, Refused)] == [
        "no solution of the problem is right and has a Q"
    ]


def test_values_of_math_aps_are_numbers_of_a_view_that_grades() -> None:
    with pytest.raises(ValueError, match="states values: choose a view that grades"):
        MathApsExporter(view=Hard())
    assert MathApsExporter().own_view("counts") == Soft(after_error="keep")
    (row,) = rows_of(MathApsExporter(view=Beta()))
    values = [one["mc_value"] for one in row["reasoning_steps"]]
    assert values == [6 / 10, 4 / 10, 1.0, 0.0, 1 / 10]


def test_ratios_of_sampling_that_stopped_early_are_no_value_unless_a_view_makes_them_one() -> None:
    early = Evidence(correct=1, incorrect=1, stop_rule=StopRule.FIRST_SUCCESS)
    world = [solved(["a\n", "b"], [early, RIGHT])]
    with pytest.raises(ExportError, match="biases it upward: use view 'hard' or 'beta'"):
        rows_of(MathApsExporter(), world)
    (row,) = rows_of(MathApsExporter(view=Beta()), world, [])
    assert [one["mc_value"] for one in row["reasoning_steps"]] == [6 / 10, 2 / 4, 1.0]


def test_a_tree_needs_a_value_of_the_question_and_readers_that_can_follow_it() -> None:
    given_one = solved(["a"], [RIGHT])
    unsampled = [replace(given_one, root=Evidence())]
    assert made_of(MathApsTreeExporter(), unsampled, []) == [
        Refused(reason="the question itself has no value")
    ]
    deep = [node(["a\n"] * 300, SHARED)]
    assert made_of(MathApsTreeExporter(), SOLUTIONS, deep) == [
        Refused(reason="a tree of 200 levels or more")
    ]


def test_prefixes_that_are_too_long_are_left_out_and_counted() -> None:
    words = len(f"{QUESTION} 2 * 3 = 6.".split())
    made = made_of(MathApsExporter(max_length=words), tokenizer=Words())
    *refused, row = made
    assert refused == [Refused(reason=f"a prefix is longer than {words} tokens")] * 2
    assert len(row.row["reasoning_steps"]) == 3  # type: ignore[union-attr, arg-type]


def test_a_number_names_a_question_alike_in_every_run() -> None:
    (first,), (again,) = rows_of(MathApsExporter()), rows_of(MathApsTreeExporter())
    assert first["question_id"] == again["question_id"] < 2**48


def test_a_prefix_of_two_solutions_is_one_with_what_the_view_says_of_it_in_both() -> None:
    doubtful, sure = (
        replace(one, posterior=posterior)
        for one, posterior in zip(SOLUTIONS, [(0.5, 0.0, 0.5), (0.1, 0.9, 0.0)], strict=True)
    )
    root = prefix_tree([doubtful, sure], NODES, Posterior(after_error="keep"))
    shared = root.children["2 * 3 = 6.\n"]
    assert shared.value == pytest.approx((0.5 + 0.9) / 2)
    assert root.children["2 + 2 = 4.\n"].value is None, "no solution, no posterior"
    assert (shared.right, shared.wrong) == (True, True)


@given(searched())
def test_every_pair_is_two_steps_behind_one_prefix_of_values_apart_as_asked(world: Any) -> None:
    solutions, nodes, values = world
    exporter = PreferenceExporter(view=Soft(after_error="keep"), select="all", min_margin=0.5)
    made = [one for one in made_of(exporter, solutions, nodes) if not isinstance(one, Refused)]
    read = set[tuple[str, ...]]()
    for row in (one.row for one in made):
        prefix = str(row["prompt"]).removeprefix(f"{QUESTION}\n")
        read.add((prefix, str(row["chosen"]), str(row["rejected"])))
        assert row["margin"] == pytest.approx(row["chosen_value"] - row["rejected_value"])  # type: ignore[operator]
    assert len(read) == len(made)
    assert read == {
        ("".join(path[:-1]), path[-1], other[-1])
        for path in values
        for other in values
        if path[:-1] == other[:-1] and values[path] - values[other] >= 0.5
    }


def pairs(nodes: Any, **asked: Any) -> list[tuple[str, str, float]]:
    """Return chosen, rejected and margin of the pairs behind the empty prefix."""
    world = [solved(["x\n", "y"], [SHARED, RIGHT])]
    chosen = {"view": Soft(after_error="keep")} | asked
    made = made_of(PreferenceExporter(**chosen), world, nodes)
    rows = [one.row for one in made if not isinstance(one, Refused)]
    return [
        (str(row["chosen"]).strip(), str(row["rejected"]).strip(), row["margin"])  # type: ignore[misc]
        for row in rows
        if row["step"] == 0
    ]


def siblings(**correct: int) -> list[Any]:
    return [node([f"{step}\n"], evidence(count, 8 - count)) for step, count in correct.items()]


def test_rstar_maths_rule_pairs_the_two_best_that_lead_to_right_with_the_two_worst_to_wrong() -> (
    None
):
    found = pairs(siblings(a=8, b=7, c=6, d=1, e=0))
    assert [pair[:2] for pair in found] == [("a", "e"), ("a", "d"), ("b", "e"), ("b", "d")]
    assert found[0][2] == 1.0
    one_wrong = [pair[:2] for pair in pairs(siblings(a=8, b=8, c=8, d=8, e=8))]
    assert one_wrong == [("a", "x"), ("b", "x"), ("c", "x"), ("d", "x")], "x: 3 of 8"


def test_other_rules_take_the_best_with_the_worst_or_every_two() -> None:
    nodes = siblings(a=8, d=0)
    assert [pair[:2] for pair in pairs(nodes, select="best_worst")] == [("a", "d")]
    every = pairs(nodes, select="all")
    assert {pair[:2] for pair in every} == {("a", "d"), ("a", "x"), ("x", "d")}


def test_pairs_are_as_far_apart_as_asked() -> None:
    nodes = siblings(a=5)
    assert pairs(nodes, select="all") == [("a", "x", 0.25)]
    assert pairs(nodes, select="all", min_margin=0.26) == []
    assert pairs(nodes, select="all", min_edit_distance=2) == []
    assert pairs(siblings(a=8, **{"a ": 0}), select="all", min_margin=0.7) == []


def test_a_view_that_decides_pairs_right_steps_with_wrong_ones_and_none_behind_an_error() -> None:
    nodes = [*NODES, node(["2 + 2 = 4.\n", "a\n"], SHARED), node(["2 + 2 = 4.\n", "b\n"], DEAD)]
    rows = rows_of(PreferenceExporter(view=Hard()), SOLUTIONS, nodes)
    assert [(row["step"], row["chosen"], row["rejected"], row["margin"]) for row in rows] == [
        (0, "2 * 3 = 6.\n", "2 + 2 = 4.\n", 1.0),
        (1, "2 + 6 = 8.", "2 + 6 = 9.", 1.0),
    ]
    assert rows[1]["prompt"] == f"{QUESTION}\n2 * 3 = 6.\n"
    assert len(rows_of(PreferenceExporter(view=Hard(after_error="keep")), SOLUTIONS, nodes)) == 3


def test_shares_are_compared_only_where_one_rule_stopped_the_sampling() -> None:
    world = [solved(["x"], [RIGHT]), solved(["y\n", "z"], [evidence(2, 6), WRONG], 1)]
    nothing = [Refused(reason="no two next steps of the problem make a pair")]
    assert made_of(PreferenceExporter(view=Beta()), world, []) == nothing
    adaptive = Evidence(correct=0, incorrect=3, stop_rule=StopRule.ADAPTIVE)
    assert made_of(PreferenceExporter(view=Beta()), world, [node(["w\n"], adaptive)]) == nothing
    (row,) = rows_of(PreferenceExporter(view=Hard()), world, [node(["w\n"], adaptive)])[:1]
    assert (row["chosen"], row["rejected"]) == ("x", "w\n"), "any rollout right is any rule's"


def test_a_pair_that_is_too_long_is_refused() -> None:
    made = made_of(PreferenceExporter(view=Hard(), max_length=16), tokenizer=Words())
    refused = [one for one in made if isinstance(one, Refused)]
    assert (len(made), refused) == (2, [Refused(reason="a pair longer than 16 tokens")])


def test_whole_solutions_are_paired_right_against_wrong_each_once_before_one_is_taken_twice() -> (
    None
):
    world = [solved([f"r{n}\n"], [RIGHT]) for n in range(2)]
    world += [solved([f"w{n}"], [WRONG]) for n in range(3)]
    rows = rows_of(OutcomePreferenceExporter(), world)
    assert [(row["chosen"], row["rejected"]) for row in rows] == [
        ("r0", "w0"),
        ("r1", "w1"),
        ("r0", "w2"),
    ]
    assert {row["prompt"] for row in rows} == {f"{QUESTION}\n"}
    assert len(rows_of(OutcomePreferenceExporter(max_pairs=1), world)) == 1
    alone = [Refused(reason="all solutions of the problem are right, or all are wrong")]
    assert made_of(OutcomePreferenceExporter(), world[:1]) == alone


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for at, char in enumerate(left, start=1):
        above, row = row, [at]
        for column, other in enumerate(right, start=1):
            cheapest = min(above[column], row[-1]) + 1
            row.append(min(above[column - 1] + (char != other), cheapest))
    return row[-1]


@given(st.text("ab", max_size=8), st.text("abc", max_size=8), st.integers(1, 9))
def test_texts_differ_by_as_many_edits_as_the_whole_table_says(
    left: str, right: str, edits: int
) -> None:
    assert edit_distance(left, right) == _distance(left, right)
    assert differ_by(left, right, edits) == (_distance(left, right) >= edits)


@given(st.text("ab", max_size=8), st.lists(st.text("abc", max_size=8), min_size=1, max_size=6))
def test_the_nearest_text_is_the_first_that_takes_the_fewest_edits(
    text: str, others: list[str]
) -> None:
    far = [_distance(text, other) for other in others]
    assert nearest(text, others) == (far.index(min(far)), min(far))
