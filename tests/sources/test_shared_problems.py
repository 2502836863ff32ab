"""Every public problem file that developers have beside the checkout loads, with known counts."""

import os
from pathlib import Path

import pytest

from schemas import Problem, RejectedRow
from sources import Columns, FileSource, Gsm8kSource, MathSource, TableSource
from sources.reading import Reading

SHARED = Path(os.environ.get("STEPMINT_SHARED", Path(__file__).parents[3] / "shared"))
FOLDER = SHARED / "data" / "problems"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no public data in {FOLDER} (STEPMINT_SHARED names its parent)"
)

EMPTY, DUPLICATE, TORN, IMAGE = "empty gold", "duplicate", "not valid JSON", "needs an image"

FILES = [
    # file, rows, rejected by reason, gold of the first problem
    ("gsm8k_train.jsonl.gz", 7473, {}, "72"),
    ("gsm8k_test.jsonl", 1319, {}, "18"),
    ("math_train_7500_openr.json.gz", 7500, {EMPTY: 2}, r"\frac{1}{4}"),
    ("math500_openr.jsonl", 500, {}, r"\left( 3, \frac{\pi}{2} \right)"),
    ("math_test_5000_tora.jsonl.gz", 5000, {}, "2"),
    ("math_train_3000_with_solutions.jsonl.gz", 3000, {}, "100"),
    ("math_cs336_train_7500.jsonl.gz", 7500, {EMPTY: 2}, "16"),
    ("math_cs336_validation_5000.jsonl.gz", 5000, {}, "420"),
    ("math_answer_types_mario_5000.json.gz", 5000, {}, "2"),
    ("math_12000_capital_keys.json.gz", 12000, {EMPTY: 4, DUPLICATE: 1}, "2"),
    ("deepscaler_math.json.gz", 7474, {EMPTY: 4}, "0"),
    ("gsm_hard.jsonl.gz", 1319, {}, "-9867630"),
    ("simplelr_train_8523.parquet", 8523, {EMPTY: 4, DUPLICATE: 1}, "118"),
    ("qwen_eval/aime24_test.jsonl", 30, {}, "204"),
    ("qwen_eval/amc23_test.jsonl", 40, {}, "27"),
    ("qwen_eval/aqua_test.jsonl", 254, {}, "A"),
    ("qwen_eval/gaokao2023en_test.jsonl", 385, {EMPTY: 2}, r"$\{x|-2\leq x < 1\}$"),
    ("qwen_eval/minerva_math_test.jsonl", 272, {IMAGE: 1}, "1.6"),
    ("qwen_eval/svamp_test.jsonl.gz", 1000, {}, "145"),
    ("qwen_eval/asdiv_test.jsonl.gz", 2215, {DUPLICATE: 1}, "9"),
    ("qwen_eval/college_math_test.jsonl.gz", 2818, {DUPLICATE: 10}, "$10-4 n$"),
    ("qwen_eval/olympiadbench_test.json.gz", 675, {}, "2"),
    ("qwen_eval/cmath_test.jsonl", 600, {}, "9"),
    ("quirks/math_train_truncated.jsonl.gz", 3683, {TORN: 1}, "16"),
]


READ_AS = {
    # file: columns that are read, columns that are not
    "gsm8k_train.jsonl.gz": ("question=question gold=answer", ""),
    "gsm8k_test.jsonl": ("question=question gold=answer", ""),
    "math_train_7500_openr.json.gz": ("question=problem gold=final_answer", ""),
    "math500_openr.jsonl": (
        "question=problem gold=answer solution=solution level=level subject=subject",
        "unique_id",
    ),
    "math_test_5000_tora.jsonl.gz": (
        "question=problem gold=solution solution=solution level=level subject=type",
        "idx",
    ),
    "math_train_3000_with_solutions.jsonl.gz": (
        "question=problem gold=solution solution=solution level=level subject=type",
        "",
    ),
    "math_cs336_train_7500.jsonl.gz": (
        "question=problem gold=answer level=level subject=subject",
        "unique_id",
    ),
    "math_cs336_validation_5000.jsonl.gz": (
        "question=problem gold=answer level=level subject=subject",
        "unique_id",
    ),
    "math_answer_types_mario_5000.json.gz": ("question=question gold=answer", "index human_type"),
    "math_12000_capital_keys.json.gz": ("question=Question gold=answer subject=problem_type", ""),
    "deepscaler_math.json.gz": ("question=problem gold=answer level=difficulty subject=type", ""),
    "gsm_hard.jsonl.gz": ("question=input gold=target", "code idx"),
    "simplelr_train_8523.parquet": (
        "question=prompt gold=reward_model.ground_truth",
        "data_source ability extra_info",
    ),
    "qwen_eval/aime24_test.jsonl": (
        "question=problem gold=answer solution=solution",
        "id url question",
    ),
    "qwen_eval/amc23_test.jsonl": ("question=problem gold=answer", "id url question"),
    "qwen_eval/aqua_test.jsonl": (
        "question=question options=options gold=correct solution=rationale",
        "",
    ),
    "qwen_eval/gaokao2023en_test.jsonl": (
        "question=question gold=answer",
        "source lang sourcename id",
    ),
    "qwen_eval/minerva_math_test.jsonl": (
        "question=problem gold=solution solution=solution subject=type",
        "idx",
    ),
    "qwen_eval/svamp_test.jsonl.gz": (
        "context=Body question=Question gold=Answer subject=Type",
        "Equation ID idx",
    ),
    "qwen_eval/asdiv_test.jsonl.gz": (
        "context=body question=question gold=answer",
        "solution_type formula idx",
    ),
    "qwen_eval/college_math_test.jsonl.gz": (
        "question=question gold=answer subject=data_topic",
        "data_source question_number license",
    ),
    "qwen_eval/olympiadbench_test.json.gz": (
        "context=context question=question gold=final_answer solution=solution subject=subfield",
        "id is_multiple_answer unit answer_type error",
    ),
    "qwen_eval/cmath_test.jsonl": (
        "question=question gold=answer level=grade",
        "reasoning_step num_digits",
    ),
    "quirks/math_train_truncated.jsonl.gz": (
        "question=problem gold=answer solution=solution level=level subject=subject",
        "unique_id",
    ),
}


