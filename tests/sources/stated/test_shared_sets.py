"""Every step-labelled file beside the checkout imports, with known counts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.stated.reading import Read

SHARED = Path(os.environ.get("STEPMINT_SHARED", Path(__file__).parents[4] / "shared"))
FOLDER = SHARED / "data" / "step_labels"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no public data in {FOLDER} (STEPMINT_SHARED names its parent)"
)

NOWHERE, BLANK, TWICE = "the first error is no step", "empty solution or step", "duplicate"
LONE, CHAIN, NOTHING = (
    "a step without the steps before it",
    "one label for the whole chain",
    "no step is labelled",
)
PARQUET = "prm800k_stepwise_critic/phase1_{}.stepwise-critic.parquet"
FILES = [
    # file, form, rows as the folder's README has them, solutions, steps with a label, rejected
    ("processbench/gsm8k.json", "processbench", 191, 191, 741, {}),
    ("processbench/math.json.gz", "processbench", 479, 479, 2031, {}),
    ("processbench/olympiadbench.json.gz", "processbench", 470, 470, 2684, {}),
    ("processbench/omnimath.json.gz", "processbench", 490, 490, 2400, {}),
    ("prm800k_raw/prm800k_raw_samples.jsonl", "prm800k", 8, 128, 1837, {}),
    (PARQUET.format("test"), "prm800k_critic", 2086, 1200, 16854, {TWICE: 108}),
    (PARQUET.format("train_plus"), "prm800k_critic", 24583, 14976, 232190, {TWICE: 1892}),
    (
        "prm800k_openr_training_format/single-step.json.gz",
        "openr", 1981, 95, 95, {LONE: 1879, TWICE: 7},
    ),
    ("prm800k_openr_training_format/multi-step.json.gz", "openr", 147, 140, 2443, {TWICE: 7}),
    ("prm800k_latebench/latebench_prm800k_raw.json.gz", "latebench", 60, 60, 404, {}),
    ("math_shepherd/samples_math-shepherd.jsonl", "math_shepherd", 3, 3, 9, {}),
    ("math_aps/samples_math-aps.json", "math_aps", 1, 58, 160, {}),
    ("math_aps/samples_math-aps.jsonl.gz", "math_aps", 1, 7, 12, {}),
    ("math_aps/samples_math-aps-v2.jsonl.gz", "math_aps", 1, 7, 12, {}),
    ("math_aps/samples_math-aps-tree.jsonl.gz", "math_aps", 1, 59, 147, {}),
    ("math_aps/samples_math-aps-v2_tree.jsonl.gz", "math_aps", 1, 59, 147, {}),
    ("prmbench/prm_test_p12_multi_solutions.jsonl.gz", "prmbench", 84, 84, 1149, {}),
    ("prmbench/subset400_target_data.jsonl.gz", "prmbench", 225, 225, 3297, {}),
    ("mr_gsm8k/mr_gsm8k_wrong_solutions.jsonl", "mr_gsm8k", 299, 299, 1197, {}),
    ("reasoneval/mr-math_invalid_errors.json", "mr_gsm8k", 76, 76, 346, {}),
    ("reasoneval/mr-math_redundant_errors.json", "reasoneval", 154, 154, 1600, {}),
    ("reasoneval/perturbation.json.gz", "reasoneval", 556, 539, 3679, {NOTHING: 17}),
    ("verify_cot/gsm8k_100.json", "verify_cot", 48, 27, 218, {CHAIN: 21}),
    ("verify_cot/MATH_100.json", "verify_cot", 35, 20, 151, {CHAIN: 15}),
    ("verify_cot/aqua_rat_100.json", "verify_cot", 57, 29, 243, {CHAIN: 28}),
    ("verify_cot/addsub_100.json", "verify_cot", 58, 32, 215, {CHAIN: 26}),
    ("big_bench_mistake/multistep_arithmetic.jsonl", "big_bench_mistake", 156, 156, 567, {}),
]  # fmt: skip
CLASSES = (
    "circular", "confidence", "counterfactual", "deception", "domain_inconsistency",
    "missing_condition", "redundency", "step_contradiction",
)  # fmt: skip
PRMBENCH = {
    # rows and rejected of PRMBench's files of one class, in the order of CLASSES
    "prm800k_test_p1_4o": ((46, 46, 46, 45, 46, 46, 46, 46), (0, 0, 0, 0, 0, 1, 0, 0)),
    "prm800k_test_p2_4o": ((142, 142, 141, 140, 142, 141, 142, 142), (0, 0, 0, 0, 0, 1, 0, 1)),
    "prm800k_train_p1_first400_4o": (
        (199, 198, 199, 198, 198, 199, 199, 199),
        (0, 2, 1, 0, 0, 3, 0, 0),
    ),
}


def _classes() -> Iterator[tuple[str, int, int]]:
    for start, (rows, rejected) in PRMBENCH.items():
        for name, *counts in zip(CLASSES, rows, rejected, strict=True):
            yield f"prmbench/{start}_{name}.jsonl.gz", counts[0], counts[1]


@pytest.mark.parametrize(
    ("file", "form", "rows", "solutions", "labelled", "rejected"),
    [
        pytest.param(*one, marks=pytest.mark.slow) if "train_plus" in one[0] else one
        for one in FILES
    ],
    ids=[one[0] for one in FILES],
)
def test_a_file_imports_whole_but_for_rows_with_a_reason(
    file: str, form: str, rows: int, solutions: int, labelled: int, rejected: dict[str, int]
) -> None:
    found = Read(FOLDER / file)
    assert (found.form, found.reading.rows) == (form, rows)
    assert found.reading.rejected == rejected
    assert len(found.rejected) == sum(rejected.values())
    assert (len(found.solutions), found.reading.labelled_steps) == (solutions, labelled)


@pytest.mark.parametrize(("file", "rows", "rejected"), list(_classes()))
def test_a_class_of_prmbench_imports_but_for_errors_that_are_no_step(
    file: str, rows: int, rejected: int
) -> None:
    found = Read(FOLDER / file)
    assert (found.form, found.reading.rows) == ("prmbench", rows)
    assert len(found.solutions) == rows - rejected
    assert found.reading.rejected.keys() <= {NOWHERE, BLANK}
    assert all(one.first_error is not None and one.first_error >= 0 for one in found.solutions)


def test_no_file_of_the_folder_is_left_out() -> None:
    known = {one[0] for one in FILES} | {file for file, _, _ in _classes()}
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert {file for file in files if not file.endswith(".md")} == known
