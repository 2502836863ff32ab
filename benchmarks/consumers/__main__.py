"""`python -m benchmarks.consumers RUN`: our exports, read by each consumer's own unmodified code.

python -m benchmarks.consumers output/demo --sources ~/consumers --json figures.json

Wheels are unpacked and small packages installed into `output/consumers`, never into this
environment. Code that is on GitHub alone is read from `--sources`; where it is missing, or a wheel
cannot be had, the line says that it was not run. PaddleNLP's needs 200 MB of paddle.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from benchmarks.consumers.catalogue import CONSUMERS, SOURCES, Consumer
from exporters import AnyExporter, Exporter
from exporters.runs import export_run
from schemas.run_folder import RunFolder

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What came of one consumer."""

    consumer: str
    version: str
    format: str
    rows: int = 0
    labels: int = 0
    """That its code puts on steps."""
    agree: int = 0
    """Rows of which it sees every step and label as we wrote them."""
    problem: str = ""
    """Why it was not run, or how it stopped."""


class _MissingError(Exception):
    """What a consumer needs is not to be had."""


def main() -> None:
    """Export a run for each consumer, let it read, print the table."""
    options = _options()
    packages = options.packages.resolve()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(shutil.copytree(options.run, Path(folder) / "run"))
        tokenizer = _tokenizer(Path(folder) / "tokenizer")
        asked = [one for one in CONSUMERS if not options.quick or not _large(one)]
        lines = [_line(one, run, tokenizer, packages, options.sources) for one in asked]
    out = Console()
    out.print(_table(lines))
    for line in lines:
        if line.problem:
            told = f"{line.consumer} {line.version} {line.format}: {line.problem}"
            out.print(told, soft_wrap=True, markup=False, highlight=False)
    if options.json:
        figures = json.dumps([asdict(line) for line in lines], indent=2, ensure_ascii=False)
        options.json.write_text(figures + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a labelled run, e.g. output/demo")
    told = "; ".join(f"{name}/: {address}" for name, address in SOURCES.items())
    parser.add_argument("--sources", type=Path, help=f"a folder with {told}")
    parser.add_argument("--packages", type=Path, default=CHECKOUT / "output" / "consumers")
    parser.add_argument("--json", type=Path, help="write the same figures to this file")
    parser.add_argument("--quick", action="store_true", help="without what needs paddle")
    return parser.parse_args()


def _large(consumer: Consumer) -> bool:
    return any("paddle" in one for one in consumer.needs)


def _line(
    consumer: Consumer, run: Path, tokenizer: Path, packages: Path, sources: Path | None
) -> Line:
    named = Line(consumer=consumer.name, version=consumer.version, format=consumer.format)
    try:
        paths = _paths(consumer, packages, sources)
    except _MissingError as missing:
        return replace(named, problem=f"not run: {missing}")
    rows = _exported(consumer, run)
    command = [sys.executable, "-m", "benchmarks.consumers.readers", consumer.reader]
    where = os.pathsep.join(str(path) for path in (*paths, CHECKOUT))
    done = subprocess.run(
        [*command, str(rows), str(tokenizer)],
        env={**os.environ, "PYTHONPATH": where},
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return replace(named, problem=f"stops: {done.stderr.strip().splitlines()[-1]}")
    said = json.loads(done.stdout.splitlines()[-1])
    differs = f"sees (seen, ours) {said['differs'][:200]}" if said["differs"] else ""
    return replace(
        named, rows=said["rows"], labels=said["labels"], agree=said["agree"], problem=differs
    )


def _exported(consumer: Consumer, run: Path) -> Path:
    """Export the run in the consumer's format, all rows in one split."""
    adapter: TypeAdapter[Exporter] = TypeAdapter(AnyExporter)
    exporter = adapter.validate_python(
        {
            "format": consumer.format,
            "view": {"kind": consumer.view},
            "validation_ratio": 0,
            "max_length": None,
        }
    )
    return export_run(RunFolder(run), exporter).folder / "train.parquet"


def _paths(consumer: Consumer, packages: Path, sources: Path | None) -> list[Path]:
    """Return where the consumer's code lies; fetches what packages it needs."""
    paths = []
    if consumer.source:
        found = sources / consumer.source if sources else None
        if found is None or not found.is_dir():
            name = consumer.source.partition("/")[0]
            raise _MissingError(f"clone {SOURCES[name]} as {name}/ into --sources")
        paths.append(found.resolve())
    if consumer.wheel:
        paths.append(_unpacked(consumer.wheel, packages))
    return paths + [_installed(package, packages) for package in consumer.needs]


def _unpacked(package: str, packages: Path) -> Path:
    """Return the folder of a wheel's modules, without what it depends on."""
    folder = packages / package
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as wheels:
            _pip("download", "--no-deps", "--dest", wheels, package)
            for wheel in Path(wheels).glob("*.whl"):
                zipfile.ZipFile(wheel).extractall(folder)
    inner = next(folder.glob("*.data/purelib"), None)  # where a wheel is of one platform
    return inner or folder


def _installed(package: str, packages: Path) -> Path:
    folder = packages / package
    if not folder.is_dir():
        _pip("install", "--target", str(folder), package)
    return folder


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "-q", *arguments], capture_output=True, text=True
    )
    if done.returncode:
        raise _MissingError(f"pip {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")


def _tokenizer(folder: Path) -> Path:
    """Save a byte-level tokenizer with ки as one token, as such trainers ask for, and return it."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<bos>", "<pad>", "<eos>", "ки"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(["What is 2 + 2 * 3?"], trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<bos>", pad_token="<pad>", eos_token="<eos>"
    ).save_pretrained(folder)
    return folder


def _table(lines: Sequence[Line]) -> Table:
    table = Table("consumer", "version", "format", "rows", "labels", "rows seen as written")
    for line in lines:
        share = f"{line.agree} of {line.rows}" if line.rows else "-"
        table.add_row(
            line.consumer,
            line.version,
            line.format,
            str(line.rows or "-"),
            str(line.labels or "-"),
            share,
        )
    return table


if __name__ == "__main__":
    main()
