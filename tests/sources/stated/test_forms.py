"""Each form of rows with what is peculiar to it, on rows made by hand."""

import base64
import json
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from schemas import Outcome
from schemas.views import Stated
from tests.sources.stated.reading import read, said

Q = "What is 2 + 2 * 3?"
A, B = "2 * 3 = 6.", "2 + 6 = 9."
RIGHT_WRONG = [(A, 1.0), (B, 0.0)]
CHAT = [{"role": "user", "content": Q}]
TAGGED = f"{Q} Step 1: {A} ки\nStep 2: {B} ки"

SAME: list[tuple[str, dict[str, Any]]] = [
    ("processbench", {"problem": Q, "steps": [A, B], "label": 1, "final_answer_correct": False}),
    (
        "mr_gsm8k",
        {
            "question": Q,
            "model_output_steps": [A, B],
            "model_output_solution_correctness": "wrong",
            "model_output_solution_first_error_step": 2,
        },
    ),
    ("big_bench_mistake", {"input": Q, "steps": [A, B], "mistake_index": 1, "target": "8"}),
    (
        "latebench",
        {
            "problem": {"statement": Q},
            "error_injection": {},
            "solution": {
                "steps": [{"content": A, "is_error": False}, {"content": B, "is_error": True}]
            },
        },
    ),
    (
        "hard2verify",
        {"question": Q, "model_response_by_step": [A, B], "human_labels": [1, 0]},
    ),
    (
        "prm800k",
        {
            "question": {"problem": Q, "ground_truth_answer": "8"},
            "label": {
                "finish_reason": "found_error",
                "steps": [
                    {"completions": [{"text": A, "rating": 1}], "chosen_completion": 0},
                    {"completions": [{"text": B, "rating": -1}], "chosen_completion": None},
                ],
            },
        },
    ),
    (
        "prmbench",
        {"modified_question": Q, "modified_process": [A, B], "error_steps": [2], "idx": "x"},
    ),
    (
        "reasoneval",
        {"question": Q, "hypothesis_steps": [A, B], "error_type": "random number", "tags": 1},
    ),
    ("math_shepherd", {"input": TAGGED, "label": "", "task": "GSM8K"}),
    ("openrlhf", {"input": TAGGED, "value": ["+", "-"]}),
    ("openr", {"question": Q, "process": f"{A} \n\n\n\n\n {B} \n\n\n\n\n", "label": ["+", "-"]}),
    ("distilabel", {"instruction": Q, "solutions": json.dumps([[f"{A} +", f"{B} -"]])}),
    ("trl", {"prompt": Q, "completions": [A, B], "labels": [True, False]}),
    ("unprm", {"prompt": Q, "answer": "8", "completions": [A, B], "label": [True, False]}),
    ("fover", {"problem": Q, "solution_steps": [A, B], "error_labels": [True, False]}),
    (
        "actprm",
        {"question": Q, "steps": [A, B], "hard_labels": [1, 0], "soft_labels": [1.0, 0.0]},
    ),
    (
        "counts",
        {"question": Q, "steps": [A, B], "correct": [2, 0], "decided": [2, 8], "stop_rule": []},
    ),
    ("alphamath", {"question": Q, "response": [{"step": A, "Q": 1}, {"step": B, "Q": -1.0}]}),
    ("skywork", {"problem": Q, "response": f"{A}\n{B}", "labels": [1, 0]}),
    ("paddlenlp", {"src": [Q + "\n"], "tgt": [], "responses": [A, B], "labels": ["+", "-"]}),
    (
        "qwen_prm",
        {
            "messages": [*CHAT, {"role": "assistant", "content": f"{A}<extra_0>{B}<extra_0>"}],
            "labels": [True, False],
        },
    ),
    (
        "rlhflow",
        {
            "conversations": [
                {"role": "user", "content": f"{Q} Step 1: {A}"},
                {"role": "assistant", "content": "+"},
                {"role": "user", "content": B},
                {"role": "assistant", "content": "-"},
            ]
        },
    ),
]
SAME[8][1]["label"] = f"{Q} Step 1: {A} +\nStep 2: {B} -"


