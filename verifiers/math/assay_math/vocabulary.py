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
MONEY = {"\\dollar", "\\euro", "\\pounds", "\\yen", "\\rupee"}
#: Number bases by name.
BASES = {
    name: base
    for base, name in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(), 2
    )
} | {"bin": 2, "binary": 2, "oct": 8, "dec": 10, "decimal": 10, "hex": 16}
