"""A run that several machines work on, as it lies below their shared root.

<shared>/<run>/
    plan.json                               what all work on: configuration, problems, who staged
    staging/<peer>/shard-00000.parquet      the problems of a shard, as that peer staged them
    solutions/shard-00000-<digest>.parquet  a shard's part of a table; likewise of others
    committed/shard-00000.json              a shard is part of the run once its marker is here
    claims/, peers/                         who works on what now (`tasks/claims.py`)
    run.json, exports/                      once it is concluded

A table's name holds the start of its digest, and the marker, one object that appears whole, says
which four belong together. So two machines that commit one shard, because one was thought dead,
cannot mix their rows, even where a model answered them differently: the marker is one machine's,
and the other's files are named by nobody.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from schemas import RunError
from schemas.arrow import TABLE_NAMES, TableName
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import committed
from tasks.files import digest, sync, write_json, writing
from tasks.records import ShardRecord
from tasks.run_file import differences, shaping
from tasks.settings import LabelRun
from tasks.shared_root import SharedRoot
from tasks.staging import StagingRecord, adopt, staged

_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all machines work on."""

    by: str
    """The peer that staged the problems."""
    problems: StagingRecord
    shaping: dict[str, Any]
    """What in the configuration shapes rows."""


class SharedRun:
    """The shared side of one run; every call asks the root."""

    def __init__(self, run: LabelRun) -> None:
        self.root = SharedRoot(run.shared, run.name)
        self._run = run
        self._folder = RunFolder(run.folder)

    def plan(self) -> Plan | None:
        """Return what the machines work on; None before one has staged it.

        Raises RunError where that has another configuration than this machine's.
        """
        data = self.root.get("plan.json")
        if data is None:
            return None
        try:
            value = json.loads(data)
            plan = Plan(
                by=value["by"],
                problems=StagingRecord.from_json(value["problems"]),
                shaping=value["shaping"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(
                f"plan.json in {self.root.where} is damaged ({error}): choose another name with "
                "--set name=NAME"
            ) from error
        if changes := list(differences(plan.shaping, shaping(self._run))):
            raise RunError(
                f"{self.root.where} holds a run of another configuration:\n"
                + "\n".join(f"  {change}" for change in changes)
                + "\ngive all machines the same, or choose another name with --set name=NAME"
            )
        return plan

    def share_problems(self, peer: str) -> None:
        """Put up what this machine staged, and make it what all work on."""
        record = staged(self._run.folder)
        assert record is not None
        for shard in range(record.shards):
            name = f"{shard_name(shard)}.parquet"
            self.root.upload(self._folder.staging / name, f"staging/{peer}/{name}")
        self.root.upload(self._folder.rejected, f"staging/{peer}/rejected.jsonl")
        plan = Plan(by=peer, problems=record, shaping=shaping(self._run))
        self.root.put("plan.json", _json(asdict(plan)))
        self._stamp(peer)

    def adopt_problems(self, plan: Plan) -> None:
        """Have this machine's folder work on the plan's problems.

        Raises RunError where it holds labels of problems of its own.
        """
        stamp = self._folder.staging / "by"
        if stamp.exists() and stamp.read_text("utf-8") == plan.by:
            return
        if any(self._folder.markers.glob("*.json")):
            raise RunError(
                f"{self._folder.path} holds shards of problems that it staged for itself, and "
                f"{self.root.where} is worked on by others: choose another folder with --set "
                "output=FOLDER, or another name with --set name=NAME"
            )
        adopt(self._folder.path, plan.problems)
        self._stamp(plan.by)

    def fetch_problems(self, plan: Plan, shard: int) -> None:
        """Have the problems of a shard here."""
        path = self._folder.staging / f"{shard_name(shard)}.parquet"
        if path.exists():
            return
        partial = path.with_name(f"{path.name}.partial")
        with writing(path):
            if not self.root.download(f"staging/{plan.by}/{path.name}", partial):
                raise RunError(
                    f"staging/{plan.by}/{path.name} is missing in {self.root.where}: bring it back "
                    "from a copy, or choose another name with --set name=NAME"
                )
            partial.replace(path)

    def committed(self) -> frozenset[str]:
        """Return the names of all committed shards."""
        names = self.root.listing("committed")
        return frozenset(name.removesuffix(".json") for name in names if name.endswith(".json"))

    def has(self, shard: int) -> bool:
        """Tell whether a shard is committed."""
        return self.root.has(_marker(shard_name(shard)))

    def share(self, shard: int) -> None:
        """Put up the tables of a shard that is committed here, then its marker.

        Does nothing where another machine has committed it.
        """
        record, name = committed(self._run.folder, shard), shard_name(shard)
        if record is None or self.has(shard):
            return
        for table in TABLE_NAMES:
            self.root.upload(self._folder.file(table, name), _file(record, table))
        self.root.put(_marker(name), _json(asdict(record)))

    def gather(self, shard: int) -> None:
        """Have a shard that is committed in the shared run here; its bytes are checked."""
        name = shard_name(shard)
        record = self._record(name)
        marker = self._folder.marker(name)
        if (mine := committed(self._run.folder, shard)) and mine.digests == record.digests:
            return
        with writing(self._folder.path):
            marker.unlink(missing_ok=True)  # another machine's labels of this shard were kept
            self._folder.partials.mkdir(exist_ok=True)
            for table in TABLE_NAMES:
                self._fetch(record, table)
            marker.parent.mkdir(exist_ok=True)
            write_json(marker, asdict(record))

    def conclude(self, record: dict[str, Any]) -> None:
        """Put up what the run came to and its exports; remove what no marker names."""
        named = set()
        for name in self.committed():
            one = self._record(name)
            named |= {_file(one, table) for table in TABLE_NAMES}
        for table in TABLE_NAMES:
            for file in self.root.listing(table):
                if f"{table}/{file}" not in named:
                    self.root.delete(f"{table}/{file}")
        for folder in self._folder.exports:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    self.root.upload(path, str(path.relative_to(self._folder.path)))
        self.root.put("run.json", _json(record))

    def is_concluded(self) -> bool:
        """Tell whether a machine has concluded the run."""
        return self.root.has("run.json")

    def _fetch(self, record: ShardRecord, table: TableName) -> None:
        partial = self._folder.partial(table, record.shard)
        there = self.root.download(_file(record, table), partial)
        if not there or digest(partial) != record.digests[table]:
            what = "is not as committed" if there else "is missing"
            raise RunError(
                f"{_file(record, table)} in {self.root.where} {what}: bring it back from a copy, "
                f"or delete {_marker(record.shard)} there and run the same command again, which "
                "pays for that shard anew"
            )
        final = self._folder.file(table, record.shard)
        final.parent.mkdir(exist_ok=True)
        sync(partial)
        partial.replace(final)
        sync(final.parent)

    def _record(self, name: str) -> ShardRecord:
        data = self.root.get(_marker(name))
        try:
            record = ShardRecord.from_json(json.loads(data or b""))
            if record.shard != name or not all(map(_is_digest, record.digests.values())):
                raise ValueError("it names another shard, or no digests")
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(
                f"{_marker(name)} in {self.root.where} is missing or damaged ({error}): delete it "
                "and run the same command again, which pays for that shard anew"
            ) from error
        return record

    def _stamp(self, peer: str) -> None:
        with writing(self._folder.staging):
            (self._folder.staging / "by").write_text(peer, "utf-8")


def _marker(name: str) -> str:
    return f"committed/{name}.json"


def _file(record: ShardRecord, table: TableName) -> str:
    return f"{table}/{record.shard}-{record.digests[table][:_DIGITS]}.parquet"


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
