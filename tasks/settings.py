"""One run's configuration: the YAML file, the Prefect parameters and `run.json` say the same."""

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from exporters import AnyExporter
from exporters.filters import Contamination
from labelers import AnyLabeler
from policies import AnyPolicy
from rollouts import AnySplitter, Budget
from rollouts.segmenter import Segmenter
from rollouts.steps import BlankLine
from schemas import FolderName, Sampling, Settings
from sources import AnySolutions, AnySource
from tasks.defaults import FITTING, filled
from tasks.shared_root import reachable
from verification import VerificationSettings


def _each(value: Any) -> Any:
    """Read one folder as a list of one."""
    return (value,) if isinstance(value, str | Path) else value


class ShardSettings(Settings):
    """How a run is cut into units of work, and when a unit is too poor to keep."""

    free: ClassVar[frozenset[str]] = frozenset(
        {
            *("in_flight", "retries", "retry_delay_s", "max_undecided", "max_truncated"),
            *("max_no_answer", "max_identical", "accept_none_correct", "lease_s"),
        }
    )

    size: int = Field(default=64, ge=1)
    """Problems per shard: what a commit, a retry and a Parquet file hold."""
    in_flight: int = Field(default=2, ge=1)
    """Shards' worth of problems open at once: as problems end, the next shard's begin, so that the
    policy stays busy while the last ones of a shard take their time."""
    retries: int = Field(default=2, ge=0)
    """Times a shard is tried again after its policy or verifier failed."""
    retry_delay_s: float = Field(default=10, ge=0)
    """Seconds before a retry."""
    lease_s: float = Field(default=60, ge=1)
    """With `shared`: seconds without a sign of life after which others take a machine's shards."""
    max_undecided: float = Field(default=0.05, ge=0, le=1)
    """Share of a shard's rollouts the verifier may leave undecided; above it the shard fails."""
    max_truncated: float = Field(default=0.5, ge=0, le=1)
    """Share of a shard's rollouts that may hit max_tokens; above it the shard fails."""
    max_no_answer: float = Field(default=0.5, ge=0, le=1)
    """Share of a shard's rollouts in which no answer may be found; above it the shard fails. This
    and the limits around it are asked of a run's first 32 problems already."""
    max_identical: float = Field(default=0.5, ge=0, le=1)
    """Share of the first problems whose solutions may all be one text."""
    accept_none_correct: bool = False
    """Go on though not one of the first hundred rollouts or more is correct."""


class Publication(Settings):
    """Where a run is published when it ends, with its exports; nothing is sent that is there."""

    to: Annotated[str, Field(pattern=r"^(hf|ms):[^/\s]+/[^/\s]+$")]
    """`hf:org/name` or `ms:org/name`; the hub's token comes from the environment."""
    public: bool = False
    """Let everyone read it."""
    license: str = "other"
    """The dataset's licence, as hubs spell it."""


