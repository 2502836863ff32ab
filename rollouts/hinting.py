r"""Rationales: a policy is told the final answer and finds the way to it (STaR, 2203.14465).

The hint is the gold final answer and nothing else. STaR's published code shows the whole reference
solution of GSM8K problems instead, while its examples show the number.

A rationale can pass the verifier by leaning on what it was told; `leans_on_hint` refuses by rule
those that say so, and those that state the answer before they derive anything.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from rollouts.prompts import WITH_HINT, PromptTemplate, load_template, named_fields
from schemas import ConfigError, Problem, Prompt

_WORDS = 5
"""Words of the n-grams by which a rationale is held against the reference solution."""
_ANSWER = r"(?:final |correct |right |actual )?(?:answer|result|solution)"
_OWNS_UP = re.compile(
    "|".join(
        (
            r"\bhints?\b",
            r"\bas (?:was |is |we (?:are|were) )?(?:given|told|provided|required|expected)\b"
            r"(?! (?:in|by|that|the)\b)",
            rf"\b(?:given|known|provided|expected|target|gold|reference) {_ANSWER}\b",
            rf"\b{_ANSWER} (?:is|was|we (?:are|were)) (?:given|told|known|provided|supposed)\b",
            rf"\b(?:told|know|given) that the {_ANSWER}\b",
            rf"\b(?:since|because|so that) the {_ANSWER} (?:is|must|should|has|needs)\b",
            rf"\bmatch(?:es|ing)? the {_ANSWER}\b",
            r"\b(?:work|working|reason|reasoning) backwards?\b",
        )
    ),
    re.IGNORECASE,
)
_DERIVES = re.compile(
    r"[=≈+*/×÷·^<>≤≥]|\d\s*[-−–]\s*\d|\\(?:frac|times|cdot|div|sqrt|sum|approx|leq?|geq?)"
)


class HintTemplate(PromptTemplate):
    """A prompt that tells the final answer and asks for the way to it."""

    def render(self, problem: Problem, *, shown: Mapping[str, str] | None = None) -> Prompt:
        """Return the prompt; of what is known of the problem it tells the final answer alone."""
        return super().render(problem, shown={"hint": problem.answer})


def load_hint_template(name_or_path: str | Path) -> HintTemplate:
    """Read a prompt template for rationales; raises ConfigError where it can be none."""
    template = load_template(name_or_path, fields=WITH_HINT)
    if "hint" not in named_fields(template.user):
        raise ConfigError(
            f"prompt template {template.name!r} shows no hint, so it asks for what the policy "
            "failed at before: name {{ hint }} in `user`, as configs/prompts/rationale.yaml does"
        )
    if blind := [shot.question for shot in template.examples if not shot.hint]:
        raise ConfigError(
            f"prompt template {template.name!r}: the example {blind[0][:60]!r} has no `hint`: give "
            "each its final answer, as the problems' prompts show theirs"
        )
    return HintTemplate.model_validate(template.model_dump())


def leans_on_hint(text: str, hint: str, *, question: str = "") -> str:
    """Return why a rationale is refused as one that leans on its hint; empty where it is not.

    A rule on the text, so it is only as good as the words it knows. Where the answer stands is
    looked for as it is written: `1,000` is not found for `1000`. One that the question names, as it
    does a number that comes back or the letter of an option, may stand anywhere.
    """
    if _OWNS_UP.search(text):
        return "it mentions the hint"
    found = _first_place(text, hint.strip())
    if found is None or _first_place(question, hint.strip()) is not None:
        return ""
    before, line = text[:found], text[text.rfind("\n", 0, found) + 1 : found]
    above = [one for one in before[: len(before) - len(line)].split("\n") if one.strip()]
    numeric = any(sign.isdigit() for sign in hint)
    if _DERIVES.search(before) or (above and not numeric):
        return ""
    return "the answer stands before anything is derived"


def _first_place(text: str, hint: str) -> int | None:
    """Return where a text first states the hint as a whole word or number."""
    if not hint:
        return None
    bound = rf"(?<![\w.]){re.escape(hint)}(?!\w|[.,]\d)"
    found = re.search(bound, text)
    return None if found is None else found.start()


def leaked_share(text: str, reference: str | None) -> float | None:
    """Return the share of the reference solution's five-word runs that a text has, in [0, 1].

    None where there is no reference, or none so long. The reference is in no prompt: a high share
    means that the policy knows it by heart, or that a template shows what it should not.
    """
    known = _runs(reference or "")
    return len(known & _runs(text)) / len(known) if known else None


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + _WORDS]) for at in range(len(words) - _WORDS + 1)}
