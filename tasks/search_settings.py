"""The configuration of a search at test time: YAML, `--set` and `search.json` say the same."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from policies import AnyPolicy
from rollouts import Budget, load_template
from rollouts.steps import BlankLine
from schemas import FolderName, Sampling, Settings
from search import AnySearch, BestOfN
from sources import AnySource
from tasks.defaults import FITTING, filled
from tasks.reward_model import PrmSettings
from tasks.stepping import Pause, StepSplitter, pauses
from verification import VerificationSettings


class SearchRun(Settings):
    """Everything that decides a search. Problems, policy and reward model are always named."""

    free: ClassVar[frozenset[str]] = frozenset({"name", "output", "open", "budget"})

    name: FolderName
    """Its folder under `output`."""
    output: Path = Path("output")
    """The folder that holds all runs."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every request's seed derives from it."""
    source: AnySource
    """Where problems come from."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first so many problems; None takes all."""
    prompt: str = FITTING
    """As a run's."""
    sampling: Sampling = Sampling()
    """How the policy draws solutions and steps; `max_tokens` of each."""
    splitter: StepSplitter = BlankLine()
    """Where one step ends and the next begins; where it is not named, the prompt's."""
    pause: Pause = None
    """Strings that end a step: the policy is stopped there. None: those of the splitter `newline`
    or `blank_line`; of others none. Without any, whole solutions are written and cut: right for
    each splitter and server, and dearer."""
    policy: AnyPolicy
    """The model that writes."""
    prm: PrmSettings
    """The process reward model that grades."""
    verification: VerificationSettings = VerificationSettings()
    """How answers are read, compared with each other, and at the end with gold."""
    searches: tuple[AnySearch, ...] = Field(min_length=1)
    """The searches; what two of them ask alike is written once."""
    top: int = Field(default=4, ge=1)
    """Samples that vote in `prm_last_top` and its like: those with the highest scores (2110.14168:
    3 to 5 of 100)."""
    difficulty: int = Field(default=0, ge=0)
    """Solutions of each problem, apart from the searches' own, by which problems are put into
    fifths (2408.03314: 2,048). 0: those of the first `best_of_n` itself, which flatters nobody but
    its own fifths."""
    open: int = Field(default=128, ge=1)
    """Problems searched at once; more, as far as the policy has room."""
    shard: int = Field(default=32, ge=1)
    """Problems that are committed together."""

    budget: Budget = Budget()
    """What the policy may spend, as a run's budget: a sample is a rollout. Shards not whole
    when it is reached are left for a larger one."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, values: Any) -> Any:
        return filled(values) if isinstance(values, dict) else values

    @field_validator("budget")
    @classmethod
    def _of_the_whole(cls, budget: Budget) -> Budget:
        if budget.problem != Budget().problem:
            raise ValueError("budget.problem has no meaning for searches: leave it out")
        return budget

    @model_validator(mode="after")
    def _searches_differ(self) -> "SearchRun":
        names = [one.called for one in self.searches]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two searches are called {twice[0]}: give one of them a `name`")
        if self.sampling.temperature == 0:
            raise ValueError(
                "sampling.temperature=0 gives the same text for every sample: give 0.7 or so"
            )
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt template by its content."""
        return super().shaping() | {"prompt": load_template(self.prompt).version}

    @property
    def pauses(self) -> tuple[str, ...]:
        """The strings that end a step."""
        return pauses(self.pause, self.splitter)

    @property
    def best_of_n(self) -> BestOfN | None:
        """The first search that is best of N."""
        return next((one for one in self.searches if isinstance(one, BestOfN)), None)

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.output / self.name