class LabelRun(Settings):
    """Everything that decides a run. The data, the model and the labeler are always named."""

    free: ClassVar[frozenset[str]] = frozenset(
        {"output", "name", "shared", "reuse", "exports", "incremental", "publish"}
    )
    later: ClassVar[frozenset[str]] = frozenset({"solutions", "held_out"})

    name: FolderName
    """The run's folder under `output`, e.g. `gsm8k-qwen`."""
    output: Path = Path("output")
    """The folder that holds all runs; journals stay in it."""
    shared: Annotated[str, AfterValidator(reachable)] = ""
    """Where the machines of one run meet: a folder's absolute path that all reach, or a URI such as
    `s3://bucket/runs`. Empty: the run is this process's alone."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every request's seed derives from it."""
    solutions: AnySolutions | None = None
    """Solutions to label instead of sampled ones: of the problems in their own rows, or of those of
    `source`. None: the policy writes them."""
    source: AnySource | None = Field(default=None, validate_default=True)
    """Where problems come from; may be left out where `solutions` state question and gold."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first so many problems; None takes all."""
    held_out: Contamination | None = None
    """Problems that no token is spent on: those of lists such as benchmarks'. They are in
    `rejected.jsonl` with the list that has them; the rule is that of the filter `contamination`."""
    prompt: str = FITTING
    """A template in configs/prompts, or the path of one. `fitting`: the one that suits the policy,
    as far as its settings tell (tasks/defaults.py); `stepmint check` shows it."""
    sampling: Sampling = Sampling()
    """How the policy draws completions."""
    splitter: AnySplitter = BlankLine()
    """Where one step ends and the next begins; where it is not named, the prompt's."""
    policy: AnyPolicy
    """The model that writes solutions and continues prefixes."""
    verification: VerificationSettings = VerificationSettings()
    """How answers are read and judged; where no `answer_format` is named, in the prompt's."""
    labeler: AnyLabeler
    """The algorithm that turns rollouts into step labels."""
    shards: ShardSettings = ShardSettings()
    """How the run is cut into units of work, and when one is too poor to keep."""
    reuse: Annotated[tuple[Path, ...], BeforeValidator(_each)] = ()
    """Folders of other runs: rollouts that they paid for are taken where they are the very ones
    this run would ask for: of the same policy, prompt, sampling and seed."""
    budget: Budget = Budget()
    """What the run and each problem may spend; no limits by default."""
    exports: tuple[AnyExporter, ...] = ()
    """Training rows written when the run is complete."""
    incremental: bool = False
    """Read the source anew each time the run is started, and label what is new in it; a schedule
    does (docs/deployments.md). Otherwise a run keeps the problems it began with."""
    publish: Publication | None = None
    """Publish the run each time it ends with something new."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, values: Any) -> Any:
        return filled(values) if isinstance(values, dict) else values

    @field_validator("source")
    @classmethod
    def _problems_come_from_somewhere(
        cls, source: AnySource | None, info: ValidationInfo
    ) -> AnySource | None:
        if source is None and info.data.get("solutions", ...) is None:
            raise PydanticCustomError("missing", "name where problems come from")
        return source

    @field_validator("exports")
    @classmethod
    def _each_in_its_folder(cls, exports: tuple[AnyExporter, ...]) -> tuple[AnyExporter, ...]:
        names = [exporter.name for exporter in exports]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                f"two exports would lie in the folder {twice[0]}: give one of them another `folder`"
            )
        if early := [exporter.format for exporter in exports if exporter.critique_sets]:
            raise ValueError(
                f"{early[0]} reads critiques, which are asked for when the run is labelled: leave "
                "it out here, and export it with `stepmint export` behind `stepmint critique`"
            )
        return exports

    @model_validator(mode="after")
    def _labels_what_is_given(self) -> "LabelRun":
        if self.solutions is None:
            return self
        if self.labeler.cannot_label_given:
            raise ValueError(self.labeler.cannot_label_given)
        chosen = {"start": 0, "limit": None, "shuffle_seed": None}
        moved = [name for name, usual in chosen.items() if getattr(self.solutions, name) != usual]
        if self.source and moved:
            raise ValueError(
                f"solutions.{moved[0]} chooses among problems, and here these are the source's: "
                f"set it there, or `limit` of the run"
            )
        return self

    @model_validator(mode="after")
    def _solutions_fit_the_budget(self) -> "LabelRun":
        limit, roots = self.budget.problem.rollouts, self.first_rollouts
        if limit is not None and limit < roots:
            raise ValueError(
                f"budget.problem.rollouts={limit} sets every problem aside: its labeler takes "
                f"{roots} rollouts of the question first; give at least {roots + 1}"
            )
        return self

    @model_validator(mode="after")
    def _grows_alone(self) -> "LabelRun":
        if self.incremental and self.shared:
            raise ValueError(
                "incremental=true reads the source anew, and machines that share a run agree on "
                "its problems once: leave out `shared`, or give each night a name of its own with "
                "`reuse` of the last"
            )
        return self

    @model_validator(mode="after")
    def _samples_differ(self) -> "LabelRun":
        drawn = self.first_rollouts > 1 or self.labeler.continues
        if drawn and self.sampling.temperature == 0 and self.shards.max_identical < 1:
            raise ValueError(
                "sampling.temperature=0 gives the same text for every rollout of a prefix: give "
                "0.7 or so, or accept it with shards.max_identical=1"
            )
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows; of the budget what a problem may spend, where set.

        So runs from before there was one keep their digest.
        """
        values = super().shaping()
        if self.budget.problem == Budget().problem:
            del values["budget"]
        return values

    @property
    def policies(self) -> tuple[AnyPolicy, ...]:
        """The models that the run opens: the policy, and a segmenter of its own."""
        own = self.splitter.policy if isinstance(self.splitter, Segmenter) else None
        return (self.policy, own) if own else (self.policy,)

    @property
    def first_rollouts(self) -> int:
        """Root rollouts of a problem that its labeler takes before anything else."""
        given = self.solutions is not None
        return self.labeler.roots_beside_given if given else self.labeler.roots

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.output / self.name
