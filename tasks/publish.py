"""A run's committed tables and exports become a dataset on a hub, with its card."""

import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas import ExportError
from schemas.run_folder import RunFolder
from tasks.commits import check_shards
from tasks.dataset_card import card_of
from tasks.files import writing
from tasks.hubs import Address, Hub, HubError, HubUnavailableError, LocalFile, open_hub
from tasks.published import OURS, RECORD, identity, public_record, published_files
from tasks.secret_scan import Finding, SecretScan

_CARD = "README.md"
_MADE_BY_HUBS = frozenset(
    {_CARD, ".gitattributes", ".gitignore", "configuration.json", "dataset_infos.json"}
)
"""What a repository may hold that nobody has put anything into."""
_TAG = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,98}[\w-])?", re.ASCII)
_VERSION = re.compile(r"v([1-9]\d{0,8})")
_PAUSES_S = (2.0, 10.0, 30.0)
"""Before a publication that a hub's trouble broke off is taken up again; the clients have tried
some of their requests several times by then."""
_LONGEST_PAUSE_S = 300.0
_SHOWN_FINDINGS = 10
_SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a run is published."""

    private: bool = True
    license: str = "other"
    """The dataset's, as hubs spell it."""
    tag: str | None = None
    """What this version is called; None: `v1`, `v2`, and so on, one more with each change."""
    replace: bool = False
    """Write over the publication of another run, or into a repository with other content."""
    accept_secrets: bool = False
    """Publish what looks like a secret, too."""
    known: str | None = None
    """Known first errors that the card compares the labels with: `oracle`, or a file of marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a publication holds, and what it changed, or would change."""

    url: str
    """Where it lies; empty for a dry run that did not ask the hub."""
    files: Mapping[str, int]
    """Path in the repository to size in bytes, the card included."""
    card: str
    written: tuple[str, ...]
    """Files that were new or different; none where nothing had changed."""
    deleted: tuple[str, ...]
    """Files of an earlier publication that this run does not have."""
    unlabelled: int
    """Problems of the run that are not labelled yet."""
    tag: str
    """What this version is called; empty for a dry run that did not ask the hub."""
    new_tag: bool = False
    """Whether the tag was made, or would be."""
    unasked: str = ""
    """Why a dry run did not compare with what the hub has; empty where it did."""
    secrets: tuple[Finding, ...] = ()
    """What looks like a secret: of a dry run, which goes on, or where it is accepted."""


def publish_run(
    run_dir: Path, to: str, terms: Terms | None = None, *, dry_run: bool = False
) -> Publication:
    """Publish a run's committed shards and exports to `hf:org/name` or `ms:org/name`.

    Commits nothing where nothing has changed; what a kill or the network broke off is taken up
    where it was. A dry run sends nothing; where it has a token it asks the hub what is there.
    Raises RunError for a folder that is no run or whose files were changed, ExportError where the
    hub cannot be published to or a file holds what looks like a secret.
    """
    terms = terms or Terms()
    run, address = RunFolder(run_dir), Address.parse(to)
    if terms.tag is not None and not _TAG.fullmatch(terms.tag):
        raise ExportError(f"--tag {terms.tag}: give letters, digits, `_`, `.` and `-`, e.g. v1.0")
    check_shards(run_dir)
    scratch = "set TMPDIR to a folder with room"
    with (
        writing(Path("the temporary folder"), elsewhere=scratch),
        tempfile.TemporaryDirectory(prefix="stepmint-publish-") as folder,
    ):
        found = published_files(run, Path(folder))
        card = card_of(run, address, license=terms.license, known=terms.known)
        found[_CARD] = Path(folder) / _CARD
        found[_CARD].write_text(card, encoding="utf-8")
        files = {path: LocalFile(file) for path, file in found.items()}
        new = _planned if dry_run else _published
        return new(run, files, card, address, terms)


