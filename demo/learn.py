"""Fine-tune a policy on SFT rows, for the demo of STaR: `python -m demo.learn ROWS --base --out`.

Plain torch on one CPU core; the loss is taken on completions. Real policies learn with TRL, to
which the same rows go as they are (docs/recipes.md).
"""

from pathlib import Path
from random import Random
from typing import Annotated

import pyarrow.parquet as pq
import torch
import typer
from transformers import AutoModelForCausalLM, AutoTokenizer

from demo.corpus import Example
from demo.train import batches, loss_of


def main(
    rows: Path,
    base: Annotated[str, typer.Option(help="The model to begin from.")],
    out: Annotated[Path, typer.Option(help="The folder to write the model to.")],
    epochs: int = 2,
    rate: Annotated[float, typer.Option(help="AdamW's, falling to zero.")] = 3e-4,
    batch_tokens: int = 2_500,
    seed: int = 0,
) -> None:
    """Learn from the rows."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    examples = []
    for row in pq.read_table(rows, columns=["prompt", "completion"]).to_pylist():
        prompt, reply = (tokenizer(row[name])["input_ids"] for name in ("prompt", "completion"))
        examples.append(Example((*prompt, *reply, tokenizer.eos_token_id), len(prompt)))
    plan = [b for epoch in range(epochs) for b in batches(examples, batch_tokens, Random(epoch))]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    for step, batch in enumerate(plan):
        optimizer.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 10, 1 - step / len(plan))
        loss = loss_of(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 20 == 0:
            print(f"batch {step + 1} of {len(plan)}, loss {loss.item():.4f}", flush=True)
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    typer.run(main)
