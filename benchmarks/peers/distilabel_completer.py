"""Runs distilabel's MathShepherdCompleter, unmodified, in a Python of its own that has distilabel.

    PYTHON benchmarks/peers/distilabel_completer.py URL ROWS

`rows`: JSONL of its input columns, in its form. Prints JSON.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any


def _labels(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each step's label; a step that got none is left out."""
    labels = []
    for solution in row["solutions"]:
        steps: list[str] = []
        for marked in solution:
            text, _, label = marked.rpartition(" ")
            text = (text if label in "+-" else marked).partition(": ")[2]
            steps.append(text.partition(" The answer is: ")[0])
            if label in ("+", "-"):
                question = row["instruction"]
                labels.append({"question": question, "steps": [*steps], "right": label == "+"})
    return labels


def main() -> None:
    """Label the solutions of all rows."""
    from distilabel.models import OpenAILLM  # type: ignore[import-not-found]
    from distilabel.steps.tasks import MathShepherdCompleter  # type: ignore[import-not-found]

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--num-rollouts", type=int, default=8)
    options = parser.parse_args()
    generation = {"max_new_tokens": 1 << 14, "temperature": 0.7}
    model = OpenAILLM(
        model="simulated", base_url=options.url, api_key="none", generation_kwargs=generation
    )
    task = MathShepherdCompleter(name="completer", llm=model, N=options.num_rollouts)
    task.load()
    rows = [json.loads(line) for line in options.rows.read_text("utf-8").splitlines()]
    began = time.perf_counter()
    labelled = next(task.process(rows))
    seconds = time.perf_counter() - began
    labels = [one for row in labelled for one in _labels(row)]
    print(json.dumps({"seconds": seconds, "labels": labels}))


if __name__ == "__main__":
    main()
