"""What runs and sessions show on Prefect's pages: the keys of their artifacts, and tables."""

from collections.abc import Mapping


def artifact_key(kind: str, name: str) -> str:
    """Return a key that Prefect takes for what a run of this name shows."""
    return f"{kind}-" + "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def table(counted: Mapping[str, object]) -> str:
    """Return numbers and words as a Markdown table; empty words have no row."""
    rows = ["| what | how many |", "| --- | ---: |"]
    for what, value in counted.items():
        shown = f"{value:,}" if isinstance(value, int) else str(value).replace("\n", " ")
        if shown:
            cell = shown.replace("|", "\\|")
            rows.append(f"| {what.replace('_', ' ')} | {cell} |")
    return "\n".join(rows) + "\n"
