"""`python -m benchmarks.rollout_weight`: what a model's rollout weighs on disk and in memory.

python -m benchmarks.rollout_weight --quick
python -m benchmarks.rollout_weight --json FILE

Of thirty-two published completions of a problem, each gives its second half as a rollout behind
the first half of another. Each is written to the journal and to the table of rollouts, and
weighed in memory, where a shard holds all it took until it is committed; a prefix is weighed with
every rollout, though a run's rollouts share theirs. Tokens are cut by a rule of thumb (pieces of
up to six letters, single digits and signs), since no tokenizer is at hand; their ids are digests
of the pieces.
"""

import argparse
import gzip
import json
import re
import tempfile
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from zlib import crc32

from rich.console import Console
from rich.table import Table

from benchmarks import made
from benchmarks.verification.data import shared_folder
from rollouts import Journal
from schemas import Outcome, Prefix, Rollout, Tokens
from schemas.arrow import write_table
from schemas.conversion import rollouts_table

_SETS = ("gsm8k_full_500", "math500_full_200")
_PIECE = re.compile(r" ?[A-Za-z]{1,6}|\d|\s+|[^\sA-Za-z\d]")
_IDS = 150_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Averages over the rollouts of one set."""

    set: str
    tokens: bool
    """Whether token ids are kept, as the policies of served and embedded models do."""
    rollouts: int
    characters: float
    pieces: float
    journal_bytes: float
    table_bytes: float
    memory_bytes: float


def main() -> None:
    """Weigh both sets with and without token ids."""
    options = _options()
    folder = shared_folder() / "data" / "model_solutions" / "bon32"
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no completions there; set STEPMINT_SHARED")
    weights = [
        _weigh(name, _problems(folder / f"{name}.jsonl.gz", options), tokens=tokens)
        for name in _SETS
        for tokens in (True, False)
    ]
    _show(weights)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in weights], indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollout_weight")
    parser.add_argument("--problems", type=int, default=32, help="per set")
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    options.problems = 8 if options.quick else options.problems
    return options


def _problems(path: Path, options: argparse.Namespace) -> list[list[str]]:
    """Return the completions of the first problems."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(options.problems), strict=False)]
    return [[one["raw_text"] for one in row["candidates"]] for row in rows]


def _weigh(name: str, problems: Sequence[Sequence[str]], *, tokens: bool) -> Weight:
    tracemalloc.start()
    taken = list(_rollouts(problems, tokens=tokens))
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    count = len(taken)
    with tempfile.TemporaryDirectory() as folder:
        journal, table = Path(folder, "journal"), Path(folder, "rollouts.parquet")
        with Journal(journal) as open_journal:
            for number, rollout in enumerate(taken):
                open_journal.append(f"{number:032x}", rollout.completion)
        write_table(rollouts_table(taken), table)
        on_disk = journal.stat().st_size, table.stat().st_size
    return Weight(
        set=name,
        tokens=tokens,
        rollouts=count,
        characters=sum(len(one.completion.text) for one in taken) / count,
        pieces=sum(one.completion.completion_tokens for one in taken) / count,
        journal_bytes=on_disk[0] / count,
        table_bytes=on_disk[1] / count,
        memory_bytes=memory / count,
    )


def _rollouts(problems: Sequence[Sequence[str]], *, tokens: bool) -> Iterator[Rollout]:
    """Yield, per completion, its second half as if written behind the first half of its neighbour.

    No text is used twice: what compresses is what completions of one problem have in common.
    """
    for number, texts in enumerate(problems):
        for solution, text in enumerate(texts):
            steps, rest = _half(texts[solution - 1])[0], "".join(_half(text)[1])
            prefix = Prefix(
                steps=tuple(steps), token_ids=_tokens("".join(steps)).ids if tokens else None
            )
            yield made.rollout(
                rest,
                Outcome.CORRECT,
                problem_id=f"problem-{number:016x}",
                prefix=prefix,
                extracted="42",
                tokens=_tokens(rest) if tokens else None,
                completion_tokens=len(_PIECE.findall(rest)),
            )


def _half(text: str) -> tuple[list[str], list[str]]:
    lines = text.splitlines(keepends=True)
    return lines[: len(lines) // 2], lines[len(lines) // 2 :]


def _tokens(text: str) -> Tokens:
    pieces = _PIECE.findall(text)
    ids = tuple(crc32(piece.encode()) % _IDS for piece in pieces)
    return Tokens(ids=ids, ends=tuple(accumulate(map(len, pieces))))


def _show(weights: Sequence[Weight]) -> None:
    table = Table(title="bytes a rollout")
    for name in (
        "completions of", "token ids", "rollouts", "characters", "tokens",
        "journal", "table", "memory",
    ):  # fmt: skip
        table.add_column(name, justify="left" if name == "completions of" else "right")
    for one in weights:
        table.add_row(
            *(one.set, "kept" if one.tokens else "none", f"{one.rollouts:,}"),
            *(f"{one.characters:,.0f}", f"{one.pieces:,.0f}", f"{one.journal_bytes:,.0f}"),
            *(f"{one.table_bytes:,.0f}", f"{one.memory_bytes:,.0f}"),
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
