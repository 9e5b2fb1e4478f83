r"""The verifiers: `math.answer` for anything mathematical, `math.numeric` for numbers with partial credit.

What judges is `judging`, imported with the first answer: whoever only lists verifiers doesn't pay for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import wrap

__all__ = ["answer", "numeric"]

#: Where an answer is looked for, unless the reward says otherwise.
WHERE = (
    "boxed|tag:answer|after:####|after:the final answer is|after:the answer is|after:final answer:|after:answer:|whole"
)


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own text, where the option `extract` looks for an answer."""
    from assay_math.judging import references

    wanted = references(reference)
    return wrap("" if isinstance(wanted, Verdict) else wanted[0][0], options["extract"])


@verifier(boolean=True, bounded=True, exemplar=_exemplar)
def answer(
    completion: str,
    reference: Any,
    *,
    extract: str = WHERE,
    tolerance: float | None = None,
    digits: int | None = None,
    units: Literal["optional", "required"] = "optional",
    lenient: bool = False,
) -> Verdict:
    r"""The final answer equals the reference as mathematics.

    A decimal reference is matched to its own digits; an exact one demands an exact answer. Sets, tuples, lists and
    intervals are told apart; `9\%` is 0.09 and not 9.

    Options:
        extract: where the completion's answer stands, in the forms of `assay.extract`.
        tolerance: relative difference that is forgiven.
        digits: compare after rounding to this many digits after the point.
        units: whether a unit may be missing on one side; where both have one they must always agree.
        lenient: let the last of several different answers win.

    The reference may be bare LaTeX, `$`-wrapped, boxed, a number, a worked solution that ends in `#### 72` or
    `A: 72`, or a list of accepted answers.
    """
    from assay_math.judging import Rules, judge

    return judge(completion, reference, extract, lenient, Rules(tolerance, digits, units == "optional"))


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
    from assay_math.judging import Ramp, measure

    low, high = rel if full is None else full, 1.0 if zero is None else zero
    return measure(completion, reference, extract, lenient, Ramp(rel, abs, low, high, ramp))
