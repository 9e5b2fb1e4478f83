"""What each distribution shows on an index: its page, its licence, its addresses, the Pythons it runs on."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT, *sorted(path.parent for path in ROOT.glob("*/*/pyproject.toml"))]
PROJECTS = {str(folder.relative_to(ROOT)): folder for folder in FOLDERS}


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


CORE = project(ROOT)
HOME = CORE["urls"]["Homepage"]


def links(text):
    """Every address that a page links to or shows, in Markdown or in HTML."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for token in (inner for outer in tokens for inner in (outer, *(outer.children or ()))):
        yield from (str(token.attrs[name]) for name in ("href", "src") if name in token.attrs)
        if token.type.startswith("html"):
            yield from re.findall(r"""\b(?:href|src|srcset)\s*=\s*["']?([^"'\s>]+)""", token.content)


def test_links_are_found():
    page = '[a](b.md) ![c](d.png) [e] <img src="f.png">\n\n| g |\n| --- |\n| [h](i.md) |\n\n<p><a href=j.md></p>\n\n[e]: k.md\n'
    assert sorted(links(page)) == ["b.md", "d.png", "f.png", "i.md", "j.md", "k.md"]


@pytest.mark.parametrize("folder", PROJECTS.values(), ids=PROJECTS)
def test_the_page_of_an_index_links_by_whole_addresses(folder):
    text = (folder / project(folder)["readme"]).read_text(encoding="utf-8")
    assert [link for link in links(text) if not link.startswith("https://")] == []
    # A label without its definition is shown with its brackets.
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    labels = {label.lower() for label in re.findall(r"\]\[([^\]]+)\]", prose)}
    assert labels <= {label.lower() for label in re.findall(r"^\[([^\]]+)\]: ", prose, re.MULTILINE)}


@pytest.mark.parametrize("folder", PROJECTS.values(), ids=PROJECTS)
def test_addresses_in_the_repository_exist(folder):
    named = [*links((folder / "README.md").read_text(encoding="utf-8")), *project(folder)["urls"].values()]
    raw = HOME.replace("//github.com/", "//raw.githubusercontent.com/")
    inside = re.compile(rf"(?:{re.escape(HOME)}/(?:blob|tree)|{re.escape(raw)})/main/([^#]+)")
    for address in named:
        if found := inside.match(address):
            assert (ROOT / found[1]).exists(), address


@pytest.mark.parametrize("folder", PROJECTS.values(), ids=PROJECTS)
def test_what_distributions_have_in_common(folder):
    one = project(folder)
    for field in ("version", "requires-python", "license", "license-files", "classifiers"):
        assert one[field] == CORE[field], field
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert set(one["urls"]) == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert all(address == HOME or address.startswith(f"{HOME}/") for address in one["urls"].values())


def test_the_changelog_has_the_version():
    assert re.search(
        rf"^## \[{re.escape(CORE['version'])}\] - \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.M
    )


def test_a_verifier_is_changed_without_torch():
    extras = CORE["optional-dependencies"]
    named = [*CORE["dependencies"], *extras["dev"], *extras["serve"]]
    for folder in FOLDERS[1:]:
        named += project(folder)["dependencies"] if folder.name != "ray" else []
    heavy = {re.match(r"[\w-]+", one)[0] for one in [*extras["train"], "peft", "ray"]} - {"matplotlib"}
    assert {re.match(r"[\w-]+", one)[0].lower() for one in named} & heavy == set()


def test_make_help_lists_every_target():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert [line.split()[1] for line in shown.stdout.splitlines()] == phony
