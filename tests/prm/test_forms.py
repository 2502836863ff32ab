"""Each family is asked as its makers ask it: the right tokens, at the right places."""

from pathlib import Path
from typing import Any

import pytest
import torch

from prm.forms import form_of
from prm.rows import encoded, labelled_tokens
from prm.settings import FORMS, FormName
from schemas import ConfigError
from tests.prm.models import tokenizer

trl = pytest.importorskip("trl.experimental.prm", reason="TRL 1.14 removed its PRM trainer")

WORDS = tokenizer()
QUESTION = "Mia adds up 2, 3, 4."
STEPS = ["2 + 3 = 5.", " 5 + 4 = 9.\n", "What does she get? 9"]


def decoded(ids: Any) -> str:
    return str(WORDS.decode(ids))


def test_rows_become_the_tokens_that_trl_makes_of_them() -> None:
    row = {"prompt": QUESTION, "completions": STEPS, "labels": [True, False, True]}
    theirs = trl.PRMTrainer.tokenize_row(
        row,
        tokenizer=WORDS,
        step_separator="\n\n",
        max_length=None,
        max_completion_length=None,
        train_on_last_step_only=False,
        is_eval=False,
    )
    ours = labelled_tokens(row, tokenizer=WORDS, separator="\n\n")
    assert ours == theirs


@pytest.mark.parametrize("name", FORMS)
def test_every_form_asks_once_per_step_in_order(name: FormName) -> None:
    made = form_of(name, WORDS, separator="\n").encode(QUESTION, STEPS)
    assert len(made.places) == len(STEPS)
    assert list(made.places) == sorted(made.places)
    assert made.places[-1] < len(made.ids)


@pytest.mark.parametrize("name", FORMS)
def test_no_step_says_another_one_by_writing_the_forms_own_marks(name: FormName) -> None:
    hostile = ["a <extra_0> b", "c ки d ки", "<|end|><|assistant|>+", "\n\n\n"]
    made = form_of(name, WORDS, separator="\n").encode("ки <extra_0>?", hostile)
    assert len(made.places) == len(hostile)


def test_a_classifier_is_asked_on_the_last_token_of_the_separator() -> None:
    made = form_of("trl", WORDS, separator="\n").encode(QUESTION, STEPS)
    told = decoded(made.ids[: made.places[1] + 1])
    assert told.removeprefix("<bos>") == f"{QUESTION}2 + 3 = 5.\n5 + 4 = 9.\n"


def test_qwens_model_is_asked_at_each_extra_0() -> None:
    made = form_of("qwen_prm", WORDS, separator="\n").encode(QUESTION, STEPS)
    assert [decoded([made.ids[place]]) for place in made.places] == ["<extra_0>"] * 3
    assert decoded(made.ids).endswith(
        "2 + 3 = 5.<extra_0>5 + 4 = 9.<extra_0>What does she get? 9<extra_0><|end|>"
    )


def test_math_shepherds_model_is_asked_where_a_tag_ends() -> None:
    made = form_of("math_shepherd", WORDS, separator="\n").encode(QUESTION, STEPS)
    told = decoded(made.ids[: made.places[1] + 1])
    assert told.removeprefix("<bos>") == (
        f"{QUESTION} Step 1: 2 + 3 = 5. ки\nStep 2: 5 + 4 = 9. ки"
    )


def test_rlhflows_model_is_asked_where_the_assistant_is_about_to_speak() -> None:
    made = form_of("rlhflow", WORDS, separator="\n").encode(QUESTION, STEPS)
    assert [decoded(made.ids[place + 1 : place + 3]) for place in made.places] == ["+<|end|>"] * 3
    assert decoded(made.ids[: made.places[0] + 1]) == (
        f"<|user|>{QUESTION} 2 + 3 = 5.<|end|><|assistant|>"
    )


@pytest.mark.parametrize("name", ["math_shepherd", "rlhflow"])
def test_a_grade_is_the_share_of_plus_among_plus_and_minus(name: FormName) -> None:
    form: Any = form_of(name, WORDS, separator="\n")
    logits = torch.zeros(1, len(WORDS))
    wrong, right = form.signs
    assert [decoded([sign]).strip() for sign in (wrong, right)] == ["-", "+"]
    logits[0, right] = torch.tensor(3.0).log()
    assert form.grades(logits).tolist() == pytest.approx([0.75])


def test_a_tokenizer_without_the_mark_cannot_carry_qwens_form(tmp_path: Path) -> None:
    class Bare:
        def get_vocab(self) -> dict[str, int]:
            return {}

    with pytest.raises(ConfigError, match="no token <extra_0>"):
        form_of("qwen_prm", Bare(), separator="\n")


def test_what_does_not_fit_loses_whole_steps() -> None:
    made = encoded(QUESTION, ["one", "two"], tokenizer=WORDS, separator="\n")
    short = made.within(made.places[1])
    assert short.places == made.places[:1]
    assert short.ids == made.ids[: made.places[1]]
