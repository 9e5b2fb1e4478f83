"""Every verifier that is installed passes the same tests, whoever wrote it."""

from __future__ import annotations

from assay.testing import conformance

test_conformance = conformance()
