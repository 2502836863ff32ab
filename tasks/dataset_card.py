"""What a published run's card is made of, read from its folder."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from exporters import AnyExporter, Exporter
from reports.card import CardExport, CardFacts, CardLicence, dataset_card
from reports.summary import RunSummary, summarise
from reports.truth import Truth, truth
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from sources.licences import Licence, known_licence
from tasks.hubs import Address
from tasks.known_errors import ORACLE, has_oracle, known_errors
from tasks.published import PER_FOLDER, export_record, shown_settings

_NAMES_SOLUTION = ("problem_id", "solution_index")


def card_of(run: RunFolder, address: Address, *, license: str, known: str | None) -> str:
    """Return the card of a run published at an address, under a licence that a hub knows.

    `known` is a file of marks, or `oracle`; None takes the oracle where there is one. Raises
    ConfigError or RunError as `known_errors` does.
    """
    summary = summarise(run)
    licences = dict(_licences(run, summary))
    languages = {one.language if one else "" for one in licences.values()}
    facts = CardFacts(
        title=address.name,
        hub=address.hub,
        license=license,
        demo=_is_demo(run, summary),
        configuration=shown_settings(run),
        exports=[_card_export(folder) for folder in run.exports],
        example=_example(run),
        languages=() if "" in languages else sorted(languages),
        licences=[
            CardLicence(
                source=name, name=one.name if one else "", read_in=one.read_in if one else ""
            )
            for name, one in licences.items()
        ],
        truth=_truth(run, known),
        deep=any(int(shard.rpartition("-")[2]) >= PER_FOLDER for shard in run.shards),
    )
    return dataset_card(summary, facts)


def _licences(run: RunFolder, summary: RunSummary) -> Iterator[tuple[str, Licence | None]]:
    """Yield the sources of a run's problems with the licence of each, where it is known."""
    config = _mapping(run.record().get("config"))
    settings = [_mapping(config.get(key)) for key in ("source", "solutions")]
    named = {str(one.get("name") or one.get("kind")): one for one in settings if one}
    for name in summary.sources:
        yield name, known_licence(named[name]) if name in named else None


def _truth(run: RunFolder, known: str | None) -> Truth | None:
    if known is None and not has_oracle(run):
        return None
    found = known_errors(run, known or ORACLE)
    return truth(run.solutions(), found.errors, by=found.by)


def _is_demo(run: RunFolder, summary: RunSummary) -> bool:
    """Return whether the demo policy or a script wrote the solutions, by what they are called."""
    policy = _mapping(_mapping(run.record().get("config")).get("policy"))
    identity = summary.provenance.policy if summary.provenance else ""
    words = re.split(r"[^a-z]+", f"{policy.get('model', '')} {identity}".lower())
    return "demo" in words or identity.startswith("scripted:")


def _card_export(folder: Path) -> CardExport:
    found = export_record(folder)
    columns = pq.read_schema(folder / "train.parquet").names
    return CardExport(
        name=folder.name,
        separator=found.separator,
        rows={str(split): count for split, count in found.rows.items()},
        refused=found.refused,
        columns=[column for column in columns if column not in _NAMES_SOLUTION],
        filtered=[(one.kind, sum(one.taken.values())) for one in found.filters],
        usage=_usage(found.settings, found.separator),
    )


def _usage(settings: Mapping[str, object], separator: str) -> str:
    """Return how a trainer takes an export; nothing for a format that this stepmint lacks."""
    adapter: TypeAdapter[Exporter] = TypeAdapter(AnyExporter)
    try:
        return adapter.validate_python(settings).used(separator)
    except ValidationError:
        return ""


def _example(run: RunFolder) -> SolutionRow | None:
    """Return the first solution with a located error, else the first."""
    first = None
    for row in run.solutions():
        first = first or row
        if row.solution.first_error is not None and row.solution.first_error >= 0:
            return row
    return first


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
