"""Rows in the columns that well-known datasets are published with: read without any setting."""

import json
from pathlib import Path
from typing import Any

import pytest

from sources import FileSource
from tests.sources.samples import jsonl, problems

Q = "How many eggs are 2 eggs and 3 eggs?"
S = r"Add them: $2 + 3 = \boxed{5}$."
CHOICES = ("4", "5", "6", "7")
ASKED = f"{Q}\n\nAnswer choices:\n(A) 4\n(B) 5\n(C) 6\n(D) 7"
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": Q}]
NO_IMAGES = {f"image_{n}": None for n in range(1, 6)}

FREE: dict[str, dict[str, Any]] = {
    "GSM8K": {"question": Q, "answer": "2+3=<<2+3=5>>5\n#### 5"},
    "MATH": {"problem": Q, "level": "Level 1", "type": "Algebra", "solution": S},
    "MATH-500": {
        "problem": Q, "solution": S, "answer": "5", "subject": "Algebra", "level": 1,
        "unique_id": "test/algebra/1.json",
    },
    "NuminaMath-CoT": {
        "source": "cn_k12", "problem": Q, "solution": S,
        "messages": [{"content": Q, "role": "user"}, {"content": S, "role": "assistant"}],
    },
    "NuminaMath-1.5": {
        "problem": Q, "solution": S, "answer": "5", "problem_type": "Algebra",
        "question_type": "math-word-problem", "problem_is_valid": "Yes",
        "solution_is_valid": "Yes", "source": "olympiads", "synthetic": False,
    },
    "OpenR1-Math-220k": {
        "problem": Q, "solution": S, "answer": "5", "problem_type": "Algebra",
        "question_type": "math-word-problem", "source": "olympiads", "uuid": "u",
        "is_reasoning_complete": [True], "generations": ["<think>"],
        "correctness_math_verify": [True], "correctness_llama": None, "finish_reasons": None,
        "correctness_count": 1, "messages": [{"content": Q, "role": "user"}],
    },
    "DeepScaleR": {"problem": Q, "answer": "5", "solution": S},
    "Big-Math": {
        "problem": Q, "answer": "5", "source": "gsm8k", "domain": ["Mathematics -> Algebra"],
        "llama8b_solve_rate": 0.5,
    },
    "DAPO": {
        "data_source": "math_dapo", "prompt": [{"content": Q, "role": "user"}],
        "ability": "MATH", "reward_model": {"ground_truth": "5", "style": "rule-lighteval/MATH_v2"},
        "extra_info": {"index": "i"},
    },
    "DAPO, processed": {
        "prompt": Q, "solution": "5", "data_source": "math_dapo",
        "source_prompt": [{"content": Q, "role": "user"}], "ability": "MATH",
        "reward_model": {"ground_truth": "5", "style": "rule"}, "extra_info": {"index": "i"},
    },
    "DeepMath-103K": {
        "question": Q, "final_answer": "5", "difficulty": 5.0, "topic": "Algebra",
        "r1_solution_1": S, "r1_solution_2": S, "r1_solution_3": S,
    },
    "Omni-MATH": {
        "domain": ["Algebra"], "difficulty": 4.0, "problem": Q, "solution": S, "answer": "5",
        "source": "usamo",
    },
    "OpenMathInstruct-2": {
        "problem": Q, "generated_solution": S, "expected_answer": "5",
        "problem_source": "augmented_math",
    },
    "MetaMathQA": {
        "type": "GSM_Rephrased", "query": Q, "original_question": Q,
        "response": "2 + 3 = 5.\n#### 5\nThe answer is: 5",
    },
    "AIME 2024": {"ID": "2024-I-1", "Problem": Q, "Solution": "2 + 3 = 5", "Answer": 5},
    "AIME 2025": {"problem_idx": 1, "problem": Q, "answer": 5, "problem_type": ["Algebra"]},
    "AMC": {"id": 0, "problem": Q, "answer": 5.0, "url": "u"},
    "OlympiadBench": {
        "id": 1606, "question": Q, "solution": [S], "final_answer": ["5"], "context": None,
        **NO_IMAGES, "modality": "Text-only", "difficulty": "Competition",
        "is_multiple_answer": False, "unit": None, "answer_type": "Numerical", "error": None,
        "question_type": "Open-ended", "subfield": "Algebra", "subject": "Math",
        "language": "English",
    },
    "IMO-AnswerBench": {
        "Problem ID": "imo-bench-algebra-001", "Problem": Q, "Short Answer": "5",
        "Category": "Algebra", "Subcategory": "Sequence", "Source": "IMO Shortlist 2021",
    },
    "TheoremQA": {"Question": Q, "Answer": "5", "Answer_type": "integer", "Picture": None},
    "SVAMP": {
        "ID": "chal-1", "Body": "There are 2 eggs and 3 eggs.", "Question": "How many eggs?",
        "Equation": "( 2.0 + 3.0 )", "Answer": 5.0, "Type": "Addition",
    },
    "ASDiv": {
        "body": "There are 2 eggs and 3 eggs.", "question": "How many eggs?",
        "solution_type": "Addition", "answer": "5 (eggs)", "formula": "2+3=5",
    },
    "MAWPS, AddSub, SingleEq, MultiArith": {
        "iIndex": 1, "sQuestion": Q, "lEquations": ["X=(2.0+3.0)"], "lSolutions": [5.0],
        "lAlignments": [7, 14],
    },
    "MAWPS and Math23K of MWPToolkit": {
        "id": 1, "original_text": Q, "segmented_text": Q, "equation": "x=2+3", "ans": 5.0,
    },
    "MultiArith": {"question": Q, "final_ans": "5"},
    "MGSM": {
        "question": Q, "answer": None, "answer_number": 5, "equation_solution": None,
    },
    "MGSM, its examples": {
        "question": Q, "answer": "Step-by-Step Answer: 2 + 3 = 5. The answer is 5.",
        "answer_number": 5, "equation_solution": "2 + 3 = 5",
    },
    "CMATH": {"grade": 1, "question": Q, "golden": "5", "reasoning_step": 1, "num_digits": 1},
    "Gaokao, cloze of AGIEval": {
        "passage": None, "question": Q, "options": None, "label": None, "answer": "5",
        "other": {"source": "2021"},
    },
    "TabMWP without a table": {
        "question": Q, "choices": None, "answer": "5", "unit": None, "table_title": None,
        "table": "", "table_for_pd": None,
    },
    "chat, OpenAI": {"messages": [*CHAT, {"role": "assistant", "content": S}]},
    "chat, ShareGPT": {
        "id": "1",
        "conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": S}],
    },
    "chat in parts": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": Q}]},
            {"role": "assistant", "content": [{"type": "text", "text": S}]},
        ]
    },
}  # fmt: skip

