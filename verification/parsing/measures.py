r"""The units of measurement: how they are spelled, and what they are made of.

A unit is a canonical symbol (`kJ`, `ft`) with dimensions and an exact size. Symbols mind their case
(`mV` is not `MV`), words do not. Units whose sizes no two people agree about (`ton`, `point`) have
a dimension of their own and convert into nothing.
"""

from fractions import Fraction

Dimensions = tuple[tuple[str, int], ...]

_TENS = {
    "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "k": 3, "M": 6, "G": 9, "T": 12,
}  # fmt: skip
_PREFIX_WORDS = {
    "pico": "p", "nano": "n", "micro": "u", "milli": "m", "centi": "c", "deci": "d", "kilo": "k",
    "mega": "M", "giga": "G", "tera": "T",
}  # fmt: skip

# symbol: (dimensions, size in metres, grams, seconds, amperes, words, prefixes)
_DECIMAL: dict[str, tuple[dict[str, int], Fraction, str, str]] = {
    "m": ({"length": 1}, Fraction(1), "meter metre", "pnumcdk"),
    "g": ({"mass": 1}, Fraction(1), "gram gramme gm", "numck"),
    "s": ({"time": 1}, Fraction(1), "second", "pnum"),
    "A": ({"current": 1}, Fraction(1), "ampere amp", "numk"),
    "K": ({"kelvin": 1}, Fraction(1), "kelvin", "m"),
    "mol": ({"mol": 1}, Fraction(1), "mole", "umk"),
    "l": ({"length": 3}, Fraction(1, 1000), "liter litre", "umcdk"),
    "Hz": ({"time": -1}, Fraction(1), "hertz", "kMGT"),
    "N": ({"mass": 1, "length": 1, "time": -2}, Fraction(1000), "newton", "umkM"),
    "J": ({"mass": 1, "length": 2, "time": -2}, Fraction(1000), "joule", "pnumkMGT"),
    "W": ({"mass": 1, "length": 2, "time": -3}, Fraction(1000), "watt", "numkMGT"),
    "Pa": ({"mass": 1, "length": -1, "time": -2}, Fraction(1000), "pascal", "mkMG"),
    "C": ({"current": 1, "time": 1}, Fraction(1), "coulomb", "pnum"),
    "V": ({"mass": 1, "length": 2, "time": -3, "current": -1}, Fraction(1000), "volt", "numkM"),
    "ohm": ({"mass": 1, "length": 2, "time": -3, "current": -2}, Fraction(1000), "ohm", "umkM"),
    "F": ({"mass": -1, "length": -2, "time": 4, "current": 2}, Fraction(1, 1000), "farad", "pnum"),
    "H": ({"mass": 1, "length": 2, "time": -2, "current": -2}, Fraction(1000), "henry", "num"),
    "T": ({"mass": 1, "time": -2, "current": -1}, Fraction(1000), "tesla", "num"),
    "Wb": ({"mass": 1, "length": 2, "time": -2, "current": -1}, Fraction(1000), "weber", "m"),
    "eV": (
        {"mass": 1, "length": 2, "time": -2},
        Fraction(1602176634, 10**25),
        "electronvolt",
        "mkMGT",
    ),
    "cal": ({"mass": 1, "length": 2, "time": -2}, Fraction(4184), "calorie", "k"),
    "M": ({"mol": 1, "length": -3}, Fraction(1000), "molar", "um"),
    "bar": ({"mass": 1, "length": -1, "time": -2}, Fraction(10**8), "bar", "m"),
    "bit": ({"data": 1}, Fraction(1), "bit", ""),
    "b": ({"data": 1}, Fraction(1), "", "kMGT"),
    "B": ({"data": 1}, Fraction(8), "byte", "kMGT"),
    "Bq": ({"becquerel": 1}, Fraction(1), "becquerel", "kMG"),
    "Sv": ({"sievert": 1}, Fraction(1), "sievert", "um"),
    "Gy": ({"gray": 1}, Fraction(1), "gray", "um"),
    "cd": ({"candela": 1}, Fraction(1), "candela", ""),
    "lm": ({"lumen": 1}, Fraction(1), "lumen", ""),
    "lx": ({"lux": 1}, Fraction(1), "lux", ""),
    "dB": ({"decibel": 1}, Fraction(1), "decibel", ""),
    "pc": ({"parsec": 1}, Fraction(1), "parsec", "kM"),
}

_INCH = Fraction(254, 10000)
_POUND = Fraction(45359237, 100000)
_GALLON = 231 * _INCH**3

