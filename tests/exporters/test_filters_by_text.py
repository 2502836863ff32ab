"""Filters that compare texts: what was there before, what a benchmark asks, what golds say."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporters import TrlExporter
from exporters.filters import Reference
from exporters.filters.contamination import common_subsequence
from exporters.filters.words import phrase, quantities, words
from exporters.runs import ExportReport, export_run
from schemas import ROOT, ExportError, LabelledSolution, Outcome, Problem, Rollout
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tests.exporters.test_filters import export
from tests.exporters.test_runs import rows_of
from tests.runs import evidence, problem, rollout, solution, write_shard

ASKED = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in "
    "May. How many clips did Natalia sell altogether in April and May?"
)
REWORDED = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in "
    "May. How many clips did she sell altogether in April and May?"
)
RESPELLED = ASKED.replace("48", "$48$").replace("clips", "Clips").replace("?", " ?")
NUMBERED = ASKED.replace("48", "52")
OTHER = "A train leaves the station at noon and travels at sixty miles an hour. Where is it then?"
EQUAL, NEAR = (
    "its question has the words of an earlier one",
    "its question is nearly an earlier one",
)


def asking(folder: Path, *questions: str, answers: Sequence[str] = ()) -> Path:
    """A run of problems, each with one solution of its own."""
    golds = answers or ["72"] * len(questions)
    problems = [problem(text, gold) for text, gold in zip(questions, golds, strict=True)]
    return of_problems(
        folder, problems, [solved(one, f"way {at}") for at, one in enumerate(problems)]
    )


def of_problems(
    folder: Path,
    problems: Sequence[Problem],
    solutions: Sequence[LabelledSolution],
    rollouts: Sequence[Rollout] = (),
) -> Path:
    rows = [ProblemRow(problem=one, set_aside="") for one in problems]
    write_shard(folder, 0, problems=rows, solutions=solutions, rollouts=rollouts)
    return folder


def solved(of: Problem, *steps: str, index: int = 0) -> LabelledSolution:
    return solution(of, [f"{step}\n" for step in steps], [evidence(3, 5)] * len(steps), index=index)


def left(report: ExportReport) -> list[str]:
    return [row["prompt"] for row in rows_of(report)]


def test_questions_that_say_the_same_are_one_and_the_first_stays(tmp_path: Path) -> None:
    run = asking(tmp_path, ASKED, OTHER, RESPELLED, REWORDED)
    report = export(run, {"kind": "duplicates"}, validation_ratio=0)
    assert left(report) == [ASKED, OTHER]
    assert report.filters[0].taken == {EQUAL: 1, NEAR: 1}


def test_questions_of_one_template_are_many_unless_they_are_asked_out(tmp_path: Path) -> None:
    run = asking(tmp_path, ASKED, NUMBERED, answers=["72", "78"])
    assert len(left(export(run, {"kind": "duplicates"}))) == 2
    report = export(run, {"kind": "duplicates", "templates": "take_out"})
    assert left(report) == [ASKED]


def test_nearly_equal_questions_of_other_golds_are_other_problems(tmp_path: Path) -> None:
    run = asking(tmp_path, ASKED, REWORDED, answers=["72", "24"])
    assert export(run, {"kind": "duplicates"}).filters[0].taken == {}


def test_all_solutions_of_a_repeated_question_go_and_none_of_the_first(tmp_path: Path) -> None:
    problems = [problem(ASKED, "72"), problem(REWORDED, "72")]
    solutions = [solved(one, f"way {at}", index=at) for one in problems for at in range(3)]
    report = export(of_problems(tmp_path, problems, solutions), {"kind": "duplicates"})
    assert left(report) == [ASKED] * 3
    assert report.filters[0].taken == {NEAR: 3}


def test_only_equal_questions_go_where_nothing_near_is_asked_for(tmp_path: Path) -> None:
    run = asking(tmp_path, ASKED, REWORDED, RESPELLED)
    report = export(run, {"kind": "duplicates", "near": None})
    assert report.filters[0].taken == {EQUAL: 1}


def test_a_chain_of_small_changes_keeps_what_is_far_from_all_that_stay(tmp_path: Path) -> None:
    said = ASKED.split()
    chain = [ASKED]
    for at in (0, 6, 8, 10, 12, 18, 20, 24):
        said = [*said[:at], "thing", *said[at + 1 :]]
        chain.append(" ".join(said))
    kept = left(export(asking(tmp_path, *chain), {"kind": "duplicates"}, validation_ratio=0))
    assert kept[0] == chain[0]
    assert 1 < len(kept) < len(chain)


def test_a_problem_s_solutions_that_say_the_same_are_one(tmp_path: Path) -> None:
    first, second = problem(ASKED, "72"), problem(OTHER, "72")
    told = ("He sold 48 / 2 = 24 clips in the month of May.", "So 48 + 24 = 72 clips in all.")
    solutions = [
        solved(first, *told, index=0),
        solved(first, told[0].replace("He", "She"), told[1], index=1),
        solved(first, told[0].upper(), told[1], index=2),
        solved(first, told[0].replace("24", "25"), told[1], index=3),
        solved(second, *told, index=0),
    ]
    report = export(
        of_problems(tmp_path, [first, second], solutions),
        {"kind": "duplicates", "of": "solution", "near": 0.6},
    )
    assert report.filters[0].taken == {
        "its words are those of another solution of the problem": 1,
        "nearly another solution of the problem": 1,
    }
    assert sorted(row["solution_index"] for row in rows_of(report)) == [0, 0, 3]


def contaminated(run: Path, *questions: str, **settings: Any) -> ExportReport:
    """Export what is not in a list `bench` of these questions."""

    def read_list(name: str, column: str | None) -> Iterator[Reference]:
        assert name == "bench"
        yield from (Reference(question=one, solution=f"Worked: {one}") for one in questions)

    kept = {"kind": "contamination", "against": "bench", **settings}
    exporter = TrlExporter(filters=(kept,), validation_ratio=0)
    return export_run(RunFolder(run), exporter, read_list=read_list)


def test_a_benchmark_s_questions_are_taken_out_however_they_are_typeset(tmp_path: Path) -> None:
    report = contaminated(asking(tmp_path, RESPELLED, OTHER), ASKED)
    assert left(report) == [OTHER]
    assert report.filters[0].taken == {"its question is in bench": 1}


def test_a_reworded_benchmark_question_is_one_and_by_default_one_with_other_numbers_too(
    tmp_path: Path,
) -> None:
    late = ASKED.replace(
        "altogether in April and May", "in the whole of spring, at home and abroad"
    )
    run = asking(tmp_path, late, NUMBERED, OTHER)
    assert left(contaminated(run, ASKED)) == [OTHER]
    assert left(contaminated(run, ASKED, numbers="same")) == [NUMBERED, OTHER]


def test_a_phrase_in_common_is_not_a_question_in_common(tmp_path: Path) -> None:
    phrase = "where m and n are relatively prime positive integers what is the value of m plus n"
    ours = (
        "The chance of rain on a long summer day anywhere to the far north of Oslo, "
        "where my uncle Erik keeps his boats, nets, dogs, skis, books and old coats, is given by "
        f"m / n {phrase}?"
    )
    theirs = (
        "Ten fair coins are thrown by each of eleven players, all without looking; "
        f"then odds of seeing nine heads in some row that anybody has thrown equal m / n {phrase}?"
    )
    run = asking(tmp_path, ours)
    assert left(contaminated(run, theirs)) == [ours]
    with pytest.raises(ExportError, match="its question is in bench"):
        contaminated(run, theirs, common=0.3)


def test_a_short_question_of_a_benchmark_has_to_be_the_same(tmp_path: Path) -> None:
    longer = "What is 2 + 3? Then double it, and add the number of days of a week to the result."
    report = contaminated(asking(tmp_path, "what is $2+3$", longer), "What is 2 + 3?")
    assert left(report) == [longer]


def test_solutions_like_those_of_a_benchmark_are_taken_out_where_asked(tmp_path: Path) -> None:
    one = problem(OTHER, "72")
    run = of_problems(
        tmp_path, [one], [solved(one, f"Worked: {ASKED}"), solved(one, "own", index=1)]
    )
    assert len(left(contaminated(run, ASKED))) == 2
    report = contaminated(run, ASKED, solutions=True)
    assert report.filters[0].taken == {"its solution is in bench": 1}


def test_a_list_cannot_be_read_where_nobody_hands_its_reader_on(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"export through tasks\.exports"):
        export(asking(tmp_path, ASKED), {"kind": "contamination", "against": "bench"})


def test_a_text_is_compared_by_words_numbers_and_operators() -> None:
    assert words(r"What is $\dfrac{1}{2}$ of Two-hundred apples?") == words(
        r"what is \frac 12 of 2 hundred apples".replace("12", "1 2")
    )
    assert words("1,000 - 5") == ["1000", "-", "5"]
    assert words("小明有3个") == ["小", "明", "有", "3", "个"]
    assert quantities(words("3 of 4 is half")) == ("3", "4", "half")
    assert phrase(words("so a^2 + b^2 = c^2 holds")) == ["so", "a", "^2+b^2=c^2", "holds"]


@pytest.mark.parametrize(
    ("left", "right", "length"),
    [
        ("abcbdab", "bdcaba", 4),
        ("abc", "abc", 3),
        ("abc", "xyz", 0),
        ("", "abc", 0),
        ("a", "aa", 1),
    ],
)
def test_the_longest_common_subsequence_is_as_long_as_by_hand(
    left: str, right: str, length: int
) -> None:
    assert common_subsequence(left, right) == common_subsequence(right, left) == length


def answered(of: Problem, *answers: str, gold: int = 0) -> list[Rollout]:
    """Whole solutions of a problem with wrong answers, and so many with the gold."""
    outcomes = [(text, Outcome.INCORRECT) for text in answers]
    outcomes += [(of.answer, Outcome.CORRECT)] * gold
    found = []
    for index, (text, outcome) in enumerate(outcomes):
        one = rollout(of, ROOT, f"So it is {text}", outcome, index)
        found.append(replace(one, verdict=replace(one.verdict, extracted=text)))
    return found


def suspecting(folder: Path, *answers: str, gold: int = 0, **settings: Any) -> ExportReport:
    one, other = problem("What is 6 * 7?", "24"), problem("What is 2 + 2?", "4")
    rollouts = [*answered(one, *answers, gold=gold), *answered(other, gold=8)]
    run = of_problems(folder, [one, other], [solved(one, "a"), solved(other, "b")], rollouts)
    return export(run, {"kind": "suspect_golds", **settings})


def test_a_gold_that_no_solution_has_while_they_agree_is_suspect(tmp_path: Path) -> None:
    report = suspecting(tmp_path, *["42"] * 5, "41", "40", "39")
    assert report.filters[0].taken == {"its solutions agree on another answer than the gold": 1}
    (line,) = (report.folder / "suspects.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "problem_id": problem("What is 6 * 7?", "24").id,
        "question": "What is 6 * 7?",
        "gold": "24",
        "answer": "42",
        "agree": 5,
        "gold_solutions": 0,
        "decided": 8,
    }


@pytest.mark.parametrize(
    ("answers", "gold", "settings"),
    [
        (["42"] * 3 + ["41", "40", "39", "38", "37"], 0, {}),
        (["42"] * 7, 1, {}),
        (["42"] * 3, 0, {}),
        (["42"] * 5 + ["41", "40", "39"], 0, {"agreement": 0.7}),
    ],
    ids=["they do not agree", "one has the gold", "they are few", "not enough agree"],
)
def test_a_gold_is_not_suspect_where(
    tmp_path: Path, answers: list[str], gold: int, settings: dict[str, Any]
) -> None:
    report = suspecting(tmp_path, *answers, gold=gold, **settings)
    assert report.filters[0].taken == {}
    assert (report.folder / "suspects.jsonl").read_text() == ""


def test_answers_agree_where_the_verifier_says_so(tmp_path: Path) -> None:
    report = suspecting(tmp_path, "42", "+42", "42.", "$42$", "41", "40")
    assert sum(report.filters[0].taken.values()) == 1


def test_a_problem_that_a_screen_set_aside_is_listed_and_given_solutions_count(
    tmp_path: Path,
) -> None:
    aside, given = problem("What is 6 * 7?", "24"), problem("What is 6 * 9?", "45")
    rows = [
        ProblemRow(problem=aside, set_aside="screen: 0 of 8 correct"),
        ProblemRow(problem=given, set_aside=""),
        ProblemRow(problem=(sound := problem("What is 2 + 2?", "4")), set_aside=""),
    ]
    wrong = [
        replace(solved(given, f"way {at}", "#### 54", index=at), outcome=Outcome.INCORRECT)
        for at in range(4)
    ]
    solutions = [*(replace(one, given_id="somebody's") for one in wrong), solved(sound, "a")]
    rollouts = answered(aside, *["42"] * 8)
    write_shard(tmp_path, 0, problems=rows, solutions=solutions, rollouts=rollouts)
    report = export(tmp_path, {"kind": "suspect_golds"})
    assert report.filters[0].left == 1
    lines = map(json.loads, (report.folder / "suspects.jsonl").read_text().splitlines())
    assert [(line["answer"], line["agree"]) for line in lines] == [("42", 8), ("54", 4)]


def test_a_failed_export_leaves_no_list_of_suspects(tmp_path: Path) -> None:
    one = problem("What is 6 * 7?", "24")
    run = of_problems(tmp_path, [one], [solved(one, "a")], answered(one, *["42"] * 5))
    with pytest.raises(ExportError, match="filter suspect_golds"):
        export(run, {"kind": "suspect_golds"})
    assert not list(tmp_path.glob("exports/trl*"))


def test_a_text_without_end_is_compared_in_little_time(tmp_path: Path) -> None:
    endless = f"{ASKED} " + "and 7 more of them " * 50_000
    run = asking(tmp_path, OTHER, endless)
    assert len(left(export(run, {"kind": "duplicates"}))) == 2
    assert left(contaminated(run, ASKED)) == [OTHER]
