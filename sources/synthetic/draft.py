"""A story while it is being written: quantities and the sentences that tell of them."""

from random import Random

from sources.synthetic.program import MEMBERS, Group, Operation, Program, Quantity, listing

COMPUTE = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
}
"""Integer arithmetic; stories divide only where nothing is left over."""

LARGEST = 99
"""Most quantities stay within two digits, so that a model of a million weights can learn them."""

FRACTIONS = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth"}


class Draft:
    """Collects the quantities, sentences and question of one problem."""

    def __init__(self, rng: Random, max_distractors: int) -> None:
        self.rng = rng
        self.max_distractors = max_distractors
        self.quantities: list[Quantity] = []
        self.groups: list[Group] = []
        self.facts: list[str] = []

    def given(self, value: int, *wordings: str) -> int:
        """Add a quantity that the question states; return its position."""
        return self._add(value, "given", (), wordings)

    def derive(self, operation: Operation, left: int, right: int, *wordings: str) -> int:
        """Add a quantity computed from two earlier ones; return its position."""
        value = COMPUTE[operation](self.value(left), self.value(right))
        return self._add(value, operation, (left, right), wordings)

    def total(self, members: list[tuple[str, int]], *wordings: str) -> int:
        """Add the running sums of two or more members; return the position of the last."""
        self.groups.append(Group(members=tuple(members), wordings=wordings))
        running = members[0][1]
        for count in range(2, len(members) + 1):
            names = listing(tuple(name for name, _ in members[:count]))
            spoken = (wording.replace(MEMBERS, names) for wording in wordings)
            running = self.derive("+", running, members[count - 1][1], *spoken)
        return running

    def value(self, index: int) -> int:
        """Return the value at a position."""
        return self.quantities[index].value

    def fact(self, sentence: str) -> None:
        """Add a sentence that the question needs."""
        self.facts.append(sentence)

    def distract(self, sentences: list[str]) -> None:
        """Put up to `max_distractors` of the sentences anywhere among the facts."""
        for sentence in sentences[: self.rng.randint(0, self.max_distractors)]:
            self.facts.insert(self.rng.randint(0, len(self.facts)), sentence)

    def disturb(self) -> None:
        """Now and then tell two neighbouring facts in the other order."""
        if len(self.facts) > 1 and self.rng.random() < 0.2:
            at = self.rng.randrange(len(self.facts) - 1)
            self.facts[at : at + 2] = reversed(self.facts[at : at + 2])

    def finish(self, asked: int, question: str) -> tuple[Program, str]:
        """Return the program and the whole question text."""
        program = Program(quantities=tuple(self.quantities), groups=tuple(self.groups), asked=asked)
        return program, " ".join([*map(sentence_case, self.facts), sentence_case(question)])

    def _add(
        self, value: int, operation: Operation, args: tuple[int, ...], wordings: tuple[str, ...]
    ) -> int:
        self.quantities.append(
            Quantity(value=value, operation=operation, args=args, wordings=wordings)
        )
        return len(self.quantities) - 1


def sentence_case(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]


def relation(rng: Random, value: int, largest: int = LARGEST) -> tuple[Operation, int]:
    """Draw an operation and constant that lead from `value` to a result in 2..largest."""
    options: list[tuple[Operation, list[int]]] = [
        ("+", list(range(2, min(20, largest - value) + 1))),
        ("-", list(range(2, min(20, value - 2) + 1))),
        ("*", [k for k in (2, 3, 4, 5) if value * k <= largest]),
        ("/", [k for k in FRACTIONS if value % k == 0 and value // k > 1]),
    ]
    operation, constants = rng.choice([option for option in options if option[1]])
    return operation, rng.choice(constants)


def compared(operation: Operation, constant: int, things: str) -> str:
    """Return e.g. `5 more apples than` or `3 times as many apples as`."""
    if operation == "+":
        return f"{constant} more {things} than"
    if operation == "-":
        return f"{constant} fewer {things} than"
    if operation == "*":
        times = "twice" if constant == 2 else f"{constant} times"
        return f"{times} as many {things} as"
    return f"{FRACTIONS[constant]} as many {things} as"
