"""Files mutated from valid ones, and files made to do harm, through all that reads files.

    python -m benchmarks.hostile_files --count 10000 --seed 1

Each is read by `sources`, graded as `stepmint verify` does, and its texts are checked as steps.
Says how long the slowest took, how much memory the process came to, and which raised anything but
the errors that tell a user what to do; exits with 1 where one did, or took more than --seconds or
--megabytes.
"""

import argparse
import bz2
import contextlib
import gzip
import io
import json
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import Problem, StepmintError
from sources import FileSource
from tasks.grading import grade_file
from verification.steps.check import check_step

ROWS = [
    {
        "question": f"Tom has {n} eggs and buys {n}. How many?",
        "answer": f"{n} + {n} = {2 * n}\n#### {2 * n}",
        "gold": str(2 * n),
        "prediction": f"so \\boxed{{{2 * n}}}",
        "level": [1.5, None, {"a": "b"}][n % 3] if n % 2 else "easy",
        "context": [None, "Tom is tall.", [["egg", 1], {"a": [2]}]][n % 3],
        "choices": [None, "a ) 4 , b ) 6", {"text": ["4", 6], "label": ["1", "2"]}][n % 3],
        "image": None if n % 4 else {"bytes": "00", "path": None},
    }
    for n in range(2, 8)
]
TEXTS = [{key: str(value) for key, value in row.items()} for row in ROWS]
TOKENS = [
    *("\\boxed{", "}", "####", "\\frac", "^{", "9" * 50, "$", "\\sum_{k=1}^{", "\0", "\ud800"),
    *('"', "'", "[", "]", "{", "}", ",", ":", "\\", "\n", "\r", "null", "NaN", "1e999", "\\u0000"),
]


def jsonl(rng: random.Random) -> bytes:
    """Return JSON Lines, with a token or two of TOKENS in its cells."""
    return "".join(json.dumps(_spiced(row, rng)) + "\n" for row in ROWS).encode()


def array(rng: random.Random) -> bytes:
    """Return a JSON array."""
    return json.dumps([_spiced(row, rng) for row in ROWS], indent=rng.choice([None, 1])).encode()


def columns(rng: random.Random) -> bytes:
    """Return a JSON object of columns."""
    rows = [_spiced(row, rng) for row in ROWS]
    return json.dumps({key: [row[key] for row in rows] for key in rows[0]}).encode()


def csv_text(rng: random.Random) -> bytes:
    """Return CSV."""
    quoted = [[json.dumps(cell) for cell in _spiced(row, rng).values()] for row in TEXTS]
    return "\n".join([",".join(TEXTS[0]), *map(",".join, quoted)]).encode()


def parquet(rng: random.Random) -> bytes:
    """Return Parquet under a random encoding."""
    out = io.BytesIO()
    packing = rng.choice(["zstd", "snappy", "none", "gzip"])
    pq.write_table(_table(rng), out, compression=packing, use_dictionary=rng.random() < 0.5)
    return out.getvalue()


def arrow(rng: random.Random) -> bytes:
    """Return an Arrow stream or file."""
    out, table = io.BytesIO(), _table(rng)
    new = rng.choice([pa.ipc.new_stream, pa.ipc.new_file])
    with new(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def utf_16(rng: random.Random) -> bytes:
    """Return JSON Lines in UTF-16, with or without a byte order mark."""
    encoding = rng.choice(["utf-16", "utf-16-le", "utf-16-be"])
    return jsonl(rng).decode().encode(encoding)


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows", data)
    return out.getvalue()


FORMATS: dict[str, Callable[[random.Random], bytes]] = {
    ".jsonl": jsonl,
    ".json": array,
    ".columns.json": columns,
    ".utf16.jsonl": utf_16,
    ".csv": csv_text,
    ".parquet": parquet,
    ".arrow": arrow,
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zip": _zipped,
    ".zst": lambda data: bytes(pa.compress(data, codec="zstd", asbytes=True)),
}


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return data with bytes changed, cut out, doubled, or its end torn off."""
    found = bytearray(data)
    for _ in range(rng.choice([0, 1, 1, 2, 5, 20])):
        at, size = rng.randrange(len(found) + 1), rng.choice([1, 1, 2, 8, 64])
        match rng.randrange(5):
            case 0:
                found[at : at + size] = rng.randbytes(size)
            case 1:
                del found[at : at + size]
            case 2:
                found[at:at] = found[at : at + size] * rng.choice([1, 2, 1000])
            case 3:
                found[at:at] = rng.choice(TOKENS).encode("utf-8", "surrogatepass")
            case _:
                del found[at:]
    return bytes(found)


def files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents, the same for the same seed."""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        ending, packing = rng.choice(list(FORMATS)), rng.choice(["", "", *PACKINGS])
        data = FORMATS[ending](rng)
        if rng.random() < 0.5:
            data = PACKINGS[packing](mutated(data, rng))
        else:
            data = mutated(PACKINGS[packing](data), rng)
        yield f"{number}{ending}{packing}", data


def read(path: Path) -> None:
    """Read a file in every way that we have."""
    texts: list[str] = []
    with contextlib.suppress(StepmintError):
        for row in FileSource(path=str(path)).load():
            if isinstance(row, Problem):
                texts += [row.question, row.answer, row.solution or ""]
    with contextlib.suppress(StepmintError):
        grade_file(path)
    for text in texts:
        check_step(text)


def main() -> int:
    """Read all files; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--megabytes", type=float, default=1_000.0)
    options = parser.parse_args()
    slowest, bad = (0.0, ""), []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files(options.count, options.seed):
            path = Path(folder) / name
            path.write_bytes(data)
            started = time.process_time()
            try:
                read(path)
            except Exception as error:  # noqa: BLE001 - what is looked for
                bad.append(f"{name}: {type(error).__name__}: {error}"[:300])
            slowest = max(slowest, (time.process_time() - started, name))
            path.unlink()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.count} files; slowest {slowest[0]:.2f} s ({slowest[1]}); {megabytes:.0f} MB")
    print("\n".join(bad) or "none raised what no user can act on")
    too_much = slowest[0] > options.seconds or megabytes > options.megabytes
    return int(bool(bad) or too_much)


def _spiced(row: Mapping[str, object], rng: random.Random) -> dict[str, object]:
    if rng.random() < 0.5:
        return dict(row)
    key = rng.choice(list(row))
    return dict(row) | {key: f"{row[key]}{rng.choice(TOKENS)}" * rng.choice([1, 1, 30])}


def _table(rng: random.Random) -> pa.Table:
    rows = [_spiced(row, rng) for row in TEXTS]
    kept = [
        {key: str(cell).encode("utf-8", "replace") for key, cell in row.items()} for row in rows
    ]
    return pa.Table.from_pylist([{key: cell.decode() for key, cell in row.items()} for row in kept])


if __name__ == "__main__":
    sys.exit(main())
