"""Where labels stand among the tokens of a row."""

import pytest

from prm.rows import NOT_A_STEP, labelled_tokens
from prm.settings import LabelsAt
from tests.prm import models

ROW = {"prompt": "Add 2, 3, 4.", "completions": ["2 + 3 = 5", "9"], "labels": [1.0, 0.0]}


@pytest.mark.parametrize(
    ("at", "count", "labels"),
    [("steps", [1, 1], [1.0, 0.0]), ("tokens", None, [1.0, 0.0]), ("end", [1], [0.0])],
)
def test_labels_stand_on_steps_ends_on_all_their_tokens_or_on_the_last_token_alone(
    at: LabelsAt, count: list[int] | None, labels: list[float]
) -> None:
    tokenizer = models.tokenizer()
    made = labelled_tokens(ROW, tokenizer=tokenizer, separator="\n", at=at)
    sizes = [len(tokenizer(f"{step}\n")["input_ids"]) for step in ROW["completions"]]
    stated = [label for label in made["labels"] if label != NOT_A_STEP]
    assert stated == [
        label for label, times in zip(labels, count or sizes, strict=True) for _ in range(times)
    ]
    assert len(made["labels"]) == len(made["input_ids"])
    assert made["labels"][-1] == 0.0
    asked = made["labels"][: -sum(sizes)]
    assert set(asked) == {NOT_A_STEP}
