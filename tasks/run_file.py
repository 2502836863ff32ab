"""`run.json`: what a run is, what made it, and how far it came; and the lock that guards it."""

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from shlex import quote
from typing import Any

from pydantic import ValidationError

from exporters.folders import placed, viewed
from rollouts import has_records, load_template
from rollouts.segmenter import Segmenter
from schemas import ConfigError, RunError
from schemas.arrow import SCHEMA_VERSION
from schemas.record_folder import Record, read_json
from schemas.run_folder import RunFolder
from tasks import locks
from tasks.failures import told
from tasks.files import write_json, writing
from tasks.locks import holding
from tasks.records import Total
from tasks.reuse import refuse_unfit
from tasks.settings import LabelRun
from verification import VerificationSettings

_PACKAGES = (
    "stepmint", "datasets", "numpy", "prefect", "pyarrow", "pydantic", "sympy", "tokenizers",
    "torch", "transformers", "vllm",
)  # fmt: skip
_READ_ANEW = ("verification.", "labeler.", "splitter.")
"""Settings that say what is made of completions, not which are asked for."""
_CHECKOUT = Path(__file__).resolve().parent.parent


def prompt_version(run: LabelRun) -> str:
    """Return the prompt template's name and the digest of its content."""
    return load_template(run.prompt).version


def shaping(run: LabelRun) -> dict[str, Any]:
    """Return what in the configuration shapes rows, prompt templates by their content."""
    return _with_prompts(run.shaping(), _prompts(run))


def _prompts(run: LabelRun) -> dict[str, str | None]:
    """Return the versions of the prompt templates; None of a segmenter's where there is none."""
    own = run.splitter.prompt if isinstance(run.splitter, Segmenter) else None
    return {
        "prompt": prompt_version(run),
        "splitter_prompt": own and load_template(own).version,
    }


def _with_prompts(values: dict[str, Any], versions: Mapping[str, Any]) -> dict[str, Any]:
    """Return shaping values with templates by their versions, as `_prompts` or a record has them.

    Runs from before there were segmenters say nothing of theirs.
    """
    values = values | {"prompt": versions["prompt"]}
    if version := versions.get("splitter_prompt"):
        values["splitter"]["prompt"] = version
    return values