def problems(source: TableSource) -> list[Problem]:
    return [item for item in source.load() if isinstance(item, Problem)]


def load(name: str, **settings: object) -> list[Problem]:
    return problems(FileSource.model_validate({"path": str(FOLDER / name), **settings}))


def golds(name: str, **settings: object) -> dict[str, str]:
    source = FileSource.model_validate({"path": str(FOLDER / name), **settings})
    return {problem.question: problem.answer for problem in problems(source)}


def test_the_table_above_misses_no_file() -> None:
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert there == {name for name, *_ in FILES} == READ_AS.keys()


@pytest.mark.parametrize(("name", "rows", "rejections", "first"), FILES)
def test_a_public_file_loads_by_its_column_names_alone(
    name: str, rows: int, rejections: dict[str, int], first: str
) -> None:
    items = list(FileSource(path=str(FOLDER / name)).load())
    rejected = [item for item in items if isinstance(item, RejectedRow)]
    good = [item for item in items if isinstance(item, Problem)]
    counts = {reason: sum(r.reason.startswith(reason) for r in rejected) for reason in rejections}
    assert (len(items), counts, len(rejected)) == (rows, rejections, sum(rejections.values()))
    assert good[0].answer == first
    assert len({problem.id for problem in good}) == len(good)
    assert all(problem.question and problem.answer for problem in good)


@pytest.mark.parametrize("name", READ_AS)
def test_a_public_file_says_what_it_was_read_as_and_what_not(name: str) -> None:
    reading = Reading()
    for _ in FileSource(path=str(FOLDER / name), limit=50).load(reading):
        pass
    print(*reading.record.lines(), sep="\n")
    read, unused = READ_AS[name]
    found = reading.record
    assert " ".join(f"{role}={'+'.join(paths)}" for role, paths in found.columns.items()) == read
    assert " ".join(found.unused) == unused
    assert found.gold_in_solution == ("gold=solution" in read)


def test_options_of_public_files_are_those_their_questions_list() -> None:
    chosen = load("qwen_eval/aqua_test.jsonl")
    assert all(len(problem.options) == 5 for problem in chosen)
    for problem in chosen:
        listed = "".join(
            f"\n({letter}) {text}" for letter, text in zip("ABCDE", problem.options, strict=True)
        )
        assert problem.question.endswith(f"\n\nAnswer choices:{listed}")
        assert problem.answer in "ABCDE"


def test_gsm8k_golds_are_what_stands_behind_the_last_hashes() -> None:
    train = problems(Gsm8kSource(dataset=str(FOLDER / "gsm8k_train.jsonl.gz")))
    assert all((p.solution or "").endswith(f"#### {p.answer}") for p in train)
    assert sum("," in problem.answer for problem in train) == 79
    test = problems(Gsm8kSource(dataset=str(FOLDER / "gsm8k_test.jsonl")))
    assert sum("," in problem.answer for problem in test) == 14


@pytest.mark.parametrize(
    ("extracted", "published"),
    [
        ("math500_openr.jsonl", "math500_openr.jsonl"),
        ("quirks/math_train_truncated.jsonl.gz", "quirks/math_train_truncated.jsonl.gz"),
        ("math_train_3000_with_solutions.jsonl.gz", "math_train_7500_openr.json.gz"),
    ],
)
def test_boxes_of_math_solutions_are_the_published_answers(extracted: str, published: str) -> None:
    boxes = golds(extracted, columns=Columns(answer="solution"), gold="boxed")
    answers = golds(published)
    assert len(boxes) == len(answers.keys() & boxes.keys())
    assert all(answers[question] == gold for question, gold in boxes.items())


def test_boxes_of_math_test_differ_from_human_annotation_only_where_there_are_several() -> None:
    people = golds("math_answer_types_mario_5000.json.gz")
    path = str(FOLDER / "math_test_5000_tora.jsonl.gz")
    last = {p.question: p.answer for p in problems(MathSource(dataset=path))}
    only = {p.question: p.answer for p in problems(MathSource(dataset=path, gold="one_box"))}
    assert last.keys() == people.keys()
    assert sum(people[question] != gold for question, gold in last.items()) == 12
    assert len(only) == 5000 - 23
    assert all(people[question] == gold for question, gold in only.items())


def test_layouts_of_odd_files_are_read_in_full() -> None:
    svamp = load("qwen_eval/svamp_test.jsonl.gz")
    assert svamp[0].question.startswith("There are 87 oranges")
    assert svamp[0].question.endswith("\nHow big is each group of bananas?")
    aqua = load("qwen_eval/aqua_test.jsonl")
    assert aqua[0].question.endswith("(D) 8(√3 – 2)\n(E) None of these")
    units = [p.answer for p in load("qwen_eval/asdiv_test.jsonl.gz") if "(" in p.answer]
    assert units == ["-(1/3)"]
    suffix = "Please reason step by step, and put your final answer within \\boxed{}."
    assert not any(
        suffix in p.question for p in load("simplelr_train_8523.parquet", remove=(suffix,))
    )
    hard = load("gsm_hard.jsonl.gz")
    assert not any("e" in problem.answer for problem in hard)
