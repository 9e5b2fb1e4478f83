"""What is imported when: no plugin but those that a reward names, observers, and what a command asks about."""

from __future__ import annotations

import pytest
from distributions import GOOD

#: Plugins, and what the engine on Ray stands on.
MODULES = """
import atexit, re, sys
atexit.register(lambda: print("|", *sorted(name for name in sys.modules if re.fullmatch(r"(assay|foreign)_\\w+|ray", name))))
"""
COMMAND = MODULES + "sys.argv = ['assay', *ARGUMENTS]\nfrom assay._cli import main\nmain()\n"

HOOK = "from assay import hookimpl\n@hookimpl\ndef assay_scored(scores): pass\n"
CLICK = "import click\n@click.command()\ndef command():\n    '''Say hello.'''\n    print('hello')\n"


def command(arguments):
    return COMMAND.replace("ARGUMENTS", repr(arguments))


@pytest.fixture
def imported(elsewhere):
    """What a program of its own imports, beside four strangers: verifiers, an observer, a command, a broken one."""
    elsewhere.put("foreign-fine", "fine", GOOD)
    elsewhere.put("foreign-watch", "watch", HOOK, groups=("assay.observers",))
    elsewhere.put("foreign-hello", "hello", CLICK, groups=("assay.commands",), target=":command")
    elsewhere.put("foreign-broken", "broken", "raise SystemExit('never imported')")
    (elsewhere.folder / "rows.jsonl").write_text('{"completion": "Anna"}\n')

    def run(code):
        done = elsewhere.run("-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.rpartition("|")[2].split()

    return run


def test_importing_assay_imports_no_plugin(imported):
    assert imported(MODULES + "import assay\nassay.score, assay.installed(), assay.Registry()") == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["score", "--help"], ["list", "--help"]])
def test_help_imports_no_plugin(imported, arguments):
    assert imported(command(arguments)) == []


def test_scoring_imports_what_the_reward_names_and_observers(imported):
    assert imported(command(["score", "rows.jsonl", "--reward", "fine.palindrome"])) == [
        "foreign_fine",
        "foreign_watch",
    ]


def test_a_command_imports_itself(imported):
    assert imported(command(["hello"])) == ["foreign_hello"]


def test_a_sandbox_that_is_named_imports_its_own_plugin(imported):
    assert imported(MODULES + "import assay\nassay.installed().sandbox('process')") == ["assay_process"]


def test_the_list_imports_all(imported):
    found = imported(command(["list"]))
    assert {"foreign_fine", "foreign_watch", "foreign_hello", "assay_math", "assay_process"} <= set(found)
    assert "ray" not in found  # a plugin is asked what it offers; no engine is made
