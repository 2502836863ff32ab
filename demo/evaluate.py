"""Measure the demo policy on held-out problems: `python -m demo.evaluate demo/policy`.

Prints its pass rate, how often a right answer stands on a wrong step, how often a first error
is survived, and where and of what kind first errors are.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from transformers import AutoModelForCausalLM, AutoTokenizer

from demo.tokenizer import PROMPT
from schemas import Problem
from sources.synthetic import StepVerdict, SyntheticSource, judge

HELD_OUT = 2_000_000
"""Seed of the evaluation problems; training uses another."""
BATCH = 125


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sampled solution and what the oracle says of its steps."""

    problem: Problem
    text: str
    verdicts: tuple[StepVerdict, ...]

    @property
    def passed(self) -> bool:
        """Whether the last line states the gold answer."""
        return self.text.rpartition("\n")[2].strip() == f"#### {self.problem.answer}"

    @property
    def first_error(self) -> int:
        """0-based index of the first wrong step, -1 for none."""
        wrong = (i for i, v in enumerate(self.verdicts) if v is not StepVerdict.RIGHT)
        return next(wrong, -1)


def attempts(folder: Path, problems: list[Problem], temperature: float) -> list[Attempt]:
    """Sample one solution per problem; problems of a batch are of about equal length."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ordered = sorted(problems, key=lambda problem: len(problem.question))
    sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    tried = []
    for at in range(0, len(ordered), BATCH):
        batch = ordered[at : at + BATCH]
        prompts = [PROMPT.format(question=problem.question) for problem in batch]
        inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
        inputs.pop("token_type_ids", None)
        written = model.generate(**inputs, max_new_tokens=256, **sampling)
        texts = tokenizer.batch_decode(
            written[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True
        )
        for problem, text in zip(batch, texts, strict=True):
            tried.append(Attempt(problem, text, judge(problem, text.split("\n"))))
    return tried


def report(tried: list[Attempt]) -> str:
    """Return the figures as text."""
    passed = [attempt for attempt in tried if attempt.passed]
    wrong = [attempt for attempt in tried if attempt.first_error >= 0]
    lucky = sum(1 for attempt in passed if attempt.first_error >= 0)
    kinds = Counter(str(a.verdicts[a.first_error]) for a in wrong)
    places = Counter(a.first_error + 1 for a in wrong)
    lines = [
        f"solutions                         {len(tried)}",
        f"pass rate                         {len(passed) / len(tried):.3f}",
        f"right answer, yet a wrong step    {lucky / max(len(passed), 1):.3f} of right answers",
        f"first error survived              {lucky / max(len(wrong), 1):.3f} of wrong solutions",
        f"kinds of first errors             {dict(kinds.most_common())}",
        f"first errors at step              {dict(sorted(places.items()))}",
    ]
    for key in ("level", "subject"):
        lines.append(f"pass rate by {key:<21}{_by(tried, key)}")
    return "\n".join(lines)


def _by(tried: list[Attempt], key: str) -> str:
    seen, passed = Counter[str](), Counter[str]()
    for attempt in tried:
        value = str(getattr(attempt.problem, key))
        seen[value] += 1
        passed[value] += attempt.passed
    return ", ".join(f"{value}: {passed[value] / seen[value]:.2f}" for value in sorted(seen))


def main(
    folder: Path,
    count: Annotated[int, typer.Option(help="Held-out problems.")] = 1000,
    temperature: float = 1.0,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    show: Annotated[int, typer.Option(help="Failed solutions to print.")] = 0,
) -> None:
    """Sample one solution per held-out problem and print the figures."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    problems = list(map(SyntheticSource(seed=HELD_OUT).problem, range(count)))
    tried = attempts(folder, problems, temperature)
    print(report(tried))
    for attempt in [a for a in tried if a.first_error >= 0][:show]:
        marks = zip(attempt.text.split("\n"), attempt.verdicts, strict=True)
        print(f"\n{attempt.problem.question} [{attempt.problem.answer}]")
        print("\n".join(f"  {verdict:<10} {line}" for line, verdict in marks))


if __name__ == "__main__":
    typer.run(main)
