"""Right completions, cut short: the share that is still taken for right."""

from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.verification.contenders import Contender
from benchmarks.verification.data import REAL, Pair
from benchmarks.verification.figures import Rate, table

SHARES = (0.5, 0.75, 0.9)


def cuts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text cut at shares of its length, and before the line that states the answer."""
    for share in SHARES:
        yield f"{share:.0%}", text[: int(len(text) * share)]
    box = text.rfind(r"\boxed")
    if box > 0:
        yield "before the box", text[:box]
    else:
        yield "before the last line", text[: max(text.rstrip().rfind("\n"), 0)]


def measure(contender: Contender, pairs: Sequence[Pair]) -> dict[tuple[str, str], Rate]:
    """Return, per set and cut, the share of right completions that are still accepted."""
    accepted: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        if pair.set not in REAL or pair.bare or not pair.expected:
            continue
        for name, text in cuts(pair.prediction):
            total[pair.set, name] += 1
            said = contender.judge(pair.gold, text, bare=False)
            accepted[pair.set, name] += said is True
    return {key: Rate(accepted[key], total[key]) for key in sorted(total)}


def truncation_table(results: dict[str, dict[tuple[str, str], Rate]]) -> str:
    """Return the table of accepted cut completions."""
    rows = [
        [name, cut, verifier, rate]
        for verifier, rates in results.items()
        for (name, cut), rate in rates.items()
    ]
    rows.sort(key=lambda row: (str(row[0]), str(row[1])))
    return table(
        "Right completions cut short, still accepted", ["set", "cut", "", "accepted"], rows
    )
