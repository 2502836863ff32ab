"""A grader reads many solutions at once and says of each what it would say of it alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import LlamaForTokenClassification

from prm.grading import load_grader
from prm.settings import FormName
from schemas import ConfigError
from tests.prm import models

QUESTION = "Mia adds up 2, 3, 4."
SOLUTIONS = [
    (QUESTION, ["2 + 3 = 5.", "5 + 4 = 9."]),
    ("?", ["9"]),
    (QUESTION * 3, [f"step {number}" for number in range(9)]),
]
FAMILIES: dict[FormName, Callable[[Path], Path]] = {
    "trl": models.classifier,
    "qwen_prm": models.qwen,
    "math_shepherd": models.language_model,
    "rlhflow": models.language_model,
}


@pytest.mark.parametrize("form", FAMILIES)
def test_a_solution_has_the_same_grades_alone_and_among_others(
    form: FormName, tmp_path: Path
) -> None:
    grader = load_grader(str(FAMILIES[form](tmp_path)), form=form, device="cpu")
    together = list(grader.grade(SOLUTIONS))
    alone = [next(grader.grade([one])) for one in SOLUTIONS]
    assert [len(one) for one in together] == [2, 1, 9]
    for some, same in zip(together, alone, strict=True):
        assert some == pytest.approx(same, abs=1e-5)
        assert all(0 < grade < 1 for grade in some)


@pytest.mark.parametrize("form", ["trl", "qwen_prm"])
def test_the_form_of_a_classifier_is_found_by_its_architecture(
    form: FormName, tmp_path: Path
) -> None:
    folder = str(FAMILIES[form](tmp_path))
    assert type(load_grader(folder, device="cpu").form) is type(
        load_grader(folder, form=form, device="cpu").form
    )


def test_a_language_model_has_to_be_given_a_form(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"LlamaForCausalLM does not show .* --form"):
        load_grader(str(models.language_model(tmp_path)), device="cpu")


def test_grades_are_the_second_class_at_the_last_token_of_each_step(tmp_path: Path) -> None:
    folder = models.classifier(tmp_path)
    model = LlamaForTokenClassification.from_pretrained(folder, num_labels=2)
    grader = load_grader(str(folder), device="cpu")
    read = grader.form.encode(*SOLUTIONS[0])
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([read.ids])).logits[0, list(read.places)]
    expected = torch.softmax(logits, dim=-1)[:, 1].tolist()
    assert next(grader.grade([SOLUTIONS[0]])) == pytest.approx(expected, abs=1e-6)


def test_steps_beyond_the_context_have_no_grade(tmp_path: Path) -> None:
    grader = load_grader(str(models.classifier(tmp_path)), device="cpu")
    long = (QUESTION, ["2 + 3 = 5."] * 100)
    (grades,) = grader.grade([long])
    assert 0 < len(grades) < 100
    assert grades == pytest.approx(
        next(grader.grade([(QUESTION, long[1][: len(grades)])])), abs=1e-5
    )


def test_the_separator_is_the_one_that_the_model_was_taught(tmp_path: Path) -> None:
    folder = models.classifier(tmp_path)
    (folder / "prm.json").write_text(json.dumps({"form": "trl", "separator": "\n\n"}))
    read = load_grader(str(folder), device="cpu").form.encode("?", ["9"])
    assert models.tokenizer().decode(read.ids) == "<bos>?9\n\n"


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing-here' does not load: .* Give a folder"):
        load_grader(str(tmp_path / "nothing-here"), device="cpu")
