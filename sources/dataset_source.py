"""Datasets by hub name, or by the path of a local copy in the same layout."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from schemas import SourceError
from sources.data_files import expand, file_rows, of_split
from sources.gold import GoldRule
from sources.hub import hub_rows
from sources.layout import Columns
from sources.rows import Fault, Row
from sources.table_source import SourceName, TableSource

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


class DatasetSource(TableSource):
    """A dataset of the hub, or a local copy of one: its folder, or one of its files."""

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
        if Path(self.dataset).expanduser().exists():
            return self._local_rows()
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

    def _local_rows(self) -> Iterator[Row | Fault]:
        root = Path(self.dataset).expanduser()
        if root.is_file():
            return file_rows(expand(self.dataset, any_format=False))
        folder = root / self.config if self.config and (root / self.config).is_dir() else root
        files = expand(str(folder), any_format=False)
        return file_rows(of_split(files, folder, self.split))


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
