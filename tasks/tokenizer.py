"""The tokenizer a trainer will use: measuring with any other one would be a guess."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas import ExportError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class TrainerTokenizer:
    """Counts tokens exactly as TRL will."""

    tokenizer: "PreTrainedTokenizerBase"

    @classmethod
    def load(cls, name: str) -> "TrainerTokenizer":
        """Load a tokenizer from a folder or the hub; raises ExportError where there is none."""
        from transformers import AutoTokenizer  # brings torch along: seconds that most runs save

        try:
            return cls(AutoTokenizer.from_pretrained(name, trust_remote_code=False))
        except (OSError, ValueError) as error:
            raise ExportError(
                f"no tokenizer at {name!r} ({str(error).splitlines()[0]}): give a folder with "
                "tokenizer files or a model's name on the Hugging Face hub"
            ) from error

    @property
    def adds_bos(self) -> bool:
        """Whether TRL will put a beginning-of-sequence token first."""
        return self.tokenizer.bos_token_id is not None

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not added."""
        return len(self.ids(text))

    def ids(self, text: str) -> list[int]:
        """Return the tokens of `text`, special tokens not added."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
