import json
from pathlib import Path

import pytest
import yaml

from exporters import AnyExporter
from flows.config import CONFIGS, find_config, load_run, with_overrides
from labelers import PosteriorLabeler
from policies import AnyPolicy, TransformersSettings, VllmSettings
from schemas import ConfigError
from schemas.views import AnyView
from tasks.settings import LabelRun
from tests.registries import kinds
from tests.toy_runs import settings

FORMATS = ", ".join(kinds(AnyExporter, "format"))
VIEWS = ", ".join(kinds(AnyView))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "toy.yaml"
    path.write_text(yaml.safe_dump(settings(tmp_path)))
    return path


def refused(config: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_run(config, overrides)
    return str(caught.value)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_ready_run_loads_and_is_named_after_itself(path: Path) -> None:
    run = load_run(path)
    assert run.name.replace("-", "_") == path.stem


def test_overrides_are_yaml_values_and_apply_in_order(config: Path) -> None:
    run = load_run(config, ["seed=7", "shards.size=9", "seed=8", "sampling.stop=['Q:']"])
    assert (run.seed, run.shards.size, run.sampling.stop) == (8, 9, ("Q:",))


def test_an_override_can_be_read_from_a_file(config: Path, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text("harmless: 0.25\n")
    posterior = ("labeler={kind: posterior}", f"labeler.model=@{tmp_path}/model.yaml")
    run = load_run(config, posterior)
    assert isinstance(run.labeler, PosteriorLabeler)
    assert run.labeler.model.harmless == 0.25
    assert "none.yaml cannot be read" in refused(config, "labeler=@none.yaml")


def test_overrides_leave_what_they_override_alone() -> None:
    values = {"a": {"b": 1}}
    assert with_overrides(values, ["a.b=2", "a.c=3", "d.e=4"]) == {
        "a": {"b": 2, "c": 3},
        "d": {"e": 4},
    }
    assert values == {"a": {"b": 1}}


def test_a_run_comes_back_the_same_from_json(config: Path) -> None:
    run = load_run(config)
    assert type(run).model_validate(run.model_dump(mode="json")) == run


def test_a_kind_set_over_the_keys_of_another_is_told_how_to_replace_them(config: Path) -> None:
    message = refused(config, "labeler.kind=posterior")
    assert message.endswith(
        "its labeler is written for kind math_shepherd: replace all of it with "
        "--set 'labeler={kind: posterior}'"
    )
    for other in ("labeler.num_rolouts=3", "labeler.kind=posterio"):
        assert "is written for" not in refused(config, other)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("policy.kind=vlm", f"policy.kind: 'vlm'; give one of {', '.join(kinds(AnyPolicy))}"),
        ("policy={}", f"policy.kind: missing; give one of {kinds(AnyPolicy)[0]}"),
        ("sampling.temperature=-1", "sampling.temperature: -1: input should be greater than"),
        ("shards.siz=3", "shards.siz: unknown; did you mean size? keys here are size, in_flight"),
        ("labeler.num_rolouts=3", "labeler.num_rolouts: unknown; did you mean num_rollouts?"),
        ("smapling=1", "smapling: unknown; did you mean sampling? keys here are name, output"),
        ("policy.seed=x", "policy.seed: 'x': input should be a valid integer"),
        ("splitter=5", "splitter: 5: write its settings as a mapping"),
        ("exports=[{format: tlr}]", f"exports.0.format: 'tlr'; give one of {FORMATS}"),
        (
            "exports=[{view: {kind: soft}}]",
            "labels of view 'soft' are soft, and this format casts them to 0 or 1: choose a view",
        ),
        ("exports=[{view: {kind: sfot}}]", f"exports.0.view.kind: 'sfot'; give one of {VIEWS}"),
        (
            "exports=[{view: {kind: threshold, above: 0.2}}, {view: {kind: threshold}}]",
            "two exports would lie in the folder trl-threshold: give one of them another `folder`",
        ),
        ("exports=[{veiw: 3}]", "exports.0.veiw: unknown; did you mean view?"),
        ("name=../up", "name: '../up': "),
        ("nothing", "--set nothing: write it as --set key=value"),
        ("=3", "--set =3: write it as --set key=value"),
        ("seed.x=3", "--set seed.x=3: seed is 5, it has no keys"),
        ("sampling.stop=[", "--set sampling.stop=[: '[' is no YAML value"),
    ],
)
def test_a_setting_that_cannot_work_is_named_with_its_value_and_what_would_do(
    override: str, expected: str, config: Path
) -> None:
    message = refused(config, override)
    assert expected in message
    assert "pydantic" not in message


