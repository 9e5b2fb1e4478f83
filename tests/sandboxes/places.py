"""The sandboxes of this repository, each tried for real; one that can't be used here is skipped, or fails in CI."""

from __future__ import annotations

import gc
import os
import warnings

import pytest

from assay import installed

NAMES = ["process", "bubblewrap", "docker", "gvisor"]


def made(name, **options):
    if name == "gvisor":
        from assay_docker.sandbox import DockerSandbox

        return DockerSandbox(runtime="runsc", **options)
    return installed().sandboxes()[name](**options)


def usable(name, **options):
    """Return a sandbox that works, or skip; CI demands that all do."""
    sandbox = made(name, **options)
    if problem := sandbox.problem():
        sandbox.close()
        collect_connections()
        (pytest.fail if os.environ.get("ASSAY_REQUIRE_SERVICES") == "1" else pytest.skip)(f"{name}: {problem}")
    return sandbox


def collect_connections():
    """Collect the sockets that Docker's SDK has dropped unclosed, as it does where an engine does not answer.

    Python warns of each when it is collected, which would else happen in the middle of somebody else's test.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
