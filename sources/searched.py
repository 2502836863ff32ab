"""A search at test time as rows: every way it went, to its end, with the grades of the steps."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from schemas import Outcome
from schemas.arrow import SearchTable, read_table
from schemas.search_folder import SearchFolder
from sources.rows import Fault, Row
from sources.table_source import SourceName, TableSource

Rows = Sequence[Mapping[str, Any]]


class SearchSource(TableSource):
    """The folder of a search; a row a candidate, and one for each way that it gave up."""

    name: SourceName = "search"
    path: str = Field(min_length=1)
    """The search's folder."""

    @property
    def origin(self) -> str:
        """The folder."""
        return f"{self.path} (search)"

    def rows(self) -> Iterator[Row | Fault]:
        """Yield the ways of each problem, search by search."""
        made = SearchFolder(Path(self.path))
        for shard in made.shards:
            trace = _by_search(made, shard, "search_trace")
            found = _by_search(made, shard, "search_candidates")
            about = read_table(made.file("search_problems", shard), "search_problems").to_pylist()
            problems = {row["problem_id"]: row for row in about}
            for problem_id, search in found | trace:
                problem = problems[problem_id]
                for way in _ways(found[problem_id, search], trace[problem_id, search]):
                    cells = {"question": problem["question"], "gold": problem["answer"], **way}
                    cells["id"] = f"{search}:{cells.pop('number')}"
                    place = f"{cells['id']} of problem {problem_id} in {shard}"
                    yield Row(place=place, cells={"search": search, **cells})


def _by_search(
    made: SearchFolder, shard: str, table: SearchTable
) -> defaultdict[tuple[str, str], list[Mapping[str, Any]]]:
    """Return the rows of a table by problem and search, in their order."""
    rows = defaultdict[tuple[str, str], list[Mapping[str, Any]]](list)
    for row in read_table(made.file(table, shard), table).to_pylist():
        rows[row["problem_id"], row["search"]].append(row)
    return rows


def _ways(candidates: Rows, trace: Rows) -> Iterator[dict[str, Any]]:
    """Yield the candidates, and the places behind which the search did not go on."""
    for one in candidates:
        number = f"candidate-{one['candidate']}"
        yield _way(number, one["steps"], one["grades"], one["outcome"])
    inner = {one["parent"] for one in trace} | {one["place"] for one in candidates}
    for one in trace:
        if one["place"] not in inner and one["step"]:
            steps = [*one["prefix"], one["step"]]
            yield _way(f"place-{one['place']}", steps, one["grades"], Outcome.UNDECIDED)


def _way(
    number: str, steps: Sequence[str], grades: Sequence[float], outcome: str
) -> dict[str, Any]:
    """Return the cells of a way; steps that the model had no room for have no grade."""
    known = [*grades, *[None] * len(steps)][: len(steps)]
    return {"number": number, "steps": list(steps), "grades": known, "outcome": str(outcome)}