@pytest.mark.parametrize(("form", "row"), SAME, ids=[name for name, _ in SAME])
def test_a_form_is_found_by_its_columns_and_states_the_same_as_all_others(
    form: str, row: dict[str, Any], tmp_path: Path
) -> None:
    found = read(tmp_path, [row])
    assert found.form == form
    assert found.problems[0].question == Q
    bare = [(step.split(": ", 1)[-1], label) for step, label in said(found.only)]
    assert bare == RIGHT_WRONG
    assert found.only.first_error == 1
    assert found.only.root.total == sum(one.total for one in found.only.evidence) == 0
    assert Stated().labels(found.only) == (True, False)


def test_what_follows_a_first_error_is_not_stated(tmp_path: Path) -> None:
    row = {"problem": Q, "steps": [A, B, "So 9."], "final_answer_correct": False}
    rows = [row | {"label": label} for label in (0, -1, 3, -2, "x")]
    found = read(tmp_path, rows)
    one, two = found.solutions
    assert [label for _, label in said(one)] == [0.0, None, None]
    assert (one.outcome, one.stated[0].said) == (Outcome.INCORRECT, "first error")
    assert two.first_error == -1
    assert [row.row for row in found.rejected] == [2, 3, 4]
    assert "the first error is no step: 3 of 3" in found.rejected[0].reason


def test_mr_gsm8k_counts_from_1_and_keeps_the_reason(tmp_path: Path) -> None:
    row = {
        "question": Q,
        "ground_truth_answer": 8,
        "model_output_step_format": [["2 * 3", "= 6."], [B]],
        "model_output_answer_correctness": "correct",
    }
    where, whether = "model_output_solution_first_error_step", "model_output_solution_correctness"
    why = {"model_output_solution_first_error_reason": "6 is right"}
    rows = [row | why | {where: 1, whether: "wrong"}, row | {where: "N/A", whether: "correct"}]
    found = read(tmp_path, [*rows, row | {where: "N/A", whether: "wrong"}])
    wrong, right = found.solutions
    assert (wrong.first_error, wrong.stated[0].why) == (0, "6 is right")
    assert wrong.steps[0] == "2 * 3\n= 6.\n"
    assert (right.first_error, right.outcome) == (-1, Outcome.CORRECT)
    assert found.problems[0].answer == "8"
    assert "stated wrong, and not where" in found.rejected[0].reason


def test_hard2verify_is_read_through_its_disguise(tmp_path: Path) -> None:
    def hidden(value: object) -> str:
        text = (value if isinstance(value, str) else json.dumps(value)).encode()
        key = cycle(sha256(b"canary 1").digest())
        return base64.b64encode(bytes(a ^ b for a, b in zip(text, key, strict=False))).decode()

    cells = {"question": Q, "model_response_by_step": [A, B], "human_labels": [1, 0]}
    row = {name: hidden(cell) for name, cell in cells.items()}
    found = read(tmp_path, [row | {"canary": "canary 1", "unique_id": "h-1"}])
    assert found.problems[0].question == Q
    assert said(found.only) == RIGHT_WRONG
    assert found.only.given_id == "h-1"


def completion(text: str, rating: int | None, **more: Any) -> dict[str, Any]:
    return {"text": text, "rating": rating, **more}


