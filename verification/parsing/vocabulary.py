"""The words of mathematical notation: which command, letter group or unit means what."""

from collections.abc import Mapping
from fractions import Fraction

from verification.tree.syntax import FunctionName

FUNCTIONS = {
    name: name
    for name in (
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "arcsec",
        "arccsc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "arcsinh", "arccosh", "arctanh",
        "arccoth", "ln", "log", "exp",
    )
} | {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "tg": "tan", "ctg": "cot",
    "arctg": "arctan", "arcctg": "arccot", "cosec": "csc", "sh": "sinh", "ch": "cosh", "th": "tanh",
    "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh", "arcoth": "arccoth",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "lg": "lg", "Arg": "arg",
    "Re": "real", "Im": "imaginary", "arg": "arg", "cis": "cis",
    "det": "det", "tr": "trace", "Gamma": "gamma",
}  # fmt: skip
"""Commands and names applied to one argument, with or without brackets."""

LIST_FUNCTIONS = {"gcd", "lcm", "max", "min", "det", "tr", "Re", "Im", "arg"}
"""Names that need brackets around their arguments."""

INVERSES: Mapping[FunctionName, FunctionName] = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec",
    "csc": "arccsc", "sinh": "arcsinh", "cosh": "arccosh", "tanh": "arctanh", "coth": "arccoth",
}  # fmt: skip

GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
    "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi",
    "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi",
    "Omega", "ell", "hbar", "mho", "odot", "Pi", "varpi", "varrho", "nabla",
}  # fmt: skip

SIGNS = {
    "=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "==": "=",
    "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "geqq": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
    "approx": "~", "simeq": "~", "sim": "~", "doteq": "~", "cong": "~", "in": "in",
    "notin": "notin", "equiv": "equiv", "to": "to", "rightarrow": "to", "mapsto": "to",
    "longrightarrow": "to", "subset": "subset", "subseteq": "subset", "Rightarrow": "=>",
    "implies": "=>", "iff": "=>", "Leftrightarrow": "=>", "propto": "~", "coloneqq": "=",
    "perp": "perp",
}  # fmt: skip

SPACES = {
    ",", ";", ":", " ", "quad", "qquad", "!", "hfill", "nonumber", ">", "\n", "enspace",
    "thinspace", "hline", "displaystyle", "textstyle", "limits", "nolimits", "rm", "bf", "it",
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl",
    "biggr", "Biggl", "Biggr", "bigm", "middle", "strut", "null", "notag",
}  # fmt: skip
"""Commands that only move or size things."""

WORD_STYLES = {
    "text", "mbox", "hbox", "textbf", "textit", "textrm", "textnormal", "texttt", "textsf",
    "textsc", "emph", "fbox", "textup", "textmd",
}  # fmt: skip
MATH_STYLES = {
    "mathrm", "mathbf", "mathit", "mathsf", "mathcal", "mathscr", "mathfrak", "mathtt",
    "mathnormal",
    "boldsymbol", "bm", "pmb", "operatorname", "boxed", "mathop", "ensuremath", "underline",
    "vec", "overrightarrow", "underbrace", "bold", "mathord",
}  # fmt: skip
DECORATIONS = {"bar", "overline", "hat", "widehat", "tilde", "widetilde", "dot", "ddot"}

BARE_COMMANDS = {
    "sqrt", "pi", "sin", "cos", "tan", "cot", "sec", "csc", "ln", "log", "exp", "infty", "frac",
    "arctan", "arcsin", "arccos", "cdot", "cup", "cap", "sinh", "cosh", "tanh", "theta", "alpha",
    "beta", "lambda", "gcd", "lcm", "max", "min", "arccosh", "arcsinh", "arctanh", "lim",
}  # fmt: skip
"""Letter groups that stand for a command where its backslash was forgotten."""

INFINITY_WORDS = {"inf", "oo", "infinity", "Infinity", "infty"}

JOINING_WORDS = {
    "and": "and", "or": "or", "": "", "&": "and", "and also": "and", "or else": "or",
    "as well as": "and", "\\&": "and",
}  # fmt: skip

BLOCKING_WORDS = {
    "and", "or", "if", "when", "where", "for", "not", "to", "less", "greater", "more", "than", "no",
    "squared", "cubed", "factorial", "plus", "minus", "between", "at", "least", "most",
    "over", "choose", "root", "with", "without", "except", "but", "is", "are", "half", "third",
    "quarter", "double", "twice", "only", "undefined", "none", "solution", "solutions", "mod",
    "ish", "bit", "something", "base", "the", "any", "all", "every", "some", "is not",
}  # fmt: skip
"""Words after a number that may change what it says; such an answer is not read as a quantity."""

