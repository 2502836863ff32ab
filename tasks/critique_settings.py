"""The configuration of one set of critiques: YAML, `--set` and `critiques.json` say the same."""

from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from policies import AnyPolicy
from rollouts import Budget
from rollouts.critiquing import load_critique_template
from schemas import Sampling, Settings
from schemas.settings import FolderName


class CritiqueRun(Settings):
    """What a critic is asked about a run's solutions. The model is always named."""

    free: ClassVar[frozenset[str]] = frozenset({"name", "samples", "limit", "budget", "open"})

    name: FolderName = "critic"
    """The set's folder under the run's `critiques`."""
    policy: AnyPolicy
    """The critic: any model, also another one than wrote the solutions."""
    prompt: str = "critique"
    """A template in configs/prompts, or the path of one, that shows {{ solution }}."""
    sampling: Sampling = Sampling(temperature=0.7, max_tokens=4096)
    """How the critic draws critiques."""
    samples: int = Field(default=4, ge=1)
    """Critiques of each solution. More may be asked for later; those that are there stay."""
    limit: int | None = Field(default=None, ge=1)
    """Only the run's first so many solutions; None takes all. May grow later."""
    open: int = Field(default=512, ge=1)
    """Solutions asked about at once, as far as the policy is busy with them."""
    budget: Budget = Budget()
    """What the set may spend, as a run's budget; a critique is a rollout."""

    @field_validator("budget")
    @classmethod
    def _of_the_whole_set(cls, budget: Budget) -> Budget:
        if budget.problem != Budget().problem:
            raise ValueError("budget.problem has no meaning for critiques: leave it out")
        return budget

    @model_validator(mode="after")
    def _samples_differ(self) -> "CritiqueRun":
        if self.samples > 1 and self.sampling.temperature == 0:
            raise ValueError(
                f"sampling.temperature=0 gives the same critique {self.samples} times: give 0.7 or "
                "so, or samples=1"
            )
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt template by its content."""
        template = load_critique_template(self.prompt)
        return super().shaping() | {"prompt": template.version}
