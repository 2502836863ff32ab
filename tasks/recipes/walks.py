"""What a walk of step-wise best of N comes to in rows. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

from rollouts import PromptTemplate
from rollouts.seeds import seeds
from schemas import ROOT, Completion, Evidence, Prefix, Problem
from search.choosing import Picker
from search.stepwise import Place, Walk
from tasks.recipes.cells import choosing_cells, step_pair_cells
from tasks.recipes.folder import Row

Probes = Mapping[Place, Sequence[Completion]]
"""What was written behind alternatives that did not end the solution."""


def sibling_rows(
    problem: Problem,
    walk: Walk,
    evidence: Mapping[Place, Evidence],
    picker: Picker,
    *,
    prm: str,
    seed: int,
) -> Iterator[Row]:
    """Yield a row a step: all that was sampled for it, and who chose what.

    Of alternatives with equal texts the first has the score and the evidence.
    """
    for index, one in enumerate(walk.siblings):
        key = Prefix(steps=one.prefix, token_ids=None).key if one.prefix else ROOT.key
        drawn = seeds(seed, problem.id, key, start=0, count=len(one.written))
        scores = one.picked.score_of
        yield {
            "step_index": index,
            "prefix": list(one.prefix),
            "prefix_key": key,
            "alternatives": [
                {
                    "text": "".join(wrote.steps),
                    "end": wrote.end,
                    "seed": drawn[at],
                    "completion_tokens": wrote.tokens,
                    "logprob": wrote.logprob,
                    "score": scores.get(at),
                    "evidence": asdict(evidence[index, at]) if (index, at) in evidence else None,
                }
                for at, wrote in enumerate(one.written)
            ],
            **choosing_cells(one.picked, picker, prm),
        }


def pair_rows(
    problem: Problem, walk: Walk, template: PromptTemplate, chooser: str
) -> Iterator[Row]:
    """Yield the chosen step with each that was shown beside it, and that has no score as high."""
    prompt = template.render(problem)
    for index, one in enumerate(walk.siblings):
        picked, before = one.picked, "".join(one.prefix)
        texts = {at: "".join(one.written[at].steps) for at in picked.shown}
        if picked.chosen is None or not texts[picked.chosen]:
            continue
        scores = picked.score_of
        for other, text in sorted(texts.items()):
            as_good = bool(scores) and scores[other] >= scores[picked.chosen]
            if other == picked.chosen or as_good or not text:
                continue
            yield {
                **step_pair_cells(prompt, before, chosen=texts[picked.chosen], rejected=text),
                "problem_id": problem.id,
                "step_index": index,
                "chosen_index": picked.chosen,
                "rejected_index": other,
                "chooser": chooser,
            }


def probe_rows(
    problem: Problem,
    walk: Walk,
    probes: Probes,
    evidence: Mapping[Place, Evidence],
    cut: Callable[[str], Sequence[str]],
) -> Iterator[Row]:
    """Yield a whole solution through each alternative, its step a step of its own.

    Read as `solutions: {kind: file}`, they have a run label each alternative as it would any step.
    """
    for place in evidence:
        steps, end = walk.alternatives[place], walk.end_at(place)
        first = probes.get(place, ())[:1]
        if end == "length" or any(one.finish_reason == "length" for one in first):
            continue
        rest = [step for one in first for step in cut(one.text) if step.strip()]
        yield {
            "id": f"{problem.id}/{place[0]}/{place[1]}",
            "question": problem.question,
            "answer": problem.answer,
            "steps": [*steps, *rest],
            "problem_id": problem.id,
            "step_index": place[0],
            "alternative": place[1],
        }
