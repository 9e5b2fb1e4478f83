"""Mutation testing of the core: how many small changes of the code make no test fail, and which.

    python tests/mutation.py [MODULE]               change the core, or one module of it, and run the tests
    python tests/mutation.py --survivors [MODULE]   show the changes that no test noticed in the last run

mutmut does the work, as `[tool.mutmut]` in pyproject.toml says. It names a module by its path from the folder that it
is run in, so that folder is build/mutation, in which `assay` is a link to core/assay.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "mutation"
#: mutmut's words for what a test has noticed (a mutant that never ends is noticed too), and for what none has.
KILLED, SURVIVED = ("killed", "timeout", "segfault"), ("survived", "no tests", "suspicious")

COULD_NOT_BEGIN = 255


def main() -> None:
    parser = argparse.ArgumentParser(description="Mutation testing of the core.")
    parser.add_argument("module", nargs="?", default="assay", help="such as assay._language.groups; all by default")
    parser.add_argument("--survivors", action="store_true", help="show what survived the last run")
    arguments = parser.parse_args()
    prepare()
    if arguments.survivors:
        show(arguments.module)
        return
    if arguments.module == "assay":
        shutil.rmtree("mutants", ignore_errors=True)
        only = []
    else:
        # Which test runs what is found out anew: tests may have changed since.
        Path("mutants/mutmut-stats.json").unlink(missing_ok=True)
        only = [f"{arguments.module}.*"]
    run = subprocess.run([Path(sys.executable).with_name("mutmut"), "run", *only])
    report(arguments.module)
    sys.exit(run.returncode)


def prepare() -> None:
    """Make the folder in which mutmut runs, and go there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, target in {"assay": "core/assay", "tests": "tests", "pyproject.toml": "pyproject.toml"}.items():
        if not (FOLDER / name).is_symlink():
            (FOLDER / name).symlink_to(ROOT / target)
    os.chdir(FOLDER)


def results(module: str) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """Yield each mutated module's name and path, and what became of each of its mutants."""
    for path in sorted(walk_mutatable_files()):
        name = ".".join(path.with_suffix("").parts)
        if name == module or name.startswith(f"{module}."):
            data = SourceFileMutationData(path=path)
            data.load()
            # mutmut takes a run that pytest could not begin for one that never ended.
            found = {
                mutant: "suspicious" if code == COULD_NOT_BEGIN else status_by_exit_code[code]
                for mutant, code in data.exit_code_by_key.items()
            }
            yield name, path, {mutant: what for mutant, what in found.items() if what in KILLED + SURVIVED}


def report(module: str) -> None:
    """Print a line for each module, and the sum."""
    killed = total = 0
    print(f"\n{'module':40} {'killed':>8} {'survived':>8} {'of':>6} {'share':>6}")
    for name, _, mutants in results(module):
        if mutants:
            caught = sum(what in KILLED for what in mutants.values())
            print(f"{name:40} {caught:8} {len(mutants) - caught:8} {len(mutants):6} {caught / len(mutants):6.0%}")
            killed, total = killed + caught, total + len(mutants)
    if total:
        print(f"{'all':40} {killed:8} {total - killed:8} {total:6} {killed / total:6.1%}")


def show(module: str) -> None:
    """Print the changes that no test noticed."""
    for _, path, mutants in results(module):
        for mutant, what in mutants.items():
            if what in SURVIVED:
                print(f"# {mutant}: {what}\n{get_diff_for_mutant(mutant, path=path)}\n")


if __name__ == "__main__":
    main()
