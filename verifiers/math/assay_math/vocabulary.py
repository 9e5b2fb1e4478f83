"""The words of written mathematics: functions, relations, brackets, letters."""

from __future__ import annotations

FUNCTIONS = {
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "log", "lg",
    "exp", "sqrt", "cbrt", "abs", "max", "min", "gcd", "lcm", "arg", "det", "Re", "Im", "asin", "acos", "atan", "floor", "ceil", "binom", "cis",
}  # fmt: skip
SAME = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log10"}
TRIGONOMETRIC = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "ln", "log"}
RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=",
    "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\lt": "<", "\\gt": ">", "\\ne": "!=", "\\neq": "!=", "\\in": "in",
    "\\approx": "~", "\\sim": "~", "\\simeq": "~", "\\doteq": "~", "\\equiv": "mod", "\\to": "->", "\\mapsto": "->", "\\notin": "not in", "\\subset": "subset", "\\subseteq": "subset",
}  # fmt: skip
TIMES = {"\\cdot", "\\times", "*", "\\ast", "\\bullet"}
DIVIDED = {"/", "\\div"}
TEXT = {"\\text", "\\textbf", "\\textit", "\\mathrm", "\\textrm", "\\mbox", "\\hbox", "\\textnormal", "\\operatorname", "\\mathbf", "\\mathit", "\\rm", "\\bf", "\\mathsf", "\\texttt"}  # fmt: skip
GREEK = {f"\\{name}": name for name in ["alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "ell", "hbar"]}  # fmt: skip
CLOSING = {
    "(": ")",
    "[": "]",
    "{": "}",
    "\\{": "\\}",
    "\\langle": "\\rangle",
    "\\lbrace": "\\rbrace",
    "\\lbrack": "\\rbrack",
}
OPEN, CLOSE = set(CLOSING), {")", "]", "\\}", "\\rangle", "\\rbrace", "\\rbrack"}
NO_PRODUCT = {"km", "cm", "mm", "kg", "mg", "ft", "lb", "hr", "min", "sec", "mph", "deg", "yes", "no", "day", "usd", "oz", "rad", "per", "pct", "sq", "cu", "cc", "st", "nd", "rd", "th", "to", "is", "of", "the", "in", "mi", "yd", "ml"}  # fmt: skip

#: Commands that can begin a factor.
BEGINNING = {*GREEK} | {
    "\\frac", "\\sqrt", "\\cbrt", "\\pi", "\\infty", "\\binom", "\\lfloor", "\\lceil", "\\overline", "\\begin", "\\{",
    "\\emptyset", "\\varnothing", "\\mathbb", "\\vec", "\\hat", "\\bar", "\\dollar", "\\lvert", "\\langle", "\\angle", "\\sum", "\\prod",
    "\\int", "\\lim", "\\ldots", "\\dots", "\\cdots",
}  # fmt: skip
#: Brackets by their plain spelling.
BRACKETS = {
    "\\{": "{", "\\}": "}", "\\lbrace": "{", "\\rbrace": "}", "\\langle": "(", "\\rangle": ")", "\\lbrack": "[", "\\rbrack": "]",
}  # fmt: skip

#: Currencies that stand before their number.
MONEY = {"\\dollar", "\\euro", "\\pounds", "\\yen", "\\yuan", "\\rupee"}
#: Number bases by name.
BASES = {
    name: base
    for base, name in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(), 2
    )
} | {"bin": 2, "binary": 2, "oct": 8, "dec": 10, "decimal": 10, "hex": 16}

#: Numbers in words: what counts, what multiplies what stands before, and what divides it.
CARDINALS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
} | {word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
MULTIPLIERS = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
FRACTIONS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5, "fifths": 5,
    "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10,
    "twelfth": 12, "twelfths": 12, "hundredth": 100, "hundredths": 100, "thousandth": 1000, "thousandths": 1000,
}  # fmt: skip
ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        1,
    )
}
#: Currencies by the code or abbreviation that may stand before the number.
CURRENCY_CODES = {
    "USD": "\\dollar", "US": "\\dollar", "EUR": "\\euro", "GBP": "\\pounds", "JPY": "\\yen", "INR": "\\rupee", "Rs": "\\rupee", "CNY": "\\yuan", "RMB": "\\yuan",
}  # fmt: skip
