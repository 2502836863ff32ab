"""Each consumer's own code on our rows, in a process of its own.

`python -m benchmarks.consumers.readers NAME ROWS TOKENIZER`

Yields, row by row, the steps and labels as that code sees them beside those we exported. The last
line written is JSON: rows, labels, and rows of which all steps and labels agree.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

Row = dict[str, Any]
Seen = list[tuple[str, Any]]
"""Steps with their labels."""


def trl(rows: Sequence[Row], tokenizer: Any) -> Iterator[tuple[Seen, Seen]]:
    """Let TRL's PRM trainer tokenise rows."""
    from trl.experimental.prm import PRMTrainer

    for row in rows:
        read = PRMTrainer.tokenize_row(
            row,
            tokenizer=tokenizer,
            step_separator="\n",
            max_length=None,
            max_completion_length=None,
            train_on_last_step_only=False,
            is_eval=False,
        )
        yield _labelled_ends(read, row, tokenizer), _stepwise(row)


def axolotl(rows: Sequence[Row], tokenizer: Any) -> Iterator[tuple[Seen, Seen]]:
    """Let axolotl's `stepwise_supervised` strategy tokenise rows."""
    from axolotl.prompt_strategies.stepwise_supervised import load
    from axolotl.utils.dict import DictDefault

    strategy = load(tokenizer, DictDefault(sequence_len=8192), DictDefault({}))
    for row in rows:
        yield _labelled_ends(strategy.tokenize_prompt(row), row, tokenizer), _stepwise(row)


def soup(rows: Sequence[Row], tokenizer: Any) -> Iterator[tuple[Seen, Seen]]:
    """Let Soup check rows and prepare them for its trainer; it puts nothing behind a step."""
    from soup_cli.data.formats import _convert_prm
    from soup_cli.trainer.prm import _prepare_prm_dataset

    for row in rows:
        (read,) = _prepare_prm_dataset([_convert_prm(row)], tokenizer, 8192)
        ends = [end + 1 for end in read["step_positions"]]
        start = len(tokenizer(row["prompt"], add_special_tokens=False)["input_ids"])
        pieces = [
            tokenizer.decode(read["input_ids"][begin:end])
            for begin, end in zip([start, *ends[:-1]], ends, strict=True)
        ]
        labels = zip(row["completions"], row["labels"], strict=True)
        yield list(zip(pieces, read["labels"], strict=True)), list(labels)


def openrlhf(rows: Sequence[Row], tokenizer: Any) -> Iterator[tuple[Seen, Seen]]:
    """Let OpenRLHF's dataset read rows."""
    from openrlhf.datasets.process_reward_dataset import ProcessRewardDataset

    arguments = SimpleNamespace(
        input_key="input", label_key="value", placeholder_token="ки", reward_tokens=["+", "-"]
    )
    columns = {name: [row[name] for row in rows] for name in ("input", "value")}
    read = ProcessRewardDataset(columns, tokenizer, 8192, SimpleNamespace(args=arguments))
    for place, row in enumerate(rows):
        ids, _, labels = read[place][:3]
        tagged = _before_tags(ids.flatten().tolist(), labels.flatten().tolist(), tokenizer)
        values = row["value"]
        if labels.is_floating_point():  # in single precision
            tagged = [(text, round(label, 6)) for text, label in tagged]
            values = [round(value, 6) for value in values]
        texts = row["input"].split("ки")[:-1]
        yield tagged, list(zip(texts, values, strict=True))


def paddlenlp(rows: Sequence[Row], tokenizer: Any) -> Iterator[tuple[Seen, Seen]]:
    """Let PaddleNLP's reader, in paddle's own tensors, read rows."""
    from data import preprocess_process_data

    model = SimpleNamespace(placeholder_token="ки", reward_tokens=["+", "-"], flash_mask=False)
    limits = SimpleNamespace(max_seq_len=8192, max_prompt_len=4096)
    for row in rows:
        read = preprocess_process_data(dict(row), tokenizer, limits, model)
        ids, labels = read["input_ids"].tolist(), read["labels"].tolist()
        first, *others = row["responses"]
        texts = [f"{row['src'][0]}{first} ", *(f"\n{step} " for step in others)]
        tagged = _before_tags(ids, labels, tokenizer)
        yield tagged, list(zip(texts, row["labels"], strict=True))