def _planned(
    run: RunFolder, files: Mapping[str, LocalFile], card: str, address: Address, terms: Terms
) -> Publication:
    """Return what publishing would do, as far as the hub says what is there."""
    try:
        hub = open_hub(address)
        change, unasked = _change(hub, hub.files(), run, files, terms), ""
    except HubUnavailableError as error:
        change, unasked = None, str(error)
    except HubError:
        raise  # publishing would fail like that, too
    except ExportError as error:
        change, unasked = None, str(error)
    sent = change.written if change else {path: file.path for path, file in files.items()}
    return Publication(
        url=hub.url if change else "",
        files=_sizes(files),
        card=card,
        written=tuple(sorted(change.written)) if change else (),
        deleted=change.deleted if change else (),
        unlabelled=run.unlabelled,
        tag=change.tag if change else terms.tag or "",
        new_tag=change.new_tag if change else False,
        unasked=unasked,
        secrets=_secrets(sent),
    )


def _published(
    run: RunFolder, files: Mapping[str, LocalFile], card: str, address: Address, terms: Terms
) -> Publication:
    hub = open_hub(address)
    done = _Done()
    _patiently(lambda: _publish(hub, run, files, terms, done), done)
    return Publication(
        url=hub.url,
        files=_sizes(files),
        card=card,
        written=tuple(sorted(done.written)),
        deleted=tuple(sorted(done.deleted)),
        unlabelled=run.unlabelled,
        tag=done.tag,
        new_tag=done.new_tag,
        secrets=tuple(done.secrets),
    )


class _Done:
    """What the attempts of one publication did together."""

    def __init__(self) -> None:
        self.reached = False
        self.written: set[str] = set()
        self.deleted: set[str] = set()
        self.tag = ""
        self.new_tag = False
        self.secrets: set[Finding] = set()


def _publish(
    hub: Hub, run: RunFolder, files: Mapping[str, LocalFile], terms: Terms, done: _Done
) -> None:
    """Make the repository hold these files under a tag; what is there already is left as it is."""
    there = hub.files()
    done.reached = True
    change = _change(hub, there, run, files, terms)
    found = _secrets(change.written)
    if found and not terms.accept_secrets:
        raise ExportError(_refusal(found))
    done.secrets.update(found)
    if change.new:
        hub.create(private=terms.private)
    if change.written or change.deleted:
        message = _message(run, change)
        done.written.update(change.written)
        done.deleted.update(change.deleted)
        hub.commit(change.written, delete=change.deleted, message=message)
    done.tag, done.new_tag = change.tag, done.new_tag or change.new_tag
    if change.new_tag:
        hub.tag(change.tag, f"The run {run.name}")


def _patiently(attempt: Callable[[], None], done: _Done) -> None:
    """Try again, a few times, where a hub gets out of reach or order; each attempt goes on anew.

    Not where it was never reached: who is offline wants to know at once.
    """
    for pause in _PAUSES_S:
        try:
            return attempt()
        except HubUnavailableError as error:
            if not done.reached:
                raise
            time.sleep(min(max(pause, error.after_s), _LONGEST_PAUSE_S))
    return attempt()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What makes of the repository what it should be."""

    new: bool
    """There is no repository yet."""
    written: Mapping[str, Path]
    deleted: tuple[str, ...]
    there: frozenset[str]
    tag: str
    new_tag: bool


def _change(
    hub: Hub,
    found: Mapping[str, str] | None,
    run: RunFolder,
    files: Mapping[str, LocalFile],
    terms: Terms,
) -> _Change:
    """Compare with what was found in the repository, None: there is none.

    Raises HubError where it is somebody else's, or not private.
    """
    there = found or {}
    written, deleted = _difference(files, there)
    if found is not None:
        _refuse_public(hub, terms)
        if not terms.replace:
            _refuse_others(hub, run, there, written)
    tag, new_tag = _tag(hub, files, terms) if found is not None else (terms.tag or "v1", True)
    return _Change(
        new=found is None,
        written=written,
        deleted=deleted,
        there=frozenset(there),
        tag=tag,
        new_tag=new_tag,
    )


def _difference(
    files: Mapping[str, LocalFile], there: Mapping[str, str]
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return what would have to be written and deleted for a state to hold these files."""
    changed = {path: file.path for path, file in files.items() if not file.has(there.get(path, ""))}
    gone = tuple(sorted(path for path in there if path.startswith(OURS) and path not in files))
    return changed, gone


