"""How a process reward model is learnt."""

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from schemas import Settings

Device = Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")]
"""`auto` is the GPU where there is one."""


FormName = Literal["trl", "qwen_prm", "math_shepherd", "rlhflow"]
"""A family of process reward models, by how it is asked (`prm/forms.py`)."""
FORMS: tuple[FormName, ...] = get_args(FormName)
LabelsAt = Literal["steps", "tokens", "end"]
"""Which tokens of a row have a label (`Training.labels_at`)."""


class Lora(Settings):
    """Low-rank matrices are learnt beside the base's weights, which stay (2106.09685)."""

    rank: int = Field(default=16, ge=1)
    """Inner size of the matrices."""
    alpha: float = Field(default=32, gt=0)
    """Their product is scaled by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of their inputs dropped while learning."""
    modules: str | tuple[str, ...] = "all-linear"
    """Names of the layers that get such matrices, or a regular expression of whole names, e.g.
    `.*layers\\.2[6-9]\\..*proj`."""


class Training(Settings):
    """A token classifier with two classes learns whether a step is right, on its last token.

    Cross entropy with the label, or between the two classes where it is a grade.
    """

    free = frozenset({"output", "device", "save_steps", "per_device", "gradient_checkpointing"})
    later = frozenset({"labels_at"})

    base: str = Field(min_length=1)
    """The model it begins from: a folder, or a name on the Hugging Face hub."""
    output: Path
    """The folder of the model, its checkpoints and its record."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of the head's first weights, of the order of rows, and of dropout."""
    labels_at: LabelsAt = "steps"
    """Where labels stand: on the last token of each step; on every token of a step, as GSM8K's
    verifier learns (2110.14168); or on the last token of the last step alone, as the outcome reward
    model of 2305.20050."""
    epochs: float = Field(default=1.0, gt=0)
    """Times every row is seen."""
    max_steps: int | None = Field(default=None, ge=1)
    """Batches to learn from, instead of `epochs`."""
    patience: int | None = Field(default=None, ge=1)
    """Stop when the loss on validation rows was not the least for so many checkpoints in a row, and
    keep the model of the least (as 2408.03314 does). None: keep the last one."""
    learning_rate: float = Field(default=1e-5, gt=0)
    """The highest one; with `lora`, 1e-4 or so."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How it falls after the warm-up."""
    warmup: float = Field(default=0.03, ge=0, lt=1)
    """Share of the batches over which it rises."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's."""
    batch_size: int = Field(default=32, ge=1)
    """Rows between two changes of the weights."""
    per_device: int = Field(default=8, ge=1)
    """Rows that are in memory at once; `batch_size` is made of several such passes."""
    lora: Lora | None = None
    """None: all weights are learnt."""
    device: Device = "auto"
    """Where it is learnt."""
    gradient_checkpointing: bool = False
    """Compute again in the backward pass what did not fit into memory."""
    save_steps: int = Field(default=200, ge=1)
    """Batches between two checkpoints, from which the same command goes on; with `patience` also
    between two looks at the validation rows, and then it shapes the model."""

    @model_validator(mode="after")
    def _passes_make_a_batch(self) -> "Training":
        if self.batch_size % min(self.per_device, self.batch_size):
            raise ValueError(
                f"per_device={self.per_device} does not divide batch_size={self.batch_size}: a "
                "batch is made of whole passes"
            )
        return self
