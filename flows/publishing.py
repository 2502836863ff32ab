"""`stepmint publish`: a run goes to a hub, or, in a dry run, shows what would go."""

from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from flows.saying import say
from tasks.publish import Publication, Terms, publish_run


def publish_here(run: Path, out: Console, *, to: str, terms: Terms, dry_run: bool) -> Publication:
    """Publish a run and print what was sent."""
    publication = publish_run(run, to, terms, dry_run=dry_run)
    lines = _planned(publication) if dry_run else _sent(publication)
    if publication.unlabelled:
        lines.append(
            f"partial: {publication.unlabelled:,} problems of the run are not labelled yet, and "
            "the card says so"
        )
    lines += [f"looks like a secret: {found}" for found in publication.secrets]
    say(out, "\n".join(lines))
    return publication


def _planned(publication: Publication) -> list[str]:
    news = dict.fromkeys(publication.written, "send")
    listed = [
        f"{decimal(size):>10}  {'' if publication.unasked else news.get(path, ''):<6}  {path}"
        for path, size in publication.files.items()
    ]
    listed += [f"{'':>10}  delete  {path}" for path in publication.deleted]
    total = decimal(sum(publication.files.values()))
    lines = [publication.card, *listed, f"{len(publication.files)} files, {total}"]
    if publication.unasked:
        return [
            *lines,
            f"not compared with what the hub has: {publication.unasked}",
            "nothing was sent (--dry-run)",
        ]
    size = decimal(sum(publication.files[path] for path in publication.written))
    return [
        *lines,
        f"to send: {len(publication.written)} files ({size}), to delete: "
        f"{len(publication.deleted)}, {_tagged(publication, 'to be made')}",
        f"{publication.url}; nothing was sent (--dry-run)",
    ]


def _sent(publication: Publication) -> list[str]:
    tagged = _tagged(publication, "new")
    if not publication.written and not publication.deleted:
        return [f"{publication.url} holds all of it already, {tagged}; no file was sent"]
    sent = decimal(sum(publication.files[path] for path in publication.written))
    gone = f", deleted {len(publication.deleted)}" if publication.deleted else ""
    return [
        f"sent {len(publication.written)} files ({sent}){gone}, {tagged}",
        publication.url,
    ]


def _tagged(publication: Publication, new: str) -> str:
    return f"tag {publication.tag}{f' ({new})' if publication.new_tag else ''}"