_OTHERS: dict[str, tuple[dict[str, int], Fraction, str]] = {
    "in": ({"length": 1}, _INCH, "in inch inche pulgada pouce zoll"),
    "ft": ({"length": 1}, 12 * _INCH, "ft foot feet"),
    "yd": ({"length": 1}, 36 * _INCH, "yd yard"),
    "mi": ({"length": 1}, 63360 * _INCH, "mi mile"),
    "acre": ({"length": 2}, 43560 * 144 * _INCH**2, "acre"),
    "ha": ({"length": 2}, Fraction(10000), "hectare"),
    "min": ({"time": 1}, Fraction(60), "min minute minuto"),
    "h": ({"time": 1}, Fraction(3600), "h hr hour hora heure stunde"),
    "day": ({"time": 1}, Fraction(86400), "day"),
    "week": ({"time": 1}, Fraction(604800), "week wk"),
    "month": ({"months": 1}, Fraction(1), "month"),
    "year": ({"months": 1}, Fraction(12), "year yr"),
    "decade": ({"months": 1}, Fraction(120), "decade"),
    "century": ({"months": 1}, Fraction(1200), "century centurie"),
    "lb": ({"mass": 1}, _POUND, "lb pound"),
    "oz": ({"mass": 1}, _POUND / 16, "oz ounce"),
    "t": ({"mass": 1}, Fraction(10**6), "tonne"),
    "ton": ({"ton": 1}, Fraction(1), "ton"),
    "gal": ({"length": 3}, _GALLON, "gal gallon"),
    "qt": ({"length": 3}, _GALLON / 4, "qt quart"),
    "pint": ({"length": 3}, _GALLON / 8, "pint"),
    "cup": ({"length": 3}, _GALLON / 16, "cup"),
    "tbsp": ({"length": 3}, _GALLON / 256, "tbsp tablespoon"),
    "tsp": ({"length": 3}, _GALLON / 768, "tsp teaspoon"),
    "atm": ({"mass": 1, "length": -1, "time": -2}, Fraction(101325000), "atm atmosphere"),
    "cent": ({"usd": 1}, Fraction(1, 100), "cent penny pennie"),
    "usd": ({"usd": 1}, Fraction(1), "usd dollar buck"),
}

_ALONE = {
    "eur": "eur euro", "gbp": "gbp", "cny": "cny yuan rmb renminbi", "jpy": "jpy yen",
    "inr": "inr rupee rs",
    "percent": "percent pct percentage", "degree": "deg degree", "radian": "rad radian",
    "am": "am", "pm": "pm", "bc": "bc bce", "ad": "ce", "north": "north", "south": "south",
    "east": "east", "west": "west", "left": "left", "right": "right", "above": "above",
    "below": "below", "up": "up upward", "down": "down downward",
    "increase": "increase gain profit", "decrease": "decrease loss", "celsius": "celsius",
    "fahrenheit": "fahrenheit", "lightyear": "ly",
}  # fmt: skip
"""Units that convert into nothing else."""

_FOREIGN_METRES = "metro mètre метр"
_MORE_WORDS = {
    "m": _FOREIGN_METRES, "km": "kilómetro quilômetro kilomètre kilometro километр км",
    "cm": "centímetro centimètre centimetro сантиметр см", "mm": "milímetro millimètre мм",
    "kg": "kilo kilogramo quilo килограмм кг", "g": "gramo grammo грамм г", "l": "litro литр л",
    "min": "минута мин", "eur": "евро", "s": "sec secs segundo seconde sekunde",
}  # fmt: skip


def _tables() -> tuple[dict[str, str], dict[str, str], dict[str, tuple[Dimensions, Fraction]]]:
    """Return canonical symbols by symbol and by lower-case word, and what each is made of."""
    symbols: dict[str, str] = {}
    words: dict[str, str] = {}
    sizes: dict[str, tuple[Dimensions, Fraction]] = {}
    for symbol, (dimensions, size, names, prefixes) in _DECIMAL.items():
        for prefix in ("", *prefixes):
            canonical = prefix + symbol
            symbols[canonical] = canonical
            factor = Fraction(10) ** _TENS[prefix] if prefix else Fraction(1)
            sizes[canonical] = (tuple(sorted(dimensions.items())), size * factor)
            spelled = next((w for w, p in _PREFIX_WORDS.items() if p == prefix), "")
            words |= {spelled + name: canonical for name in names.split()}
    for canonical, (dimensions, size, names) in _OTHERS.items():
        sizes[canonical] = (tuple(sorted(dimensions.items())), size)
        words |= dict.fromkeys(names.split(), canonical)
        symbols.setdefault(canonical, canonical)
    for canonical, names in (*_ALONE.items(), *_MORE_WORDS.items()):
        words |= dict.fromkeys(names.split(), canonical)
        symbols.setdefault(canonical, canonical)
    return symbols, words, sizes


SYMBOLS, WORDS, SIZES = _tables()
SYMBOLS |= {
    "L": "l", "mL": "ml", "dL": "dl", "kL": "kl", "uL": "ul", "Kg": "kg", "KG": "kg", "Km": "km",
    "KM": "km", "CM": "cm", "MM": "mm", "KB": "kB", "Kb": "kb", "KJ": "kJ", "KW": "kW",
    "kWh": "kWh",    "wh": "Wh", "Wh": "Wh", "cc": "ml", "sec": "s", "hrs": "h", "mins": "min",
    "yrs": "year",
    "lbs": "lb", "mole": "mol", "HZ": "Hz", "hz": "Hz", "ev": "eV",
}  # fmt: skip
for _letter in "bt":  # behind a number, a variable before it is a bit or a tonne
    del SYMBOLS[_letter]

COMPOUNDS = {
    "mph": (("h", -1), ("mi", 1)), "kph": (("h", -1), ("km", 1)), "kmh": (("h", -1), ("km", 1)),
    "fps": (("ft", 1), ("s", -1)), "mps": (("m", 1), ("s", -1)), "rpm": (("min", -1), ("turn", 1)),
    "kWh": (("h", 1), ("kW", 1)), "Wh": (("W", 1), ("h", 1)),
    "Mbps": (("Mb", 1), ("s", -1)), "kbps": (("kb", 1), ("s", -1)), "Gbps": (("Gb", 1), ("s", -1)),
}  # fmt: skip


def unit_of(word: str) -> str | None:
    """Return the canonical unit that a word or symbol spells, None if it is none we know."""
    found = SYMBOLS.get(word)
    if found:
        return found
    lower = word.lower()
    return WORDS.get(lower) or (WORDS.get(lower.removesuffix("s")) if len(lower) > 2 else None)