def test_prm800k_follows_the_chosen_path_and_alternatives_end_their_own_solutions(
    tmp_path: Path,
) -> None:
    steps = [
        {"completions": [completion("a", 1), completion("b", -1)], "chosen_completion": 0},
        {
            "completions": [completion("c", -1, flagged=True)],
            "human_completion": {"text": "d", "rating": None},
            "chosen_completion": None,
        },
        {
            "completions": [completion("e", 0), completion("f\n\n# Answer\n\n8", 1)],
            "chosen_completion": 1,
        },
        {"completions": [completion("g", None)], "chosen_completion": None},
    ]
    row = {
        "question": {"problem": Q, "ground_truth_answer": "8"},
        "label": {"steps": steps, "finish_reason": "solution"},
    }
    bad = row | {"label": {"steps": steps, "finish_reason": "bad_problem"}}
    found = read(tmp_path, [row, bad])
    whole = "f\n\n# Answer\n\n8"
    assert [said(one) for one in found.solutions] == [
        [("a", 1.0), ("c", 0.0)],
        [("a", 1.0), ("d", 1.0), ("e", None)],
        [("a", 1.0), ("d", 1.0), (whole, 1.0)],
        [("b", 0.0)],
    ]
    assert found.solutions[0].stated[1].why == "flagged"
    assert found.solutions[1].stated[2].neutral
    assert [one.first_error for one in found.solutions] == [1, -1, -1, 0]
    assert [one.outcome for one in found.solutions][2] is Outcome.CORRECT
    assert "found the problem bad" in found.rejected[0].reason
    none = [row | {"label": {"steps": [], **why}} for why in ({}, {"finish_reason": "give_up"})]
    assert [one.reason for one in read(tmp_path, [row, *none]).rejected] == [
        "no list of steps: finish_reason None (line 2 of set.jsonl)",
        "no list of steps: finish_reason give_up (line 3 of set.jsonl)",
    ]
    unstated = read(tmp_path, [row], "prm800k", human="unstated")
    assert said(unstated.solutions[2])[1] == ("d", None)


def test_prm800k_by_rated_steps_is_the_same_tree_however_far_rows_stand_apart(
    tmp_path: Path,
) -> None:
    def row(before: list[str], step: str, rating: int | None, **more: Any) -> dict[str, Any]:
        return {
            "instruction": Q,
            "responses": before,
            "next_response": step,
            "rating": rating,
            "is_human_response": False,
            **more,
        }

    rows = [
        row(["a", "d"], "e", 0),
        row([], "a", 1),
        row(["a"], "c", -1, error_reason="c is wrong"),
        {**row([], "x", 1), "instruction": "Another?"},
        row(["a"], "d", None, is_human_response=True),
        row([], "b", -1),
        row([], "b", -1),
        row(["a", "d"], "unrated", None),
    ]
    found = read(tmp_path, rows)
    assert found.form == "prm800k_critic"
    assert [said(one) for one in found.solutions] == [
        [("a", 1.0), ("d", 1.0), ("e", None)],
        [("a", 1.0), ("c", 0.0)],
        [("b", 0.0)],
        [("x", 1.0)],
    ]
    assert found.solutions[1].stated[1].why == "c is wrong"
    assert found.reading.rejected == {"duplicate": 1}
    assert [one.solution_index for one in found.solutions] == [0, 1, 2, 0]


def test_a_step_that_people_rate_differently_has_no_label(tmp_path: Path) -> None:
    row = {"instruction": Q, "responses": [], "next_response": "a", "is_human_response": False}
    rows = [row | {"rating": rating} for rating in (1, -1, 0, -1, 1)]
    rows.append(row | {"responses": ["a"], "next_response": "b", "rating": 1})
    found = read(tmp_path, rows)
    assert said(found.only) == [("a", None), ("b", 1.0)]
    assert found.only.stated[0].said == "1 or -1 or neutral"
    assert not found.only.stated[0].neutral
    assert found.only.first_error is None
    mild = read(tmp_path, [row | {"rating": rating} for rating in (1, 0)])
    assert mild.only.stated[0].neutral


