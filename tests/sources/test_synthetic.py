"""The synthetic source: reproducible problems, and an oracle that is exact for any text."""

from collections import Counter, defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Problem, SourceError
from schemas.problems import problem_id
from sources.synthetic import StepVerdict, SyntheticSource, corrupt, first_error, judge
from sources.synthetic.program import Program
from tests.doubling import cpu_seconds
from tests.sources.samples import problems, rejected

indices = st.integers(min_value=0, max_value=10**9)


def problem_at(index: int) -> Problem:
    return SyntheticSource(seed=11).problem(index)


def steps_of(problem: Problem) -> list[str]:
    assert problem.solution is not None
    return problem.solution.split("\n")


def program_of(problem: Problem) -> Program:
    assert problem.program is not None
    return Program.from_json(problem.program)


def story(question: str, answer: str, program: str) -> Problem:
    return Problem(
        id="synthetic-x", source="synthetic", question=question, answer=answer, program=program
    )


APPLES = story(
    "Tom has 12 apples. Mia has 5 more apples than Tom. Ben has 3 times as many apples as Mia. "
    "How many apples do Tom, Mia and Ben have together?",
    "80",
    """{"asked": 6, "groups": [{"members": [["Tom", 0], ["Mia", 2], ["Ben", 4]],
        "wordings": ["{members} together have {} apples"]}],
      "quantities": [
        {"value": 12, "operation": "given", "args": [], "wordings": ["Tom has {} apples"]},
        {"value": 5, "operation": "given", "args": [],
         "wordings": ["Mia has {} more apples than Tom"]},
        {"value": 17, "operation": "+", "args": [0, 1],
         "wordings": ["Mia has {} apples", "apples of Mia: {}"]},
        {"value": 3, "operation": "given", "args": [], "wordings": []},
        {"value": 51, "operation": "*", "args": [2, 3],
         "wordings": ["Ben has {} apples", "apples of Ben: {}"]},
        {"value": 29, "operation": "+", "args": [0, 2],
         "wordings": ["Tom and Mia together have {} apples"]},
        {"value": 80, "operation": "+", "args": [5, 4],
         "wordings": ["Tom, Mia and Ben together have {} apples"]}]}""",
)


@given(indices)
def test_a_reference_solution_has_no_error(index: int) -> None:
    problem = problem_at(index)
    assert first_error(problem, steps_of(problem)) == -1


@given(indices, st.randoms(use_true_random=False))
def test_changing_one_number_of_a_step_makes_that_step_the_first_error(
    index: int, rng: Random
) -> None:
    problem = problem_at(index)
    steps = steps_of(problem)
    at = rng.randrange(len(steps))
    words = steps[at].split(" ")
    place = rng.choice([i for i, word in enumerate(words) if word.isdigit()])
    words[place] = str(int(words[place]) + rng.randint(1, 50))
    steps[at] = " ".join(words)
    assert first_error(problem, steps) == at


@given(indices, st.randoms(use_true_random=False))
def test_naming_another_quantity_makes_that_step_the_first_error(index: int, rng: Random) -> None:
    problem, program = problem_at(index), program_of(problem_at(index))
    needed = program.needed()
    at, other = rng.sample(range(len(needed)), 2)
    first, second = (program.quantities[needed[i]] for i in (at, other))
    if first.value == second.value:
        return
    steps = steps_of(problem)
    steps[at] = second.wordings[0].replace("{}", str(first.value))
    assert first_error(problem, steps) == at


@given(indices, st.randoms(use_true_random=False), st.sampled_from(["carried", "fixed", "ignored"]))
def test_a_planted_slip_is_the_first_error(index: int, rng: Random, ending: str) -> None:
    problem = problem_at(index)
    planted = corrupt(problem, rng, ending=ending)  # type: ignore[arg-type]
    assert first_error(problem, planted.steps) == planted.first_error
    assert planted.verdict is judge(problem, planted.steps)[planted.first_error]
    if ending != "carried":
        assert planted.steps[-1] == f"#### {problem.answer}"
    if ending == "fixed":
        wrong = [v for v in judge(problem, planted.steps) if v is not StepVerdict.RIGHT]
        assert len(wrong) == 1


