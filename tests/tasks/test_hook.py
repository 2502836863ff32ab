"""The training command between rounds: ended with the recipe, and what it leaves is a policy."""

import asyncio
import sys
from pathlib import Path

import pytest

from policies import OpenAISettings, ScriptedSettings, TransformersSettings
from schemas import ConfigError
from schemas.recipe_folder import RecipeFolder
from tasks.recipes.hook import policy_of, trained
from tests.waiting import until, until_gone

SLEEPS = (
    "import os,subprocess,sys,time;"
    "child=subprocess.Popen([sys.executable,'-c','import time; time.sleep(600)']);"
    "open(os.environ['STEPMINT_MODEL']+'/pids','w').write(f'{os.getpid()} {child.pid}\\n');"
    "time.sleep(600)"
)


def test_a_command_and_what_it_started_end_with_the_recipe(tmp_path: Path) -> None:
    made = RecipeFolder(tmp_path)
    made.round(1).mkdir()
    pids = made.round(1) / "model" / "pids"

    async def stopped() -> list[int]:
        work = asyncio.create_task(
            trained(made, 1, [sys.executable, "-c", SLEEPS], ScriptedSettings())
        )
        await asyncio.to_thread(until, lambda: pids.is_file() and pids.read_text().endswith("\n"))
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        return [int(pid) for pid in pids.read_text().split()]

    until_gone(asyncio.run(stopped()))
    assert not (made.round(1) / "trained.json").exists()


def test_the_next_policy_is_the_same_backend_with_the_folder_as_its_model(tmp_path: Path) -> None:
    base = TransformersSettings(model="org/base", revision="v2", device="cpu")
    after = policy_of(base, tmp_path)
    assert after == TransformersSettings(model=str(tmp_path), device="cpu")


def test_a_policy_file_in_the_folder_names_the_next_policy(tmp_path: Path) -> None:
    base = OpenAISettings(urls=("http://gpu1:8000",))
    with pytest.raises(ConfigError, match=r"have the training command write a policy\.yaml"):
        policy_of(base, tmp_path)
    (tmp_path / "policy.yaml").write_text("kind: openai\nurls: [http://gpu2:8000]\n")
    assert policy_of(base, tmp_path) == OpenAISettings(urls=("http://gpu2:8000",))
    (tmp_path / "policy.yaml").write_text("kind: nothing\n")
    with pytest.raises(ConfigError, match="is no policy"):
        policy_of(base, tmp_path)
