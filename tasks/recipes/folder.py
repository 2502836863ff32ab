"""A recipe's folder on disk: its lock, its record, its products, and what was paid for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rollouts import JournalReader, Spent, has_records
from schemas import RunError
from schemas.arrow import SCHEMA_VERSION, read_table
from schemas.recipe_folder import RecipeFolder, Stage
from schemas.recipe_rows import ProductName, product_schema
from tasks import sharded
from tasks.files import fresh, replacing, writing
from tasks.recipes.settings import RecipeSettings
from tasks.record_folder import failures_told, held, refuse_changes, update, write_record
from tasks.run_file import environment

_OTHERWISE = "choose another folder with --set name=NAME"
_STAGED = ("problems.parquet", "held_out.parquet")
Row = Mapping[str, Any]


@contextmanager
def opened(settings: RecipeSettings, kind: str) -> Iterator[RecipeFolder]:
    """Hold a recipe's folder, say what it is, and record how it was left.

    Raises RunError where another process holds it, where it holds what is none of a recipe's, and
    where it was begun with other settings.
    """
    made = RecipeFolder(settings.folder)
    _refuse_strangers(made)
    with writing(made.path), held(made):
        _begin(made, settings, kind)
        with failures_told(made):
            yield made


def _refuse_strangers(made: RecipeFolder) -> None:
    known = made.record_file.is_file() or made.lock.is_file() or not made.path.exists()
    if not known and any(made.path.iterdir()):
        raise RunError(f"{made.path} holds something else: {_OTHERWISE}")


def _begin(made: RecipeFolder, settings: RecipeSettings, kind: str) -> None:
    shaping = {"kind": kind} | settings.shaping()
    record = made.record() if _sampled(made) else {}
    refuse_changes(
        record,
        shaping,
        what=f"{made.path} was begun with other settings",
        otherwise=f"go on with the old values, or {_OTHERWISE}",
    )
    if not record:  # what was staged may be of other settings
        for name in _STAGED:
            (made.path / name).unlink(missing_ok=True)
    write_record(
        made,
        record
        | {
            "recipe": kind,
            "name": settings.name,
            "schema_version": SCHEMA_VERSION,
            "settings": settings.model_dump(mode="json"),
            "shaping": shaping,
            "environment": environment(),
            "status": "working",
            "error": None,
        },
    )


def _sampled(made: RecipeFolder) -> bool:
    """Tell whether a folder holds anything that a policy was asked for, or a product."""
    if any(file.name not in _STAGED for file in made.path.rglob("*.parquet")):
        return True
    return any(map(has_records, made.path.rglob("journal/*.journal")))


def same_policy(made: RecipeFolder, stage: str, identity: str) -> None:
    """Record which policy solves a round; RunError where another one did before."""
    policies = made.record().get("policies", {})
    before = policies.get(stage, identity)
    if before != identity:
        raise RunError(
            f"{made.path}/{stage} holds rollouts of {before}, and the policy is {identity} now: "
            f"bring the old one back, or {_OTHERWISE}"
        )
    update(made, {"policies": policies | {stage: identity}})


def write_product(
    path: Path, product: ProductName, batches: Iterable[Sequence[Row]], *, chat: bool = False
) -> int:
    """Write a product under its final name once it is whole, a row group a batch; return its rows.

    No group is without rows: `datasets` fails on such.
    """
    rows = 0
    with product_writer(path, product, chat=chat) as write:
        for batch in batches:
            write(batch)
            rows += len(batch)
    return rows


@contextmanager
def product_writer(
    path: Path, product: ProductName, *, chat: bool = False
) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Yield what writes a batch of rows; the product has its name when the context is left."""
    schema = product_schema(product, chat=chat)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        writing(path),
        replacing(path) as partial,
        fresh(partial) as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):

        def write(batch: Sequence[Row]) -> None:
            if batch:
                writer.write_table(pa.Table.from_pylist(list(batch), schema=schema))

        yield write


def spent_by(made: RecipeFolder) -> Spent:
    """Return what a recipe has paid for, in what is committed and in the journals of the rest."""
    return sum((_spent(stage) for stage in made.stages), sharded.spent_by(made))


def _spent(stage: Stage) -> Spent:
    total = Spent()
    for file in sorted(stage.path.glob("shard-*.parquet")):
        tokens = read_table(file, "rollouts", ("completion_tokens",))["completion_tokens"]
        total += Spent(rollouts=len(tokens), tokens=sum(tokens.to_pylist()))
    for path in sorted(stage.path.glob("journal/shard-*.journal")):
        if not stage.file(path.stem).is_file():  # else a kill came before it was dropped
            with JournalReader(path) as journal:
                total += Spent.of(journal.costs())
    return total
