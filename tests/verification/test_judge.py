"""The verifier of a run: five outcomes, a memo, a free event loop, pre-flight of golds."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import anyio
import pytest
from pydantic import ValidationError

from schemas import Outcome, Verdict
from verification import VerificationSettings
from verification.cascade import Cascade
from verification.comparing.equivalence import Decision
from verification.guarded.messages import Stage
from verification.judge import Judge
from verification.seam import Verifier

T = TypeVar("T")

NEEDS_SYMPY = (r"\int_0^1 x^2\,dx + 1", r"\boxed{\int_0^1 t^2\,dt + \int_0^1 1\,dt}")


@pytest.fixture(scope="module")
def cascade() -> Iterator[Cascade]:
    cascade = VerificationSettings(answer_format="boxed", workers=1).cascade()
    yield cascade
    cascade.close()


def run(
    question: Callable[[Judge], Awaitable[T]], settings: VerificationSettings | None = None
) -> T:
    """Run an async question against an open verifier."""

    async def main() -> T:
        settings_ = settings or VerificationSettings(answer_format="boxed", workers=1)
        async with settings_.open() as verifier:
            return await question(verifier)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "finished", "outcome"),
    [
        (r"so \boxed{0.5}", True, Outcome.CORRECT),
        (r"so \boxed{0.5} and th", False, Outcome.CORRECT),
        (r"so \boxed{0.6}", True, Outcome.INCORRECT),
        ("it is 0.5", True, Outcome.NO_ANSWER),
        ("it is 0.5 as", False, Outcome.TRUNCATED),
        (r"so \boxed{\wp(1)}", True, Outcome.UNDECIDED),
    ],
)
def test_a_verdict_has_one_of_five_outcomes(
    cascade: Cascade, text: str, finished: bool, outcome: Outcome
) -> None:
    assert cascade.judge(r"\frac12", text, finished=finished).outcome is outcome


def test_a_verdict_tells_how_it_came_about(cascade: Cascade) -> None:
    verdict = cascade.judge("1/2", r"\boxed{\dfrac{2}{4}}")
    assert (verdict.extracted, verdict.rule) == (r"\dfrac{2}{4}", "boxed")
    assert verdict.stage
    assert verdict.reason


def test_the_async_verifier_keeps_the_seam() -> None:
    async def question(verifier: Verifier) -> Verdict:
        return await verifier.judge("2", r"\boxed{2}", finished=True)

    assert run(question).outcome is Outcome.CORRECT


def test_equal_questions_are_decided_once(cascade: Cascade) -> None:
    before = cascade.memo_hits
    verdicts = {cascade.judge("77", r"\boxed{77.0}") for _ in range(5)}
    assert len(verdicts) == 1
    assert cascade.memo_hits == before + 4


def test_the_memo_is_bounded() -> None:
    cascade = VerificationSettings(memo_entries=2).cascade()
    for n in range(10):
        cascade.judge("1", f"{n}")
    cascade.judge("1", "9")
    assert cascade.memo_hits == 1
    assert len(cascade._memo) == 2
    cascade.close()


def test_answers_that_are_all_numbers_start_no_process() -> None:
    cascade = VerificationSettings().cascade()
    for n in range(100):
        cascade.judge("18", f"#### {n}")
    assert cascade._pool.processes() == []
    cascade.close()


def test_tasks_that_ask_the_same_hard_question_share_its_reply(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def question(verifier: Judge) -> Any:
        ask = verifier._cascade._pool.ask

        def counted(gold: str, answer: str, stages: tuple[Stage, ...]) -> Decision:
            asked.append(answer)
            return ask(gold, answer, stages)

        monkeypatch.setattr(verifier._cascade._pool, "ask", counted)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(verifier.judge(*NEEDS_SYMPY, finished=True)) for _ in range(20)
            ]
        return {task.result() for task in tasks}

    assert len(run(question)) == 1
    assert len(asked) == 1


def test_the_event_loop_runs_on_while_a_worker_thinks() -> None:
    async def question(verifier: Judge) -> Any:
        beats = 0
        done = anyio.Event()

        async def beat() -> None:
            nonlocal beats
            while not done.is_set():
                beats += 1
                await anyio.sleep(0.01)

        async with anyio.create_task_group() as group:
            group.start_soon(beat)
            slow = r"\boxed{\int_0^{\infty} \frac{\sin(x^x)}{x^x+1}\,dx}"
            verdict = await verifier.judge("5", slow, finished=True)
            done.set()
        return verdict, beats

    settings = VerificationSettings(answer_format="boxed", workers=1, cpu_seconds=0.5)
    verdict, beats = run(question, settings)
    assert verdict.outcome is Outcome.UNDECIDED
    assert beats > 20


@pytest.mark.slow
def test_a_verifier_works_from_several_threads_with_loops_of_their_own() -> None:
    found = []

    async def question(verifier: Judge) -> Any:
        return (await verifier.judge(*NEEDS_SYMPY, finished=True)).outcome

    threads = [threading.Thread(target=lambda: found.append(run(question))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 3


def test_a_large_answer_is_compared_in_a_worker_with_the_same_verdict(cascade: Cascade) -> None:
    gold = "+".join(f"{n}x^{{{n}}}" for n in range(1, 60))
    text = rf"\boxed{{{'+'.join(f'x^{{{n}}}*{n}' for n in range(59, 0, -1))}}}"

    async def question(verifier: Judge) -> Any:
        return await verifier.judge(gold, text, finished=True)

    verdict = run(question)
    assert verdict.stage == cascade.judge(gold, text).stage
    assert verdict.outcome is cascade.judge(gold, text).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    "gold",
    ["18", r"\frac{\pi}{4}", "(1,2]", r"\text{Evelyn}", "x^2+1", "3/4", "They are the same."],
)
def test_a_gold_that_can_be_judged_against_passes_preflight(cascade: Cascade, gold: str) -> None:
    assert cascade.preflight(gold) is None


@pytest.mark.parametrize(
    "gold", ["", "  ", r"\frac{1}{", "1, 2, \\ldots, ?", "Eight pieces of each kind of pie."]
)
def test_a_gold_that_cannot_be_judged_against_is_named_with_the_reason(gold: str) -> None:
    async def question(verifier: Judge) -> Any:
        return await verifier.preflight(gold)

    assert "gold" in run(question)


def test_stages_are_counted_for_reports() -> None:
    cascade = VerificationSettings(answer_format="hash").cascade()
    cascade.judge("18", "#### 18")
    cascade.judge("18", "#### 18.0")
    cascade.judge("18", "no")
    assert sum(cascade.stages.values()) == 3
    assert cascade.stages["extraction"] == 1
    cascade.close()


def test_settings_name_what_is_wrong_with_them() -> None:
    with pytest.raises(ValidationError, match="memory_mb"):
        VerificationSettings(memory_mb=1)
    with pytest.raises(ValidationError, match="extra"):
        VerificationSettings.model_validate({"timeout": 3})


def test_settings_survive_json() -> None:
    settings = VerificationSettings(answer_format={"kind": "tags", "tag": "final"})
    assert VerificationSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.slow
def test_math_verify_can_have_the_last_word() -> None:
    pytest.importorskip("math_verify")
    settings = VerificationSettings(answer_format="boxed", math_verify=True, cpu_seconds=10)

    async def question(verifier: Judge) -> Any:
        return await verifier.judge(r"x \oplus y", r"\boxed{y \oplus x}", finished=True)

    assert run(question, settings).stage == "math_verify"
