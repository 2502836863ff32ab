"""In which forms texts state their answers: for people whose run reads them in another one."""

from collections import Counter
from collections.abc import Iterable

from verification.finding.extraction import AnswerIs, Auto, Boxed, Hash, Json, Tags, extract

_FORMS = (Boxed(), Hash(), AnswerIs(), Tags(), Json(), Auto())
_LOOKS = {
    "boxed": r"\boxed{x}",
    "hash": "#### x",
    "answer_is": "The answer is x",
    "tags": "<answer>x</answer>",
    "json": '{"answer": "x"}',
}


def stated_forms(texts: Iterable[str]) -> dict[str, int]:
    """Return how many of the texts state an answer in each form, by its kind, most first.

    A text may do so in several; `auto` counts those that do in any. Forms of which there are none
    are left out.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(form.kind for form in _FORMS if extract(text, form).answer is not None)
    return dict(counts.most_common())


def look(kind: str) -> str:
    """Return what a form looks like, e.g. `#### x` of `hash`; its name where that says it."""
    return _LOOKS.get(kind, kind)
