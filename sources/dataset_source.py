"""Datasets by hub name, or by the path of a local copy in the same layout."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from schemas import SourceError
from sources.data_files import file_rows
from sources.folders import expand, split_files
from sources.gold import GoldRule
from sources.hub import hub_rows
from sources.layout import Columns
from sources.rows import Fault, Row
from sources.table_source import SourceName, TableSource

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


class DatasetSource(TableSource):
    """A dataset of a hub, or a local copy of one: its folder, or one of its files."""

    later: ClassVar[frozenset[str]] = frozenset({"hub"})

    hub: Literal["huggingface", "modelscope"] = "huggingface"
    """Where the name is looked up. A dataset of ModelScope is copied whole into its client's cache
    (MODELSCOPE_CACHE) and read from there as a local copy."""
    dataset: str
    """Hub name such as `openai/gsm8k`, or a path; what exists on this machine is a path."""
    config: str | None = None
    """Hub config; in a local folder the sub-folder of that name. Null takes all there are."""
    split: str = "train"
    """Hub split (`train[:100]` works there); in a local folder the files that carry the name."""
    revision: str | None = None
    """Hub commit, branch or tag: name a commit for a run that can be repeated."""
    streaming: bool = False
    """Read from the hub as it comes, without a copy in the cache."""

    def rows(self) -> Iterator[Row | Fault]:
        """Yield the rows of the local copy, or of the hub."""
        if self.is_local:
            return self._local_rows()
        if self.hub == "modelscope":
            raise SourceError(
                f"{self.dataset}: a run fetches it from ModelScope; elsewhere copy it first "
                f"(modelscope download --dataset {self.dataset}) and give the folder's path"
            )
        if _HUB_NAME.fullmatch(self.dataset):
            return hub_rows(
                self.dataset,
                config=self.config,
                split=self.split,
                revision=self.revision,
                streaming=self.streaming,
            )
        raise SourceError(
            f"{self.dataset}: no such file or folder (looked in {Path.cwd()}), and no hub name "
            "such as openai/gsm8k"
        )

    @property
    def is_local(self) -> bool:
        """Whether the dataset is on this machine, under its name as a path."""
        return Path(self.dataset).expanduser().exists()

    def at(self, folder: Path) -> Self:
        """Return the source of the same problems whose dataset is copied to a folder."""
        return self.model_copy(update={"dataset": str(folder)})

    @property
    def origin(self) -> str:
        """The dataset, and what of it is taken."""
        where = "on this machine" if self.is_local else f"from {self.hub}"
        config = f", config {self.config}" if self.config else ""
        return f"{self.dataset} {where}{config}, split {self.split}"

    def _local_rows(self) -> Iterator[Row | Fault]:
        root = Path(self.dataset).expanduser()
        if root.is_file():
            return file_rows(expand(self.dataset))
        folder = root / self.config if self.config and (root / self.config).is_dir() else root
        return file_rows(split_files(folder, self.split))


class Gsm8kSource(DatasetSource):
    """GSM8K (Cobbe et al. 2021, arXiv:2110.14168): word problems, gold behind `####`."""

    kind: Literal["gsm8k"] = "gsm8k"
    name: SourceName = "gsm8k"
    dataset: str = "openai/gsm8k"
    config: str | None = "main"
    columns: Columns = Columns(problem="question", answer="answer")
    gold: GoldRule = "hash"


class MathSource(DatasetSource):
    r"""MATH (Hendrycks et al. 2021, arXiv:2103.03874): competition problems, gold in `\boxed{}`.

    Reads any of its published layouts: `HuggingFaceH4/MATH-500` (split `test`, an answer column),
    `EleutherAI/hendrycks_math` (one config per subject), `DigitalLearningGmbH/MATH-lighteval`, and
    the original release (`MATH/train/algebra/1.json`, one problem per file).
    """

    kind: Literal["math"] = "math"
    name: SourceName = "math"
    dataset: str = "DigitalLearningGmbH/MATH-lighteval"


class HubSource(DatasetSource):
    """Any dataset of the hub with a question and a gold in its columns."""

    kind: Literal["hub"] = "hub"
    name: SourceName = ""
    """Empty takes the last part of the dataset's name: `gsm8k` of `openai/gsm8k`."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        """Name the source after its dataset; the name then stands in the stored configuration."""
        if isinstance(given, dict) and not given.get("name") and given.get("dataset"):
            last = Path(str(given["dataset"])).name.lower()
            return {**given, "name": re.sub(r"[^a-z0-9_.-]", "_", last)[:40].lstrip("_.-") or "hub"}
        return given
