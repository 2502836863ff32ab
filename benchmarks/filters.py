"""`python -m benchmarks.filters`: what the filters of an export find among planted and real texts.

python -m benchmarks.filters --quick
python -m benchmarks.filters --json FILE

*Duplicates*: to the questions of GSM8K's and MATH's training sets, changed copies of some are
added: spelled otherwise, names changed, words changed for others of the set, a sentence moved, and,
as other problems of a template that have to stay, all numbers changed, with another gold answer.
Shares that the filter takes out, with 95% Wilson intervals; beside them, how many of the original
questions it takes out. *Contamination*: how many questions of the training sets are taken out
against the tests. *Cost*: microseconds a question, and bytes a question while all are looked at.
"""

import argparse
import json
import random
import re
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.verification.data import shared_folder
from benchmarks.verification.figures import Rate
from exporters.filters import Candidate, Duplicates, Scope
from exporters.filters.contamination import Known
from exporters.records import LabelledSteps
from schemas import Evidence, LabelledSolution, Outcome, Problem, problem_id
from schemas.run_folder import RunFolder
from sources import FileSource
from tasks.lists import read_list

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8)
_TRAIN = {"gsm8k": "gsm8k_train.jsonl.gz", "math": "math_train_7500_openr.json.gz"}
_TESTS = {"gsm8k": "gsm8k_test.jsonl", "math": "math500_openr.jsonl"}
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+\b|^[A-Z][a-z]+(?= [a-z])")
_NAMES = ("Ilse", "Bram", "Noor", "Sefa", "Wout")
_SENTENCE = re.compile(r"(?<=[.!?]) +")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a threshold takes of one kind of planted questions."""

    set: str
    near: float
    plant: str
    taken: int
    planted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What is taken out of a training set against a test."""

    set: str
    numbers: str
    taken: int
    questions: int
    microseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it takes to look at all questions."""

    set: str
    questions: int
    microseconds: float
    bytes: float


def main() -> None:
    """Measure and print."""
    options = _options()
    folder = shared_folder() / "data" / "problems"
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no problems there; set STEPMINT_SHARED")
    sets = {name: _problems(folder / file, options.problems) for name, file in _TRAIN.items()}
    costs = [_cost(name, problems) for name, problems in sets.items()]
    found = [
        one
        for name, problems in sets.items()
        for near in _THRESHOLDS
        for one in planted(name, problems, near, seed=options.seed)
    ]
    hits = [
        _hits(name, problems, str(folder / _TESTS[name]), numbers)
        for name, problems in sets.items()
        for numbers in ("any", "same")
    ]
    _show(found, hits, costs)
    if options.json:
        told = {
            "found": list(map(asdict, found)),
            "hits": list(map(asdict, hits)),
            "costs": list(map(asdict, costs)),
        }
        options.json.write_text(json.dumps(told, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filters")
    parser.add_argument("--problems", type=int, default=7_500, help="of each set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    options.problems = 1_500 if options.quick else options.problems
    return options


def _problems(path: Path, count: int) -> list[Problem]:
    rows = FileSource(path=str(path)).load()
    return list(islice((row for row in rows if isinstance(row, Problem)), count))


# Planted questions

Plant = Callable[[str, random.Random, Sequence[str]], str]
"""Returns a question changed, given words of the set to change it with."""


def _respelled(question: str, rng: random.Random, vocabulary: Sequence[str]) -> str:
    if "$" in question:
        return question.replace("$", " $ ").replace("\\frac", "\\dfrac")
    spelled = question.upper() if rng.random() < 0.5 else question.replace(",", " ,")
    return re.sub(r"(?<![\d.,])(\d+)(?![\d.,])", r"$\1$", spelled)


def _renamed(question: str, rng: random.Random, vocabulary: Sequence[str]) -> str:
    names = sorted(set(_NAME.findall(question)))
    new = dict(zip(names, rng.sample(_NAMES, min(len(names), len(_NAMES))), strict=False))
    return _NAME.sub(lambda found: new.get(found[0], found[0]), question)


def _reworded(count: int) -> Plant:
    """Return a plant that changes so many words, never numbers, names or formulas."""

    def change(question: str, rng: random.Random, vocabulary: Sequence[str]) -> str:
        words = question.split(" ")
        places = [at for at, word in enumerate(words) if word.isalpha() and word.islower()]
        for at in rng.sample(places, min(count, len(places))):
            words[at] = rng.choice(vocabulary)
        return " ".join(words)

    return change


def _moved(question: str, rng: random.Random, vocabulary: Sequence[str]) -> str:
    first, *others = _SENTENCE.split(question)
    if len(others) < 2:
        return question + " "
    return " ".join([*others[:1], first, *others[1:]])


def _renumbered(question: str, rng: random.Random, vocabulary: Sequence[str]) -> str:
    return re.sub(r"\d+", lambda found: str(int(found[0][:9]) + rng.randint(1, 9)), question)


_DUPLICATES: dict[str, Plant] = {
    "spelled otherwise": _respelled,
    "names changed": _renamed,
    "1 word changed": _reworded(1),
    "2 words changed": _reworded(2),
    "4 words changed": _reworded(4),
    "8 words changed": _reworded(8),
    "a sentence moved": _moved,
}
_OTHERS: dict[str, Plant] = {"numbers changed": _renumbered}


def planted(name: str, problems: Sequence[Problem], near: float, *, seed: int) -> list[Found]:
    """Return what is taken out of the originals, and of the copies of a fifth of them each."""
    rng = random.Random(f"{seed}/{name}")
    vocabulary = sorted({w for one in problems for w in one.question.split(" ") if w.isalpha()})
    kinds: list[str] = ["originals"] * len(problems)
    every = list(problems)
    for plant, change in (_DUPLICATES | _OTHERS).items():
        for one in rng.sample(problems, len(problems) // 5):
            question = change(one.question, rng, vocabulary)
            if question == one.question:
                continue
            answer = f"{one.answer}1" if plant in _OTHERS else one.answer
            id = problem_id(plant, question, answer)
            every.append(replace(one, id=id, question=question, answer=answer))
            kinds.append(plant)
    out = _taken_out(every, Duplicates(near=near))
    return [
        Found(
            set=name,
            near=near,
            plant=plant,
            taken=sum(took for took, kind in zip(out, kinds, strict=True) if kind == plant),
            planted=kinds.count(plant),
        )
        for plant in dict.fromkeys(kinds)
    ]


def _taken_out(problems: Sequence[Problem], settings: Duplicates) -> list[bool]:
    scope = Scope(run=RunFolder(Path()), shards=())
    sieve = settings.sieve(scope)
    candidates = [_candidate(place, one) for place, one in enumerate(problems)]
    for one in candidates:
        sieve.look(one)
    sieve.settle()
    return [sieve.reason(one) is not None for one in candidates]


def _candidate(place: int, problem: Problem) -> Candidate:
    solution = LabelledSolution(
        problem_id=problem.id,
        solution_index=0,
        labeler="none",
        steps=("",),
        outcome=Outcome.CORRECT,
        root=Evidence(),
        evidence=(Evidence(),),
        first_error=-1,
    )
    labelled = LabelledSteps(problem=problem, solution=solution, steps=("",), labels=(True,))
    return Candidate(place=place, shard="shard-00000", labelled=labelled)


# Contamination, and cost


def _hits(name: str, problems: Sequence[Problem], test: str, numbers: str) -> Hits:
    known = Known(ngram=13, common=0.6, same_numbers=numbers == "same")
    for reference in read_list(test, None):
        known.add(reference.question, test)
    start = time.perf_counter()
    taken = sum(known.source_of(one.question) is not None for one in problems)
    seconds = time.perf_counter() - start
    return Hits(
        set=name,
        numbers=numbers,
        taken=taken,
        questions=len(problems),
        microseconds=seconds / len(problems) * 1e6,
    )


def _cost(name: str, problems: Sequence[Problem]) -> Cost:
    """Measure time and memory apart: watching memory takes time."""
    candidates = [_candidate(place, one) for place, one in enumerate(problems)]
    scope = Scope(run=RunFolder(Path()), shards=())
    _taken_out(problems[:10], Duplicates())  # imports
    start = time.perf_counter()
    _taken_out(problems, Duplicates())
    seconds = time.perf_counter() - start
    sieve = Duplicates().sieve(scope)
    tracemalloc.start()
    for one in candidates:
        sieve.look(one)
    sieve.settle()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    count = len(problems)
    return Cost(set=name, questions=count, microseconds=seconds / count * 1e6, bytes=peak / count)


# Figures


def _show(found: Sequence[Found], hits: Sequence[Hits], costs: Sequence[Cost]) -> None:
    console = Console(width=130)
    for name in _TRAIN:
        table = Table("taken out of", "questions", *map(str, _THRESHOLDS), title=f"{name}, near:")
        rows = [one for one in found if one.set == name]
        for plant in dict.fromkeys(one.plant for one in rows):
            mine = [one for one in rows if one.plant == plant]
            shares = (Rate(one.taken, one.planted).brief for one in mine)
            table.add_row(plant, f"{mine[0].planted:,}", *shares)
        console.print(table)
    table = Table("training set", "against", "numbers", "taken out", "us a question")
    for hit in hits:
        told = f"{hit.taken:,} of {hit.questions:,}"
        table.add_row(hit.set, _TESTS[hit.set], hit.numbers, told, f"{hit.microseconds:.0f}")
    console.print(table)
    table = Table("duplicates in", "questions", "us a question", "bytes a question")
    for cost in costs:
        figures = (f"{cost.questions:,}", f"{cost.microseconds:.0f}", f"{cost.bytes:.0f}")
        table.add_row(cost.set, *figures)
    console.print(table)


if __name__ == "__main__":
    main()
