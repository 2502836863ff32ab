"""What a reward model of ours learnt from, and whether it is what the model is about to judge."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import ConfigError, RunError
from schemas.origins import LEARNT, ORIGIN_COLUMNS, Learnt, learnt_of
from schemas.run_folder import RunFolder
from tasks.files import replacing

_FILE = "learnt.parquet"
"""Lies in the folder of a training, beside the model's own."""


def samples_of(run: RunFolder) -> Iterator[Learnt]:
    """Yield which samples the solutions of a run are; those that no policy of ours wrote are none.

    Some may come twice.
    """
    for table in run.tables("solutions", "problem_id", "given_id", *ORIGIN_COLUMNS):
        yield from filter(None, map(learnt_of, table.to_pylist()))


def write_learnt(folder: Path, runs: Iterable[Path], base: str) -> None:
    """Write what a model will have learnt from: runs, and what its base had."""
    found = set(learnt_by(base) or ())
    for run in runs:
        found.update(samples_of(RunFolder(run)))
    rows = [{name: getattr(one, name) for name in LEARNT.names} for one in sorted(found)]
    with replacing(folder / _FILE) as partial:
        pq.write_table(pa.Table.from_pylist(rows, schema=LEARNT), partial, compression="zstd")


def learnt_by(model: str) -> frozenset[Learnt] | None:
    """Return what a model learnt from; None where nothing beside it says so."""
    path = Path(model).resolve().parent / _FILE
    if not Path(model).is_dir() or not path.is_file():
        return None
    try:
        rows = pq.read_table(path, schema=LEARNT).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
        raise RunError(f"{path} cannot be read ({error}): restore it, or train anew") from error
    return frozenset(Learnt(**row) for row in rows)


def refuse_later(model: str, learnt: frozenset[Learnt], pool: frozenset[Learnt]) -> None:
    """Raise ConfigError where a model learnt from the very samples that it is to choose among.

    Directly, or from solutions that a selection of them took.
    """
    known = {(one.problem_id, one.origin) for one in learnt}
    both = sorted(one.problem_id for one in pool if (one.problem_id, one.origin) in known)
    if both:
        raise ConfigError(
            f"prm.model={model} learnt from this pool's own samples of {len(both):,} problems, "
            f"e.g. {both[0]}: a selector is trained on earlier generations alone. Name one that "
            "was, or sample a new pool, with another seed or policy"
        )
