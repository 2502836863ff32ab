r"""A gold with one edit is another answer: no digit, sign, letter or bracket is ignored."""

import pytest

from tests.verification.mutants import GOLDS, mutants
from verification.comparing.equivalence import compare

EXPLAINED = {
    (r"\binom{9}{4}", r"\binom{9}{5}"): "the same number",
    (r"C_1e^{x}+C_2e^{-3x}", r"C_1e^{x}+C_3e^{-3x}"): "constants go by any name",
    (r"x=\frac{\pi}{6}+k\pi, k \in \mathbb{Z}",
     r"x=\frac{\pi}{6}-k\pi, k \in \mathbb{Z}"): "k runs",
    (r"\frac{\pi}{8}+\frac{k\pi}{2}, k\in\mathbb{Z}",
     r"\frac{\pi}{8}-\frac{k\pi}{2}, k\in\mathbb{Z}"): "k runs",
    (r"\{4k+1 : k \in \mathbb{Z}\}", r"\{4k+17 : k \in \mathbb{Z}\}"): "k runs",
    (r"\pm 6", r"-\pm 6"): "the same two numbers",
    (r"(-1)^{n+1}", r"(-1)^{n-1}"): "the same parity",
    (r"(-1)^{n+1}", r"(-1)^{n+17}"): "the same parity",
}  # fmt: skip


@pytest.mark.parametrize("gold", GOLDS)
def test_a_gold_accepts_itself_and_no_mutant_of_itself(gold: str) -> None:
    assert compare(gold, gold).equal is True
    accepted = [text for _, text in mutants(gold) if compare(gold, text).equal]
    assert [text for text in accepted if (gold, text) not in EXPLAINED] == []


def stands_alone(gold: str) -> bool:
    """Say whether a gold is a list or a relation, which nothing else holds."""
    return any(char in gold for char in ",;=<>:") or "or" in gold or "\\le" in gold


@pytest.mark.slow
@pytest.mark.parametrize("gold", [gold for gold in GOLDS if not stands_alone(gold)])
def test_a_gold_in_a_list_or_a_point_accepts_no_mutant_either(gold: str) -> None:
    for around in ("(11, {})", "[{}, 11]", r"\{{11, {}\}}"):
        whole = around.format(gold)
        for _, text in mutants(gold):
            if (gold, text) not in EXPLAINED:
                assert compare(whole, around.format(text)).equal is not True, (whole, text)
