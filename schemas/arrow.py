"""The four Parquet tables as declared Arrow schemas, and reading that refuses what it cannot know.

problems    every problem of the run, with the reason where it was set aside
solutions   the training table: question, steps, evidence per step, first error, provenance
nodes       every sampled prefix with its evidence
rollouts    every completion with its verdict

A fifth, `critiques`, lies beside them in a set of critiques: what a critic wrote of the solutions.
Those of a search at test time (`search_...`) are in a folder of their own.

Each schema carries its version, its table's name and the `huggingface` features, so that
`datasets.load_dataset("parquet", ...)` and pyarrow read the declared types. No table holds a
wall-clock time: one configuration and seed give one sequence of bytes.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import RunError

SCHEMA_VERSION = 4
"""Raised by one whenever a column is added or changes its name, type or meaning.

2: `solutions` has `readings`; of version 1 they read as empty.
3: `problems` and `solutions` have `options`, `problems` has `given`, `solutions` has `given_id`; of
   older versions they read as empty: all solutions were sampled.
4: `solutions` has `stated`, and nulls in `temperature`, `top_p`, `top_k`, `max_tokens` where a run
   sampled nothing; of older versions `stated` reads as empty: all labels are our own.
"""

TableName = Literal["problems", "solutions", "nodes", "rollouts"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
SearchTable = Literal["search_problems", "search_candidates", "search_chosen", "search_trace"]
AnyTable = TableName | Literal["critiques"] | SearchTable
"""The tables of a run, that of a set of critiques beside them, and those of a search."""

_SINCE = {"readings": 2, "options": 3, "given": 3, "stated": 4}
"""The versions since which tables have these columns."""
UNREADABLE = (
    pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, pa.ArrowKeyError, OSError,
)  # fmt: skip
"""What pyarrow raises of a file that is torn, of another kind or not there."""
_VERSION_KEY = b"stepmint_schema_version"
_TABLE_KEY = b"stepmint_table"
PRODUCT_KEY = b"stepmint_product"
"""Under which a table says that it is a recipe's product, and which (`schemas.recipe_rows`)."""
_ROW_GROUP = 4096
_INT = pa.int32()
_LONG = pa.int64()
_TEXT = pa.string()
_REAL = pa.float64()


