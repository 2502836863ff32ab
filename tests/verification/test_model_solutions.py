"""Every published style of model solution is extracted right, by its preset and by `auto`."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.verification.data import shared_folder
from verification.comparing.equivalence import compare
from verification.finding.extraction import PRESETS, Auto, extract

FOLDER = shared_folder() / "data" / "model_solutions"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not here")


def rows(name: str) -> Any:
    with gzip.open(FOLDER / name, "rt", encoding="utf-8") as file:
        text = file.read()
    if name.endswith(".json.gz") and text.lstrip().startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def abel(row: dict[str, Any]) -> Iterator[Any]:
    yield row["response"], row["gold"], row["pred"], row["result"]


def bon(row: dict[str, Any]) -> Iterator[Any]:
    for one in row["candidates"]:
        yield one["raw_text"], one["problem"]["ground_truth"], one["extracted_answer"], None


def tags(row: dict[str, Any]) -> Iterator[Any]:
    yield row["response"], row["ground_truth"], None, None


def openai(row: dict[str, Any]) -> Iterator[Any]:
    gold = row["ground_truth"].rpartition("A:")[2].strip()
    for model in ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"):
        yield row[model]["solution"], gold, None, row[model]["is_correct"]


def plus(row: dict[str, Any]) -> Iterator[Any]:
    text = row.get("model_prediction") or row.get("completion") or ""
    yield text, row["gold"], row["pred"], row["result"]


def code(row: dict[str, Any]) -> Iterator[Any]:
    score = row.get("score", row.get("result"))
    yield first(row["code"]), row["gt"], first(row["pred"]), first(score)


def cot(row: dict[str, Any]) -> Iterator[Any]:
    for text, pred, score in zip(row["code"], row["pred"], row["score"], strict=True):
        yield text, row["gt"], pred, score


def zero(row: dict[str, Any]) -> Iterator[Any]:
    yield first(row["output"]), str(row["answer"]).lstrip("# "), None, None


FILES = [  # file, preset, reader, least share with a stated answer, least share of those that agree
    ("abel/gsm8k_7b.jsonl.gz", "abel", abel, 1.0, 0.99),
    ("abel/gsm8k_70b.jsonl.gz", "abel", abel, 1.0, 0.99),
    ("bon32/gsm8k_full_500.jsonl.gz", "bon32", bon, 0.31, 0.0),
    ("bon32/math500_full_200.jsonl.gz", "bon32", bon, 0.93, 0.0),
    ("cs336_think_answer_tags.jsonl.gz", "r1_zero", tags, 1.0, 0.0),
    ("gsm8k_openai_example_model_solutions.jsonl.gz", "gsm8k_example", openai, 0.997, 0.0),
    ("gsm_plus/gpt-3.5-turbo.json.gz", "gsm_plus", plus, 0.92, 0.97),
    ("gsm_plus/gpt4.json.gz", "gsm_plus", plus, 1.0, 0.99),
    ("gsm_plus/metamath_7b.json.gz", "metamath", plus, 0.99, 0.99),
    ("gsm_plus/tora_7b.jsonl.gz", "tora", code, 0.99, 0.99),
    ("prime/Llama-3.1-8B_gaokao2023en.jsonl.gz", "prime", code, 0.88, 0.95),
    ("prime/Llama-3.1-8B_minerva_math.jsonl.gz", "prime", code, 0.95, 0.95),
    ("prime/Llama-3.1-8B_olympiadbench.jsonl.gz", "prime", code, 0.73, 0.95),
    ("prime/Qwen2.5-Math-7B-Instruct_gaokao2023en.jsonl.gz", "prime", code, 0.94, 0.95),
    ("prime/Qwen2.5-Math-7B-Instruct_minerva_math.jsonl.gz", "prime", code, 0.97, 0.95),
    ("qwen_math_cot_100.jsonl.gz", "qwen_math", cot, 1.0, 0.97),
    ("skythought/Qwen2.5-14B-Instruct_math500.jsonl.gz", "skythought", code, 1.0, 0.97),
    ("skythought/Qwen2.5-Math-7B-base_math500.jsonl.gz", "skythought", code, 0.78, 0.97),
    ("skythought/Sky-T1-27B_math500_thought_tags.jsonl.gz", "skythought", code, 0.48, 0.97),
    ("skythought/Sky-T1-32B-short_math500.jsonl.gz", "skythought", code, 0.99, 0.97),
    ("skythought/gemma-2-27b-it_math500.jsonl.gz", "skythought", code, 0.9, 0.97),
    ("tora-70b_gsm8k_code.jsonl.gz", "tora", code, 0.99, 0.99),
    ("zeroeval/gsm_Meta-Llama-3.1-8B-Instruct.json.gz", "zeroeval", zero, 0.99, 0.0),
    ("zeroeval/gsm_Phi-3.5-mini-instruct.json.gz", "zeroeval", zero, 0.98, 0.0),
    ("zeroeval/gsm_Qwen2-7B-Instruct.json.gz", "zeroeval", zero, 0.99, 0.0),
    ("zeroeval/gsm_gemma-2-2b-it.json.gz", "zeroeval", zero, 0.99, 0.0),
    ("zeroeval/gsm_gpt-3.5-turbo-0125.json.gz", "zeroeval", zero, 1.0, 0.0),
    ("zeroeval/gsm_o1-mini-2024-09-12.json.gz", "zeroeval", zero, 1.0, 0.0),
    ("zeroeval/math-l5_gemma-2-2b-it.json.gz", "zeroeval", zero, 0.86, 0.0),
    ("zeroeval/math-l5_Qwen2.5-3B-Instruct.json.gz", "zeroeval", zero, 0.93, 0.0),
    ("zeroeval/math-l5_Meta-Llama-3.1-8B-Instruct.json.gz", "zeroeval", zero, 0.8, 0.0),
    ("zeroeval/math-l5_claude-3-haiku-20240307.json.gz", "zeroeval", zero, 1.0, 0.0),
    ("zeroeval/math-l5_o1-mini-2024-09-12.json.gz", "zeroeval", zero, 0.94, 0.0),
    ("zeroeval/math-l5_gpt-4o-mini-2024-07-18.json.gz", "zeroeval", zero, 0.99, 0.0),
]


def test_no_file_is_left_out() -> None:
    here = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.gz")}
    assert here == {name for name, *_ in FILES}


@pytest.mark.parametrize(("name", "preset", "read", "stated", "agreeing"), FILES)
def test_a_published_style_is_extracted_right(
    name: str, preset: str, read: Any, stated: int, agreeing: int
) -> None:
    """Where the file tells its own extracted answer, ours is that; where nothing is stated, none.

    The least shares are what was read by hand: the rest of each file ends without an answer.
    """
    total = found = told = same = 0
    for row in rows(name):
        for text, _, pred, _ in read(row):
            ours = extract(text, PRESETS[preset]).answer
            total += 1
            found += ours is not None
            if ours is not None and pred:
                told += 1
                same += compare(pred, ours).equal is True
    assert found / total >= stated
    assert not told or same / told >= agreeing


@pytest.mark.parametrize(("name", "preset", "read"), [file[:3] for file in FILES])
def test_auto_finds_the_same_answers_as_the_declared_format(
    name: str, preset: str, read: Any
) -> None:
    texts = [text for row in rows(name)[:60] for text, *_ in read(row)][:200]
    pairs = [
        (extract(text, PRESETS[preset]).answer, extract(text, Auto()).answer) for text in texts
    ]
    stated = [(ours, auto) for ours, auto in pairs if ours is not None]
    different = [
        (ours, auto) for ours, auto in stated if compare(ours, auto or "").equal is not True
    ]
    assert len(different) <= 0.05 * len(stated)
