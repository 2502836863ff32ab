r"""Tokens become an expression tree: a bounded recursive descent over ordinary notation.

expression = term (("+" | "-" | "\pm") term)*
term       = unary (("*" | "/" | juxtaposition) unary)*        left to right: 1/2x is (1/2)x
unary      = ("-" | "+" | "\pm")* power
power      = atom (script | "!" | "%" | degree sign)*
atom       = numeral | mixed number | name | bracketed expression | command with arguments
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from verification.parsing.binders import read_binder
from verification.parsing.cursor import Cursor, read_decimal
from verification.parsing.functions import read_function
from verification.parsing.matrices import read_matrix
from verification.parsing.names import read_greek, read_name, read_subscripted
from verification.parsing.token import Token
from verification.parsing.vectors import cross, turns_sign
from verification.parsing.vocabulary import FUNCTIONS, GREEK, LIST_FUNCTIONS
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import (
    Call,
    Constant,
    ConstantName,
    Degrees,
    Expression,
    Matrix,
    Negative,
    Number,
    Percent,
    PlusMinus,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
)

CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
_MAX_MARKS = 8
"""Exponents, factorials and signs behind one value; each is a level of the tree."""
_CONSTANTS: Mapping[str, ConstantName] = {"pi": "pi", "infty": "infinity", "e": "e", "i": "i"}
_BINDERS = {"sum", "prod", "int", "iint", "lim", "oint"}
_ATOM_COMMANDS = {
    *_BINDERS, "frac", "sqrt", "pi", "binom", "infty", "lfloor", "lceil", "e", "i", "ldots",
}  # fmt: skip


def parse_expression(tokens: Sequence[Token]) -> Expression:
    """Return the tree of all `tokens`; raises UnparsedError where they are no expression."""
    parser = ExpressionParser(tokens)
    tree = parser.stacked()
    if not parser.at_end():
        raise UnparsedError(f"{parser.peek().text!r} after an expression")
    return tree


class ExpressionParser(Cursor):
    """Reads one expression from its tokens."""

    # Sums, products, signs

    def expression(self) -> Expression:
        """Read a sum."""
        self.deeper()
        terms = [self.term()]
        while True:
            if self.sees("+", "-"):
                negative = self.next().text == "-"
                term = self.term()
                terms.append(Negative(term) if negative else term)
            elif self.sees_command("pm", "mp"):
                flipped = self.next().text == "mp"
                terms.append(PlusMinus(self.term(), flipped))
            else:
                break
        self.depth -= 1
        self.spend(len(terms))
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def term(self) -> Expression:
        """Read a product or quotient, from the left."""
        factors, divisors = [self.unary()], list[Expression]()
        while True:
            if self.sees("*") or self.sees_command("cdot", "times"):
                self.at += 1
                turns = turns_sign(self.tokens, self.at)
                factors.append(cross(factors.pop(), self.power()) if turns else self.unary())
            elif self.sees("/") or self.sees_command("div"):
                self.at += 1
                divisors.append(self.unary())
            elif self.sees_command("bmod", "mod"):
                self.at += 1
                return Call("mod", (_quotient(factors, divisors), self.unary()))
            elif self.starts_atom():
                self._refuse_adjacent_numbers()
                factors.append(self.power())
            else:
                self.spend(len(factors) + len(divisors))
                return _quotient(factors, divisors)

    def _refuse_adjacent_numbers(self) -> None:
        before, token = self.tokens[self.at - 1], self.peek()
        if token.kind == "number" and before.kind == "number" and not self._after_power():
            raise UnparsedError("two numbers side by side")

    def _after_power(self) -> bool:
        """`2^6 3^5`: the number before the cursor is an exponent."""
        return self.at >= 2 and self.tokens[self.at - 2].text in ("^", "**") and self.peek().spaced

    def starts_atom(self) -> bool:
        """Say whether a factor may begin here without a sign of multiplication."""
        kind, text, _ = self.peek()
        if kind in ("number", "letter", "symbol"):
            return True
        if kind == "mark":
            return text in ("(", "{", "[") or (text == "|" and not self.open_bars)
        if kind == "begin":
            return True
        return kind == "command" and (
            text in FUNCTIONS or text in GREEK or text in _ATOM_COMMANDS or text in LIST_FUNCTIONS
        )

    def unary(self) -> Expression:
        """Read signs and what they stand before."""
        negative = self._negative()
        if self.sees_command("pm", "mp"):
            flipped = self.next().text == "mp"
            self.spend()
            self.deeper()
            of = self.unary()
            self.depth -= 1
            return PlusMinus(of, flipped ^ negative)
        power = self.power()
        return Negative(power) if negative else power

    def power(self) -> Expression:
        """Read an atom with what is written behind or above it."""
        tree = self.atom()
        for _ in range(_MAX_MARKS):
            marked = self._marked(tree)
            if marked is None:
                return tree
            tree = marked
        raise UnparsedError(f"more than {_MAX_MARKS} marks behind one value")

    def _marked(self, tree: Expression) -> Expression | None:
        """Read one mark behind `tree`, None if there is none."""
        if self.sees("^", "**"):
            return self._raised(tree)
        if self.sees("_"):
            return read_subscripted(self, tree)
        if not (self.sees("!", "%") or self.sees_command("degree")):
            return None
        self.spend()
        mark = self.next().text
        if mark == "!":
            double = self.sees("!") and not self.peek().spaced
            self.at += double
            return Call("double_factorial" if double else "factorial", (tree,))
        return Percent(tree) if mark == "%" else self._degrees(tree)

    def point(self) -> Expression:
        """Read the point of a limit: a signed atom or fraction, or an expression in braces."""
        negative = self.sees("-")
        self.at += negative or self.sees("+")
        tree = self.bracketed() if self.sees("{") else self.atom()
        while self.starts_atom() or self.sees("/"):
            divided = self.sees("/")
            self.at += divided
            tree = Quotient(tree, self.atom()) if divided else Product((tree, self.atom()))
        return Negative(tree) if negative else tree

    def _raised(self, base: Expression) -> Expression:
        self.at += 1
        self.spend()
        if self.sees_command("circ"):
            self.at += 1
            return self._degrees(base)
        if self.sees("{") and self.sees_command("circ", ahead=1) and self.sees("}", ahead=2):
            self.at += 3
            return self._degrees(base)
        self.deeper()
        exponent = self.script()
        if self.sees("^", "**"):  # the exponent is itself a power
            exponent = self._raised(exponent)
        self.depth -= 1
        return Power(base, exponent)

    def _degrees(self, of: Expression) -> Expression:
        braced = self.sees("{") and self.sees("}", ahead=2)
        scale = self.peek(1 if braced else 0)
        if scale.kind == "letter" and scale.text in "CF":  # a temperature
            self.at += 3 if braced else 1
        return Degrees(of)

    # Arguments

    def group(self, *, whole: bool = False) -> Expression:
        r"""Read a command's argument: braces, or one token (of a numeral, one digit).

        `whole` takes all digits: nobody means (17/1) 0 by `\frac{17}10`.
        """
        if self.sees("{"):
            return self._braced()
        token = self.peek()
        if token.kind == "number":
            if not token.text.isdigit():
                raise UnparsedError("a decimal as an argument without braces")
            if len(token.text) > 1 and not whole:
                rest = Token("number", token.text[1:])
                self.tokens[self.at : self.at + 1] = [Token("number", token.text[0]), rest]
            return Number(Fraction(int(self.next().text)))
        if self.sees("-"):
            self.at += 1
            return Negative(self.power())
        if token.kind in ("letter", "symbol") or (token.kind == "command" and self.starts_atom()):
            return self.atom()
        raise UnparsedError(f"{token.text!r} as an argument")

    def _braced(self) -> Expression:
        self.expect("{")
        bars, self.open_bars = self.open_bars, 0
        tree = self.stacked()
        self.expect("}")
        self.open_bars = bars
        return tree

    def stacked(self) -> Expression:
        r"""Read a sum, or two around `\over` or `\choose`."""
        tree = self.expression()
        if not self.sees_command("choose", "over"):
            return tree
        choose = self.next().text == "choose"
        other = self.expression()
        return Call("binomial", (tree, other)) if choose else Quotient(tree, other)

    def script(self) -> Expression:
        """Read what follows `^` or `_`; a numeral counts whole, `2^10` is 1024."""
        negative = self._negative()
        if self.peek().kind == "number":
            script: Expression = read_decimal(self.next().text)
        else:
            script = self.atom() if self.sees("(") else self.group()
        return Negative(script) if negative else script

    def _negative(self) -> bool:
        """Step over signs; say whether they make what follows negative."""
        negative = False
        while self.sees("-", "+"):
            negative ^= self.next().text == "-"
        return negative

    def bracketed(self) -> Expression:
        """Read `( ... )` or any other pair of brackets around one expression."""
        opening = self.next().text
        bars, self.open_bars = self.open_bars, 0
        tree = self.expression()
        self.expect(CLOSING[opening])
        self.open_bars = bars
        return tree

    def arguments(self) -> tuple[Expression, ...]:
        """Read `(a, b, ...)`, in square brackets as well."""
        closing = "]" if self.sees("[") else ")"
        self.expect("[" if closing == "]" else "(")
        bars, self.open_bars = self.open_bars, 0
        arguments = [self.expression()]
        while self.sees(","):
            self.at += 1
            arguments.append(self.expression())
        self.expect(closing)
        self.open_bars = bars
        return tuple(arguments)

    # Atoms

    def atom(self) -> Expression:
        """Read one indivisible piece."""
        self.deeper()
        self.spend()
        tree = self._atom()
        self.depth -= 1
        return tree

    def _atom(self) -> Expression:
        token = self.peek()
        if token.kind == "number":
            return self._number()
        if token.kind in ("letter", "symbol"):
            return read_name(self)
        if token.kind == "begin":
            return read_matrix(self)
        if token.kind == "command":
            return self._command()
        if self.sees(*CLOSING):
            return self.bracketed()
        if self.sees("|"):
            return self._bars()
        raise UnparsedError(f"{token.text[:20]!r} where an expression was due")

    def _bars(self) -> Expression:
        self.at += 1
        self.open_bars += 1
        tree = self.expression()
        self.open_bars -= 1
        self.expect("|")
        return Call("det" if isinstance(tree, Matrix) else "abs", (tree,))

    def _number(self) -> Expression:
        text = self.next().text
        number = read_decimal(text)
        if not text.isdigit():
            return number
        if self.sees_command("frac"):
            return self._mixed_with_frac(number)
        top, slash, bottom = self.peek(), self.peek(1), self.peek(2)
        if top.kind == bottom.kind == "number" and top.spaced and slash.text == "/":  # 1 3/4
            if not (top.text.isdigit() and bottom.text.isdigit() and int(bottom.text)):
                raise UnparsedError("two numbers side by side")
            self.at += 3
            return Number(number.value + Fraction(int(top.text), int(bottom.text)))
        return number

    def _mixed_with_frac(self, whole: Number) -> Expression:
        r"""Read `1\frac{3}{4}` as 7/4; `2\frac{x}{4}` stays a product."""
        start, tokens, nodes = self.at, list(self.tokens), self.nodes
        self.at += 1
        braced = self.sees("{")
        top, bottom = self.group(), self.group(whole=braced)
        if isinstance(top, Number) and isinstance(bottom, Number) and not self.sees("^"):
            integers = top.value.denominator == bottom.value.denominator == 1
            if integers and top.value >= 0 and bottom.value > 0:
                return Number(whole.value + top.value / bottom.value)
        self.at, self.tokens, self.nodes = start, tokens, nodes
        return whole

    def _command(self) -> Expression:
        name = self.peek().text
        if name in FUNCTIONS or name in LIST_FUNCTIONS:
            return read_function(self)
        if name in _BINDERS:
            return read_binder(self)
        self.at += 1
        if name == "frac":
            return self._fraction()
        if name == "sqrt":
            return self._root()
        if name == "binom":
            return Call("binomial", (self.group(), self.group()))
        if name in ("lfloor", "lceil"):
            return self._rounded(name)
        if name == "ldots":
            return Symbol("...")
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name])
        if name in GREEK:
            return read_greek(self, name)
        raise UnparsedError(f"the command \\{name[:20]}")

    def _fraction(self) -> Expression:
        if self.sees("{") and self.peek(1).text == "d" and self.sees("}", ahead=2):
            return self._derivative()
        braced = self.sees("{")
        return Quotient(self.group(), self.group(whole=braced))

    def _derivative(self) -> Expression:
        r"""Read `\frac{d}{dx}` and the term it applies to."""
        self.at += 3
        if not (self.sees("{") and self.peek(1).text == "d" and self.sees("}", ahead=3)):
            raise UnparsedError("a fraction of differentials")
        variable = self.peek(2).text
        self.at += 4
        return Call("derivative", (self.term(), Symbol(variable)))

    def _root(self) -> Expression:
        index: Expression | None = None
        if self.sees("["):
            self.at += 1
            index = self.expression()
            self.expect("]")
        if self.peek().kind == "number":
            radicand: Expression = read_decimal(self.next().text)
        else:
            radicand = self.atom() if self.sees("(") else self.group()
        return Call("sqrt", (radicand,)) if index is None else Call("root", (radicand, index))

    def _rounded(self, name: str) -> Expression:
        tree = self.expression()
        if not self.sees_command("rfloor" if name == "lfloor" else "rceil"):
            raise UnparsedError("an unclosed floor or ceiling")
        self.at += 1
        return Call("floor" if name == "lfloor" else "ceiling", (tree,))


def _quotient(factors: Sequence[Expression], divisors: Sequence[Expression]) -> Expression:
    return Quotient(_product(factors), _product(divisors)) if divisors else _product(factors)


def _product(factors: Sequence[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))
