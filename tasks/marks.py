"""`marks.jsonl`: read from a run or from a stranger, and added to line by line.

A line is there whole or not at all, whoever else writes at the same time and whatever kills us:
writers hold the file locked, a line is on the disk before `add` returns, and what a kill tore off
the last line is no mark, and is cut off by the next writer.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from schemas import ConfigError, LabelledSolution, RunError
from schemas.critique_folder import SolutionKey
from schemas.marks import Mark, differ, steps_key
from schemas.run_folder import RunFolder
from tasks.files import writing
from tasks.locks import locked

Standing = Mapping[SolutionKey, Sequence[Mark]]
"""Solution to the marks of it that stand: one per person."""
LONGEST_NOTE = 2_000
"""Characters of a note that are kept."""
_EXAMPLE = '{"problem_id": "gsm8k-1a", "solution_index": 0, "first_error": 2}'


def standing(path: Path) -> Standing:
    """Return the marks that count; none where there is no such file.

    Each line that does not say who wrote it is of a person of its own. Raises ConfigError for a
    file that cannot be read, or a line that is no mark, which it names.
    """
    made = defaultdict[SolutionKey, dict[str, list[Mark]]](dict)
    for number, mark in _marks(path) if path.exists() else ():
        stack = made[mark.solution].setdefault(mark.who or f"line {number}", [])
        if mark.first_error is not None:
            stack.append(mark)
        elif stack:
            stack.pop()
    found = {key: tuple(one[-1] for one in by.values() if one) for key, by in made.items()}
    return {key: marks for key, marks in found.items() if marks}


def last_of(path: Path, who: str) -> Mark | None:
    """Return the newest mark of a person that stands; None where there is none."""
    made: list[Mark] = []
    for _, mark in _marks(path) if path.exists() else ():
        if mark.who == who and mark.first_error is not None:
            made.append(mark)
        elif mark.who == who:
            same = [at for at, one in enumerate(made) if one.solution == mark.solution]
            if same:
                del made[same[-1]]
    return made[-1] if made else None


def agreed(marks: Standing) -> Mapping[SolutionKey, Mark]:
    """Return one mark of each solution of which all who marked it say the same.

    Where persons differ nobody is taken at his word: that solution is known when they agree.
    """
    return {key: some[-1] for key, some in marks.items() if not differ(some)}


def add(
    run: RunFolder,
    solution: LabelledSolution,
    first_error: int | None,
    *,
    who: str,
    note: str = "",
) -> Mark:
    """Mark a solution's first error (0-based, -1 none), or with None take `who`'s last one back.

    Raises ConfigError for a step that the solution does not have, or a file whose marks cannot be
    read, and RunError where it cannot be written.
    """
    last = len(solution.steps) - 1
    if first_error is not None and not -1 <= first_error <= last:
        raise ConfigError(
            f"first_error={first_error}: give a step from 0 to {last}, or -1 for none"
        )
    standing(run.marks)
    mark = Mark(
        problem_id=solution.problem_id,
        solution_index=solution.solution_index,
        first_error=first_error,
        who=who,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        note=note[:LONGEST_NOTE],
        steps_key=steps_key(solution.steps),
    )
    with writing(run.marks, elsewhere="make the run's folder writable"):
        _append(run.marks, f"{json.dumps(mark.model_dump())}\n".encode())
    return mark


def _append(path: Path, line: bytes) -> None:
    """Put a line behind the last whole one, on the disk itself, or nothing."""
    if path.is_symlink():
        raise RunError(f"{path} is a link, and a run holds its own files: remove it")
    with locked(path) as held:
        file = held.fileno()
        content = os.pread(file, os.fstat(file).st_size, 0)
        end = len(content)
        if content and not content.endswith(b"\n"):
            tail = content[content.rfind(b"\n") + 1 :]
            if _torn(tail):
                end -= len(tail)
                os.ftruncate(file, end)
            else:
                line = b"\n" + line
        try:
            done = os.write(file, line)
            while done < len(line):
                done += os.write(file, line[done:])
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise


def _marks(path: Path) -> Iterator[tuple[int, Mark]]:
    """Yield a file's marks with the numbers of their lines."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error}): give a JSONL file of marks") from error
    for number, line in enumerate(lines, 1):
        if line.strip() and not (number == len(lines) and _torn(line)):
            yield number, _mark(path, number, line)


def _torn(tail: bytes) -> bool:
    """Tell whether a last line without its end is the beginning of a mark, and no whole JSON."""
    if not tail.startswith(b"{"):
        return False
    try:
        json.loads(tail)
    except (ValueError, RecursionError):
        return True
    return False


def _mark(path: Path, number: int, line: bytes) -> Mark:
    try:
        return Mark.model_validate(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path}, line {number}: {line[:80]!r} is no mark: give problem_id, solution_index and "
            f"first_error, e.g. {_EXAMPLE}"
        ) from error
