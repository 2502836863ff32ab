r"""Equality of two expressions, by exact arithmetic where it reaches and by precision elsewhere.

**Closed expressions.** Two rationals are compared exactly. Otherwise both are computed to 60
digits; if they differ by more than the rounding of the largest number on the way, they differ. If
not, they are computed again to 220 digits *below the smallest number on the way*: a true zero has
shrunk with the precision, a difference like that of 2^{-99} and 2^{-98}, or of \sqrt{10^{20}+1} and
10^{10}, has not. Equal is thus said of numbers that agree to two hundred digits of every part they
are made of. No pair of closed forms short enough to be an answer is known to do so by chance.

**Expressions with variables** are the same function if they agree at fixed random rational points.
How many it takes, and where, is `sampling`'s to say. Polynomials and rational functions are
compared exactly there (a difference that is no identity vanishes at three random points of 50,000
with probability below (degree / 50,000)^3), others as closed expressions are. Points have both
signs: \sqrt{x^2} is not x. Where a root or logarithm leaves the reals its branch is a convention,
so such points can confirm but not refute.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from verification.arithmetic.exact import ExactEvaluator, InexactError
from verification.arithmetic.marks import LogBase, Marks
from verification.arithmetic.matrix_algebra import reduced
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.precision import MAX_DIGITS_OF_PRECISION, Real, binary_exponent
from verification.arithmetic.sampling import Point, Sample, sample
from verification.arithmetic.separation import separation_bits
from verification.arithmetic.terms import Budget, Terms, every
from verification.tree.bounds import MAX_VARIABLES, TooLargeError, UndecidedError, UndefinedError
from verification.tree.syntax import Constant, Expression, Matrix, Negative, Number, Sum, Symbol
from verification.tree.traits import Traits, traits_of

LOW, HIGH = 60, 220
_GUARD = 40
"""Bits by which a difference must exceed the rounding of the largest number to count."""
_ELLIPSIS = Symbol("...")
_APART = 6
"""Points apart, with none in agreement, that settle it off the reals, too."""
_PLAIN_SPREAD = 20
"""Digits between the largest and the smallest number on the way that 220 digits take in."""
_BITS_PER_DIGIT = 3.3219280948873626


def same_expression(left: Expression, right: Expression, terms: Terms) -> bool:
    """Say whether two expressions are equal; raises UndecidedError if these tests cannot tell."""
    try:
        return _same_whole(left, right, terms)
    except UndecidedError:
        rest = _without_common_terms(left, right)
        if rest is None:
            raise
    return same_expression(*rest, terms)


def _without_common_terms(
    left: Expression, right: Expression
) -> tuple[Expression, Expression] | None:
    """Cancel the terms that stand on both sides: a series plus 1 is not the series."""
    lefts, rights = list(_terms(left)), list(_terms(right))
    common = [term for term in lefts if term in rights]
    for term in common:
        if term in rights:
            lefts.remove(term)
            rights.remove(term)
    if not common:
        return None
    return _total(lefts), _total(rights)


def _terms(tree: Expression) -> tuple[Expression, ...]:
    if not isinstance(tree, Sum):
        return (tree,)
    return tuple(part for term in tree.terms for part in _terms(term))


def _total(terms: list[Expression]) -> Expression:
    if not terms:
        return Number(Fraction(0))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _same_whole(left: Expression, right: Expression, terms: Terms) -> bool:
    if left == right:
        return True
    traits = traits_of(left, right)
    if traits.matrix:
        return _same_matrix(reduced(left), reduced(right), terms)
    if traits.infinite:
        return _same_infinity(left, right)
    if _ELLIPSIS.name in traits.variables:
        _refuse_lone_ellipsis(left, right)
    if len(traits.variables) > MAX_VARIABLES:
        raise UndecidedError(f"more than {MAX_VARIABLES} variables")
    for marks in _readings(left, right, traits, terms):
        if _Comparison(left, right, traits, marks, terms).agree():
            return True
    return False


def _refuse_lone_ellipsis(left: Expression, right: Expression) -> None:
    r"""`0.333\ldots` means more than its digits; a lone `\ldots` is an item of a list."""
    both = all(_ELLIPSIS.name in traits_of(tree).variables for tree in (left, right))
    if not both and _ELLIPSIS not in (left, right):
        raise UndecidedError("an ellipsis on one side")


def _same_matrix(left: Expression, right: Expression, terms: Terms) -> bool:
    if not isinstance(left, Matrix) or not isinstance(right, Matrix):
        if isinstance(left, Matrix) or isinstance(right, Matrix):
            return False
        return same_expression(left, right, terms)
    if len(left.rows) != len(right.rows) or len(left.rows[0]) != len(right.rows[0]):
        return False
    entries = (
        pair for rows in zip(left.rows, right.rows, strict=True) for pair in zip(*rows, strict=True)
    )
    return every(lambda a, b: same_expression(a, b, terms), entries)


def _same_infinity(left: Expression, right: Expression) -> bool:
    infinity = Constant("infinity")
    signs: dict[Expression, int] = {infinity: 1, Negative(infinity): -1}
    for tree in (left, right):
        if tree not in signs and traits_of(tree).infinite:
            raise UndecidedError("infinity inside an expression")
    return signs.get(left) == signs.get(right)


def _readings(left: Expression, right: Expression, traits: Traits, terms: Terms) -> Iterator[Marks]:
    """Yield the readings of marks under which the sides may agree, the literal one first."""
    conventions = terms.conventions
    one_sided_percent, one_sided_degrees = False, False
    if traits.percent or traits.degrees:
        a, b = traits_of(left), traits_of(right)
        one_sided_percent, one_sided_degrees = a.percent != b.percent, a.degrees != b.degrees
    base: LogBase = "e" if conventions.log_base == "e" else "ten"
    plain = Marks(log_base=base)
    if not (one_sided_degrees and conventions.degrees == "strict"):
        yield plain
    if one_sided_percent and conventions.percent == "optional":
        yield Marks(log_base=base, percent_divides=False)
    if one_sided_degrees:
        yield Marks(log_base=base, degrees_convert=True)
    functions = traits.functions
    if conventions.log_base == "either" and "log" in functions and "ln" not in functions:
        yield Marks(log_base="e")


@dataclass(slots=True)
class _Comparison:
    """Two expressions, their marks taken in one way."""

    left: Expression
    right: Expression
    traits: Traits
    marks: Marks
    terms: Terms

    @property
    def budget(self) -> Budget:
        return self.terms.budget

    def agree(self) -> bool:
        """Say whether they are equal."""
        return self._same_function() if self.traits.variables else self._same_number({})

    # At one point

    def _exactly(self, point: Mapping[str, Fraction]) -> bool | None:
        """Compare exactly; raises InexactError. None where no comparison is possible.

        A closed expression without a value differs from any with one; at one point of many the
        side without a value may just have a removable gap there.
        """
        values: list[Fraction | None] = []
        for tree in (self.left, self.right):
            try:
                values.append(ExactEvaluator(point, self.marks, self.budget).value(tree))
            except UndefinedError:
                values.append(None)
        if values[0] is None and values[1] is None:
            return None
        if None in values:
            return None if point else False
        return values[0] == values[1]

    def _computed(
        self, point: Mapping[str, Fraction], digits: int
    ) -> tuple[list[Real | None], NumericEvaluator]:
        """Return both values, None where too large, and the evaluator with their magnitudes."""
        evaluator = NumericEvaluator(point, self.marks, budget=self.budget, digits=digits)
        values: list[Real | None] = []
        for tree in (self.left, self.right):
            try:
                values.append(evaluator.value(tree))
            except TooLargeError:
                values.append(None)
        return values, evaluator

    def _same_number(self, point: Mapping[str, Fraction]) -> bool:
        """Compare the values at one point, to the full precision."""
        try:
            exactly = self._exactly(point)
            if exactly is not None:
                return exactly or self._within_tolerance(point)
            raise UndecidedError("no value on either side")
        except InexactError:
            pass
        try:
            return self._same_to_precision(point)
        except UndefinedError as error:
            raise UndecidedError(str(error)) from error

    def _same_to_precision(self, point: Mapping[str, Fraction]) -> bool:
        (x, y), evaluator = self._computed(point, LOW)
        if x is None or y is None:
            if x is None and y is None:
                raise UndecidedError("both values too large to compute")
            return False
        if _differ(x, y, evaluator, LOW):
            return self._within_tolerance(point)
        digits = self._digits(evaluator)
        self.budget.spend(digits)
        rough = x, y
        (x, y), evaluator = self._computed(point, digits)
        if any(_grew(*pair) for pair in zip(rough, (x, y), strict=True)):
            raise UndecidedError("a division by what may be 0")
        return not _differ(x, y, evaluator, digits) or self._within_tolerance(point)

    def _digits(self, evaluator: NumericEvaluator) -> int:
        """Return the precision at which agreement counts: proof where a bound is known.

        A part of size M may hide a term of size 1/M, so magnitudes count twice.
        """
        spread = int((evaluator.highest - evaluator.lowest) / _BITS_PER_DIGIT)
        digits = HIGH if spread < _PLAIN_SPREAD else HIGH + 2 * spread
        bits = None
        if not self.traits.variables:
            bits = separation_bits(Sum((self.left, Negative(self.right))))
        if bits is not None:
            proof = int((evaluator.highest + bits + 2 * _GUARD) / _BITS_PER_DIGIT) + 1
            if proof <= MAX_DIGITS_OF_PRECISION:
                return max(HIGH, proof)
        if digits > MAX_DIGITS_OF_PRECISION:
            raise UndecidedError("magnitudes too far apart")
        return digits

    def _within_tolerance(self, point: Mapping[str, Fraction]) -> bool:
        tolerance = self.terms.conventions.relative_tolerance
        if not tolerance or point:
            return False
        (x, y), _ = self._computed(point, LOW)
        if x is None or y is None:
            return False
        largest = max(abs(x), abs(y))
        return bool(abs(x - y) * tolerance.denominator <= largest * tolerance.numerator)

    # At many points

    def _same_function(self) -> bool:
        chosen = sample(self.traits, self.left, self.right)
        try:
            agreements = 0
            for point in chosen.points:
                same = self._exactly(point)
                if same is False:
                    return False
                agreements += bool(same)
                if agreements == chosen.needed:
                    return True
            raise UndecidedError("too few points where both are defined")
        except InexactError:
            return self._same_function_numerically(chosen)

    def _same_function_numerically(self, chosen: Sample) -> bool:
        agreed: list[Point] = []
        real, complex_, apart = 0, 0, 0
        for point in chosen.points:
            verdict = self._at(point)
            if verdict is None:
                continue
            same, is_real = verdict
            if same:
                agreed.append(point)
                real += is_real
                complex_ += not is_real
            elif is_real or not self.traits.branching:
                return False
            else:
                apart += 1
            if real >= chosen.needed:
                break
        if apart and not agreed:
            return self._settle_apart(apart)
        if real >= min(chosen.needed, 4) or complex_ >= chosen.needed:
            return self._same_to_precision(agreed[0])
        raise UndecidedError("too few points where both are defined")

    def _settle_apart(self, apart: int) -> bool:
        if apart < _APART:
            raise UndecidedError("apart only where the branch is a convention")
        return False

    def _at(self, point: Mapping[str, Fraction]) -> tuple[bool, bool] | None:
        """Return whether both sides agree and are real; None where a side has no value."""
        try:
            (x, y), evaluator = self._computed(point, LOW)
        except UndefinedError:
            return None
        if x is None or y is None:
            return None
        ctx = evaluator.ctx
        is_real = not evaluator.left_the_reals and _is_real(ctx, x) and _is_real(ctx, y)
        return not _differ(x, y, evaluator, LOW), is_real


def _grew(rough: Real | None, exact: Real | None) -> bool:
    r"""Say whether a value grows with the precision, as `1/\sin\pi` does."""
    before, after = (None if v is None else binary_exponent(v) for v in (rough, exact))
    return before is not None and after is not None and after - before > LOW


def _is_real(ctx: Real, x: Real) -> bool:
    imaginary = ctx.im(x)
    return bool(imaginary == 0 or abs(imaginary) < abs(x) * ctx.mpf(10) ** (-LOW // 2))


def _differ(x: Real, y: Real, evaluator: NumericEvaluator, digits: int) -> bool:
    """Say whether x - y exceeds what rounding at the largest magnitude on the way can explain."""
    exponent = binary_exponent(x - y)
    if exponent is None:
        return False
    return exponent > evaluator.highest - digits * _BITS_PER_DIGIT + _GUARD
