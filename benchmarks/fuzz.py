"""Judge 200,000 generated answers: none raises, none takes longer than its budget, and equality is symmetric.

python benchmarks/fuzz.py            # EXAMPLES=200000 by default
"""

from __future__ import annotations

import gc
import os
import time

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assay_math import answer

#: Seconds of processor time for one pair, both ways.
BUDGET = 0.5

PIECES = (
    r"1|2|10|0.5|x|y|k|\pi|e|i|+|-|*|/|^|_|(|)|[|]|{|}|\{|\}|,|;|=|<|\le|\frac|\sqrt|\sin|\log|!|%|\pm|\cup|\text|and|or|to|km|hours|"
    r"minutes|^\circ|\overline|.|:|$|\infty|\begin{pmatrix}|\end{pmatrix}|\begin{cases}|\end{cases}|&|\\|1,000|\sum_{k=1}^|\int_0^1|dx|"
    r"\lim_{x\to|\mid|\mathbb{R}|\mathbb{Z}|\in|\ne|\setminus|\pmod|base|_{16}|million|percent|am|AB|C|if|otherwise|\hat|\mathbf|\choose|"
    r"\ldots|\approx|yes|no|May|3rd|\boxed{|\left\{|\$|€|ten|half|is|\det|T|'|unit|dozen|per|sq|√|²|½|−|"
    r"\text{ is at least }|is less than|\forall|all odd integers|multiples of|out of|radians|\operatorname{cis}|\mathbb{R}^+|all reals except|"
    r"The maximum is|only|out of|squared|(a) |(b) |two and a half|+C|\max\{|\equiv|\triangle|impossible|diverges"
).split("|")
ANSWERS = st.lists(st.sampled_from([*PIECES, "|"]), min_size=1, max_size=14).flatmap(
    lambda pieces: st.sampled_from(["".join(pieces), " ".join(pieces)])
)


def main() -> None:
    examples = int(os.environ.get("EXAMPLES", "200000"))
    slowest = [0.0, ""]
    judged = [0, 0]
    answer("\\boxed{1 km}", "1000 m")  # loads the units, as the next does the high precision
    answer("\\boxed{\\pi}", "3.1416")

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(ANSWERS, ANSWERS)
    def check(given_text: str, reference: str) -> None:
        started = time.process_time()
        one = answer(f"\\boxed{{{given_text}}}", reference)
        other = answer(f"\\boxed{{{reference}}}", given_text)
        seconds = time.process_time() - started
        judged[0] += 1
        if judged[0] % 500 == 0:
            gc.freeze()  # what the generator remembers grows; collecting it is none of the verifier's time
        judged[1] += one.score == 1
        if seconds > slowest[0]:  # type: ignore[operator]
            slowest[:] = [seconds, f"{given_text!r} for {reference!r}"]
        assert seconds < BUDGET, (given_text, reference, seconds)
        assert {one.status, other.status} <= {"scored", "bad_reference"}, (given_text, reference)
        # Digits are the reference's, and so is a percent sign; who answers may say a value twice, and computes what is asked.
        stages = {one.details.get("stage"), other.details.get("stage")}
        rounded = (
            bool(stages & {"rounding", "symbolic"})
            or "%" in given_text + reference
            or "percent" in given_text + reference
        )
        repeated = "list" in (one.details.get("kind"), other.details.get("kind"))
        # A box within a text says where to look, so that the two directions look at different parts of it.
        boxed = "\\boxed" in given_text + reference
        if one.status == other.status == "scored" and not rounded and not repeated and not boxed:
            assert one.score == other.score, (given_text, reference, one.reason, other.reason)

    started = time.perf_counter()
    check()
    print(
        f"{judged[0]:,} pairs judged both ways in {time.perf_counter() - started:.0f} s, {judged[1]:,} equal; none raised, none took {BUDGET} s; "
        f"the slowest took {slowest[0] * 1e3:.0f} ms: {slowest[1]}"
    )


if __name__ == "__main__":
    main()
