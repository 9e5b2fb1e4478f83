r"""The verifiers: `math.answer` for anything mathematical, `math.numeric` for numbers with partial credit.

What judges is `grading`, imported with the first answer: whoever only lists verifiers doesn't pay for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import wrap

__all__ = ["answer", "numeric"]

#: Where an answer is looked for, unless the reward says otherwise.
WHERE = (
    "boxed|tag:answer|after:####|after:the final answer is|after:the answer is|after:the correct answer is|"
    "after:final answer:|after:answer:|after:# final answer|after:# answer|after:**final answer**|after:**answer**|"
    "after:答案是|after:答案为|after:答案\uff1a|after:答案:|whole"
)


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own text, where the option `extract` looks for an answer."""
    from assay_math.grading import references

    wanted = references(reference)
    return wrap("" if isinstance(wanted, Verdict) else wanted[0][0], options["extract"])


@verifier(boolean=True, bounded=True, fields=["understood", "undecided"], exemplar=_exemplar)
def answer(
    completion: str,
    reference: Any,
    *,
    extract: str = WHERE,
    tolerance: float | None = None,
    digits: int | None = None,
    units: Literal["optional", "required"] = "optional",
    percent: Literal["optional", "strict"] = "optional",
    rounding: Literal["reference", "answer"] = "reference",
    decimal: Literal["point", "comma"] = "point",
    lenient: bool = False,
) -> Verdict:
    r"""The final answer equals the reference as mathematics.

    A decimal reference is matched to its own digits; an exact one demands an exact answer. Sets, tuples, lists and
    intervals are told apart; a reference of `9\%` is 0.09 and not 9.

    Fields: `understood` is 1 where both sides were read as mathematics (also where there is no answer), and
    `undecided` where they were, and still nothing could decide: what a judge is for. `details["kind"]` names what the
    reference is.

    Options:
        extract: where the completion's answer stands, in the forms of `assay.extract`.
        tolerance: relative difference that is forgiven.
        digits: compare after rounding to this many digits after the point.
        units: whether a unit may be missing on one side; where both have one they must always agree.
        percent: whether `20\%` is right where the reference is a bare 20; a sign in the reference is always asked for.
        rounding: whether an answer in decimals is also right where the reference rounds to its digits.
        decimal: what separates the decimals, here and in the reference: with `comma`, 1.234,5 is 1234.5.
        lenient: let the last of several different answers win.

    The reference may be bare LaTeX, `$`-wrapped, boxed, a number, a worked solution that ends in `#### 72` or
    `A: 72`, or a list of accepted answers.
    """
    from assay_math.grading import Rules, judge

    if tolerance is not None and tolerance < 0:
        raise ValueError(f"tolerance is a relative difference of 0 or more, got {tolerance:g}")
    rules = Rules(tolerance, digits, units == "optional", percent == "optional", rounding, decimal == "comma")
    return judge(completion, reference, extract, lenient, rules)


@verifier(bounded=True, exemplar=_exemplar)
def numeric(
    completion: str,
    reference: Any,
    *,
    extract: str = WHERE,
    rel: float = 0.0,
    abs: float = 0.0,
    full: float | None = None,
    zero: float | None = None,
    ramp: Literal["none", "linear", "cosine", "relative"] = "none",
    lenient: bool = False,
) -> Verdict:
    """The final answer is a number near the reference, with partial credit by a ramp.

    The relative error is `|answer - reference| / |reference|` (the absolute error where the reference is 0).

    Options:
        extract: where the completion's answer stands, in the forms of `assay.extract`.
        rel: relative error that still scores 1.
        abs: absolute error that still scores 1.
        full: relative error up to which a ramp pays 1; `rel` by default.
        zero: relative error from which a ramp pays 0; 1 by default.
        ramp: `linear` or `cosine` between `full` and `zero`; `relative` pays `1 - error`.
        lenient: let the last of several different answers win.
    """
    from assay_math.grading import Ramp, measure

    for name, value in {"rel": rel, "abs": abs, "full": full, "zero": zero}.items():
        if value is not None and not value >= 0:
            raise ValueError(f"{name} is an error of 0 or more, got {value:g}")
    low, high = rel if full is None else full, 1.0 if zero is None else zero
    return measure(completion, reference, extract, lenient, Ramp(rel, abs, low, high, ramp))
