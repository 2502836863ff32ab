"""An imported run on the screen and on its card: what the set states, and no rollouts."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.card import dataset_card
from reports.show import show_problem, show_run
from reports.summary import summarise
from schemas.run_folder import RunFolder
from tasks.importing import Import, import_set, source_of
from tests.reports.test_card import FACTS
from tests.reports.test_show import printed
from tests.sources.samples import jsonl

ROWS = [
    {
        "question": "2 + 2?",
        "ground_truth_answer": answer,
        "model_output_steps": ["Two.", "Five.", "So 5."],
        "model_output_answer_correctness": "wrong",
        "model_output_solution_correctness": "wrong",
        "model_output_solution_first_error_step": 2,
        "model_output_solution_first_error_reason": "it is four\x1b[2J",
    }
    for answer in ("4", None)
]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    path = jsonl(tmp_path / "set.jsonl", [*ROWS, {"question": "broken"}])
    import_set(Import(source=source_of(str(path)), form=None), tmp_path / "set")
    return RunFolder(tmp_path / "set")


@pytest.mark.parametrize("width", [60, 110])
def test_an_import_is_shown_without_rollouts_and_tokens(run: RunFolder, width: int) -> None:
    page = printed(lambda console: show_run(run, console), width=width)
    for words in ("imported as mr_gsm8k, labels: human", "2 incorrect", "1  no list of steps"):
        assert words in page
    for words in ("rollouts", "tokens", "stopped by", "pass rate", "not sampled", "abstained"):
        assert words not in page


@pytest.mark.parametrize("width", [60, 110])
def test_a_problem_shows_what_is_stated_of_each_step(run: RunFolder, width: int) -> None:
    page = printed(lambda console: show_problem(run, "0", console), width=width)
    for words in ("no error", "first error", "it is four", "nothing", "reads what is stated"):
        assert words in page
    assert "not sampled" not in page
    assert "\x1b[2J" not in page
    assert "unknown" in printed(lambda console: show_problem(run, "1", console), width=width)


def test_the_card_of_an_import_says_whose_labels_they_are(run: RunFolder) -> None:
    example = next(iter(run.solutions()))
    card = dataset_card(summarise(run), replace(FACTS, example=example))
    for words in ("not ours", "`mr_gsm8k`", "Who labelled it: human", "own licence", "-  Five."):
        assert words in card
    for words in ("temperature 0", "rollouts from", "| rollouts |", "guess makes"):
        assert words not in card
