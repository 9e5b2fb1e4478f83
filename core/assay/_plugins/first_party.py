"""The plugins of this repository, so that a name that is not installed can say what to install."""

from __future__ import annotations

__all__ = ["DISTRIBUTIONS", "SANDBOXES"]

#: Sandboxes by name; each plugin offers the one of its name.
SANDBOXES = {
    "bubblewrap": "assay-bubblewrap",
    "docker": "assay-docker",
    "process": "assay-process",
}

#: Every plugin by name, with the distribution that holds it.
DISTRIBUTIONS = SANDBOXES | {
    "choice": "assay-choice",
    "code": "assay-code",
    "format": "assay-format",
    "grounding": "assay-grounding",
    "math": "assay-math",
    "puzzle": "assay-puzzle",
    "ray": "assay-ray",
    "recipe": "assay-recipes",
    "records": "assay-records",
    "shape": "assay-shapes",
    "sql": "assay-sql",
    "text": "assay-text",
    "tools": "assay-tools",
    "vote": "assay-vote",
}