def test_prmbench_counts_from_1_and_passes_over_errors_behind_the_last_step(
    tmp_path: Path,
) -> None:
    row = {
        "modified_question": Q,
        "original_question": "Before?",
        "modified_process": [A, B, "So 9."],
        "original_process": ["Right."],
        "classification": "redundency",
        "reason": "twice",
        "idx": "p1",
    }
    rows = [row | {"error_steps": steps} for steps in ([2, 9], [9], [])]
    found = read(tmp_path, rows)
    wrong, right = found.solutions
    assert [label for _, label in said(wrong)] == [1.0, 0.0, 1.0]
    assert (wrong.stated[1].said, wrong.stated[1].why) == ("redundency", "twice")
    assert wrong.given_id == "p1/redundency"
    assert right.first_error == -1
    assert "no step: [8] of 3" in found.rejected[0].reason
    both = read(tmp_path, rows[:1], "prmbench", originals=True)
    asked, made = [one.question for one in both.problems], both.solutions
    assert list(zip(asked, (one.first_error for one in made), strict=True)) == [
        (Q, 1),
        ("Before?", -1),
    ]


@pytest.mark.parametrize(
    ("kind", "tags", "labels"),
    [
        ("random operation", 1, [1.0, 0.0, None, None]),
        ("swap steps", [1, 2], [1.0, 0.0, 0.0, None]),
        ("swap solutions", 82, [0.0, None, None, None]),
        ("repeat step", 1, [1.0, 1.0, None, 1.0]),
        ("remove step", 1, [1.0, None, None, None]),
    ],
)
def test_a_perturbation_states_what_its_kind_does(
    kind: str, tags: object, labels: list[float | None], tmp_path: Path
) -> None:
    row = {"question": Q, "hypothesis_steps": ["a", "b", "c", "d"], "error_type": kind}
    found = read(tmp_path, [row | {"tags": tags}])
    assert [label for _, label in said(found.only)] == labels
    assert found.only.stated[2].neutral == (kind == "repeat step")


def test_a_chain_with_one_label_is_taken_where_all_of_it_is_right(tmp_path: Path) -> None:
    row = {
        "question": Q,
        "answer": "#1. Two.\n#2. (by #1) Step 1: six\nand eight.",
        "gt_answer": "So.\n#### 8",
        "correct": True,
    }
    found = read(tmp_path, [row | {"flag": flag} for flag in (1, 0)])
    assert [step for step, _ in said(found.only)] == [
        "#1. Two.",
        "#2. (by #1) Step 1: six\nand eight.",
    ]
    assert (found.only.first_error, found.problems[0].answer) == (-1, "8")
    assert "one label for the whole chain" in found.rejected[0].reason


def test_math_aps_states_are_cut_where_other_states_end(tmp_path: Path) -> None:
    states = [
        {"state": "", "rollout": " a b c", "mcs": 0.6},
        {"state": "a b", "rollout": " c", "mcs": 0.75},
        {"state": "a b", "rollout": " d", "mcs": 0.75},
        {"state": "a b d", "rollout": " e", "mcs": 0},
    ]
    found = read(tmp_path, [{"q": Q, "states": states}])
    assert [said(one) for one in found.solutions] == [
        [("a b", 0.75), ("c", None)],
        [("a b", 0.75), ("d", 0.0), ("e", None)],
    ]
    assert found.solutions[0].stated[0].said == "0.75"
    assert "".join(found.solutions[1].steps) == "a b d e"


def test_math_aps_flat_and_as_a_tree_are_the_same_solutions(tmp_path: Path) -> None:
    def node(text: str, value: float, *children: Any) -> dict[str, Any]:
        return {"text": text, "mc_value": value, "children": list(children)}

    tree = node(Q, 0.5, node("a", 1.0), node("b", 0.25, node("c", 0.0), node("d", 0.5)))
    flat = [
        {"solution_prefix": Q + text, "mc_value": value}
        for text, value in (("", 0.5), ("\n\n a", 1.0), ("\n\n b", 0.25))
    ]
    flat += [
        {"solution_prefix": f"{Q}\n\n b\n\n{text}", "mc_value": value}
        for text, value in (("c", 0.0), ("d", 0.5))
    ]
    row = {"question": Q, "final_answer": "8"}
    for steps in (tree, flat):
        found = read(tmp_path, [row | {"reasoning_steps": steps}])
        assert [said(one) for one in found.solutions] == [
            [("a", 1.0)],
            [("b", 0.25), ("c", 0.0)],
            [("b", 0.25), ("d", 0.5)],
        ]
        assert found.problems[0].answer == "8"


