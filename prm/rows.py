"""Rows of steps and labels become tokens: the label stands on the last token of its step.

As TRL's `PRMTrainer.tokenize_row` (1.13): prompt and steps are tokenised apart, each step is
followed by the separator's tokens, and a beginning-of-sequence token comes first where there is
one. So a model learnt here is read as one learnt there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prm.settings import LabelsAt

NOT_A_STEP = -100.0
"""The label of tokens that end no step."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A solution as a model reads it, and where it is asked for grades."""

    ids: tuple[int, ...]
    places: tuple[int, ...]
    """places[i] is the index in `ids` of the token at which step i is graded; they rise."""

    def within(self, limit: int) -> "Encoded":
        """Return its first `limit` tokens, with the steps that end among them."""
        kept = tuple(place for place in self.places if place < limit)
        return Encoded(ids=self.ids[:limit], places=kept)


def encoded(question: str, steps: Sequence[str], *, tokenizer: Any, separator: str) -> Encoded:
    """Return the tokens of question and steps."""
    ids = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    ids += _ids(tokenizer, question)
    end = _ids(tokenizer, separator)
    places = []
    for step in steps:
        ids += _ids(tokenizer, step) + end
        places.append(len(ids) - 1)
    return Encoded(ids=tuple(ids), places=tuple(places))


def labelled_tokens(
    row: dict[str, Any], *, tokenizer: Any, separator: str, at: LabelsAt = "steps"
) -> dict[str, Any]:
    """Return `input_ids` and `labels` of one row, equally long; labels are -100 elsewhere."""
    made = encoded(row["prompt"], row["completions"], tokenizer=tokenizer, separator=separator)
    labels = [NOT_A_STEP] * len(made.ids)
    asked = encoded(row["prompt"], (), tokenizer=tokenizer, separator=separator)
    begins = (len(asked.ids), *(place + 1 for place in made.places[:-1]))
    for begin, place, label in zip(begins, made.places, row["labels"], strict=True):
        if at == "tokens":
            labels[begin : place + 1] = [label] * (place + 1 - begin)
        elif at == "steps" or place == made.places[-1]:
            labels[place] = label
    return {"input_ids": list(made.ids), "labels": labels}


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
