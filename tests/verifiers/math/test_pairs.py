r"""Pairs that a person judges at a glance, of every kind of answer: `equal.txt` and `different.txt`, one pair a line.

A pair stands in a section, whose heading `# ORIGIN: WHAT` says where its pairs are from and what they show. Origins:

- `own, rule`: written for assay, with the rule that decides them;
- `own, another wording`, `own, once refused`: written for assay, as another way of saying an answer that was read
  already, and as one that was equal at a glance and was rejected; `own, beside ...` is what must stay different there;
- `data, NAME`: one side is a reference of a data set, verbatim;
- `report, WHERE`: from a public report.

No pair is known to come from anywhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay_math import answer

HERE = Path(__file__).parent

#: Pairs whose second side alone is a decimal, which an exact answer is rounded to.
ROUNDED = {r"\frac{1}{3}", "1/3", r"\pi", r"\sqrt{2}", "e"}


HEADING = re.compile(
    r"# (?:own, (?:rule|another wording|once refused|beside another wording|beside what was once refused)"
    r"|(?:data|report), [^:]+): \S.*"
)


def pairs(path):
    """Return the pairs of a file; refuse one that nobody says the origin of."""
    found, within = [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}, line {number}"
        if line.startswith("# "):
            if not HEADING.fullmatch(line):
                raise ValueError(f"{where}: write '# ORIGIN: WHAT', with an origin of those in {Path(__file__).name}")
            within = number
        elif not line:
            within = 0
        elif not within:
            raise ValueError(f"{where}: a pair stands outside a section; put a heading '# ORIGIN: WHAT' above it")
        elif line.count(" ;; ") != 1:
            raise ValueError(f"{where}: a pair is 'given ;; reference', not {line!r}")
        else:
            found.append(tuple(line.split(" ;; ")))
    return found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5 ;; 5\n", "line 1: a pair stands outside a section"),
        ("# own, rule: numbers\n5 ;; 5\n\n6 ;; 6\n", "line 4: a pair stands outside a section"),
        ("# numbers\n5 ;; 5\n", "line 1: write '# ORIGIN: WHAT'"),
        ("# own, rule: \n5 ;; 5\n", "line 1: write '# ORIGIN: WHAT'"),
        ("# found somewhere: numbers\n5 ;; 5\n", "line 1: write '# ORIGIN: WHAT'"),
        ("# own, rule: numbers\n5 ; 5\n", "line 2: a pair is 'given ;; reference'"),
    ],
)
def test_a_pair_of_unknown_origin_is_refused(tmp_path, text, problem):
    file = tmp_path / "pairs.txt"
    file.write_text(text)
    with pytest.raises(ValueError, match=problem):
        pairs(file)
    file.write_text("# own, rule: numbers\n5 ;; 5\n\n# report, a/b#7: units\n1 m ;; 100 cm\n")
    assert pairs(file) == [("5", "5"), ("1 m", "100 cm")]


@pytest.mark.parametrize(("given", "reference"), pairs(HERE / "equal.txt"))
def test_equal(given, reference):
    verdict = answer(f"\\boxed{{{given}}}", reference)
    assert (verdict.score, verdict.status) == (1, "scored"), verdict.reason
    assert verdict.details["stage"]


@pytest.mark.parametrize(("given", "reference"), pairs(HERE / "different.txt"))
def test_different(given, reference):
    for one, other in ((given, reference), (reference, given)):
        if one in ROUNDED and other.replace(".", "").isdigit():
            continue
        verdict = answer(f"\\boxed{{{one}}}", other)
        assert (verdict.score, verdict.status) == (0, "scored"), verdict.reason