def openr(rows: Sequence[Row], tokenizer: Any) -> Iterator[tuple[Seen, Seen]]:
    """Let OpenR's types and converters read rows; it sorts out what is short or not ASCII."""
    from src.data_types.math_aps import MathAPSItem, MathAPSItemTree
    from src.preprocessors.math_aps import convert_math_aps_item, convert_math_aps_tree_item

    for row in rows:
        if isinstance(row["reasoning_steps"], str):
            tree = json.loads(row["reasoning_steps"])
            item = MathAPSItemTree.from_dict({**row, "reasoning_steps": tree})
            made = convert_math_aps_tree_item(item, "<tag>")
            expected = _paths(tree)
        else:
            made = convert_math_aps_item(MathAPSItem.from_dict(row), "<tag>")
            expected = [
                ([one["solution_prefix"]], [one["mc_value"]])
                for one in row["reasoning_steps"]
                if len(one["solution_prefix"].split(" ")) > 5
            ]
        read = [(one.process, "".join(one.label)) for one in made]
        ours = [
            (
                "".join(f"{text} <tag> " for text in texts).rstrip(" "),
                "".join("+" if value > 0.5 else "-" for value in values),
            )
            for texts, values in expected
            if "".join(texts).isascii()
        ]
        yield sorted(set(read)), sorted(set(ours))


def _paths(node: Any) -> list[tuple[list[str], list[float]]]:
    """Return the texts and values from the root to each leaf."""
    if not node["children"]:
        return [([node["text"]], [node["mc_value"]])]
    return [
        ([node["text"], *texts], [node["mc_value"], *values])
        for child in node["children"]
        for texts, values in _paths(child)
    ]


def _stepwise(row: Row) -> Seen:
    steps = (f"{step}\n" for step in row["completions"])
    return list(zip(steps, map(int, row["labels"]), strict=True))


def _labelled_ends(read: Any, row: Row, tokenizer: Any) -> Seen:
    """Return the texts that end with a label, from the prompt's end on."""
    ids, labels = read["input_ids"], read["labels"]
    ends = [at + 1 for at, label in enumerate(labels) if label != -100]
    start = len(tokenizer(row["prompt"], add_special_tokens=False)["input_ids"])
    start += tokenizer.bos_token_id is not None
    pairs = zip([start, *ends[:-1]], ends, strict=True)
    return [(tokenizer.decode(ids[begin:end]), labels[end - 1]) for begin, end in pairs]


def _before_tags(ids: Sequence[int], labels: Sequence[float], tokenizer: Any) -> Seen:
    """Return the texts before labelled tags, with the token that each label is, or the number."""
    ends = [at for at, label in enumerate(labels) if label != -100]
    said = [labels[end] for end in ends]
    read = [one if isinstance(one, float) else tokenizer.decode([one]) for one in said]
    starts = [0, *(end + 1 for end in ends[:-1])]
    texts = [tokenizer.decode(ids[start:end]) for start, end in zip(starts, ends, strict=True)]
    return list(zip(texts, read, strict=True))


READERS: dict[str, Callable[[Sequence[Row], Any], Iterator[tuple[Seen, Seen]]]] = {
    one.__name__: one for one in (trl, axolotl, soup, openrlhf, paddlenlp, openr)
}


def main() -> None:
    """Read rows as the consumer does and say how much of them it sees as we wrote it."""
    import pyarrow.parquet as pq
    from transformers import PreTrainedTokenizerFast

    name, path, tokenizer = sys.argv[1:]
    rows = pq.read_table(path).to_pylist()
    read = list(READERS[name](rows, PreTrainedTokenizerFast.from_pretrained(tokenizer)))
    agree = sum(seen == ours for seen, ours in read)
    differs = next((re.sub(r"\s+", " ", repr(pair)) for pair in read if pair[0] != pair[1]), "")
    labels = sum(len(seen) for seen, _ in read)
    print(json.dumps({"rows": len(rows), "labels": labels, "agree": agree, "differs": differs}))


if __name__ == "__main__":
    main()
