"""The list of problems."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pages.listing.masks import Mask, bools
from pages.listing.rows import CountedRows
from reports.facts import ShardFacts
from reports.summary import ProblemLine, pass_rates, pass_tenths, problem_line


class ProblemRows(CountedRows[ProblemLine]):
    """Problems, by pass rate, by why they were set aside, by whether their gold is doubted."""

    table = "problems"
    searched = ("problem_id", "question", "answer")
    shown = ("question",)
    sorts: ClassVar = {
        "id": lambda facts: facts.problems["problem_id"],
        "pass_rate": lambda facts: pa.array(pass_rates(facts.problems)),
        "errors": lambda facts: facts.problems["with_error"],
    }

    def counted(self, facts: ShardFacts) -> pa.Table:
        """Return the facts of problems."""
        return facts.problems

    def filters(self, counted: pa.Table) -> Iterator[Mask]:
        """Yield what each filter that is asked for keeps."""
        asked, aside = self.asked, counted["set_aside"]
        if asked.tenth is not None:
            yield pass_tenths(counted) == asked.tenth
        if asked.aside == "*":
            yield bools(pc.not_equal(aside, ""))
        elif asked.aside:
            yield bools(pc.equal(aside, asked.aside))

    def line(self, row: Mapping[str, Any]) -> ProblemLine:
        """Return a problem as a line."""
        return problem_line(row, row["question"])
