"""`stepmint recipe`: what it says, and the configurations that are ready for it."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from flows.recipes import READY, find_recipe, load_recipe, recipe_here
from schemas import ConfigError
from schemas.recipe_rows import PRODUCTS, product_schema
from tests.runs import sums_run
from tests.tasks.recipes import sums
from tests.tasks.test_star import LEARN

TO_NAME = {
    "votes": ["run=output/demo"],
    "active_selection": ["run=output/demo", "prm.model=output/prm/model"],
}
"""What configurations leave to whoever uses them."""


def told(config: Path | str, *overrides: str) -> tuple[str, str]:
    """What the command prints, and what it says meanwhile."""
    page, log = io.StringIO(), io.StringIO()
    out, err = (Console(file=file, width=120) for file in (page, log))
    recipe_here(str(config), out, err, overrides=overrides, resume="stepmint again")
    return page.getvalue(), log.getvalue()


def config(folder: Path, **changes: object) -> Path:
    path = folder / "mine.yaml"
    values = {
        "kind": "star",
        "output": str(folder / "output"),
        "source": {"kind": "file", "path": str(sums(folder, 8))},
        "policy": {"kind": "scripted", "error": 0.3},
        "sampling": {"temperature": 1.0},
    }
    path.write_text(json.dumps(values | changes))
    return path


def test_it_says_what_each_round_came_to_and_where_the_rows_are(tmp_path: Path) -> None:
    held_out = {"kind": "file", "path": str(sums(tmp_path, 9, name="held", start=50))}
    page, log = told(config(tmp_path, rounds=2, train=LEARN, held_out=held_out))
    assert "held out solved" in page
    assert "round-2/sft.parquet" in page.replace("\n", "")
    assert "completions sampled" in log
    _, again = told(config(tmp_path, rounds=2, train=LEARN, held_out=held_out))
    assert "0 completions sampled" in again


def test_votes_of_a_run_need_nothing_but_the_run(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "run", count=6)
    page, _ = told("votes", f"run={run}", f"output={tmp_path / 'output'}")
    assert "majority correct" in page
    assert "votes/votes.parquet" in page.replace("\n", "")


def test_a_budget_that_is_over_is_told_with_the_command_that_goes_on(tmp_path: Path) -> None:
    page, _ = told(config(tmp_path), "budget.rollouts=5")
    assert "budget reached: 5 of 5 rollouts" in page
    assert "Go on with: stepmint again" in page


def test_a_mistake_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"smaples: unknown; did you mean samples\?"):
        told(config(tmp_path), "smaples=3")
    with pytest.raises(ConfigError, match=r"kind: 'sta'; give one of star, v_star, self_cons"):
        told(config(tmp_path), "kind=sta")
    with pytest.raises(ConfigError, match="give the path of a YAML file, or one of"):
        find_recipe("nothing")
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("path", sorted(READY.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_ready_configurations_can_be_read(path: Path) -> None:
    recipe = load_recipe(path, [*TO_NAME.get(path.stem, ()), "budget.tokens=1e6"])
    assert recipe.name == path.stem
    assert recipe.shaping()


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("chat", [False, True])
def test_each_product_declares_its_columns_for_datasets(product: str, chat: bool) -> None:
    schema = product_schema(product, chat=chat)  # type: ignore[arg-type]
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == schema.names


@pytest.mark.slow
def test_the_demo_policy_learns_from_what_it_solved(tmp_path: Path) -> None:
    page, _ = told(
        "star_demo",
        f"output={tmp_path}",
        "source.count=12",
        "held_out.count=6",
        "samples=2",
    )
    assert "held out solved" in page
    assert (tmp_path / "star_demo/round-1/model/model.safetensors").is_file()
