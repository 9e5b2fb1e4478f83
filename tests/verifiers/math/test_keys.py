"""No answer opens everything: what says nothing is right for no reference of a data set."""

from __future__ import annotations

import json

from assay.extract import extract
from assay_math import answer

KEYS = [
    "0=0", "1=2", "x=x", "0:0", "0:0:0", "()", "[]", "...", "?", r"\phantom{5}", "", " ", "$$", r"C+C", r"\pm", "0/0", r"\frac{0}{0}", "0x=0",
    r"\infty-\infty", r"\text{any}", "the answer", "see above", "(a) (b)", "0<1", "true or false", "yes or no", "A, B, C, D, E", r"x \ne x", "=", "%",
    r"\int_0^0 x\,dx", r"\begin{pmatrix}\end{pmatrix}", r"\text{not } 5", "5 or not 5", "1,2,3,4,5,6,7,8,9,10", "x = x, y = y", "I hope it is correct",
    "The final answer is", r"\boxed{}", "the same as the reference", "NaN", r"0\cdot\infty", r"\text{undefined or } 1",
]  # fmt: skip


def test_no_key_opens_a_reference(shared):
    lines = (shared / "data" / "math" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    references = list(
        dict.fromkeys(extract(json.loads(line)["solution"], "boxed", lenient=True).text for line in lines)
    )
    assert len(references) > 2000
    paid = []
    for reference in references[::3]:
        for key in KEYS:
            verdict = answer.judge({"completion": f"\\boxed{{{key}}}", "reference": reference}, {})
            if verdict.score != 0 or verdict.status != "scored":
                paid.append((key, reference, verdict.reason))
    assert paid == []
