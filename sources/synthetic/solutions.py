"""Write a program's reference solution, one statement per line."""

from dataclasses import dataclass
from random import Random

from sources.synthetic.draft import sentence_case
from sources.synthetic.program import SLOT, Operation, Program

CONNECTIVES = ("so", "then", "now", "next")
AGAIN = "wait"
"""Opens a statement that puts an earlier one right."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a solution: a wording whose slot takes `left operation right = result`."""

    quantity: int
    """Position, in the program, of the quantity that is meant."""
    wording: str
    left: int
    operation: Operation
    right: int
    result: int
    opening: str = ""
    """A connective in front, e.g. `so`; may be empty."""

    def line(self) -> str:
        """Return the line, without a line break."""
        equation = f"{self.left} {self.operation} {self.right} = {self.result}"
        said = self.wording.replace(SLOT, equation)
        # A heading keeps its form; a sentence may open with a connective and ends with a dot.
        if said.endswith(equation):
            said = f"{self.opening}, {said}" if self.opening == AGAIN else said
            return sentence_case(said)
        said = f"{self.opening}{',' if self.opening == AGAIN else ''} {said}".strip()
        return sentence_case(said) + "."


def statements(program: Program, rng: Random) -> tuple[Statement, ...]:
    """Return the needed statements in order, in one style: sentences, or headings."""
    heading = rng.random() < 0.35
    told = []
    for number, index in enumerate(program.needed()):
        quantity = program.quantities[index]
        opening = rng.choice(CONNECTIVES) if number and rng.random() < 0.35 else ""
        told.append(
            Statement(
                quantity=index,
                wording=quantity.wordings[-1 if heading else 0],
                left=program.quantities[quantity.args[0]].value,
                operation=quantity.operation,
                right=program.quantities[quantity.args[1]].value,
                result=quantity.value,
                opening=opening,
            )
        )
    return tuple(told)


def final_line(answer: int) -> str:
    """Return the line that states the final answer."""
    return f"#### {answer}"