@pytest.mark.parametrize(
    "policy",
    [
        "{kind: openai, urls: 'http://u:s3cret@h'}",
        "{kind: openai, urls: [http://h], api_key_env: s3cret-key}",
        "{kind: vllm, model: m, env: [s3cret]}",
        "{kind: vllm, model: m, extra_args: s3cret}",
    ],
)
def test_where_people_put_secrets_no_message_repeats_the_value(policy: str, config: Path) -> None:
    message = refused(config, f"policy={policy}")
    assert "policy." in message
    assert "s3cret" not in message


def test_all_settings_that_cannot_work_are_named_at_once(config: Path) -> None:
    message = refused(config, "seed=-1", "limit=0", "shards.size=0")
    assert all(f"  {name}: " in message for name in ("seed", "limit", "shards.size"))


@pytest.mark.parametrize("name", ["policy", "source", "labeler"])
def test_data_model_and_labeler_have_no_default_nobody_chose(name: str, tmp_path: Path) -> None:
    values = settings(tmp_path)
    del values[name]
    path = tmp_path / "without.yaml"
    path.write_text(yaml.safe_dump(values))
    assert f"{name}: missing; there is no default, name one" in refused(path)


def minimal(folder: Path, policy: dict[str, object], source: str = "file") -> LabelRun:
    path = folder / "night.yaml"
    sources = {"file": {"kind": "file", "path": "problems.jsonl"}, "synthetic": {"kind": source}}
    values = {"source": sources[source], "policy": policy, "labeler": {"kind": "outcome"}}
    path.write_text(yaml.safe_dump(values))
    return load_run(path)


def test_source_policy_and_labeler_are_a_whole_configuration(tmp_path: Path) -> None:
    run = minimal(tmp_path, {"kind": "openai", "urls": ["http://gpu:8000/v1"]})
    assert (run.name, run.seed, run.prompt) == ("night", 0, "zero-shot")
    assert run.splitter.kind == "blank_line"
    assert run.verification.answer_format.kind == "boxed"


@pytest.mark.parametrize(
    ("policy", "source", "prompt", "splitter", "form"),
    [
        ({"kind": "scripted"}, "file", "synthetic", "newline", "hash"),
        ({"kind": "vllm", "model": "o/M"}, "synthetic", "synthetic", "newline", "hash"),
        (
            *({"kind": "vllm", "model": "Qwen/Qwen2.5-Math-7B-Instruct"}, "file"),
            *("qwen-math", "blank_line", "boxed"),
        ),
        ({"kind": "vllm", "model": "BASE"}, "file", "zero-shot-text", "newline", "auto"),
        ({"kind": "vllm", "model": "CHAT"}, "file", "zero-shot", "blank_line", "boxed"),
    ],
)
def test_prompt_splitter_and_answer_format_follow_the_policy_where_nobody_names_them(
    policy: dict[str, object], source: str, prompt: str, splitter: str, form: str, tmp_path: Path
) -> None:
    for name, template in (("BASE", {}), ("CHAT", {"chat_template": "{{ messages }}"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tokenizer_config.json").write_text(json.dumps(template))
    if policy.get("model") in {"BASE", "CHAT"}:
        policy = policy | {"model": str(tmp_path / str(policy["model"]))}
    run = minimal(tmp_path, policy, source)
    found = (run.prompt, run.splitter.kind, run.verification.answer_format.kind)
    assert found == (prompt, splitter, form)


def test_what_is_named_stays_though_another_would_fit(config: Path) -> None:
    chosen = ("prompt=zero-shot", "splitter={kind: sentence}", "verification.answer_format=auto")
    run = load_run(config, chosen)
    found = (run.prompt, run.splitter.kind, run.verification.answer_format.kind)
    assert found == ("zero-shot", "sentence", "auto")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: [", "is not valid YAML"),
        (b"- 1", "holds no mapping"),
        (b"", "holds no mapping"),
        (b"a: \xff\xfe", "cannot be read as UTF-8"),
    ],
)
def test_a_file_that_is_no_configuration_is_named(
    content: bytes, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    message = refused(path)
    assert expected in message
    assert "bad.yaml" in message


def test_a_configuration_is_found_by_its_name_in_configs() -> None:
    assert find_config("demo") == CONFIGS / "demo.yaml"
    with pytest.raises(ConfigError, match=r"nope is no configuration: .*demo"):
        find_config("nope")


def test_a_model_of_the_checkout_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    policy = load_run(find_config("demo")).policy
    assert isinstance(policy, TransformersSettings)
    assert (Path(policy.model) / "config.json").is_file()


def test_a_model_named_as_on_a_hub_stays_as_it_is_written(config: Path) -> None:
    override = "policy={kind: vllm, model: Qwen/Qwen2.5-Math-7B-Instruct}"
    policy = load_run(config, [override]).policy
    assert isinstance(policy, VllmSettings)
    assert policy.model == "Qwen/Qwen2.5-Math-7B-Instruct"
