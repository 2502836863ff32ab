"""Train the demo policy from scratch on one CPU core: `python -m demo.train --out output/demo`.

Problems are generated as training goes, a chunk at a time; after each chunk a checkpoint is
written, and the same command continues from the last one. Batches hold solutions of about equal
length, so that nothing is spent on padding, and the loss is taken on solutions only. Matrices
learn by Muon (Jordan et al. 2024), embeddings and norms by AdamW.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated

import torch
import typer
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from demo import tokenizer as tokens
from demo.corpus import Example, examples

CHUNK = 2048
"""Problems between two checkpoints."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long and how fast to learn."""

    seed: int
    problems: int
    """Problems seen in all, each once."""
    batch_tokens: int
    slips: float
    """Share of solutions with a planted slip."""
    rate: float
    """Muon's learning rate before the decay; AdamW's is a fifth of it."""
    warmup: int = 4096
    """Problems over which the rates rise."""
    decay: float
    """Share of the problems, at the end, over which the rates fall to zero."""

    def factor(self, seen: int) -> float:
        """Return the factor on the learning rates after `seen` problems: up, flat, down."""
        left = (self.problems - seen) / (self.decay * self.problems)
        return max(0.0, min(1.0, (seen + 64) / self.warmup, left))

    def longest(self, seen: int) -> int:
        """Return the most steps of a problem at this point: short ones come first."""
        return min(8, 3 + seen // (2 * CHUNK))


def build(vocabulary: int) -> LlamaForCausalLM:
    """Return the untrained model: 1.9 million weights."""
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=tokens.POSITIONS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=1,
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(config)


def batches(chunk: list[Example], limit: int, rng: Random) -> list[list[Example]]:
    """Group examples of about equal length into batches of at most `limit` tokens, shuffled."""
    made, batch = [], list[Example]()
    for example in sorted(chunk, key=lambda e: (len(e.ids), e.start)):
        if batch and (len(batch) + 1) * len(example.ids) > limit:
            made.append(batch)
            batch = []
        batch.append(example)
    made.append(batch)
    rng.shuffle(made)
    return made


def loss_of(model: LlamaForCausalLM, batch: list[Example]) -> torch.Tensor:
    """Return the mean cross-entropy, in nats per token, over the solutions of a batch."""
    longest = max(len(example.ids) for example in batch)
    ids = torch.tensor([(*e.ids, *[1] * (longest - len(e.ids))) for e in batch])
    place = torch.arange(longest - 1)
    starts = torch.tensor([e.start for e in batch])[:, None] - 1
    ends = torch.tensor([len(e.ids) for e in batch])[:, None] - 1
    asked = (place >= starts) & (place < ends)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        # Padding stands on the right, so causal attention alone keeps it out.
        hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        logits = model.lm_head(hidden[asked])
    return functional.cross_entropy(logits.float(), ids[:, 1:][asked])


class Trainer:
    """A model, its optimizers, and how many problems they have seen."""

    def __init__(self, plan: Plan, folder: Path, tokenizer: PreTrainedTokenizerFast) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.folder, self.tokenizer = plan, folder, tokenizer
        self.model = build(len(tokenizer))
        matrices = [p for n, p in self.model.named_parameters() if p.ndim == 2 and "layers" in n]
        others = [p for n, p in self.model.named_parameters() if p.ndim != 2 or "layers" not in n]
        self.optimizers = (
            torch.optim.Muon(matrices, lr=plan.rate, weight_decay=0.01, adjust_lr_fn="original"),
            torch.optim.AdamW(others, lr=plan.rate / 5, betas=(0.9, 0.98), weight_decay=0.0),
        )
        self.seen = 0

    def resume(self) -> None:
        """Continue from the last checkpoint, where there is one."""
        if (self.folder / "checkpoint.pt").exists():
            state = torch.load(self.folder / "checkpoint.pt", weights_only=True)
            self.model.load_state_dict(state["model"])
            for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self.seen = state["seen"]

    def learn_chunk(self) -> float:
        """Learn from the next chunk of problems; return the mean loss in nats per token."""
        chunk = examples(
            self.tokenizer,
            seed=self.plan.seed,
            first=self.seen,
            count=CHUNK,
            max_steps=self.plan.longest(self.seen),
            slips=self.plan.slips,
        )
        losses = []
        for batch in batches(chunk, self.plan.batch_tokens, Random(self.seen)):
            losses.append(self._step(batch))
            self.seen += len(batch)
        return sum(losses) / len(losses)

    def save(self) -> None:
        """Write the checkpoint, and the model as a folder that transformers and vLLM load."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "seen": self.seen,
        }
        torch.save(state, self.folder / "checkpoint.tmp")
        (self.folder / "checkpoint.tmp").replace(self.folder / "checkpoint.pt")
        export(self.model, self.tokenizer, self.folder / "policy")

    def _step(self, batch: list[Example]) -> float:
        factor = self.plan.factor(self.seen)
        rates = (self.plan.rate, self.plan.rate / 5)
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        loss = loss_of(self.model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        return float(loss.item())


def export(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Save a bf16 copy of the model and its tokenizer."""
    copy = build(len(tokenizer))
    copy.load_state_dict(model.state_dict())
    copy.generation_config.update(do_sample=True, temperature=1.0, top_p=1.0)
    copy.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # The name that every version of transformers knows, not only the one that saved it.
    written = folder / "tokenizer_config.json"
    config = json.loads(written.read_text())
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    written.write_text(json.dumps(config, indent=2) + "\n")


def main(
    out: Annotated[Path, typer.Option(help="Folder for checkpoint and policy.")],
    problems: Annotated[int, typer.Option(help="Problems to learn from.")] = 84_000,
    seed: Annotated[int, typer.Option(help="Of problems, weights and order.")] = 1_000_000,
    batch_tokens: Annotated[int, typer.Option(help="Tokens per optimizer step.")] = 2_500,
    slips: Annotated[float, typer.Option(help="Share of solutions with a planted slip.")] = 0.1,
    rate: Annotated[float, typer.Option(help="Muon's learning rate before the decay.")] = 0.01,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    decay: Annotated[float, typer.Option(help="Share of training with falling rates.")] = 0.6,
) -> None:
    """Train, or go on training, the demo policy."""
    torch.set_num_threads(threads)
    plan = Plan(
        seed=seed, problems=problems, batch_tokens=batch_tokens, slips=slips, rate=rate, decay=decay
    )
    # A checkpoint goes with the tokenizer it was trained with, even if the stories have changed.
    policy = out / "policy"
    trainer = Trainer(plan, out, tokens.load(policy) if policy.exists() else tokens.build())
    trainer.resume()
    while trainer.seen < problems:
        began = time.monotonic()
        loss = trainer.learn_chunk()
        trainer.save()
        took = time.monotonic() - began
        print(
            f"{trainer.seen} problems, loss {loss:.4f}, {CHUNK / took:.0f} problems/s", flush=True
        )


if __name__ == "__main__":
    typer.run(main)
