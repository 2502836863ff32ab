"""What a recipe or a search did, how it stands, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from pages.products.folder import OpenProducts
from pages.products.listing import list_table
from reports.grids import Grid
from reports.recipes import models_of, recipe_grids, recipe_sentence
from reports.searches import search_grids, search_sentence
from reports.sentence import short_model
from reports.standing import advice, standing
from reports.text import one_line
from schemas.search_folder import SearchFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePage:
    """A recipe or a search."""

    kind: str
    status: str
    advice: str
    """How it goes on where it ended before its time; empty where it did not."""
    error: str
    sentence: str
    models: Sequence[str]
    grids: Sequence[Grid]
    problems: int
    """Rows of the table that names the problems; 0 where there is none yet."""
    shards: int
    """Shards that are committed; 0 where its tables are whole files."""

    @property
    def working(self) -> bool:
        """Whether more is to come."""
        return self.status in ("working", "searching")


def made_page(made: OpenProducts) -> MadePage:
    """Read what a recipe or a search came to. Raises RunError where its record is damaged."""
    record = made.folder.record()
    status = standing(record.get("status"), made.folder.lock)
    table = list_table(made)
    try:
        if isinstance(made.folder, SearchFolder):
            figures = record["figures"]
            who = " with ".join(map(short_model, models_of(record)))
            sentence = f"{who} searched for answers: {search_sentence(figures)}."
            grids = list(search_grids(figures))
        else:
            sentence, grids = recipe_sentence(record), list(recipe_grids(record))
    except (KeyError, TypeError, ValueError, AttributeError):  # not counted yet, or a stranger's
        sentence, grids = "Nothing is counted yet.", []
    return MadePage(
        kind=one_line(made.kind),
        status=status,
        advice=advice(status),
        error=one_line(str(record.get("error") or ""), 400),
        sentence=sentence,
        models=models_of(record),
        grids=grids,
        problems=made.count(table) if table else 0,
        shards=len(made.folder.shards),
    )
