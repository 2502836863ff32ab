"""How far apart two texts are, in inserted, deleted or replaced characters."""

from collections import Counter
from collections.abc import Sequence


def edit_distance(left: str, right: str) -> int:
    """Return Levenshtein's distance.

    A column of its table is two integers with a bit a character (Myers 1999, as Hyyrö 2003 has it
    for two whole texts): some microseconds a character of `right`, for lengths of solutions.
    """
    if not left:
        return len(right)
    last, every = 1 << (len(left) - 1), (1 << len(left)) - 1
    at: dict[str, int] = {}
    for place, char in enumerate(left):
        at[char] = at.get(char, 0) | 1 << place
    up, down, distance = every, 0, len(left)
    for char in right:
        same = at.get(char, 0)
        vertical = same | down
        horizontal = (((same & up) + up) ^ up) | same
        rises = down | ~(horizontal | up) & every
        falls = up & horizontal
        distance += bool(rises & last) - bool(falls & last)
        rises, falls = (rises << 1 | 1) & every, falls << 1 & every
        up = falls | ~(vertical | rises) & every
        down = rises & vertical
    return distance


def differ_by(left: str, right: str, edits: int) -> bool:
    """Tell whether it takes at least so many edits, at least 1, to make one text of the other."""
    return abs(len(left) - len(right)) >= edits or edit_distance(left, right) >= edits


def nearest(text: str, others: Sequence[str]) -> tuple[int, int]:
    """Return the place of the text nearest to one, of equals the first, and how far it is."""
    counts = Counter(text)
    bounds = [_at_least(counts, Counter(other)) for other in others]
    best, distance = -1, 0
    for place in sorted(range(len(others)), key=lambda place: bounds[place]):
        if best >= 0 and bounds[place] > distance:
            break
        far = edit_distance(text, others[place])
        if best < 0 or (far, place) < (distance, best):
            best, distance = place, far
    return best, distance


def _at_least(left: Counter[str], right: Counter[str]) -> int:
    """Return the edits that two texts with these characters take at least, in whatever order."""
    return max((left - right).total(), (right - left).total())
