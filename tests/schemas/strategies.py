"""Arbitrary records, for property tests of every room."""

from dataclasses import replace

from hypothesis import strategies as st

from schemas import (
    Completion,
    Evidence,
    Finding,
    GivenSolution,
    LabelledSolution,
    Node,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    Sampling,
    StepCheck,
    StepReading,
    StepStatement,
    StopRule,
    Tokens,
    Verdict,
)
from schemas.rows import NodeRow, ProblemRow, Provenance, SolutionRow

text = st.text(max_size=20)
maybe_text = st.none() | text
counts = st.integers(0, 2**31 - 1)
seeds = st.integers(0, 2**63 - 1)
reals = st.floats(allow_nan=False)
checks = st.builds(StepCheck, finding=st.sampled_from(Finding), equation=text, reason=text)
nats = st.none() | st.floats(allow_nan=False, allow_infinity=False)
echoes = st.none() | counts
readings = st.builds(
    StepReading,
    regret=nats,
    net_information=nats,
    echo_of=echoes,
    echo=echoes,
    equation_echo=echoes,
)
statements = st.builds(StepStatement, label=st.none() | st.floats(0, 1), said=text, why=text)
steps = st.lists(text, max_size=4).map(tuple)
ids = st.lists(counts, max_size=4).map(tuple)
prefixes = st.builds(Prefix, steps=steps, token_ids=st.none() | ids)
outcomes = st.sampled_from(Outcome)

problems = st.builds(
    Problem,
    id=text,
    source=text,
    question=text,
    answer=text,
    options=steps,
    solution=maybe_text,
    level=maybe_text,
    subject=maybe_text,
    program=maybe_text,
)
evidences = st.builds(
    Evidence,
    correct=counts,
    incorrect=counts,
    no_answer=counts,
    truncated=counts,
    undecided=counts,
    stop_rule=st.sampled_from(StopRule),
)


@st.composite
def solutions(draw: st.DrawFn, problem_id: str) -> LabelledSolution:
    """A labelled solution whose lengths agree."""
    lines = draw(steps)
    size = len(lines)
    return LabelledSolution(
        problem_id=problem_id,
        solution_index=draw(counts),
        given_id=draw(maybe_text),
        labeler=draw(text),
        steps=lines,
        outcome=draw(outcomes),
        root=draw(evidences),
        evidence=tuple(draw(st.lists(evidences, min_size=size, max_size=size))),
        first_error=draw(st.none() | st.integers(-1, max(size - 1, -1))),
        posterior=tuple(draw(st.just([]) | st.lists(reals, min_size=size + 1, max_size=size + 1))),
        checks=tuple(draw(st.just([]) | st.lists(checks, min_size=size, max_size=size))),
        readings=tuple(draw(st.just([]) | st.lists(readings, min_size=size, max_size=size))),
        stated=tuple(draw(st.just([]) | st.lists(statements, min_size=size, max_size=size))),
    )


samplings = st.builds(
    Sampling,
    temperature=st.floats(0, 2),
    top_p=st.floats(0.1, 1),
    top_k=st.integers(0, 100),
    max_tokens=st.integers(1, 2**31 - 1),
    stop=steps,
)
provenances = st.builds(
    Provenance, config=text, policy=text, prompt=text, sampling=st.none() | samplings, seed=seeds
)


@st.composite
def solution_rows(draw: st.DrawFn) -> SolutionRow:
    """A solution with its own problem."""
    problem = draw(problems)
    return SolutionRow(
        problem=problem, solution=draw(solutions(problem.id)), provenance=draw(provenances)
    )


given = st.lists(st.builds(GivenSolution, id=text, steps=steps, cut=st.booleans()), max_size=3)
problem_rows = st.builds(
    ProblemRow,
    problem=st.builds(lambda one, some: replace(one, given=tuple(some)), problems, given),
    set_aside=text,
)
node_rows = st.builds(
    NodeRow, problem_id=text, node=st.builds(Node, prefix=prefixes, evidence=evidences)
)
tokens = ids.map(lambda ends: Tokens(ids=ends, ends=ends))
completions = st.builds(
    Completion,
    text=text,
    tokens=st.none() | tokens,
    finish_reason=st.sampled_from(["stop", "length"]),
    seed=seeds,
    prompt_tokens=counts,
    cached_tokens=counts,
    completion_tokens=counts,
    logprob=st.none() | reals,
)
verdicts = st.builds(
    Verdict, outcome=outcomes, extracted=maybe_text, rule=text, stage=text, reason=text
)
rollouts = st.builds(
    Rollout,
    problem_id=text,
    prefix=prefixes,
    sample_index=counts,
    completion=completions,
    verdict=verdicts,
)
