import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Rollout, RunError
from schemas.arrow import (
    SCHEMA_VERSION,
    SCHEMAS,
    TABLE_NAMES,
    TableName,
    read_rows,
    read_table,
    write_table,
)
from schemas.conversion import (
    nodes_from,
    nodes_table,
    problems_from,
    problems_table,
    rollouts_from,
    rollouts_table,
    solutions_from,
    solutions_table,
)
from schemas.rows import SolutionRow

from . import strategies

MAKE: dict[TableName, tuple[Any, Any, Any]] = {
    "problems": (problems_table, problems_from, strategies.problem_rows),
    "solutions": (solutions_table, solutions_from, strategies.solution_rows()),
    "nodes": (nodes_table, nodes_from, strategies.node_rows),
    "rollouts": (rollouts_table, rollouts_from, strategies.rollouts),
}


@pytest.mark.parametrize("name", TABLE_NAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_records_come_back_the_same_from_a_parquet_file(
    name: TableName, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    to_table, from_table, rows = MAKE[name]
    records = data.draw(st.lists(rows, max_size=4))
    path = tmp_path_factory.getbasetemp() / f"{name}.parquet"
    write_table(to_table(records), path)
    assert list(from_table(read_table(path, name))) == records


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_the_declared_features_are_those_that_datasets_itself_would_write(name: TableName) -> None:
    from datasets import Features

    bare = pa.schema(list(SCHEMAS[name]))
    ours = json.loads(SCHEMAS[name].metadata[b"huggingface"])
    theirs = json.loads(Features.from_arrow_schema(bare).arrow_schema.metadata[b"huggingface"])
    assert ours == theirs


@pytest.mark.parametrize("name", TABLE_NAMES)
@settings(max_examples=1)
@given(data=st.data())
def test_datasets_loads_the_declared_types_even_where_the_first_shard_is_empty(
    name: TableName, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from datasets import load_dataset

    to_table, _, rows = MAKE[name]
    folder = tmp_path_factory.mktemp("rows")
    write_table(to_table([]), folder / "shard-00000.parquet")
    write_table(to_table([data.draw(rows)]), folder / "shard-00001.parquet")
    cache = str(tmp_path_factory.mktemp("cache"))
    loaded = load_dataset("parquet", data_dir=str(folder), split="train", cache_dir=cache)
    types = {field.name: field.type for field in loaded.features.arrow_schema}
    assert {name: str(kind) for name, kind in types.items()} == {
        field.name: str(field.type).replace(" not null", "") for field in SCHEMAS[name]
    }


@settings(max_examples=1)
@given(rows=st.lists(strategies.solution_rows(), min_size=3, max_size=3))
def test_datasets_and_pyarrow_read_the_same_rows(
    rows: list[SolutionRow], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from datasets import load_dataset

    folder = tmp_path_factory.mktemp("rows")
    write_table(solutions_table(rows), folder / "shard-00000.parquet")
    cache = str(tmp_path_factory.mktemp("cache"))
    loaded = load_dataset("parquet", data_dir=str(folder), split="train", cache_dir=cache)
    ours = read_table(folder / "shard-00000.parquet", "solutions")
    assert loaded.to_list() == ours.to_pylist()


@settings(max_examples=10)
@given(rows=st.lists(strategies.rollouts, max_size=3))
def test_the_same_rows_give_the_same_bytes(
    rows: list[Rollout], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("a", "b"):
        write_table(rollouts_table(rows), folder / name)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def _with_metadata(path: Path, **changes: str) -> Path:
    table = nodes_table([])
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    pq.write_table(table.replace_schema_metadata(metadata | changes), path)
    return path


def test_a_newer_schema_version_is_refused_with_both_versions_named(tmp_path: Path) -> None:
    newer = str(SCHEMA_VERSION + 1)
    path = _with_metadata(tmp_path / "new.parquet", stepmint_schema_version=newer)
    with pytest.raises(RunError, match=f"version {newer}.*up to {SCHEMA_VERSION}"):
        read_table(path, "nodes")


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = _with_metadata(tmp_path / "t.parquet")
    with pytest.raises(RunError, match="holds the table 'nodes', not 'rollouts'"):
        read_table(path, "rollouts")


def test_a_foreign_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "f.parquet")
    with pytest.raises(RunError, match="was not written by stepmint"):
        read_table(tmp_path / "f.parquet", "nodes")


def test_a_torn_file_is_refused_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "torn.parquet"
    write_table(nodes_table([]), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"torn\.parquet cannot be read"):
        read_table(path, "nodes")


@settings(max_examples=5)
@given(row=strategies.solution_rows())
def test_a_solutions_table_of_version_1_reads_as_one_without_what_came_later(
    row: SolutionRow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "old.parquet"
    table = solutions_table([row]).drop_columns(["readings", "options", "stated"])
    metadata = table.schema.metadata | {b"stepmint_schema_version": b"1"}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    (read,) = solutions_from(read_table(path, "solutions"))
    assert read.solution == replace(row.solution, readings=(), stated=())
    assert read.problem == replace(row.problem, options=())


def test_a_table_that_lacks_a_column_of_its_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    pq.write_table(solutions_table([]).drop_columns(["posterior", "checks"]), path)
    with pytest.raises(RunError, match=r"cut\.parquet lacks the columns checks, posterior"):
        read_table(path, "solutions", ["problem_id"])


@settings(max_examples=2)
@given(row=strategies.solution_rows())
def test_rows_of_a_problem_are_read_of_an_older_version_too(
    row: SolutionRow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "older.parquet"
    table = solutions_table([row])
    metadata = table.schema.metadata | {b"stepmint_schema_version": b"3"}
    pq.write_table(table.drop_columns(["stated"]).replace_schema_metadata(metadata), path)
    names = SCHEMAS["solutions"].names
    (read,) = read_rows(path, "solutions", names, of=[row.problem.id])
    assert read.column_names == names
    assert next(solutions_from(read)).solution == replace(row.solution, stated=())
