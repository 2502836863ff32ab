"""The training between rounds: a command of the user's, which writes a model into a folder.

It is not run in a shell. In its words are filled in, and stand in its environment as STEPMINT_ROWS
and so on:

    {rows}    the Parquet of SFT rows
    {pairs}   that of preference pairs
    {model}   the folder to write the model to
    {base}    the model to begin from: the recipe's own, in each round, as in STaR
    {round}   the round's number, from 1
    {python}  the Python that runs stepmint
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from policies import AnyPolicy
from schemas import ConfigError, RunError
from schemas.recipe_folder import RecipeFolder
from tasks.files import write_json, writing

_POLICY: TypeAdapter[AnyPolicy] = TypeAdapter(AnyPolicy)
_GRACE_S = 10.0
"""Seconds that a command has to end when it is told to."""
_TAIL = 1_500
"""Characters of its log that a failure shows."""


async def trained(
    made: RecipeFolder, number: int, command: Sequence[str], base: AnyPolicy
) -> AnyPolicy:
    """Have the command learn from a round's rows, once; return the policy of the next round.

    What was written to the folder before a kill is left there: a command may go on from it. Raises
    RunError where it fails or writes nothing, ConfigError where no policy follows from it.
    """
    folder = made.round(number)
    done, model = folder / "trained.json", folder / "model"
    if not done.is_file():
        values = {
            "rows": folder / "sft.parquet",
            "pairs": folder / "pairs.parquet",
            "model": model,
            "base": getattr(base, "model", None) or "",
            "round": number,
            "python": sys.executable,
        }
        words = [_filled(word, values) for word in command]
        with writing(model):
            model.mkdir(exist_ok=True)
            await _run(words, values, folder / "train.log")
        if not any(model.iterdir()):
            raise RunError(
                f"{words[0]} ended well and wrote nothing to {model}: have it write the model, or "
                "a policy.yaml, to {model} or $STEPMINT_MODEL"
            )
        write_json(done, {"command": words, "round": number})
    return policy_of(base, model)


def policy_of(base: AnyPolicy, model: Path) -> AnyPolicy:
    """Return the policy that a training command left in a folder.

    What `policy.yaml` there says, else the base with this folder as its model.
    """
    said = model / "policy.yaml"
    if said.is_file():
        try:
            return _POLICY.validate_python(yaml.safe_load(said.read_text("utf-8")))
        except (ValidationError, ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"{said} is no policy: {error}") from error
    if base.kind not in {"transformers", "vllm"}:
        raise ConfigError(
            f"policy.kind={base.kind} does not load {model}: have the training command write a "
            f"policy.yaml there that says which policy comes next, e.g. the URL that serves it"
        )
    return base.model_copy(update={"model": str(model), "revision": "main"})


def _filled(word: str, values: Mapping[str, Any]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


async def _run(words: Sequence[str], values: Mapping[str, Any], log: Path) -> None:
    """Run a command to its end; its whole group of processes is ended where this is cancelled."""
    more = {f"STEPMINT_{name.upper()}": str(value) for name, value in values.items()}
    with log.open("ab") as file:
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=os.environ | more,
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigError(f"train: {words[0]} cannot be run ({error.strerror})") from error
        try:
            code = await process.wait()
        except BaseException:
            await _ended(process)
            raise
    if code:
        raise RunError(
            f"the training command ended with {code}; {log} says:\n{_tail(log)}\nput it right and "
            "run the same command again: nothing that was sampled is paid twice"
        )


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-_TAIL:].strip()


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a process and what it started: asked first, then killed."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
                return
