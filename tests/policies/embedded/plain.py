"""The model as transformers runs it, without any of our decoding."""

from collections.abc import Sequence
from typing import Any


class Plain:
    """One pass over a whole sequence gives the natural-log probabilities at all its places."""

    def __init__(self, folder: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text by itself."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids

    def next(self, ids: Sequence[int]) -> Any:
        """Return a row [vocabulary] for what may stand behind each id."""
        import torch

        with torch.no_grad():
            return self.model(torch.tensor([list(ids)])).logits[0].double().log_softmax(-1)

    def logprobs(self, before: Sequence[int], ids: Sequence[int]) -> list[float]:
        """Return that of each id behind others."""
        rows = self.next([*before, *ids])[len(before) - 1 : -1]
        return [row[token].item() for row, token in zip(rows, ids, strict=True)]

    def best(self, before: Sequence[int], ids: Sequence[int]) -> list[float]:
        """Return that of the likeliest id in the place of each."""
        return [row.max().item() for row in self.next([*before, *ids])[len(before) - 1 : -1]]
