"""Which sandbox is taken, and what `assay` says about each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay import PluginError, hookimpl
from assay._plugins.registry import Registry
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
    assert "no plugin offers a sandbox 'dcoker'" in run.stderr


def test_list_shows_what_is_not_promised():
    run = subprocess.run([ASSAY, "list"], capture_output=True, text=True, check=True)
    assert "(a sandbox; `assay sandbox check process` tries it)" in run.stdout
    assert "does not promise that it reaches no network" in run.stdout
