"""The folder of a recipe's output: where everything in it lies.

output/<name>/
    recipe.json                           settings, counts, tokens, from its first moment
    problems.parquet, held_out.parquet    what it works on, as its source gave it
    votes.parquet                         a product, whole or not there; likewise below
    round-1/attempts.parquet              ... sft.parquet, pairs.parquet, never_solved.parquet
    round-1/model/, round-1/train.log     what the training command wrote
    round-1/sampled/shard-00000.parquet   rollouts of one stage; so rationalised/, held_out/
    round-1/sampled/journal/              completions of a shard until all of it are there
    choices/shard-00000.parquet           a product of a recipe that takes problems one by one
    committed/, journal/                  ... its shards' markers, and completions until they are
    lock                                  held by the process that writes it
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from schemas.arrow import read_table
from schemas.conversion import rollouts_from
from schemas.recipe_rows import PRODUCTS
from schemas.record_folder import TablesFolder
from schemas.rollouts import Rollout


@dataclass(frozen=True, slots=True)
class Stage:
    """Rollouts that a recipe takes in one go, in shards."""

    path: Path

    def file(self, shard: str) -> Path:
        """Return where a shard's rollouts lie, once all of them are there."""
        return self.path / f"{shard}.parquet"

    def journal(self, shard: str) -> Path:
        """Return where a shard's completions are kept until then."""
        return self.path / "journal" / f"{shard}.journal"

    def rollouts(self, shard: str) -> list[Rollout]:
        """Return a shard's rollouts, by problem as asked for; none where it asked for none."""
        file = self.file(shard)
        return list(rollouts_from(read_table(file, "rollouts"))) if file.is_file() else []

    def column(self, shard: str, *names: str) -> pa.Table:
        """Return some columns of a shard's rollouts."""
        return read_table(self.file(shard), "rollouts", names)


@dataclass(frozen=True, slots=True)
class RecipeFolder(TablesFolder):
    """The paths of one recipe's output, and its record."""

    record_name: ClassVar[str] = "recipe.json"
    anew: ClassVar[str] = "put its folder away and begin again"

    def round(self, number: int) -> Path:
        """Return the folder of a round, counted from 1."""
        return self.path / f"round-{number}"

    def stage(self, name: str) -> Stage:
        """Return a stage, e.g. `round-1/sampled`."""
        return Stage(self.path / name)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages that hold anything, by path; tables of products are none."""
        found = {file.parent for file in self.path.rglob("shard-*.parquet")}
        found -= {self.path / product for product in PRODUCTS}
        found |= {file.parent.parent for file in self.path.rglob("journal/shard-*.journal")}
        return tuple(map(Stage, sorted(found - {self.path})))
