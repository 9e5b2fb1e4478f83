"""Makes a small Python image from Debian's packages, with the machine's own package sources and no image registry.

    python -m assay_docker.image [NAME [PACKAGE ...]]

makes `assay-python` with `python3` and pytest; `python -m assay_docker.image assay-polyglot gcc g++ nodejs` one more.
"""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assay_docker.engine import Engine
from assay_docker.sandbox import DEFAULT_IMAGE
from assay_docker.sources import published_by

__all__ = ["build"]

_PACKAGES = ("python3", "python3-pytest")
_LEFT_OUT = ("doc", "man", "locale", "info")


def build(name: str = DEFAULT_IMAGE, packages: Sequence[str] = ()) -> None:
    """Make an image of Debian's essential packages, `python3`, pytest and more, and give it to the engine.

    Raises:
        FileNotFoundError: mmdebstrap is not installed.
        subprocess.CalledProcessError: mmdebstrap or apt failed; it has said why on stderr.
        docker.errors.DockerException: no engine answers, or it did not take the image.
    """
    if shutil.which("mmdebstrap") is None:
        raise FileNotFoundError("mmdebstrap is not installed: apt-get install mmdebstrap")
    machine = platform.freedesktop_os_release()
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Engine.from_env(timeout=600)) as engine:
        archive = Path(folder, "image.tar")
        command = ["mmdebstrap", "--quiet", "--variant=essential", f"--include={','.join((*_PACKAGES, *packages))}"]
        command += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in _LEFT_OUT]
        command += [machine.get("VERSION_CODENAME", "stable"), str(archive)]
        for number, source in enumerate(published_by(machine["ID"])):
            Path(folder, str(number)).write_text(f"{source}\n", encoding="utf-8")
            command.append(f"{folder}/{number}")
        subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603
        repository, _, tag = name.partition(":")
        engine.api.import_image_from_file(str(archive), repository=repository, tag=tag or "latest")
        engine.images.get(name)  # an engine may fail in the middle of an answer that began well


if __name__ == "__main__":
    build(sys.argv[1] if sys.argv[1:] else DEFAULT_IMAGE, sys.argv[2:])
