"""Distributions as an installer leaves them: metadata and a module."""

from __future__ import annotations

import textwrap
from pathlib import Path

GOOD = """
    from assay import hookimpl, verifier

    @verifier
    def palindrome(completion: str, *, ignore_case: bool = True) -> float:
        '''The completion reads the same backwards.'''
        text = completion.casefold() if ignore_case else completion
        return float(text == text[::-1])

    @hookimpl
    def assay_verifiers():
        return [palindrome]
"""


def put(folder: Path, distribution: str, plugin: str, code: str, version="1.2", groups=("assay",), target=""):
    """Write a distribution: its metadata, with an entry point in each group, and a module of its own."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(textwrap.dedent(code))
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("".join(f"[{one}]\n{plugin} = {module}{target}\n" for one in groups))
    return module