def _must(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def _may(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=True)


_COUNTS = [
    _must(outcome, _INT)
    for outcome in ("correct", "incorrect", "no_answer", "truncated", "undecided")
]
EVIDENCE: pa.DataType = pa.struct([*_COUNTS, _must("stop_rule", _TEXT)])
"""Counts of verdicts and the rule that stopped sampling; a ratio is derived, never stored."""

CHECK: pa.DataType = pa.struct(
    [_must("finding", _TEXT), _must("equation", _TEXT), _must("reason", _TEXT)]
)
"""What the symbolic check says of a step."""

READING: pa.DataType = pa.struct(
    [
        *(_may(name, _REAL) for name in ("regret", "net_information")),
        *(_may(name, _INT) for name in ("echo_of", "echo", "equation_echo")),
    ]
)
"""What is read off a step without a rollout."""

STATEMENT: pa.DataType = pa.struct(
    [_may("label", _REAL), _must("said", _TEXT), _must("why", _TEXT)]
)
"""What a set that we did not make states of a step."""

GIVEN: pa.DataType = pa.struct(
    [
        _must("id", _TEXT),
        _must("steps", pa.list_(_must("item", _TEXT))),
        _must("cut", pa.bool_()),
    ]
)
"""A solution that came with its problem."""

TURNS: pa.DataType = pa.list_(pa.struct([_may("role", _TEXT), _may("content", _TEXT)]))
"""A chat, in rows that trainers read."""

_TEXTS = pa.list_(_must("item", _TEXT))
_INTS = pa.list_(_must("item", _INT))
_REALS = pa.list_(_must("item", _REAL))

_PROBLEM = [
    _must("problem_id", _TEXT),
    _must("source", _TEXT),
    _must("question", _TEXT),
    _must("answer", _TEXT),
    _must("options", _TEXTS),
    _may("reference_solution", _TEXT),
    _may("level", _TEXT),
    _may("subject", _TEXT),
    _may("program", _TEXT),
]
_COMPLETION = [
    _must("text", _TEXT),
    _may("token_ids", _INTS),
    _may("token_ends", _INTS),
    _must("finish_reason", _TEXT),
    _must("seed", _LONG),
    _must("prompt_tokens", _INT),
    _must("cached_tokens", _INT),
    _must("completion_tokens", _INT),
    _may("logprob", _REAL),
]
_COLUMNS: Mapping[AnyTable, list[pa.Field]] = {
    "problems": [
        *_PROBLEM,
        _must("given", pa.list_(_must("item", GIVEN))),
        _must("set_aside", _TEXT),
    ],
    "solutions": [
        *_PROBLEM,
        _must("solution_index", _INT),
        _may("given_id", _TEXT),
        _must("steps", _TEXTS),
        _must("outcome", _TEXT),
        _may("first_error", _INT),
        _must("evidence", pa.list_(_must("item", EVIDENCE))),
        _must("root", EVIDENCE),
        _must("posterior", _REALS),
        _must("checks", pa.list_(_must("item", CHECK))),
        _must("readings", pa.list_(_must("item", READING))),
        _must("stated", pa.list_(_must("item", STATEMENT))),
        _must("labeler", _TEXT),
        _must("config", _TEXT),
        _must("policy", _TEXT),
        _must("prompt", _TEXT),
        _may("temperature", _REAL),
        _may("top_p", _REAL),
        _may("top_k", _INT),
        _may("max_tokens", _INT),
        _must("stop", _TEXTS),
        _must("seed", _LONG),
    ],
    "nodes": [
        _must("problem_id", _TEXT),
        _must("prefix_key", _TEXT),
        _must("steps", _TEXTS),
        _may("token_ids", _INTS),
        _must("evidence", EVIDENCE),
    ],
    "rollouts": [
        _must("problem_id", _TEXT),
        _must("prefix_key", _TEXT),
        _must("prefix_steps", _TEXTS),
        _may("prefix_token_ids", _INTS),
        _must("sample_index", _INT),
        *_COMPLETION,
        _must("outcome", _TEXT),
        _may("extracted", _TEXT),
        _must("rule", _TEXT),
        _must("stage", _TEXT),
        _must("reason", _TEXT),
    ],
    "critiques": [
        _must("problem_id", _TEXT),
        _must("solution_index", _INT),
        _must("sample_index", _INT),
        _must("key", _TEXT),
        *_COMPLETION,
        _must("verdicts", pa.list_(_must("item", pa.bool_()))),
        _may("first_error", _INT),
        _must("unread", _TEXT),
    ],
    "search_problems": [
        _must("problem_id", _TEXT),
        _must("source", _TEXT),
        _must("question", _TEXT),
        _must("answer", _TEXT),
        _must("set_aside", _TEXT),
        *_COUNTS,
        _may("mean_score", _REAL),
        _must("difficulty_tokens", _LONG),
    ],
    "search_candidates": [
        _must("problem_id", _TEXT),
        _must("search", _TEXT),
        _must("candidate", _INT),
        _must("place", _INT),
        _must("steps", _TEXTS),
        _must("grades", _REALS),
        _must("end", _TEXT),
        _must("times", _INT),
        _must("tokens", _INT),
        _may("answer", _TEXT),
        _may("answer_number", _INT),
        _must("outcome", _TEXT),
        _must("reason", _TEXT),
        _must("policy", _TEXT),
        _must("prm", _TEXT),
        _must("prompt", _TEXT),
        _must("temperature", _REAL),
        _must("seed", _LONG),
    ],
    "search_chosen": [
        _must("problem_id", _TEXT),
        _must("search", _TEXT),
        _must("as_much_as", _TEXT),
        _must("selector", _TEXT),
        _must("candidate", _INT),
        _may("answer", _TEXT),
        _must("outcome", _TEXT),
        _must("score", _REAL),
        _must("answers", _INT),
        _must("candidates", _INT),
        _must("samples", _INT),
        _must("tokens", _LONG),
        _must("prm_tokens", _LONG),
    ],
    "search_trace": [
        _must("problem_id", _TEXT),
        _must("search", _TEXT),
        _must("place", _INT),
        _must("parent", _INT),
        _must("round", _INT),
        _must("prefix", _TEXTS),
        _must("step", _TEXT),
        _must("end", _TEXT),
        _must("times", _INT),
        _must("tokens", _INT),
        _may("logprob", _REAL),
        _must("grades", _REALS),
        _must("ahead", _TEXTS),
        _must("score", _REAL),
        _must("kept", pa.bool_()),
        _may("prior", _REAL),
        _may("visits", _INT),
        _may("q_value", _REAL),
    ],
}


def _feature(kind: pa.DataType) -> dict[str, object]:
    """Return the `datasets` feature of an Arrow type, as that library writes it to JSON."""
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}


