"""The sandboxes of this repository, each tried for real; one that can't be used here is skipped, or fails in CI."""

from __future__ import annotations

from optional import absent

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
        absent(f"{name}: {problem}")
    return sandbox