def _refuse_public(hub: Hub, terms: Terms) -> None:
    if terms.private and hub.is_private() is False:
        raise HubError(
            f"{hub.url} is public, and this would let everyone read the run: say so with --public, "
            "or make it private in its settings there"
        )


def _refuse_others(
    hub: Hub, run: RunFolder, there: Mapping[str, str], written: Mapping[str, Path]
) -> None:
    """Raise HubError for a repository that another run, or somebody, has put something into."""
    remedy = "choose another name, or write into it all the same with --replace"
    if RECORD in there:
        theirs = _read(hub)
        if identity(theirs) != identity(public_record(run)):
            raise HubError(
                f"{hub.url} holds another run, {theirs.get('name')!r} of configuration "
                f"{theirs.get('config_digest')}: {remedy}; what is there of it is then deleted"
            )
        return
    # Without its record it may be ours, broken off: then all that is there is what we would write.
    others = sorted(
        path
        for path in there
        if path not in _MADE_BY_HUBS and (path in written or not path.startswith(OURS))
    )
    if others:
        raise HubError(f"{hub.url} holds what is none of this run's ({_first(others)}): {remedy}")


def _read(hub: Hub) -> dict[str, Any]:
    try:
        return dict(json.loads(hub.read(RECORD)))
    except (ValueError, TypeError):
        return {}


def _tag(hub: Hub, files: Mapping[str, LocalFile], terms: Terms) -> tuple[str, bool]:
    """Return what this version is called, and whether nothing is called so yet."""
    tags = hub.tags()
    if terms.tag is not None:
        if terms.tag in tags and not _holds(hub, terms.tag, files):
            raise HubError(
                f"--tag {terms.tag}: {hub.url} calls another version so: choose another tag"
            )
        return terms.tag, terms.tag not in tags
    last = max((int(match[1]) for tag in tags if (match := _VERSION.fullmatch(tag))), default=0)
    if last and _holds(hub, f"v{last}", files):
        return f"v{last}", False
    return f"v{last + 1}", True


def _holds(hub: Hub, tag: str, files: Mapping[str, LocalFile]) -> bool:
    """Return whether the version of this tag is the very one."""
    return not any(_difference(files, hub.files(tag) or {}))


def _message(run: RunFolder, change: _Change) -> str:
    """Return a commit's message: what it adds, changes and takes away."""
    solutions = [path for path in change.written if path.startswith("solutions/")]
    added = len([path for path in solutions if path not in change.there])
    shards = {
        "added": added,
        "changed": len(solutions) - added,
        "removed": len([path for path in change.deleted if path.startswith("solutions/")]),
    }
    exports = sorted({path.split("/")[1] for path in change.written if path.startswith("exports/")})
    news = [f"{_many(count, 'shard')} {what}" for what, count in shards.items() if count]
    news += [f"{'exports' if len(exports) > 1 else 'export'} {', '.join(exports)}"] * bool(exports)
    verb = "Update" if RECORD in change.there else "Publish"
    return f"{verb} the run {run.name}: {'; '.join(news or ['card and records'])}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _secrets(files: Mapping[str, Path]) -> tuple[Finding, ...]:
    scan = SecretScan.of_this_process()
    return tuple(found for path, file in files.items() for found in scan.file(file, path))


def _refusal(found: Sequence[Finding]) -> str:
    more = f"\n  and {len(found) - _SHOWN_FINDINGS} more" if len(found) > _SHOWN_FINDINGS else ""
    listed = "".join(f"\n  {one}" for one in found[:_SHOWN_FINDINGS])
    return (
        f"what would be published looks like it holds secrets:{listed}{more}\n"
        "look at these places; where they are harmless, publish with --accept-secrets; where they "
        "are not, revoke the secret, and label or export again without it"
    )


def _sizes(files: Mapping[str, LocalFile]) -> dict[str, int]:
    return {path: file.path.stat().st_size for path, file in files.items()}


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more