def test_a_last_step_of_math_shepherd_tells_of_the_answer(tmp_path: Path) -> None:
    text = f"{Q} Step 1: {A} {{0}}\nStep 2: The answer is: 9 {{1}}"
    row = {"input": text.format("ки", "ки"), "label": text.format("+", "-"), "task": "GSM8K"}
    assert read(tmp_path, [row]).only.outcome is Outcome.INCORRECT
    assert read(tmp_path, [row], "math_shepherd", numbers="drop").only.steps[0] == f"{A}\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"input": f"{Q} Step 1: a ки", "label": f"{Q} Step 1: b +"}, "label is not input"),
        ({"input": f"{Q} Step 1: a ки", "label": f"{Q} Step 1: a ки"}, "label is not input"),
        ({"input": f"{Q} a ки", "label": f"{Q} a +"}, "cannot be told apart"),
        ({"input": "Step 1: a Step 1: b ки", "label": "x"}, "label is not input"),
        ({"input": "Step 1: a ки", "label": "Step 1: a +"}, "empty question"),
        ({"input": f"{Q} Step 1: a ки b", "label": f"{Q} Step 1: a + b"}, "behind the last tag"),
        ({"question": Q, "process": "Step: 2: b ки", "label": 1}, "without the steps before it"),
        ({"prompt": Q, "completions": ["a"], "labels": [True, False]}, "labels do not fit steps"),
        ({"prompt": Q, "completions": ["a", " "], "labels": [1, 1]}, "empty solution or step"),
        ({"prompt": Q, "completions": ["a"], "labels": [1.5]}, "no number in [0, 1]"),
        ({"prompt": Q, "completions": ["a"], "labels": ["?"]}, "neither a sign nor a number"),
        ({"prompt": Q, "completions": ["a"], "labels": [None]}, "no step is labelled"),
        ({"prompt": "", "completions": ["a"], "labels": [1]}, "empty question"),
        ({"instruction": Q, "solutions": "[["}, "no list of solutions"),
        (
            {"question": Q, "steps": ["a"], "hard_labels": [1], "soft_labels": [0.2]},
            "hard and soft label disagree",
        ),
    ],
)
def test_a_row_that_states_nothing_certain_is_rejected_with_the_reason(
    row: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    good = {**row, **next(cells for _, cells in SAME if cells.keys() >= row.keys())}
    found = read(tmp_path, [row, good])
    assert len(found.solutions) == 1
    assert reason in found.rejected[0].reason


def test_a_value_of_alphamath_is_a_number_between_and_keeps_its_words(tmp_path: Path) -> None:
    response = [{"step": "a", "Q": 0.5}, {"step": "b", "Q": None}]
    found = read(tmp_path, [{"question": Q, "response": response}])
    assert said(found.only) == [("a", 0.75), ("b", None)]
    assert found.only.stated[0].said == "0.5"


def test_the_options_of_a_multiple_choice_join_the_question(tmp_path: Path) -> None:
    row = {"question": Q, "answer": "#1. B", "gt_answer": "B", "flag": 1, "correct": True}
    found = read(tmp_path, [row | {"choices": ["7", "8"]}])
    assert found.problems[0].question == f"{Q}\n\nAnswer choices:\n(A) 7\n(B) 8"


def test_distilabels_steps_without_a_sign_have_no_label(tmp_path: Path) -> None:
    row = {
        "instruction": Q,
        "golden_solution": ["Step 1: 8.", "The answer is: 8"],
        "solutions": [["Step 1: 6. +", "Step 2: 8.", "The answer is: 8"], ["Step 1: ten"]],
    }
    found = read(tmp_path, [row])
    assert said(found.only) == [
        ("Step 1: 6.", 1.0),
        ("Step 2: 8.", None),
        ("The answer is: 8", None),
    ]
    assert found.problems[0].answer == "8"