SCALES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7,
    "mil": 1000, "mille": 1000, "mila": 1000, "tausend": 1000, "тысяча": 1000, "тысячи": 1000,
    "тысяч": 1000, "millón": 10**6, "millones": 10**6, "millions": 10**6, "millionen": 10**6,
    "milhão": 10**6, "milhões": 10**6, "milione": 10**6, "milioni": 10**6, "миллион": 10**6,
    "миллиона": 10**6, "миллионов": 10**6, "docena": 12, "docenas": 12, "douzaine": 12,
    "douzaines": 12, "dutzend": 12, "dúzia": 12, "dúzias": 12, "dozens": 12, "дюжина": 12,
    "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "백": 100,
    "천": 1000, "만": 10**4, "억": 10**8, "हज़ार": 1000, "লাখ": 10**5, "হাজার": 1000,
}  # fmt: skip
"""Words behind a number that multiply it, in the languages that answers come in."""

PER_WORDS = {"per", "a", "an", "each", "every", "pro", "por", "par", "je"}

_UNITS_TO_TWENTY = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
NUMBER_WORDS = {word: value for value, word in enumerate(_UNITS_TO_TWENTY)} | {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "one hundred": 100, "one thousand": 1000, "one million": 10**6,
}  # fmt: skip

FRACTION_WORDS = {
    "half": Fraction(1, 2), "one half": Fraction(1, 2), "one third": Fraction(1, 3),
    "two thirds": Fraction(2, 3), "one quarter": Fraction(1, 4), "one fourth": Fraction(1, 4),
    "three quarters": Fraction(3, 4), "three fourths": Fraction(3, 4), "one fifth": Fraction(1, 5),
}  # fmt: skip

BARE_UNITS = {
    "cm", "mm", "km", "dm", "ft", "mi", "in", "yd", "kg", "mg", "lb", "lbs", "oz", "hr", "hrs",
    "min", "mins", "sec", "secs", "cup", "cups", "mph", "kph", "deg", "rad", "pct", "ml", "am",
    "pm", "usd",
    "gm",     "sq", "hz", "mol", "units", "unit", "inches", "feet", "dollars", "cents", "degrees",
    "percent",
}  # fmt: skip
"""Letter groups that are a unit when they follow a number without `\\text`."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
SAME_WORDS = {
    word: group[0]
    for group in (
        ("no solution", "no solutions", "none", "no real solution", "no real solutions",
         "empty set", "empty", "null set", "no such number", "there is no solution",
         "there are no solutions", "no real roots", "no roots", "the empty set"),
        ("does not exist", "dne", "undefined", "not defined", "no limit"),
        ("infinitely many", "infinitely many solutions", "infinite solutions",
         "infinite number of solutions", "infinitely many real solutions"),
        ("all real numbers", "all reals", "all real x", "all real values", "any real number",
         "every real number", "all real values of x", "all real", "real numbers"),
        ("true", "correct"), ("false", "incorrect"),
    )
    for word in group
} | {
    short: full
    for full in (*WEEKDAYS, *MONTHS)
    for short in (full[:3], full[:4])
}  # fmt: skip
"""Phrases that say the same thing, to one of them."""

_NAMES = """
    aaron abby adam alan alice amanda amber amy andrea angela anna april arthur ashley barbara barry
    ben bernardo beth betty bob brad brandon brenda brian briana bruce bryan carl carla carlos carol
    cecilia cesar charlie chloe chris cindy clara claire craig dana daniel darren dave david dawn
    deborah debra dennis devon diana diego donna doris doug drew dylan ed elena ella emily emma eric
    erica erin ethan eva evelyn ezra felix fiona frank fred gary george gina grace greg gwen hannah
    harold harry heather hector heidi helen holly howard hugo ian irene isaac isabella ivan jacob
    jada jake jamal jane janet jared jasmine jason jeff jenny jeremy jerry jesse jessica jill jim
    jimmy joan joel john jordan jose joseph josh joyce juan judy julia justin karen karl keith kelly
    ken kevin kim kyle laura lauren leah leo leon leroy linda lisa lola lucas lucy luis luke mabel
    marcus maria marie mark martha martin mary matt maya megan melanie melissa mia michael michelle
    miguel mike molly monica nadia naomi natalie nathan navin neil nick nicole nina noah nora oliver
    olivia oscar owen pablo pam patricia paul pedro penny peter phil phoebe phillip rachel ralph
    randy raymond rebecca rhonda rick rita roger ronald rosa roy russell ruth ryan sam samantha
    sandra sara sarah sean shannon sharon shawn sofia sophia stan stella steve stuart susan tamara
    tara tasha teresa thomas tim tina todd tom tracy travis tyler vanessa vera victor vincent vivian
    wanda wayne wendy yolanda yusuf zach zoe
    """
GIVEN_NAMES = set(_NAMES.split())
"""Given names of word problems, none of them short for another: a name with the same first letters
counts as perhaps the same."""

SHORT_WORDS = {"odd", "red", "cat", "dog", "cow", "pig", "all", "the"} | {
    name for name in GIVEN_NAMES if len(name) == 3
}
"""Words of three letters that are no product of variables; names only with a capital."""
