"""Runs pytest files in the tests' process, from memory: on disk the program could read and edit them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from assay_code.inside.script import Module, Names
from assay_code.inside.supervisor import Program

__all__ = ["run_pytest"]


def run_pytest(program: Program, tests: dict[str, Any], tell: Callable[..., None]) -> None:
    """Collect and run the files; tell the outcome of every test."""
    try:
        import pytest
        from _pytest.assertion.rewrite import rewrite_asserts
    except ImportError:
        tell("unavailable", "pytest is not installed for the sandbox's Python")
        return
    import ast
    from pathlib import Path

    sys.modules[tests["module"]] = Module(tests["module"], Names(program, set()))
    sources: dict[str, str] = tests["pytest"]

    def module_of(name: str) -> Any:
        module = type(sys)(name.removesuffix(".py").replace("/", "."))
        module.__file__ = name
        tree = ast.parse(sources[name])
        rewrite_asserts(tree, sources[name].encode())
        sys.modules[module.__name__] = module
        exec(compile(tree, name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the data set's tests
        return module

    class File(pytest.Module):
        def _getobj(self) -> Any:
            return module_of(self.path.name)

        def _importtestmodule(self) -> Any:
            return module_of(self.path.name)

    class Plugin:
        collected = 0

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection(self, session: Any) -> bool:
            session.items = []
            for name in sources:
                if not name.endswith("conftest.py"):
                    file = File.from_parent(session, path=Path.cwd() / name)
                    session.items.extend(session.genitems(file))
            session.config.hook.pytest_collection_modifyitems(
                session=session, config=session.config, items=session.items
            )
            session.testscollected = self.collected = len(session.items)
            for item in session.items:
                tell("found", item.nodeid)
            return True

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                tell("case", report.nodeid or "collection", _last_line(report.longreprtext))

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.skipped:
                tell("skip", report.nodeid)
            elif report.when == "call" or report.failed:
                program.check()
                tell("case", report.nodeid, _last_line(report.longreprtext) if report.failed else "")

    arguments = ["-q", "-p", "no:cacheprovider", "--noconftest", "--rootdir=.", "-c", "/dev/null", "--tb=short"]
    plugins: list[Any] = [module_of(name) for name in sources if name.endswith("conftest.py")]
    plugin = Plugin()
    code = pytest.main(arguments + (["-x"] if tests["stop"] else []), plugins=[*plugins, plugin])
    program.check()
    # Once there are tests, the program's answers may be what it fails by, and that is no excuse.
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR) and not plugin.collected:
        tell("unavailable", f"pytest {pytest.__version__} fails in the sandbox")


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.startswith("E")] or text.strip().splitlines()[-1:]
    return (lines[0].removeprefix("E").strip() if lines else "it fails")[:300]
