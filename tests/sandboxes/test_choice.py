"""Which sandbox is taken, and what `assay` says about each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay import PluginError, Registry, hookimpl
from assay.sandbox import Execution, Limits, Program, Sandbox
from assay.sandbox._singletons import _shared

ASSAY = Path(sys.executable).with_name("assay")


def fake(leaf, power, trouble=None):
    class Fake(Sandbox):
        name, strength = leaf, power

        def run(self, program: Program, limits: Limits = Limits()) -> Execution:
            return Execution("ok", 0)

        def problem(self):
            return trouble

        def close(self):
            pass

    return Fake


def registry(*sandboxes):
    class Plugin:
        @hookimpl
        def assay_sandboxes(self):
            return {one.name: one for one in sandboxes}

    made = Registry(discover=False)
    made.register(Plugin(), "here")
    return made


@pytest.fixture(autouse=True)
def apart():
    kept = dict(_shared)
    _shared.clear()
    yield
    _shared.clear()
    _shared.update(kept)


STRONG, WEAK, TRUSTED = fake("strong", 2), fake("weak", 1), fake("trusted", 0)


def test_the_default_is_the_strongest_that_works():
    assert registry(WEAK, STRONG, TRUSTED).sandbox().name == "strong"


def test_one_that_does_not_work_is_passed_over():
    assert registry(WEAK, fake("strong", 2, "it is broken"), TRUSTED).sandbox().name == "weak"


def test_one_for_trusted_code_is_never_the_default():
    with pytest.raises(PluginError, match=r"it is broken; .* only where it is named"):
        registry(fake("strong", 2, "it is broken"), TRUSTED).sandbox()
    with pytest.raises(PluginError, match="pip install assay-bubblewrap"):
        registry(TRUSTED).sandbox()
    assert registry(TRUSTED).sandbox("trusted").name == "trusted"


def test_a_named_one_is_taken_or_refused_and_a_fallback_must_be_named():
    broken = fake("strong", 2, "it is broken")
    with pytest.raises(PluginError, match="'strong' can't be used here: it is broken"):
        registry(broken, WEAK, TRUSTED).sandbox("strong")
    assert registry(broken, WEAK, TRUSTED).sandbox("strong, trusted").name == "trusted"


def test_an_unknown_one_says_what_to_install():
    with pytest.raises(PluginError, match="pip install assay-docker"):
        registry(WEAK).sandbox("docker")


def test_one_instance_serves_a_process():
    made = registry(STRONG)
    assert made.sandbox() is made.sandbox("strong")


def offering(**makers):
    """A plugin that offers sandboxes, each as what makes it."""

    class Plugin:
        @hookimpl
        def assay_sandboxes(self):
            return makers

    return Plugin()


class Troubled(STRONG):
    def problem(self):
        raise OSError("no idea")


class Odd(STRONG):
    def problem(self):
        return 5


BROKEN = {
    "raising": (lambda: 1 / 0, "the sandbox 'raising' of the plugin 'bad' raised ZeroDivisionError"),
    "leaving": (
        lambda: sys.exit("no licence"),
        "the sandbox 'leaving' of the plugin 'bad' raised SystemExit: no licence",
    ),
    "nothing": (
        lambda: None,
        "the sandbox 'nothing' of the plugin 'bad' was made as None, not an assay.sandbox.Sandbox",
    ),
    "number": (int, "was made as an int, not an assay.sandbox.Sandbox"),
    "abstract": (Sandbox, "raised TypeError"),
    "weightless": (fake("weightless", "much"), "has a str as its strength, not an int"),
    "troubled": (Troubled, "the sandbox 'troubled', asked whether it works here, raised OSError: no idea"),
    "odd": (Odd, "the sandbox 'odd', asked whether it works here, answered an int"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_that_can_not_be_made_or_asked_is_passed_over(name):
    make, message = BROKEN[name]
    made = Registry(discover=False)
    made.register(offering(**{name: make}), "bad")
    with pytest.raises(PluginError) as caught:
        made.sandbox()
    assert message in str(caught.value)
    with pytest.raises(PluginError) as caught:
        made.sandbox(name)
    assert message in str(caught.value)
    made.register(offering(weak=WEAK), "good")
    assert made.sandbox().name == "weak"
    assert made.sandbox(f"{name}, weak").name == "weak"


def test_a_name_that_two_plugins_offer_is_its_own_plugins_or_nobodys():
    made = Registry(discover=False)
    made.register(offering(strong=fake("other", 9), weak=WEAK), "one")
    made.register(offering(strong=fake("another", 9)), "two")
    assert made.sandbox().name == "weak"
    with pytest.raises(PluginError, match="the plugins one and two both offer the sandbox 'strong'; uninstall one"):
        made.sandbox("strong")
    made.register(offering(strong=STRONG), "strong")
    assert made.sandbox() is made.sandbox("strong")
    assert made.sandbox().name == "strong"
    told = made.claims("sandbox").refused
    assert told[("one", "strong")] == told[("two", "strong")] == "the sandbox 'strong' is that of the plugin 'strong'"


@pytest.fixture
def strange(tmp_path):
    """A path with a plugin whose sandboxes can't be made, and one that takes another's name."""
    info = tmp_path / "foreign_boxes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-boxes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[assay]\nboxes = foreign_boxes\n")
    (tmp_path / "foreign_boxes.py").write_text(
        "import sys\nfrom assay import hookimpl\n@hookimpl\ndef assay_sandboxes():\n"
        "    return {'raising': lambda: 1 / 0, 'leaving': sys.exit, 'number': int, 'process': int}\n"
    )
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}


def test_check_and_list_say_what_can_not_be_made(strange):
    told = {one["name"]: one for one in json.loads(check("--json", **strange).stdout)["sandboxes"]}
    assert told["process"]["works"]
    for name, message in (
        ("raising", "ZeroDivisionError"),
        ("leaving", "SystemExit"),
        ("number", "was made as an int"),
    ):
        assert not told[name]["works"]
        assert message in told[name]["problem"]
        run = check(name, **strange)
        assert run.returncode == 1
        assert message in run.stdout
    run = subprocess.run([ASSAY, "list"], capture_output=True, text=True, check=True, env=os.environ | strange)
    told = run.stdout.partition("boxes  (foreign-boxes 1.0)\n")[2].partition("\n\n")[0]
    assert "ZeroDivisionError" in told
    assert "SystemExit" in told
    assert "was made as an int" in told
    assert "the sandbox 'process' is that of the plugin 'process'" in told
    assert "`assay sandbox check process` tries it" in run.stdout


def check(*arguments, **environment):
    run = subprocess.run(
        [ASSAY, "sandbox", "check", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
    )
    assert run.returncode in (0, 1, 2), run.stderr
    return run


def test_check_tries_each_and_says_what_is_missing():
    told = json.loads(check("--json").stdout)
    found = {one["name"]: one for one in told["sandboxes"]}
    assert {"bubblewrap", "docker", "process"} <= set(found)
    assert found["process"]["works"]
    assert found["process"]["strength"] == 0
    assert "network" in found["process"]["not_promised"]
    assert told["default"] != "process"
    text = check("process").stdout
    assert "trusted code only" in text
    assert "does not promise" in text


@pytest.mark.parametrize(
    ("name", "environment", "advice"),
    [
        ("bubblewrap", {"PATH": "/nowhere"}, "apt-get install bubblewrap"),
        ("docker", {"DOCKER_HOST": "unix:///nowhere.sock"}, "no Docker engine answers"),
    ],
)
def test_check_says_how_to_get_it(name, environment, advice):
    run = check(name, **environment)
    assert run.returncode == 1
    assert advice in run.stdout


def test_check_of_an_unknown_name():
    run = check("dcoker")
    assert run.returncode == 2
    assert "no plugin offers a sandbox 'dcoker'; did you mean 'docker'?" in run.stderr


def test_list_shows_what_is_not_promised():
    run = subprocess.run([ASSAY, "list"], capture_output=True, text=True, check=True)
    assert "(a sandbox; `assay sandbox check process` tries it)" in run.stdout
    assert "does not promise that it reaches no network" in run.stdout
