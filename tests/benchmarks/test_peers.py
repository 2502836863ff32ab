"""What the peers are asked with, and what is counted of them."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from benchmarks.peers import openr
from benchmarks.peers.__main__ import Label
from benchmarks.peers.server import as_numbered
from benchmarks.simulated_server import simulated

ASKED = "Generate 3 example solutions.\nThis is the problem:\nAdd up: 3, 4, 5. Step 1: 3 + 4 = 7"
_OMEGAPRM = """
class LanguageModel:
    def __init__(self, model_type):
        from llm_utils import LLMService
        self.service = LLMService(model_type=model_type)
        self.service.start_service()

class Node:
    def __init__(self, prefix, rollouts, mc):
        self.solution_prefix, self.total_rollouts, self.MC = prefix, rollouts, mc

class OmegaPRM:
    def __init__(self, LM, **settings):
        self.LM, self.k = LM, settings["k"]

    def run(self, question):
        state = question + "\\n\\n3 + 4 = 7."
        written = self.LM.service.generate_response("Go on: " + state, self.k)
        right = sum(one.endswith("12") for one in written) / len(written)
        self.T = lambda: None
        self.T.nodes = [Node(question, 8, 1.0), Node(state, 8, right), Node("x\\n\\ny", 0, 1.0)]
"""
_RUN = """
def should_process_question(question, model):
    return True

def process_question(omega, question):
    omega.run(question["problem"])
"""


def test_the_chat_model_continues_the_steps_it_is_given_in_distilabels_form() -> None:
    with simulated(module="benchmarks.peers.server") as url:
        body = {"model": "simulated", "messages": [{"role": "user", "content": ASKED}]}
        request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            text = json.load(answer)["choices"][0]["message"]["content"]
    solutions = text.split("\n\n---\n\n")
    assert len(solutions) == 3
    assert all(one.startswith("Step 2: 7 + 5 = ") for one in solutions)
    assert all(one.splitlines()[-1].startswith("The answer is: ") for one in solutions)


def test_openr_is_asked_in_its_form_and_its_prefixes_without_rollouts_do_not_count(
    tmp_path: Path,
) -> None:
    room = tmp_path / "data/omegaPRM_v2"
    room.mkdir(parents=True)
    (room / "omegaprm.py").write_text(_OMEGAPRM)
    (room / "run_omegaprm.py").write_text(_RUN)
    problems = tmp_path / "problems.jsonl"
    problems.write_text(json.dumps({"problem": "Add up: 3, 4, 5.", "answer": "12"}))
    with simulated(module="benchmarks.peers.server") as url:
        command = [sys.executable, openr.__file__, str(tmp_path), url, str(problems)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["labels"] == [
        {"question": "Add up: 3, 4, 5.", "steps": ["3 + 4 = 7"], "right": True}
    ]


def test_steps_are_numbered_on_from_those_that_are_given() -> None:
    text = "7 + 5 = 12\n#### 12"
    assert as_numbered(text, 1) == "Step 2: 7 + 5 = 12\nThe answer is: 12"


@pytest.mark.parametrize(
    ("steps", "right", "is_true"),
    [
        (("3 + 4 = 7",), True, True),
        (("3 + 4 = 8",), True, False),
        (("3 + 4 = 8", "8 + 5 = 13"), False, True),
        (("3 + 4 = 8", "Wait: 7 + 5 = 12"), False, True),
        (("3 + 4 = 7", "7 + 5 = 12", "#### 12"), True, True),
        (("3 + 4 = 7", "7 + 5 = 12", "#### 13"), True, False),
    ],
)
def test_a_label_is_true_when_it_says_whether_a_line_so_far_is_wrong(
    steps: tuple[str, ...], right: bool, is_true: bool
) -> None:
    assert Label("Add up: 3, 4, 5.", steps, right).is_true is is_true