@given(indices, st.randoms(use_true_random=False))
def test_the_order_of_right_steps_does_not_matter(index: int, rng: Random) -> None:
    problem = problem_at(index)
    steps = steps_of(problem)
    rng.shuffle(steps)
    assert first_error(problem, steps) == -1


@given(indices, st.lists(st.text(max_size=80), max_size=4))
def test_any_text_gets_a_verdict(index: int, texts: list[str]) -> None:
    problem = problem_at(index)
    assert -1 <= first_error(problem, texts) < len(texts)
    assert len(judge(problem, texts)) == len(texts)


@given(indices, st.text(alphabet="0123456789+-*/()= .,#apTom", max_size=300))
def test_text_that_looks_like_a_statement_gets_a_verdict(index: int, text: str) -> None:
    assert len(judge(problem_at(index), [text])) == 1


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        ("Mia has 12 + 5 = 17 apples.", "right"),
        ("Mia has 5 + 12 = 17 apples", "right"),
        ("so  MIA has 17 apples.\n", "right"),
        ("Wait, apples of Mia: 12 + 5 = 17", "right"),
        ("Ben has 3 * (12 + 5) = 3 * 17 = 51 apples.", "right"),
        ("Ben has 3 × 17 apples.", "right"),
        ("Tom has 12 apples.", "right"),
        ("Mia has 5 more apples than Tom.", "right"),
        ("Ben and Tom together have 51 + 12 = 63 apples.", "right"),
        ("Mia, Ben and Tom together have 17 + 51 + 12 = 80 apples.", "right"),
        ("Mia, Ben and Tom together have 63 + 17 = 80 apples.", "right"),
        ("#### 80", "right"),
        ("  \n", "right"),
        ("Mia has 12 + 5 = 18 apples.", "arithmetic"),
        ("Ben has 17 * 3 = 51 = 52 apples.", "arithmetic"),
        ("Mia has 12 / 0 = 17 apples.", "arithmetic"),
        ("Mia has 12 + 6 = 18 apples.", "reference"),
        ("Mia has 10 + 7 = 17 apples.", "reference"),
        ("Ben and Tom together have 50 + 13 = 63 apples.", "reference"),
        ("Mia has 12 - 5 = 7 apples.", "operation"),
        ("Ben has 51 / 3 = 17 apples.", "operation"),
        ("Mia has 18 apples.", "value"),
        ("Ben has 12 + 5 = 17 apples.", "wording"),
        ("Mia has 12 + 5 = 17 pears.", "wording"),
        ("Sue has 12 + 5 = 17 apples.", "wording"),
        ("12 + 5 = 17", "wording"),
        ("#### 81", "answer"),
        ("#### eighty", "answer"),
        ("#### 80 or 81", "answer"),
        ("Let me think about the apples.", "unparsed"),
        ("Mia has 12 + = 17 apples.", "unparsed"),
        ("Mia has 1 2 + 5 = 17 apples.", "unparsed"),
        ("Mia has 12 + 5 = 17 apples and Ben has 51.", "unparsed"),
        ("Mia has 12 + 5 = 17 apples.\nBen has 50 apples.", "value"),
    ],
)
def test_a_step_is_judged_by_what_it_says(step: str, verdict: str) -> None:
    assert judge(APPLES, [step]) == (verdict,)


def test_a_correction_does_not_undo_the_error_before_it() -> None:
    steps = ["Mia has 12 + 5 = 18 apples.", "Wait, Mia has 12 + 5 = 17 apples.", "#### 80"]
    assert first_error(APPLES, steps) == 0


