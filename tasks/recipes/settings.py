"""What all recipes have in common: where problems come from, who solves them, what may be spent."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from policies import AnyPolicy
from rollouts import Budget, load_template
from schemas import Sampling, Settings
from schemas.settings import FolderName
from sources import AnySource
from tasks.defaults import FITTING, filled
from verification import VerificationSettings


class RecipeSettings(Settings):
    """The output of a recipe: its folder, and what the recipe may spend."""

    free: ClassVar[frozenset[str]] = frozenset({"output", "name", "open", "budget"})

    name: FolderName
    """The folder under `output`; the file's name where none is given."""
    output: Path = Path("output")
    """The folder that holds all runs and what recipes made."""
    open: int = Field(default=512, ge=1)
    """Problems worked on at once, as far as the policy is busy with them."""
    budget: Budget = Budget()
    """What may be spent in all stages together, as a run's budget; a completion is a rollout."""

    @field_validator("budget")
    @classmethod
    def _of_the_whole(cls, budget: Budget) -> Budget:
        if budget.problem != Budget().problem:
            raise ValueError("budget.problem has no meaning for recipes: leave it out")
        return budget

    @property
    def folder(self) -> Path:
        """The recipe's folder."""
        return self.output / self.name


class SolvingSettings(RecipeSettings):
    """Problems, and a policy that solves them."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every request's seed derives from it."""
    source: AnySource
    """Where problems come from. Those whose question a prompt shows as an example are left out."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first so many problems; None takes all."""
    shard: int = Field(default=64, ge=1)
    """Problems of which the rollouts lie in one file."""
    policy: AnyPolicy
    """The model that writes solutions."""
    prompt: str = FITTING
    """A template in configs/prompts, or the path of one; `fitting`: one that suits the policy."""
    sampling: Sampling = Sampling()
    """How the policy draws solutions."""
    verification: VerificationSettings = VerificationSettings()
    """How answers are read and judged; where no `answer_format` is named, in the prompt's."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("policy") is None:
            return values
        whole = filled(values)
        if "splitter" not in {*values, *cls.model_fields}:  # most recipes cut no steps
            whole.pop("splitter", None)
        return whole

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt template by its content."""
        return super().shaping() | {"prompt": load_template(self.prompt).version}


def samples_differ(settings: SolvingSettings, samples: int) -> None:
    """Raise ValueError where all samples of a problem would be one text."""
    if samples > 1 and settings.sampling.temperature == 0:
        raise ValueError(
            f"sampling.temperature=0 gives the same solution {samples} times: give 0.7 or so, or "
            "samples=1"
        )
