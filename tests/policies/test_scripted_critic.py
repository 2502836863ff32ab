"""The critic of sums: right where it does not err, and as wrong as it is told to be."""

from policies.scripted_critic import ScriptedCriticSettings
from rollouts.critiquing import critique_prompt, judgement, load_critique_template
from schemas import ROOT, CompletionRequest, Problem, Sampling

PROBLEM = Problem(id="p", source="s", question="Add up.", answer="9")
STEPS = ("2 + 3 = 5\n", "5 * 2 = 10, so\n10 - 1 = 8\n", "#### 8")


def errors(
    critic: ScriptedCriticSettings, temperature: float, count: int = 200
) -> list[int | None]:
    request = CompletionRequest(
        prompt=critique_prompt(load_critique_template("critique"), PROBLEM, STEPS),
        prefix=ROOT,
        sampling=Sampling(temperature=temperature),
        seeds=tuple(range(count)),
    )
    replies = [critic.write(request, seed) for seed in request.seeds]
    return [judgement(reply, len(STEPS)).first_error for reply in replies]


def test_it_finds_the_first_false_sum_and_errs_as_told() -> None:
    assert set(errors(ScriptedCriticSettings(error=0.4), temperature=0)) == {1}
    found = errors(ScriptedCriticSettings(error=0.2), temperature=1)
    assert 0.5 < found.count(1) / len(found) < 0.8  # 0.8 * 0.8 = 0.64
    assert found.count(0) > 20


def test_babble_cannot_be_read() -> None:
    found = errors(ScriptedCriticSettings(error=0, babble=0.5), temperature=1)
    assert set(found) == {1, None}