def test_deeply_nested_and_endless_equations_are_read_in_no_time() -> None:
    many = " + ".join(["1"] * 40)

    def read() -> None:
        for text in ("(" * 10**6, "Mia has " + "(" * 90 + "1" + ")" * 90 + " apples", "1+" * 10**6):
            assert judge(APPLES, [text]) != (StepVerdict.RIGHT,)
        told = judge(APPLES, [f"Tom, Mia and Ben together have {many} = 80 apples."])
        assert told == ("arithmetic",)

    assert cpu_seconds(read) < 2


def test_a_problem_without_a_program_is_refused_with_its_id() -> None:
    problem = Problem(id="gsm8k-1", source="gsm8k", question="?", answer="1")
    with pytest.raises(SourceError, match="gsm8k-1"):
        first_error(problem, ["#### 1"])


@given(indices)
def test_a_wording_never_stands_for_two_values(index: int) -> None:
    values = defaultdict(set)
    for quantity in program_of(problem_at(index)).quantities:
        for wording in quantity.wordings:
            assert wording.count("{}") == 1
            values[wording.lower()].add(quantity.value)
    assert all(len(found) == 1 for found in values.values()), values


@given(indices)
def test_a_program_survives_json(index: int) -> None:
    program = program_of(problem_at(index))
    assert Program.from_json(program.to_json()) == program


def test_a_problem_takes_as_many_steps_as_its_level_says() -> None:
    for problem in problems(SyntheticSource(seed=3, count=300)):
        needed = program_of(problem).needed()
        assert len(needed) == int(problem.level or 0) == len(steps_of(problem)) - 1


def test_every_number_of_steps_and_every_story_occurs() -> None:
    found = problems(SyntheticSource(seed=3, count=300))
    assert {problem.level for problem in found} == {"2", "3", "4", "5", "6", "7", "8"}
    assert {problem.subject for problem in found} == {"compare", "multiply", "change"}


def test_steps_can_be_narrowed() -> None:
    found = problems(SyntheticSource(min_steps=8, max_steps=8, max_distractors=0, count=50))
    assert {problem.level for problem in found} == {"8"}


def test_every_story_uses_up_its_steps_whatever_its_numbers() -> None:
    found = problems(SyntheticSource(seed=4, min_steps=8, count=1500))
    assert min(Counter(problem.subject for problem in found).values()) > 400


def test_a_narrowing_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="min_steps=5 exceeds max_steps=3"):
        SyntheticSource(min_steps=5, max_steps=3)


def test_equal_settings_give_equal_problems_whatever_the_count() -> None:
    few = problems(SyntheticSource(seed=5, count=10))
    assert problems(SyntheticSource(seed=5, count=40))[:10] == few
    assert SyntheticSource(seed=5).problem(7) == few[7]


def test_a_problem_that_came_before_is_rejected_with_the_one_it_repeats() -> None:
    narrow = SyntheticSource(seed=3, count=972, min_steps=2, max_steps=3, max_distractors=0)
    (again,) = rejected(narrow)
    assert (again.row, again.reason) == (971, "duplicate: same question and gold as problem 908")
    assert len({problem.id for problem in problems(narrow)}) == 971


def test_another_seed_gives_other_problems() -> None:
    ids = [{p.id for p in problems(SyntheticSource(seed=seed, count=500))} for seed in (1, 2)]
    assert not ids[0] & ids[1]


def test_ids_follow_from_the_content() -> None:
    problem = problem_at(1)
    assert problem.id == problem_id("synthetic", problem.question, problem.answer)


@settings(max_examples=20)
@given(indices)
def test_values_are_whole_numbers_a_small_model_can_hold(index: int) -> None:
    assert all(1 <= q.value < 1000 for q in program_of(problem_at(index)).quantities)


def test_a_thousand_problems_load_in_a_second() -> None:
    def load() -> None:
        assert len(problems(SyntheticSource(count=1000))) == 1000

    assert cpu_seconds(load) < 1.5