CHOSEN: dict[str, dict[str, Any]] = {
    "AQuA": {
        "question": Q, "options": ["A)4", "B)5", "C)6", "D)7"], "rationale": S, "correct": "B",
    },
    "MathQA": {
        "Problem": Q, "Rationale": "2 + 3", "options": "a ) 4 , b ) 5 , c ) 6 , d ) 7",
        "correct": "b", "annotated_formula": "add(2, 3)", "linear_formula": "add(n0,n1)|",
        "category": "general",
    },
    "MMLU": {"question": Q, "subject": "algebra", "choices": list(CHOICES), "answer": 1},
    "MMLU-Pro": {
        "question_id": 70, "question": Q, "options": list(CHOICES), "answer": "B",
        "answer_index": 1, "cot_content": "", "category": "math", "src": "ori_mmlu",
    },
    "CMMLU": {"Question": Q, **dict(zip("ABCD", CHOICES, strict=True)), "Answer": "B"},
    "C-Eval": {
        "id": 0, "question": Q, **dict(zip("ABCD", CHOICES, strict=True)), "answer": "B",
        "explanation": "",
    },
    "MedMCQA": {
        "id": "i", "question": Q, "opa": "4", "opb": "5", "opc": "6", "opd": "7", "cop": 1,
        "choice_type": "single", "exp": None, "subject_name": "Anatomy", "topic_name": None,
    },
    "ARC": {
        "id": "i", "question": Q, "answerKey": "2",
        "choices": {"text": list(CHOICES), "label": ["1", "2", "3", "4"]},
    },
    "ARC, its release": {
        "id": "i", "answerKey": "B",
        "question": {
            "stem": Q,
            "choices": [
                {"text": text, "label": label}
                for text, label in zip(CHOICES, "ABCD", strict=True)
            ],
        },
    },
    "OpenBookQA": {
        "id": "i", "question_stem": Q, "answerKey": "B",
        "choices": {"text": list(CHOICES), "label": ["A", "B", "C", "D"]},
    },
    "Gaokao and SAT of AGIEval": {
        "passage": None, "question": Q, "options": ["(A)4", "(B)5", "(C)6", "(D)7"],
        "label": "B", "answer": None, "other": None,
    },
    "TabMWP without a table": {
        "question": Q, "choices": list(CHOICES), "answer": "5", "unit": None, "table": None,
    },
}  # fmt: skip


def written(tmp_path: Path, row: dict[str, Any], name: str) -> FileSource:
    if name == "json":
        (tmp_path / "rows.json").write_text(json.dumps([row]))
        return FileSource(path=str(tmp_path / "rows.json"))
    return FileSource(path=str(jsonl(tmp_path / "rows.jsonl", [row])))


@pytest.mark.parametrize("format", ["jsonl", "json"])
@pytest.mark.parametrize("name", FREE)
def test_a_question_with_its_gold_is_read_without_settings(
    tmp_path: Path, name: str, format: str
) -> None:
    (problem,) = problems(written(tmp_path, FREE[name], format))
    asked = Q if name not in ("SVAMP", "ASDiv") else "There are 2 eggs and 3 eggs.\nHow many eggs?"
    assert (problem.question, problem.answer, problem.options) == (asked, "5", ())


@pytest.mark.parametrize("name", CHOSEN)
def test_a_multiple_choice_is_read_without_settings(tmp_path: Path, name: str) -> None:
    (problem,) = problems(written(tmp_path, CHOSEN[name], "jsonl"))
    assert (problem.question, problem.answer, problem.options) == (ASKED, "B", CHOICES)


def test_a_gold_that_says_there_is_none_is_no_gold(tmp_path: Path) -> None:
    rows = [FREE["NuminaMath-1.5"] | {"answer": gold} for gold in ("5", "proof", "notfound")]
    path = jsonl(tmp_path / "rows.jsonl", rows)
    assert [problem.answer for problem in problems(FileSource(path=str(path)))] == ["5"]
