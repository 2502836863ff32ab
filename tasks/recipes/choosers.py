"""Who chooses among alternatives in a recipe, as settings; a union by `kind`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from rollouts import PromptTemplate
from rollouts.choosing import load_choice_template
from rollouts.prompts import in_mode_of
from schemas import Settings
from search.aggregation import Aggregation
from search.choosing import ByGrades, ByReply, Picker
from tasks.defaults import FITTING
from tasks.reward_model import PrmSettings


class SelfChooser(Settings):
    """The policy itself: it is shown the alternatives and says which is best, by its number."""

    kind: Literal["self"] = "self"
    prompt: str = FITTING
    """A template that shows {{ candidates }}; for next steps {{ solution }}, the steps so far, too.
    `fitting`: `choose` or `choose-step`, as chat or plain text as the prompt is."""
    max_tokens: int = Field(default=1024, ge=1)
    """Tokens of a reply."""
    tries: int = Field(default=3, ge=1)
    """Replies asked for until one can be read. The first is the likeliest one, the others are drawn
    at temperature 0.7. Where none can be read, nothing is chosen."""

    def template(self, solving: PromptTemplate, *, stepwise: bool) -> PromptTemplate:
        """Return the template that asks for a choice."""
        usual = "choose-step" if stepwise else "choose"
        named = usual if self.prompt == FITTING else self.prompt
        return in_mode_of(solving, load_choice_template(named, stepwise=stepwise))


class PrmChooser(PrmSettings):
    """A process reward model: the highest score."""

    kind: Literal["prm"] = "prm"
    aggregation: Aggregation = "last"
    """The score of some steps: the grade of the last, the least, or the product of all."""


AnyChooser = Annotated[SelfChooser | PrmChooser, Field(discriminator="kind")]
"""Settings of any chooser; pydantic picks by `kind`."""


def picker(
    chooser: SelfChooser | PrmChooser, solving: PromptTemplate, *, stepwise: bool, seed: int
) -> Picker:
    """Return who chooses."""
    if isinstance(chooser, PrmChooser):
        return ByGrades(aggregation=chooser.aggregation)
    return ByReply(
        template=chooser.template(solving, stepwise=stepwise),
        max_tokens=chooser.max_tokens,
        tries=chooser.tries,
        seed=seed,
    )


def prm_of(chooser: SelfChooser | PrmChooser) -> PrmSettings | None:
    """Return the reward model that has to be open."""
    return chooser if isinstance(chooser, PrmChooser) else None


def shaping_of(
    chooser: SelfChooser | PrmChooser, solving: PromptTemplate, *, stepwise: bool
) -> dict[str, Any]:
    """Return what of a chooser shapes rows, its template by its content."""
    shaping = chooser.shaping()
    if isinstance(chooser, SelfChooser):
        shaping["prompt"] = chooser.template(solving, stepwise=stepwise).version
    return shaping
