"""What is Docker's alone: a client that leaves nothing open, and an image made of the machine's own packages."""

from __future__ import annotations

import contextlib
import gc
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest
from places import usable

from assay.sandbox import Program
from assay_docker.engine import Engine
from assay_docker.image import build
from assay_docker.sandbox import DockerSandbox
from assay_docker.sources import published_by

docker = pytest.importorskip("docker")

NONSENSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
OLD = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"ApiVersion":"1.1"}'
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"
BROKEN = b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 16\r\n\r\n{"message":"no"}'


@pytest.fixture
def address(monkeypatch):
    """Where an engine could listen. A socket's path is short."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/s")
        yield f"{folder}/s"


@contextlib.contextmanager
def engine_that_says(address, answer):
    """Each connection is read once, answered with these bytes, and kept until the end where there are any."""
    with socket.socket(socket.AF_UNIX) as server, contextlib.ExitStack() as kept:
        server.bind(address)
        server.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    line, _ = server.accept()
                    line.recv(65536)
                    line.sendall(answer)
                    kept.callback(line.close) if answer else line.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("answer", [None, b"", NONSENSE, OLD, HALF, BROKEN], ids=["away", "hangs up", "nonsense", "old", "half", "broken"])  # fmt: skip
def test_a_client_that_fails_has_closed_its_connections(address, answer):
    """Python would warn of an unclosed socket when it is collected, and warnings are errors."""
    with contextlib.nullcontext() if answer is None else engine_that_says(address, answer):
        with pytest.raises(docker.errors.DockerException):
            Engine.from_env(timeout=1)
        gc.collect()
        with DockerSandbox() as sandbox:
            assert "no Docker engine answers" in sandbox.problem()
        gc.collect()


def test_an_engine_that_nobody_serves_any_more(address):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(address)
    test_a_client_that_fails_has_closed_its_connections(address, None)


def test_a_closed_sandbox_holds_no_socket(held):
    usable("docker").close()
    before = held()
    with usable("docker") as sandbox:
        assert sandbox.run(Program(source="print(1)")).status == "ok"
        assert held() - before
    assert held() - before == set()


# -- the image


def repository(folder, name, publisher):
    """A repository of packages in a folder, with nothing but a release file; return its address."""
    release = folder / name / "dists" / "here" / "Release"
    release.parent.mkdir(parents=True)
    release.write_text(f"Origin: {publisher}\nCodename: here\nComponents: main more\nArchitectures: amd64 arm64 all\n")
    return f"file:{folder / name}"


@pytest.fixture
def etc(tmp_path):
    if shutil.which("apt-get") is None:
        pytest.skip("needs apt, as the image does")
    (tmp_path / "etc" / "sources.list.d").mkdir(parents=True)
    return tmp_path / "etc"


def test_the_distributions_sources_alone_are_taken(tmp_path, etc):
    """A repository's own release file says whose it is: neither its address nor its file's name has to."""
    own = repository(tmp_path, "mirror", "Debian")
    other = repository(tmp_path, "debian", "Somebody for debian")
    (etc / "sources.list").write_text(f"""# debian
deb [trusted=yes] {own} here main
# deb [trusted=yes] {own} here more
deb [trusted=yes] {other} here main
deb [trusted=yes] file:{tmp_path}/gone here main
deb-src [trusted=yes] {own} here main
""")
    assert published_by("debian", etc) == [f"deb [trusted=yes] {own} here main"]


@pytest.mark.parametrize("name", ["debian.list.save", "debian.list.bak", "debian.disabled", "debian", "a b.list", "debian.list~", ".debian.list"])  # fmt: skip
def test_files_that_apt_ignores_are_ignored(tmp_path, etc, name):
    own = repository(tmp_path, "debian", "Debian")
    (etc / "sources.list.d" / name).write_text(f"deb [trusted=yes] {own} here main\n")
    assert published_by("debian", etc) == []


def test_stanzas_that_are_switched_off_are_ignored(tmp_path, etc):
    own, other = repository(tmp_path, "one", "Debian"), repository(tmp_path, "other", "Other")
    stanza = "Types: deb\nURIs: {}\nSuites: here\nComponents: {}\nTrusted: yes\n"
    key = "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDME\n -----END PGP PUBLIC KEY BLOCK-----\n"
    stanzas = ["# a word first\n", "Enabled: no\n" + stanza.format(own, "main"), stanza.format(other, "main"),
               "# before\n" + stanza.format(own, "more") + key, "Enabled: false\n" + stanza.format(own, "main")]  # fmt: skip
    (etc / "sources.list.d" / "any.sources").write_text("\n".join(stanzas))
    assert published_by("debian", etc) == [(stanza.format(own, "more") + key).strip()]


def test_apt_says_what_it_can_not_read(etc, capfd):
    (etc / "sources.list").write_text("nonsense\n")
    with pytest.raises(subprocess.CalledProcessError):
        published_by("debian", etc)
    assert "sources.list" in capfd.readouterr().err


@pytest.mark.slow
def test_an_image_is_made_and_programs_run_in_it():
    usable("docker").close()
    if shutil.which("mmdebstrap") is None:
        pytest.skip("needs mmdebstrap")
    try:
        build("assay-test:made")
        with DockerSandbox(image="assay-test:made", workers=1) as sandbox:
            assert sandbox.problem() is None
    finally:
        with contextlib.closing(Engine.from_env()) as engine, contextlib.suppress(docker.errors.ImageNotFound):
            engine.images.remove("assay-test:made", force=True)
