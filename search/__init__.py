"""Search at test time: a policy writes steps, a process reward model says which to go on with.

Each search is frozen settings with `kind` and `search(asker)`; what it asks for comes through an
`Asker` (`search/seam.py`), which knows a problem's question and not its gold answer.
"""

from typing import Annotated

from pydantic import Field

from search.beam import BeamSearch, Lookahead
from search.best_of_n import BestOfN
from search.puct import Puct
from search.seam import Asker, Candidate, Found, Place, Search, Wrote

AnySearch = Annotated[BestOfN | BeamSearch | Lookahead | Puct, Field(discriminator="kind")]
"""Settings of any search; pydantic picks by `kind`."""

__all__ = [
    "AnySearch",
    "Asker",
    "BeamSearch",
    "BestOfN",
    "Candidate",
    "Found",
    "Lookahead",
    "Place",
    "Puct",
    "Search",
    "Wrote",
]
