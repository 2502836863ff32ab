"""The syntax tree of an answer: what was written, as frozen data, with no opinion on equality.

Two layers. An `Expression` denotes a number, a function value or a matrix; an `Answer` is what a
problem asks for: a value with its unit, a tuple, a set, a relation, a time, words. Every later
stage, ours or sympy's, walks this tree; none goes back to the text. Children come in tuples, so a
sum of 500 terms is one level deep and recursion is bounded by the nesting of brackets.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

ConstantName = Literal["pi", "e", "i", "infinity"]

FunctionName = Literal[
    "sqrt", "root", "abs", "ln", "log", "exp",
    "sin", "cos", "tan", "cot", "sec", "csc",
    "arcsin", "arccos", "arctan", "arccot", "arcsec", "arccsc",
    "sinh", "cosh", "tanh", "coth", "sech", "csch",
    "arcsinh", "arccosh", "arctanh", "arccoth",
    "factorial", "double_factorial", "binomial", "permutations", "gcd", "lcm", "max", "min", "mod",
    "floor", "ceiling", "real", "imaginary", "arg", "conjugate", "gamma",
    "det", "trace", "transpose", "derivative", "norm",
]  # fmt: skip
"""Arguments in the order of the usual notation: `root(x, n)`, `log(x)` without a stated base or
`log(x, base)`, `binomial(n, k)`, `mod(n, m)`, `derivative(body, Symbol)`."""

TRIGONOMETRIC: Final = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})

SetOperationName = Literal["union", "intersection", "difference"]

BinderName = Literal["sum", "product", "integral", "limit"]


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational, as decimals and fractions of digits are."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Symbol:
    r"""A variable: a letter or command with its decorations, `x`, `\alpha`, `x_1`, `\bar:z`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A letter that stands for one number: pi, e, i, or infinity (never part of arithmetic)."""

    name: ConstantName


@dataclass(frozen=True, slots=True)
class Sum:
    """Two or more terms added; a difference has a `Negative` term."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Two or more factors multiplied, in the order written (matrices do not commute)."""

    factors: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """The additive inverse."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class PlusMinus:
    r"""`\pm of`; all signs of one expression switch together, those of `\mp` the other way."""

    of: "Expression"
    flipped: bool = False


@dataclass(frozen=True, slots=True)
class Quotient:
    """A fraction."""

    top: "Expression"
    bottom: "Expression"


@dataclass(frozen=True, slots=True)
class Power:
    """`base` to the `exponent`; exponent -1 and `transpose` calls also apply to matrices."""

    base: "Expression"
    exponent: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """A named function of its arguments."""

    function: FunctionName
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """An unknown function of its arguments, `f(x)` beside an operator: never evaluated."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Degrees:
    """A number with a degree sign: `of` times pi/180 radians."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Percent:
    """A number with a percent sign: `of` hundredths."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Binder:
    """An operator that binds a variable over `body`.

    Sums and products run over the integers `lower..upper`; an integral without bounds has both
    None; a limit has its point in `lower` and the side (`+`, `-` or empty) in `side`.
    """

    kind: BinderName
    body: "Expression"
    variable: str
    lower: "Expression | None"
    upper: "Expression | None"
    side: Literal["", "+", "-"] = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length, at least one entry."""

    rows: tuple[tuple["Expression", ...], ...]


Expression = (
    Number | Symbol | Constant | Sum | Product | Negative | PlusMinus | Quotient | Power | Call
    | Applied | Degrees | Percent | Binder | Matrix
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What a quantity is counted in: canonical names over canonical names, with exponents."""

    factors: tuple[tuple[str, int], ...]
    """(canonical unit, exponent), sorted; empty for a word that is no known unit (`apples`)."""
    known: bool = field(default=True, compare=False)
    """Whether every word was understood; a conversion may hide in one that was not."""


@dataclass(frozen=True, slots=True)
class Value:
    """One number or expression, with the unit that was written after it."""

    expression: Expression
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Tuple:
    """Ordered items in brackets: a point, a vector, or, with two items, perhaps an interval."""

    opening: Literal["(", "[", "<"]
    items: tuple["Answer", ...]
    closing: Literal[")", "]", ">"]


@dataclass(frozen=True, slots=True)
class Collection:
    """Several answers, order free: in braces a set, otherwise a list (`1, 2 and 3`)."""

    items: tuple["Answer", ...]
    braces: bool = False
    joined_by: Literal["", "and", "or"] = ""
    """The word that stood between relations: `x < -1 or x > 2` unites, `and` intersects."""


@dataclass(frozen=True, slots=True)
class SetOperation:
    """Sets combined; `difference` has two parts."""

    kind: SetOperationName
    parts: tuple["Answer", ...]


Sign = Literal["=", "!=", "<", "<=", ">", ">=", "~", "in", "notin", "to", "equiv", "subset", "perp"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a relation: its canonical spelling, and its meaning where it has one."""

    text: str
    answer: "Answer | None"
    is_name: bool
    """Whether it merely names what stands opposite: `x`, `f(x)`, `AB`, `|AB|`, `(x, y)`."""


@dataclass(frozen=True, slots=True)
class Relation:
    r"""`n + 1` sides with `n` signs between them: `1 < x \le 2`, `AB = \frac{6}{2} = 3`."""

    sides: tuple[Side, ...]
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class SetBuilder:
    r"""`\{ x : condition \}`; the condition holds for the named variable."""

    variable: str
    condition: "Answer"
    head: "Answer | None" = None
    """What the elements look like, where that is more than a name: `x^2` of `{x^2 : x > 1}`."""


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral in a base: digits as written, sign included, without leading zeros."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day, or hours:minutes[:seconds] where no half of the day is given."""

    hour: int
    minute: int
    second: int = 0
    half: Literal["", "am", "pm"] = ""
    negative: bool = False
    """Whether a minus stands before it: no time of day, a difference of times."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`a : b : c`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Congruence:
    r"""`name \equiv residue \pmod{modulus}`; the name is empty where only a residue stands."""

    name: str
    residue: Expression
    modulus: Expression


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A function by cases: values with the conditions under which they hold."""

    pieces: tuple[tuple["Answer", "Answer"], ...]


@dataclass(frozen=True, slots=True)
class Restricted:
    """An answer with a condition in brackets behind it: `y = x + 1 (x > 0)`."""

    answer: "Answer"
    condition: "Answer"


@dataclass(frozen=True, slots=True)
class Words:
    """Words, lower-cased and with single spaces."""

    text: str


Answer = (
    Value | Tuple | Collection | SetOperation | Relation | SetBuilder | Based | ClockTime | Ratio
    | Congruence | Piecewise | Restricted | Words
)  # fmt: skip