def huggingface_metadata(columns: Iterable[pa.Field]) -> dict[bytes, bytes]:
    """Return the schema metadata from which `datasets` takes the columns' types."""
    features = {column.name: _feature(column.type) for column in columns}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def stamped(columns: Sequence[pa.Field], key: bytes, name: str) -> pa.Schema:
    """Return the schema of columns that says our version and, under `key`, what it is of."""
    return pa.schema(columns).with_metadata(
        {
            _VERSION_KEY: str(SCHEMA_VERSION).encode(),
            key: name.encode(),
            **huggingface_metadata(columns),
        }
    )


SCHEMAS: Mapping[AnyTable, pa.Schema] = {
    table: stamped(columns, _TABLE_KEY, table) for table, columns in _COLUMNS.items()
}


def write_table(table: pa.Table, path: Path) -> None:
    """Write one table to `path`; the same rows give the same bytes.

    An empty table gets no row group: `datasets` fails on a row group of no rows.
    """
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        if table.num_rows:
            writer.write_table(table, row_group_size=_ROW_GROUP)


def read_table(path: Path, table: AnyTable, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a Parquet file, or some columns, that must hold `table` in a version stepmint knows.

    Raises RunError naming the file and what to do where it is unreadable, of another table, lacks
    a column of its version, or is of a newer version.
    """
    with _reading(path, table):
        check_table(pq.read_schema(path), table, where=str(path))
        return pq.read_table(path, schema=SCHEMAS[table], columns=columns and list(columns))


def read_rows(
    path: Path, table: TableName, columns: Sequence[str], *, of: Collection[str]
) -> Iterator[pa.Table]:
    """Yield some columns of the rows with one of these problem ids, row group by row group.

    Only what holds such a row is decoded. Raises RunError as `read_table` does.
    """
    wanted = pa.array(sorted(of), _TEXT)
    with _reading(path, table), pq.ParquetFile(path) as file:
        check_table(file.schema_arrow, table, where=str(path))
        for group in range(file.num_row_groups):
            ids = file.read_row_group(group, columns=["problem_id"])["problem_id"]
            mask = pc.is_in(ids, value_set=wanted)
            if pc.any(mask).as_py():
                rows = file.read_row_group(group, columns=list(columns)).filter(mask)
                yield _filled(rows, table, columns).combine_chunks()


def _filled(rows: pa.Table, table: AnyTable, columns: Sequence[str]) -> pa.Table:
    """Return these columns; what an older version does not have is null."""
    for name in set(columns) - set(rows.column_names):
        field = SCHEMAS[table].field(name)
        rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(list(columns))


def count_rows(path: Path, table: AnyTable) -> int:
    """Return how many rows a table has; none is read. Raises RunError as `read_table` does."""
    with _reading(path, table), pq.ParquetFile(path) as file:
        check_table(file.schema_arrow, table, where=str(path))
        return int(file.metadata.num_rows)


@contextmanager
def _reading(path: Path, table: AnyTable) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise RunError(
            f"{path} cannot be read as a {table} table ({error}): "
            "restore the file, or delete its run folder and label again"
        ) from error


def check_table(schema: pa.Schema, table: AnyTable, *, where: str) -> None:
    """Raise RunError as `check_schema` does, and where columns of its version are lacking."""
    version = check_schema(schema, table, where=where)
    needed = (one.name for one in SCHEMAS[table] if not one.nullable)
    lacking = {name for name in needed if _SINCE.get(name, 0) <= version} - set(schema.names)
    if lacking:
        names = ", ".join(sorted(lacking))
        raise RunError(
            f"{where} lacks the columns {names}: "
            "restore the file, or delete its run folder and label again"
        )


def check_schema(schema: pa.Schema, table: str, *, where: str) -> int:
    """Return the version of a table or product; RunError unless it is `table` in one we read."""
    metadata = schema.metadata or {}
    version = metadata.get(_VERSION_KEY, b"").decode(errors="replace")
    found = metadata.get(_TABLE_KEY, metadata.get(PRODUCT_KEY, b"")).decode(errors="replace")
    if not version.isdigit():
        raise RunError(f"{where} was not written by stepmint (no schema version {version!r})")
    if int(version) > SCHEMA_VERSION:
        raise RunError(
            f"{where} has schema version {version}, this stepmint reads up to {SCHEMA_VERSION}: "
            "use the stepmint that wrote it, or a newer one"
        )
    if found != table:
        raise RunError(f"{where} holds the table {found!r}, not {table!r}")
    return int(version)
