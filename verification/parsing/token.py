"""One token of an answer."""

from typing import Literal, NamedTuple

Kind = Literal["number", "letter", "symbol", "command", "words", "mark", "begin", "end"]
"""`symbol` is a decorated or blackboard name; `words` are prose; `mark` is punctuation."""


class Token(NamedTuple):
    """One token; `spaced` says whether white space stood before it."""

    kind: Kind
    text: str
    spaced: bool = False

    def names_same(self, other: "Token") -> bool:
        """Say whether both are the same token, wherever they stand."""
        return self[:2] == other[:2]