def config_digest(run: LabelRun) -> str:
    """Return 16 hex digits that equal runs share: what their rows name as `config`."""
    text = json.dumps(shaping(run), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check(run: LabelRun) -> None:
    """Create a run's folder, or raise what `opened` would raise of an existing one."""
    _check_fit(run)
    with writing(run.folder):
        RunFolder(run.folder).refuse_links()
        _claim(run.folder)
        if RunFolder(run.folder).run_json.exists():
            _changes(run)
            for exporter in run.exports:  # at the run's end would be too late
                placed(RunFolder(run.folder), viewed(exporter, run.labeler.concludes))


def standing(run: LabelRun) -> str:
    """Say what is in a run's folder, changing nothing; raises what `check` would raise."""
    _check_fit(run)
    folder = RunFolder(run.folder)
    if not folder.run_json.exists():
        _refuse_strangers(run.folder)
        return f"{run.folder} is new"
    changed = _changes(run)
    record, shards = read(run.folder), len(list(folder.markers.glob("*.json")))
    state = (
        "nothing sampled under this configuration yet" if changed else f"{shards} shards committed"
    )
    return f"{run.folder}: {record.get('status', 'unknown')}, {state}; the run goes on from there"


def _check_fit(run: LabelRun) -> None:
    """Raise ConfigError where prompts, verifier and reused runs do not fit each other."""
    _prompts(run)  # each can be read
    _check_answer_format(run)
    refuse_unfit(run, prompt=prompt_version(run))


def _check_answer_format(run: LabelRun) -> None:
    """Raise ConfigError where answers are not read in the form that the prompt asks for."""
    asked = load_template(run.prompt).answer_format
    wanted = VerificationSettings.model_validate({"answer_format": asked}).answer_format.kind
    read_as = run.verification.answer_format.kind
    if "auto" not in {asked, read_as} and read_as != wanted:
        raise ConfigError(
            f"prompt {run.prompt!r} asks for answers in the form {asked!r}, but "
            f"verification.answer_format is {read_as!r}: "
            f"--set verification.answer_format={asked} (or auto), or take another prompt"
        )


@contextmanager
def opened(run: LabelRun, *, done: Callable[[], str] = lambda: "finished") -> Iterator[None]:
    """Hold a run's folder: create or check it, lock it, and keep its status in `run.json`.

    `done` tells the status after a session that ended well. While nothing has been sampled yet the
    run may be given another configuration; it then begins anew. While nothing is committed, what is
    sampled may be judged, cut and labelled in another way: the journals stay.

    Raises ConfigError where prompt and verifier do not fit, RunError where the folder holds
    something else, samples of another configuration, or a run that another process is working on.
    """
    folder = run.folder
    check(run)
    with writing(folder), holding(folder, RunFolder(folder).lock):
        record = _resumed(run) if RunFolder(folder).run_json.exists() else _born(run)
        update(folder, record | {"status": "running", "error": None})
        try:
            yield
        except BaseException as error:
            status = "failed" if isinstance(error, Exception) else "interrupted"
            with suppress(RunError):  # a full disk must not hide what went wrong
                why = told(error) if status == "failed" else None
                update(folder, {"status": status, "ended": now(), "error": why})
            raise
        update(folder, {"status": done(), "ended": now()})


def read(folder: Path) -> dict[str, Any]:
    """Return `run.json`; raise RunError where it is damaged."""
    remedy = "restore it, or choose another name with --set name=NAME"
    return read_json(RunFolder(folder).run_json, Record, remedy=remedy)


def update(folder: Path, changes: Mapping[str, Any]) -> None:
    """Change some keys of `run.json` in one atomic rename."""
    path = RunFolder(folder).run_json
    record = read(folder) if path.exists() else {}
    write_json(path, record | dict(changes), mode=0o600)  # it tells which servers and programs


def conclusion(total: Total, *, left: int) -> dict[str, Any]:
    """Return what `run.json` says of its committed shards; `left` problems are not in them."""
    counts = total.counts
    costs = ("prompt_tokens", "cached_tokens", "completion_tokens", "text_prefixes")
    if_any = ("scored", "scored_tokens", "segmented", "segment_tokens", "unsegmented")
    values = asdict(counts)
    return {
        "policy": ", ".join(sorted(total.policies)),
        "shards": total.shards,
        "left": left,
        "counts": {name: n for name, n in values.items() if name not in (*costs, *if_any)},
        "costs": {"rollouts": counts.rollouts}
        | {name: values[name] for name in costs}
        | {name: values[name] for name in if_any if values[name]}
        | ({"reused": dict(total.reused), "paid": asdict(total.paid)} if total.reused else {}),
    }


def _claim(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_strangers(folder)


def _refuse_strangers(folder: Path) -> None:
    """Raise RunError where a folder that is no run's holds anything."""
    run = RunFolder(folder)
    # A kill in the very first write leaves `run.json.partial`.
    ours = {run.lock.name, f"{run.run_json.name}.partial"}
    there = folder.iterdir() if folder.exists() else ()
    strangers = sorted({path.name for path in there} - ours)
    if strangers and not run.run_json.exists():
        raise RunError(
            f"{folder} is no run's folder, it holds {', '.join(strangers[:3])}: "
            "choose another name with --set name=NAME"
        )


def _born(run: LabelRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "status": "running",
        "schema_version": SCHEMA_VERSION,
        "seed": run.seed,
        "config_digest": config_digest(run),
        "config": run.model_dump(mode="json"),
        **_prompts(run),
        "segmenter": None,  # until one is opened
        "concludes": run.labeler.concludes,
        "started": now(),
        **environment(),
    }


def _resumed(run: LabelRun) -> dict[str, Any]:
    if _changes(run):
        _forget_staged(run.folder)
        return _born(run)
    changed = {"config": run.model_dump(mode="json"), "concludes": run.labeler.concludes}
    return read(run.folder) | changed | environment()


def _changes(run: LabelRun) -> bool:
    """Return whether a run's configuration changed; RunError where what is there forbids it."""
    record = read(run.folder)
    try:
        before = _with_prompts(LabelRun.model_validate(record["config"]).shaping(), record)
    except (KeyError, ValidationError) as error:
        if not _sampled(run.folder):
            return True
        raise RunError(
            f"{run.folder} holds a run that this stepmint cannot read: "
            "choose another name with --set name=NAME"
        ) from error
    changes = list(differences(before, shaping(run)))
    if changes and _sampled(run.folder) and not _only_read_anew(run.folder, changes):
        raise RunError(
            f"{run.folder} holds samples of another configuration:\n"
            + "\n".join(f"  {change}" for change in changes)
            + "\nresume with the old values, put this run aside with --fresh, or choose another "
            f"name with --set name=NAME; --set reuse={quote(str(run.folder))} then takes the "
            "rollouts that fit from here"
        )
    return bool(changes)


def _only_read_anew(folder: Path, changes: Sequence[str]) -> bool:
    """Tell whether nothing is committed, and the same samples would be taken of the same shards."""
    read_anew = all(change.startswith(_READ_ANEW) for change in changes)
    return read_anew and not any(RunFolder(folder).markers.glob("*.json"))


def _sampled(folder: Path) -> bool:
    """Return whether a run holds anything that a policy was asked for."""
    run = RunFolder(folder)
    committed = any(run.markers.glob("*.json"))
    return committed or any(map(has_records, run.journals.glob("*.journal")))


def _forget_staged(folder: Path) -> None:
    """Remove the problems that are staged; the journals too where they hold nothing."""
    run = RunFolder(folder)
    for path in (run.staging, *(() if _sampled(folder) else (run.journals,))):
        shutil.rmtree(path, ignore_errors=True)


def put_aside(run: LabelRun) -> Path | None:
    """Give a run's folder another name, so that the run begins anew; return it, None: no run there.

    Raises RunError where another process is working on it.
    """
    folder = RunFolder(run.folder)
    if not folder.run_json.exists():
        return None
    return locks.put_aside(folder.path, folder.lock)


def differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield how two configurations differ, a line for each setting."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            inner = f"{path}.{key}" if path else key
            yield from differences(before.get(key), now.get(key), inner)
    elif before != now:
        yield f"{path}: was {json.dumps(before)}, now {json.dumps(now)}"


def environment() -> dict[str, Any]:
    """Return what `run.json` says of the software that works on a run."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {"versions": versions, "git": _git()}


def _git() -> dict[str, Any] | None:
    """Return the checkout's revision and whether it was changed since; None where unknown."""
    try:
        revision = _output_of("git", "rev-parse", "HEAD").strip()
        dirty = bool(_output_of("git", "status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.SubprocessError):
        return None
    return {"revision": revision, "dirty": dirty}


def _output_of(*command: str) -> str:
    return subprocess.run(
        command, cwd=_CHECKOUT, capture_output=True, text=True, check=True, timeout=10
    ).stdout


def now() -> str:
    """Return the time as `run.json` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
