"""`stepmint publish`: a run goes to a hub, or, in a dry run, shows what would go."""

from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from flows.saying import say
from tasks.publish import Publication, publish_run


def publish_here(
    run: Path, out: Console, *, to: str, public: bool, license: str, dry_run: bool
) -> Publication:
    """Publish a run and print what was sent."""
    publication = publish_run(run, to, private=not public, license=license, dry_run=dry_run)
    lines = _planned(publication) if dry_run else _sent(publication)
    if publication.unlabelled:
        lines.append(
            f"partial: {publication.unlabelled:,} problems of the run are not labelled yet, and "
            "the card says so"
        )
    say(out, "\n".join(lines))
    return publication


def _planned(publication: Publication) -> list[str]:
    files = [f"{decimal(size):>10}  {path}" for path, size in publication.files.items()]
    total = decimal(sum(publication.files.values()))
    return [publication.card, *files, f"{len(files)} files, {total}; nothing was sent (--dry-run)"]


def _sent(publication: Publication) -> list[str]:
    if not publication.written and not publication.deleted:
        return [f"{publication.url} holds all of it already; nothing was sent"]
    sent = decimal(sum(publication.files[path] for path in publication.written))
    gone = f", deleted {len(publication.deleted)}" if publication.deleted else ""
    return [f"sent {len(publication.written)} files ({sent}){gone}", publication.url]
