"""`python -m benchmarks.human_labels --policy ...`: each labeler beside people's step labels.

python -m benchmarks.human_labels --policy '{"kind": "openai", "urls": ["http://gpu1:8000/v1"]}'
python -m benchmarks.human_labels --policy configs/gsm8k_qwen_vllm.yaml --solutions 200
python -m benchmarks.human_labels --policy '{"kind": "vllm", "model": "..."}' --sets PRM800K
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml
from pydantic import TypeAdapter
from rich.console import Console

from benchmarks.human_labels.measure import Line, measured
from benchmarks.human_labels.report import as_json, markdown, table
from benchmarks.human_labels.sets import SETS, Marked, MarkedSet, drawn, load
from benchmarks.label_truth.contenders import Contender, chosen, own
from policies import AnyPolicy
from schemas import Sampling, StepmintError
from stepmint import StepLabeler

LABELERS = (
    "outcome",
    "math_shepherd N=8",
    "first_success+skip N=8",
    "binary_search N=8",
    "double_search N=8",
    "answer_likelihood threshold=0",
    "posterior stop=0.97",
    "posterior+steps stop=0.97",
)
QUICK = ("outcome", "first_success+skip N=4", "binary_search N=4")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setup:
    """Who writes, and how it is asked."""

    policy: AnyPolicy
    prompt: str
    sampling: Sampling


def main() -> None:
    """Measure the chosen labelers on the chosen sets."""
    options = _options()
    try:
        asyncio.run(_run(options, _setup(options), _contenders(options)))
    except StepmintError as error:
        raise SystemExit(str(error)) from error


async def _run(options: argparse.Namespace, setup: _Setup, contenders: Sequence[Contender]) -> None:
    console = Console(width=max(Console().width, 170))
    found: dict[str, list[Line]] = {}
    with tempfile.TemporaryDirectory(prefix="human-labels-") as name:
        folder = Path(name)
        bench = partial(
            StepLabeler,
            prompt=setup.prompt,
            sampling=setup.sampling,
            seed=options.seed,
            # One for all labelers: what one has paid for costs the next no time, but it counts.
            journal=options.journal or folder / "journal",
        )
        async with setup.policy.open(folder) as policy:
            for one in (one for one in SETS if not options.sets or one.name in options.sets):
                title, some = _drawn(one, options)
                lines = []
                for contender in contenders:
                    labeler = contender.settings.model_copy(update={"num_solutions": options.roots})
                    began = time.monotonic()
                    try:
                        async with bench(policy=policy, labeler=labeler) as mint:
                            line = await measured(contender.name, mint, some, seed=options.seed)
                    except StepmintError as error:
                        console.print(f"{contender.name} left out: {error}")
                        continue
                    lines.append(line)
                    console.print(
                        f"{contender.name}: {time.monotonic() - began:.0f} s", style="dim"
                    )
                found[title] = lines
                console.print(table(title, lines), _verdicts(lines))
        _write(options, setup, policy.identity, found)


def _drawn(one: MarkedSet, options: argparse.Namespace) -> tuple[str, list[Marked]]:
    marked, without = load(one, options.data)
    some = drawn(marked, options.solutions, seed=options.seed)
    erroneous = sum(each.truth >= 0 for each in some)
    title = f"{one.name}: {len(some)} of {len(marked)} solutions, {erroneous} erroneous"
    return title + (f"; {without} more without a gold" if without else ""), some


def _verdicts(lines: Sequence[Line]) -> str:
    if not lines or not lines[0].verdicts:
        return ""
    same, every = lines[0].verdicts_same, lines[0].verdicts
    return f"final answers: our verdict is the set's in {same} of {every}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.human_labels",
        description="Measure labelers against the step labels of people, with any policy.",
    )
    add = parser.add_argument
    add("--policy", required=True, help="JSON, or a YAML file: a policy, or a run's configuration")
    add(
        "--sets", nargs="+", metavar="NAME", choices=[one.name for one in SETS], help="default: all"
    )
    add("--solutions", type=int, default=100, help="per set, half of them erroneous")
    add("--labelers", nargs="+", metavar="NAME", help="families, or one budget of one")
    add("--labeler", action="append", default=[], metavar="JSON", help="also these settings")
    add("--roots", type=int, default=8, help="rollouts of each question, where a labeler takes any")
    add("--prompt", help="template; default: the configuration's, else zero-shot")
    add("--temperature", type=float, help="default: the configuration's, else 0.7")
    add("--max-tokens", type=int, help="default: the configuration's, else 1024")
    add("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    add("--journal", type=Path, metavar="FILE", help="keep rollouts here; the same call resumes")
    add("--seed", type=int, default=0, help="of rollouts, of what is drawn, of the bootstrap")
    add("--quick", action="store_true", help="16 solutions a set, cheap labelers")
    add("--json", type=Path, metavar="FILE", help="write the figures here too")
    add("--markdown", type=Path, metavar="FILE", help="write the tables here too")
    options = parser.parse_args()
    if options.quick:
        options.solutions = min(options.solutions, 16)
    return options


def _setup(options: argparse.Namespace) -> _Setup:
    """Return policy, prompt and sampling: of a configuration, or of a policy alone."""
    text: str = options.policy
    try:
        inline = text.lstrip().startswith("{")
        values = json.loads(text) if inline else yaml.safe_load(Path(text).read_text("utf-8"))
        whole = values if "policy" in values else {"policy": values}
        sampling = dict(whole.get("sampling", {}))
        for name in ("temperature", "max_tokens"):
            if (value := getattr(options, name)) is not None:
                sampling[name] = value
        return _Setup(
            policy=TypeAdapter(AnyPolicy).validate_python(whole["policy"]),
            prompt=options.prompt or whole.get("prompt", "zero-shot"),
            sampling=Sampling.model_validate(sampling),
        )
    except (OSError, TypeError, ValueError, yaml.YAMLError) as error:
        raise SystemExit(
            f"--policy {text}: give a policy's settings as JSON, or a YAML file of them or of a "
            f"run ({error})"
        ) from error


def _contenders(options: argparse.Namespace) -> Sequence[Contender]:
    try:
        mine = [own(text) for text in options.labeler]
        usual = () if mine else QUICK if options.quick else LABELERS
        return [*chosen(options.labelers or usual), *mine]
    except ValueError as error:  # pydantic's is one too
        raise SystemExit(f"labelers: {error}") from error


def _write(
    options: argparse.Namespace, setup: _Setup, identity: str, found: dict[str, list[Line]]
) -> None:
    if options.json:
        about = {"policy": identity, "seed": options.seed, "roots": options.roots}
        options.json.write_text(json.dumps(about | {"sets": as_json(found)}, indent=1) + "\n")
    if options.markdown:
        asked = f"prompt `{setup.prompt}`, seed {options.seed}, {options.roots} root rollouts"
        tables = (
            "\n\n".join(filter(None, (markdown(title, lines), _verdicts(lines))))
            for title, lines in found.items()
        )
        options.markdown.write_text("\n\n".join((f"`{identity}`, {asked}", *tables)) + "\n")


if __name__ == "__main__":
    main()
