"""The machine's own sources of packages, as apt reads them; those of other publishers are left out."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["published_by"]

#: Of each index that apt could fetch: the entry that names it, the file that would hold it, and its path below that.
_INDEX = "$(SOURCESENTRY)|$(FILENAME)|$(METAKEY)"
_RELEASE_FILES_ALONE = [
    f"-oAcquire::IndexTargets::{kind}::DefaultEnabled=false"
    for kind in ("deb::Packages", "deb::Translations", "deb::Contents-deb", "deb-src::Sources")
]


def published_by(publisher: str, etc: Path = Path("/etc/apt")) -> list[str]:
    """Return the entries of apt's configuration whose repositories are of one publisher.

    apt itself says which files and which of their entries count, and each repository's own release file, which is
    fetched, says whose it is. A repository that can't be reached is nobody's.

    Args:
        publisher: the `Origin` of release files, in any case: `debian`.
        etc: the folder of apt's configuration.

    Returns:
        The text of each entry: a line that begins with `deb`, or a stanza as in a file `.sources`.

    Raises:
        FileNotFoundError: apt is not installed.
        subprocess.CalledProcessError: apt can't read its configuration; it has said why on stderr.
    """
    with tempfile.TemporaryDirectory() as folder:
        lists, cache = Path(folder, "lists"), Path(folder, "cache")
        (lists / "partial").mkdir(parents=True)
        (cache / "archives" / "partial").mkdir(parents=True)
        places = [
            f"-oDir::Etc={etc}",
            f"-oDir::State::lists={lists}",
            f"-oDir::Cache={cache}",
            "-oAPT::Sandbox::User=root",
        ]
        subprocess.run(["apt-get", "update", "-qq", *places, *_RELEASE_FILES_ALONE], check=False, stdout=sys.stderr)  # noqa: S603, S607
        asked = ["apt-get", "indextargets", "--no-release-info", f"--format={_INDEX}", *places, "Created-By: Packages"]
        listed = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        found = {}
        for line in filter(None, listed.stdout.splitlines()):
            entry, index, below = line.split("|")
            release = index.removesuffix(below.replace("/", "_"))
            if _origin(release).casefold() == publisher.casefold():
                found[entry] = _text(entry)
        return list(found.values())


def _origin(release: str) -> str:
    """Return who publishes a repository, empty where its release file does not say or is not there."""
    for path in (Path(f"{release}InRelease"), Path(f"{release}Release")):
        if path.exists() and (said := re.search(r"^Origin: *(.*?) *$", path.read_text(errors="replace"), re.MULTILINE)):
            return said[1]
    return ""


def _text(entry: str) -> str:
    """Return the text of an entry that apt has named: a file, and the number of its line or stanza."""
    name, _, number = entry.rpartition(":")
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    if not name.endswith(".sources"):
        return lines[int(number) - 1].strip()
    bare = "\n".join(line for line in lines if not line.startswith("#"))
    return [stanza for stanza in re.split(r"\n\s*\n", bare) if stanza.strip()][int(number) - 1].strip()
