"""`python -m benchmarks.verification [--quick] [--per-set N] [--json FILE] [--seed N]`.

Prints, for stepmint beside math-verify on the same pairs in one run: false rejects, false accepts
and undecided per set; speed and latency; shares of the deciding stages; right completions cut
short; hostile inputs. `--quick` samples everything and ends within a minute on two cores.
"""

import argparse
import json
from contextlib import ExitStack
from pathlib import Path

from benchmarks.verification import accuracy, hostile, truncation
from benchmarks.verification.contenders import Contender, MathVerify, Ours
from benchmarks.verification.data import Pair, load_pairs, sample, shared_folder
from benchmarks.verification.figures import table

QUICK_PER_SET = 25
SAMPLED_HOSTILE = {Ours.name: 354, MathVerify.name: 9}
"""Hostile inputs of a sampled run; math-verify may take 10 s for each."""


def main() -> None:
    """Run the benchmark and print its tables."""
    options = _options()
    folder = shared_folder()
    if not (folder / "verification").is_dir():
        raise SystemExit(f"{folder}: no verification/ with judged pairs; set STEPMINT_SHARED")
    pairs = load_pairs(folder)
    per_set = QUICK_PER_SET if options.quick else options.per_set
    if per_set:
        pairs = sample(pairs, per_set, options.seed)
    with ExitStack() as stack:
        ours = stack.enter_context(Ours())
        contenders: list[Contender] = [ours] if options.no_rival else [ours, MathVerify()]
        figures = _pairs(contenders, ours, pairs)
    figures["hostile"] = _hostile(contenders, folder, sampled=bool(per_set))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verification")
    parser.add_argument("--quick", action="store_true", help="a sample, within a minute")
    parser.add_argument("--per-set", type=int, metavar="N", help="at most N pairs of each kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--seed", type=int, default=0, help="of the quick run's sample")
    parser.add_argument("--no-rival", action="store_true", help="leave math-verify out")
    return parser.parse_args()


def _pairs(contenders: list[Contender], ours: Ours, pairs: list[Pair]) -> dict[str, object]:
    print(f"{len(pairs)} judged pairs")
    results = [accuracy.measure(contender, pairs) for contender in contenders]
    print(accuracy.accuracy_table(results, pairs))
    print(accuracy.speed_table(results))
    stages = sorted(ours.cascade.stages.items(), key=lambda item: -item[1])
    total = sum(count for _, count in stages)
    print(
        table("Deciding stages", ["stage", "share"], [[s, f"{n / total:.2%}"] for s, n in stages])
    )
    cut = {contender.name: truncation.measure(contender, pairs) for contender in contenders}
    print(truncation.truncation_table(cut))
    return {
        "accuracy": {result.name: accuracy.as_json(result, pairs) for result in results},
        "stages": dict(stages),
        "truncation": {
            name: {f"{where} {how}": rate.as_json() for (where, how), rate in rates.items()}
            for name, rates in cut.items()
        },
    }


def _hostile(contenders: list[Contender], folder: Path, *, sampled: bool) -> dict[str, object]:
    reports = [
        hostile.measure(
            contender.name, folder, limit=SAMPLED_HOSTILE[contender.name] if sampled else None
        )
        for contender in contenders
    ]
    print(hostile.hostile_table(reports))
    return {report.name: report.as_json() for report in reports}


if __name__ == "__main__":
    main()
