"""Commands of plugins are known by metadata, and loaded when they are called."""

from __future__ import annotations

import json

import pytest

HELLO = "import click\n@click.command()\ndef command():\n    '''Say hello.'''\n    print('hello')\n"
COMMANDS = {"groups": ("assay.commands",), "target": ":command"}


def test_help_names_a_command_and_its_package(elsewhere):
    elsewhere.put("foreign-hello", "hello", HELLO, **COMMANDS)
    shown = elsewhere.assay("--help").stdout
    assert "From plugins:" in shown
    assert "hello  Of foreign-hello 1.2." in " ".join(shown.split(" ")).replace("   ", " ")
    assert elsewhere.assay("hello").stdout == "hello\n"
    assert "Say hello." in elsewhere.assay("hello", "--help").stdout


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit(0)", "raised SystemExit: 0"),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("other = 5", "AttributeError"),
        ("command = print", "is a builtin_function_or_method, not a click.Command"),
    ],
)
def test_one_that_can_not_be_loaded_is_told_and_harms_no_other(elsewhere, code, message):
    elsewhere.put("foreign-bad", "bad", code, **COMMANDS)
    elsewhere.put("foreign-hello", "hello", HELLO, **COMMANDS)
    run = elsewhere.assay("bad")
    assert run.returncode == 2
    assert f"the command 'bad' of foreign-bad 1.2 {'' if code.startswith('command') else 'raised'}" in run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert elsewhere.assay("--help").returncode == 0
    assert elsewhere.assay("hello").stdout == "hello\n"
    listed = {one["name"]: one["problem"] for one in json.loads(elsewhere.assay("list", "--json").stdout)["commands"]}
    assert message in listed["bad"]
    assert listed["hello"] is None
    assert f"assay bad  (foreign-bad 1.2)\n  can't be used: {listed['bad']}" in elsewhere.assay("list").stdout


def test_two_packages_with_one_command(elsewhere):
    for name in ("foreign-one", "foreign-two"):
        elsewhere.put(name, "hello", HELLO, **COMMANDS)
    run = elsewhere.assay("hello")
    assert run.returncode == 2
    assert "foreign-one 1.2 and foreign-two 1.2 both provide the command 'hello'; uninstall one" in run.stderr


def test_a_command_of_assay_can_not_be_taken(elsewhere):
    elsewhere.put("foreign-list", "list", HELLO, **COMMANDS)
    run = elsewhere.assay("list")
    assert run.stdout != "hello\n"
    assert "foreign-list" not in elsewhere.assay("--help").stdout
    assert "assay list  (foreign-list 1.2)\n  can't be used: assay has a command of this name" in run.stdout


def test_an_unknown_command_names_the_nearest(elsewhere):
    elsewhere.put("foreign-hello", "hello", HELLO, **COMMANDS)
    for wrong, hint in (
        ("scoer", "there is no command 'scoer'; did you mean `assay score`?"),
        ("helo", "there is no command 'helo'; did you mean `assay hello`?"),
        ("zzzz", "there is no command 'zzzz'; `assay --help` shows those that there are"),
    ):
        run = elsewhere.assay(wrong)
        assert run.returncode == 2
        assert hint in run.stderr
    assert "No such option" in elsewhere.assay("--scoer").stderr


def test_the_command_of_assay_sql_is_found():
    from importlib.metadata import entry_points

    (entry,) = {one.value for one in entry_points(group="assay.commands", name="sql")}
    assert entry == "assay_sql.command:group"
