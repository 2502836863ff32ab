r"""What stands behind a large brace: a function by cases, or a system of several relations."""

from collections.abc import Callable, Sequence

from verification.parsing.token import Token
from verification.tree.bounds import MAX_ITEMS, UnparsedError
from verification.tree.syntax import Answer, Collection, Piecewise, Relation, Words

_ALIGNED = {"aligned", "align", "gathered", "split", "eqnarray"}
_TABLES = {"array", "matrix"}
_CONDITION_WORDS = {"if", "for", "when", "where", "as", "with"}
_OTHERWISE = {"otherwise", "else", "elsewhere", "otherwise.", "in other cases"}
_INEQUALITIES = {"<", ">", "<=", ">=", "le", "ge", "leq", "geq", "leqslant", "geqslant", "lt", "gt"}
_INEQUALITIES |= {"in", "ne", "neq", "!=", "notin"}

Reader = Callable[[list[Token]], Answer]


def read_cases(tokens: list[Token], parse: Reader) -> Answer | None:
    r"""Read `\begin{cases}` or a table behind a brace; None where neither stands there."""
    braced = tokens[0].text == "\\{" and tokens[0].kind == "mark"
    inner = tokens[braced:]
    if len(inner) < 3 or inner[0].kind != "begin" or inner[-1].kind != "end":
        return None
    environment = inner[0].text.rstrip("*")
    known = environment in ("cases", "dcases", "rcases") or environment in _ALIGNED
    if not (known or (braced and environment in _TABLES)) or inner[-1].text != inner[0].text:
        return None
    rows = [_cells(row) for row in _split(inner[1:-1], "\\\\")]
    rows = [cells for cells in rows if any(cells)]
    if not rows or len(rows) > MAX_ITEMS:
        raise UnparsedError("a brace with nothing behind it, or too much")
    pieces = [] if environment in _ALIGNED else [_piece(cells) for cells in rows]
    if pieces and all(piece is not None for piece in pieces):
        return Piecewise(tuple((parse(p[0]), _condition(p[1], parse)) for p in pieces if p))
    return _system(rows, parse)


def _split(tokens: Sequence[Token], mark: str) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "begin") - (token.kind == "end")
        if depth == 0 and token.text == mark and token.kind == "mark":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _cells(row: list[Token]) -> list[list[Token]]:
    cells = []
    for cell in _split(row, "&"):
        while cell and cell[-1].text in (",", ";", "."):
            cell = cell[:-1]
        cells.append(cell)
    return cells


def _piece(cells: list[list[Token]]) -> tuple[list[Token], list[Token]] | None:
    """Return the value and the condition that a row states, None where it is a relation."""
    filled = [cell for cell in cells if cell and not _is_connective(cell)]
    if len(filled) == 2 and not _relates(filled[0]):
        return filled[0], _behind_connective(filled[1])
    if len(filled) != 1:
        return None
    row = filled[0]
    at = next((k for k, t in enumerate(row) if t.kind == "words" and _connects(t.text)), 0)
    if at:
        return row[:at], _behind_connective(row[at:])
    value, *rest = _split_at_comma(row)
    if len(rest) == 1 and not _relates(value) and _relates(rest[0]):
        return value, rest[0]
    return None


def _split_at_comma(row: list[Token]) -> list[list[Token]]:
    depth, at = 0, None
    for k, token in enumerate(row):
        depth += (token.text in ("(", "[", "{", "\\{")) - (token.text in (")", "]", "}", "\\}"))
        if depth == 0 and token.text in (",", ";"):
            at = k
            break
    return [row] if at is None else [row[:at], row[at + 1 :]]


def _relates(tokens: list[Token]) -> bool:
    return any(t.text in _INEQUALITIES or t.text == "=" for t in tokens)


def _is_connective(cell: list[Token]) -> bool:
    return len(cell) == 1 and cell[0].text.lower().strip(" ,") in _CONDITION_WORDS


def _connects(words: str) -> bool:
    words = words.lower().strip(" ,.")
    return words in _OTHERWISE or words.split(" ")[0] in _CONDITION_WORDS


def _behind_connective(tokens: list[Token]) -> list[Token]:
    first = tokens[0]
    if first.kind == "words" and first.text.lower().strip(" ,") in _CONDITION_WORDS:
        tokens = tokens[1:]
    wrapped = len(tokens) > 2 and tokens[0].text == "(" and tokens[-1].text == ")"
    return tokens[1:-1] if wrapped and _relates(tokens) else tokens


def _condition(tokens: list[Token], parse: Reader) -> Answer:
    if len(tokens) == 1 and tokens[0].text.lower().strip(" .,") in _OTHERWISE:
        return Words("otherwise")
    if not _relates(tokens):
        raise UnparsedError("a case without a condition")
    return parse(tokens)


def _system(rows: list[list[list[Token]]], parse: Reader) -> Answer:
    """Return the relations of a system, their alignment marks dropped."""
    joined = [[token for cell in cells for token in cell] for cells in rows]
    relations = tuple(parse(row) for row in joined)
    if not all(isinstance(relation, Relation) for relation in relations):
        raise UnparsedError("a row behind a brace that is neither a case nor a relation")
    equations = all(isinstance(r, Relation) and r.signs == ("=",) for r in relations)
    return Collection(relations, joined_by="" if equations else "and")
