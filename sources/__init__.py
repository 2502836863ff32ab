'''A dataset becomes problems.

A source is frozen settings with `kind` and `load()`; pydantic picks it from the union by `kind`.
A new dataset of rows is a subclass that knows where its rows are; one name more in `AnySource`
and it can be used in every configuration:

    class OlympiadSource(TableSource):
        """OlympiadBench (He et al. 2024, arXiv:2402.14008), from its GitHub release."""

        kind: Literal["olympiad"] = "olympiad"
        name: SourceName = "olympiad"
        path: str
        columns: Columns = Columns(problem="question", answer="final_answer")

        def rows(self) -> Iterator[Row | Fault]:
            return file_rows(expand(self.path))

Rejection of bad rows, duplicates, gold rules, ids, limits, shuffling and the record of what was
read come with TableSource. A source that is no table writes `load()` itself (sources/seam.py), as
`synthetic` does.
'''

from typing import Annotated

from pydantic import Field

from sources.dataset_source import Gsm8kSource, HubSource, MathSource
from sources.file_source import FileSource
from sources.given import AnySolutions, DatasetSolutions, FileSolutions, problems_of
from sources.given_rows import GivenColumns
from sources.layout import Columns
from sources.seam import Source
from sources.searched import SearchSource
from sources.synthetic import SyntheticSource
from sources.table_source import TableSource

AnySource = Annotated[
    SyntheticSource | Gsm8kSource | MathSource | FileSource | HubSource,
    Field(discriminator="kind"),
]

__all__ = [
    "AnySolutions",
    "AnySource",
    "Columns",
    "DatasetSolutions",
    "FileSolutions",
    "FileSource",
    "GivenColumns",
    "Gsm8kSource",
    "HubSource",
    "MathSource",
    "SearchSource",
    "Source",
    "SyntheticSource",
    "TableSource",
    "problems_of",
]
