"""The committed demo policy: it loads, its tokens respect steps, and it writes solutions."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sources.synthetic import StepVerdict, SyntheticSource, judge

pytest.importorskip("torch")

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.sources.samples import answers, problems

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "demo" / "policy"
HELD_OUT = SyntheticSource(seed=2_000_000, count=40)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(POLICY)


@pytest.fixture(scope="module")
def solutions(tokenizer: Any) -> list[str]:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(POLICY)
    prompts = [f"Question: {problem.question}\nAnswer:\n" for problem in problems(HELD_OUT)]
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    ids = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        max_new_tokens=256,
        do_sample=True,
        temperature=1.0,
        top_k=0,
    )
    texts = tokenizer.batch_decode(ids[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return list(texts)


@given(text=st.text(max_size=200))
def test_any_text_survives_the_tokenizer(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@given(text=st.text(alphabet="\n\r 1aé.#", max_size=60))
def test_a_line_break_is_a_token_of_its_own(tokenizer: Any, text: str) -> None:
    pieces = [tokenizer.decode([token]) for token in tokenizer(text)["input_ids"]]
    assert all(piece == "\n" for piece in pieces if "\n" in piece)


def test_digits_are_single_tokens(tokenizer: Any) -> None:
    pieces = [tokenizer.decode([token]) for token in tokenizer("12 + 345 = 357")["input_ids"]]
    assert pieces == ["1", "2", " +", " 3", "4", "5", " =", " 3", "5", "7"]


def test_text_and_chat_prompts_come_to_the_same(tokenizer: Any) -> None:
    template = yaml.safe_load((ROOT / "configs" / "prompts" / "synthetic.yaml").read_text())
    turns = [{"role": "user", "content": "How many?"}]
    chat = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert chat == template["user"].replace("{{ question }}", "How many?")


def test_the_policy_stays_under_six_megabytes() -> None:
    assert sum(file.stat().st_size for file in POLICY.iterdir()) < 6_000_000


def test_the_policy_solves_some_problems_and_fails_others(solutions: list[str]) -> None:
    solved = sum(
        text.endswith(f"\n#### {answer}")
        for text, answer in zip(solutions, answers(HELD_OUT), strict=True)
    )
    assert 0.25 < solved / len(solutions) < 0.95


def test_nearly_all_it_writes_are_statements_the_oracle_can_read(solutions: list[str]) -> None:
    verdicts = [
        verdict
        for problem, text in zip(problems(HELD_OUT), solutions, strict=True)
        for verdict in judge(problem, text.split("\n"))
    ]
    assert sum(verdict is StepVerdict.UNPARSED for verdict in verdicts) < 0.1 * len(verdicts)
    assert any(verdict is not StepVerdict.RIGHT for verdict in verdicts)
