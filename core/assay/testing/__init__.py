"""The tests that every verifier passes: three lines in a plugin's own tests, `pip install assay[testing]`.

    from assay.testing import conformance

    test_conformance = conformance("rhyme")

A plugin says what a valid sample is by the hook `assay_examples`; `docs/testing.md` has the whole story. Importing this
package is light, so that a plugin may take `Example` from it: pytest is imported when a test is made.
"""

from __future__ import annotations

from assay._contract.example import Example
from assay.testing._checks import CHECKS, Check
from assay.testing._conformance import conformance
from assay.testing._verifier_under_test import VerifierUnderTest

__all__ = ["CHECKS", "Check", "Example", "VerifierUnderTest", "conformance"]
