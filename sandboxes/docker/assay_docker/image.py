"""Makes a small Python image from Debian's packages, with the machine's own package sources and no image registry.

    python -m assay_docker.image [NAME [PACKAGE ...]]

makes `assay-python` with `python3` and pytest; `python -m assay_docker.image assay-polyglot gcc g++ nodejs` one more.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import docker

from assay_docker.sandbox import DEFAULT_IMAGE

__all__ = ["build"]

_PACKAGES = ("python3", "python3-pytest")
_LEFT_OUT = ("doc", "man", "locale", "info")


def build(name: str = DEFAULT_IMAGE, packages: Sequence[str] = ()) -> None:
    """Make an image of Debian's essential packages, `python3`, pytest and more, and give it to the engine.

    Raises:
        FileNotFoundError: mmdebstrap is not installed.
        subprocess.CalledProcessError: mmdebstrap failed; it has said why on stderr.
        docker.errors.DockerException: the engine did not take it.
    """
    if shutil.which("mmdebstrap") is None:
        raise FileNotFoundError("mmdebstrap is not installed: apt-get install mmdebstrap")
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    suite = release.get("VERSION_CODENAME", "stable").strip('"')
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "image.tar")
        command = ["mmdebstrap", "--quiet", "--variant=essential", f"--include={','.join((*_PACKAGES, *packages))}"]
        command += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in _LEFT_OUT]
        subprocess.run([*command, suite, str(archive), *_sources()], check=True, stdout=sys.stderr)  # noqa: S603
        repository, _, tag = name.partition(":")
        client = docker.from_env(timeout=600)
        try:
            with archive.open("rb") as stream:
                client.api.import_image_from_stream(stream, repository=repository, tag=tag or "latest")
        finally:
            client.close()


def _sources() -> list[str]:
    """Return the machine's own sources of Debian packages, those of other publishers left out."""
    folder = Path("/etc/apt")
    found = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    return [str(path) for path in found if path.is_file() and "debian" in path.read_text(errors="replace").lower()]


if __name__ == "__main__":
    build(sys.argv[1] if sys.argv[1:] else DEFAULT_IMAGE, sys.argv[2:])
