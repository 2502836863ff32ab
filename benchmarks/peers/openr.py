"""Runs OpenR's omegaPRM_v2, unmodified, from a checkout: a script of the standard library alone.

    python benchmarks/peers/openr.py CHECKOUT URL PROBLEMS --threads 1

What loads a model there (`llm_utils.LLMService`) is replaced by requests to a server. OpenR calls
an answer right if it stands in the last sentence: so that its sentences can be told apart, each
step ends with a period on its way to OpenR, which is taken off on the way back. Prints JSON.
"""

import argparse
import contextlib
import json
import logging
import sys
import threading
import time
import types
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_BREAK = "\n\n"


class LLMService:
    """OpenR's service, asked of a server."""

    url = ""
    seed = 0
    lock = threading.Lock()

    def __init__(self, **_: Any) -> None:
        """Take its arguments: the server has a model already."""

    def start_service(self) -> None:
        """There is nothing to start."""

    def generate_response(self, prompt: str, num_copies: int = 2) -> list[str]:
        """Return so many continuations of a question and its steps, in one request."""
        question, *steps = prompt[prompt.index("Add up:") :].split(_BREAK)
        written = "".join(step.removesuffix(".") + "\n" for step in steps if step)
        with self.lock:
            LLMService.seed += num_copies
            seed = self.seed
        body = {
            "model": "simulated",
            "prompt": f"Question: {question}\nAnswer:\n{written}",
            "temperature": 1.0,
            "max_tokens": 2048,
            "n": num_copies,
            "seed": seed,
        }
        request = urllib.request.Request(
            f"{self.url}/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            choices = json.load(answer)["choices"]
        return [choice["text"].strip().replace("\n", f".{_BREAK}") for choice in choices]


def _labels(omega: Any, question: str) -> list[dict[str, Any]]:
    """Return the prefixes that rollouts were spent on, with what OpenR says of each."""
    return [
        {
            "question": question,
            "steps": [step.removesuffix(".") for step in node.solution_prefix.split(_BREAK)[1:]],
            "right": node.MC > 0,
        }
        for node in omega.T.nodes
        if node.total_rollouts > 0 and node.solution_prefix != question
    ]


def main() -> None:
    """Label the problems; `--threads 1` is as shipped: one question after another."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("url")
    parser.add_argument("problems", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--num-rollouts", type=int, default=8)
    options = parser.parse_args()
    LLMService.url = options.url
    stand_in = types.ModuleType("llm_utils")
    stand_in.LLMService = LLMService  # type: ignore[attr-defined]
    sys.modules["llm_utils"] = stand_in
    sys.path.insert(0, str(options.checkout / "data/omegaPRM_v2"))
    import omegaprm  # type: ignore[import-not-found]
    import run_omegaprm  # type: ignore[import-not-found]

    run_omegaprm.logger = logging.getLogger("openr")
    model = omegaprm.LanguageModel(model_type="vllm")

    def label(row: dict[str, str]) -> list[dict[str, Any]]:
        question = {"problem": row["problem"], "final_answer": row["answer"]}
        omega = omegaprm.OmegaPRM(
            LM=model,
            c_puct=0.125,
            alpha=0.5,
            beta=0.9,
            L=500,
            k=options.num_rollouts,
            N=20,
            rollout_budget=200,
            save_data_tree=False,
        )
        if not run_omegaprm.should_process_question(question, model):
            return []
        run_omegaprm.process_question(omega, question)
        return _labels(omega, row["problem"])

    rows = [json.loads(line) for line in options.problems.read_text("utf-8").splitlines()]
    began = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr), ThreadPoolExecutor(options.threads) as threads:
        labels = [one for found in threads.map(label, rows) for one in found]
    print(json.dumps({"seconds": time.perf_counter() - began, "labels": labels}))


if __name__ == "__main__":
    main()
