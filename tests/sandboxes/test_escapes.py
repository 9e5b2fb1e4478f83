"""Programs that try to get out, to steal, to stay or to break what judges them; each by the promise that it attacks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import uuid

import psutil
import pytest

from assay.sandbox import Limits, Program

#: An attack prints ESCAPED where it succeeds; what it raises on the way, it survives.
ATTACKS = {
    "a socket to another machine": ("network", "socket.create_connection(('1.1.1.1', 53), 2); escaped()"),
    "a datagram": ("network", "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('1.1.1.1', 53)); escaped()"),
    "a name": ("network", "socket.getaddrinfo('example.com', 80); escaped()"),
    "a server": ("network", "s = socket.socket(); s.bind(('0.0.0.0', 0)); s.listen(); escaped()"),
    "a raw socket": ("network", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW); escaped()"),
    "netlink": ("network", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); escaped()"),
    "a virtual machine's socket": ("network", "socket.socket(40, socket.SOCK_STREAM); escaped()"),
    "the kernel's ciphers": ("network", "socket.socket(38, socket.SOCK_SEQPACKET); escaped()"),
    "the engine's socket": ("network", "for p in ('/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock'):\n    s = socket.socket(socket.AF_UNIX)\n    try: s.connect(p); escaped()\n    except OSError: pass"),
    "the host's passwords": ("files", "[escaped() for p in ('/etc/shadow', '/etc/sudoers', '/etc/ssh/ssh_host_rsa_key') if os.access(p, os.R_OK)]"),
    "the host's homes": ("files", "[escaped() for p in ('/home', '/root/.ssh', '/root/.aws', '/mnt', '/media', '/srv') if os.path.isdir(p) and os.listdir(p)]"),
    "the host's disks": ("files", "[escaped() for n in os.listdir('/dev') if n.startswith(('sd', 'vd', 'nvme', 'mem', 'kmem', 'kvm', 'fuse', 'loop'))]"),
    "writing to the system": ("files", "[escaped() for p in ('/', '/usr', '/usr/bin', '/etc', '/lib', '/dev', '/proc', '/sys', '/root', os.path.dirname(os.__file__)) if can_write(p)]"),
    "the kernel's settings": ("files", "open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x'); escaped()"),
    "a trigger of the kernel": ("files", "open('/proc/sysrq-trigger', 'w'); escaped()"),
    "parents of the directory": ("files", "p = '../' * 40\nif os.path.exists(p + 'etc/shadow') and os.access(p + 'etc/shadow', os.R_OK): escaped()"),
    "roots of other processes": ("files", "[escaped() for p in pids() if p != os.getpid() and ok(lambda: os.listdir(f'/proc/{p}/root'))]"),
    "environments of other processes": ("environment", "[escaped() for p in pids() if p != os.getpid() and ok(lambda: open(f'/proc/{p}/environ', 'rb').read())]"),
    "inherited descriptors": ("environment", "fds = [n for n in range(3, 256) if ok(lambda: os.fstat(n))]\nif fds: escaped()"),
    "descriptors of other processes": ("environment", "[escaped() for p in pids() if p != os.getpid() and ok(lambda: os.listdir(f'/proc/{p}/fd'))]"),
    "memory of other processes": ("signals", "[escaped() for p in pids() if p != os.getpid() and ok(lambda: open(f'/proc/{p}/mem', 'rb'))]"),
    "tracing the parent": ("signals", "if libc.ptrace(16, os.getppid(), 0, 0) == 0 or libc.ptrace(0x4206, 1, 0, 0) == 0: escaped()"),
    "reading the parent's memory": ("signals", "b = ctypes.create_string_buffer(8); v = (ctypes.c_size_t * 2)(ctypes.addressof(b), 8)\nif libc.process_vm_readv(os.getppid(), v, 1, (ctypes.c_size_t * 2)(id(0), 8), 1, 0) > 0: escaped()"),
    "the parent's descriptors by pidfd": ("signals", "fd = os.pidfd_open(os.getppid())\nif libc.syscall(438, fd, 3, 0) >= 0: escaped()"),
    "being root": ("user", "if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()) or 0 in os.getgroups(): escaped()"),
    "becoming root": ("user", "os.setuid(0); escaped()"),
    "becoming somebody": ("user", "os.setresuid(2, 2, 2); escaped()"),
    "a set-user-id program": ("user", "import subprocess\nif subprocess.run(['su', '-c', 'id', 'root'], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0: escaped()"),
    "capabilities": ("user", "s = dict(l.split(':', 1) for l in open('/proc/self/status') if ':' in l)\nif int(s['CapEff'], 16) or int(s['CapPrm'], 16) or s.get('NoNewPrivs', '1').strip() != '1': escaped()"),
    "mounting": ("user", "os.mkdir('m')\nif libc.mount(b'none', b'm', b'tmpfs', 0, None) == 0 or libc.mount(b'/', b'm', None, 4096, None) == 0: escaped()"),
    "unmounting": ("user", "if libc.umount2(b'/tmp', 2) == 0 or libc.umount2(b'/proc', 2) == 0: escaped()"),
    "the new mount calls": ("user", "if libc.syscall(428, -100, b'/', 1) >= 0 or libc.syscall(430, b'tmpfs', 0) >= 0: escaped()"),
    "a user namespace": ("user", "if libc.unshare(0x10000000) == 0: escaped()"),
    "namespaces by clone": ("user", "if libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) > 0: escaped()"),
    "namespaces by clone3": ("user", "a = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)\nr = libc.syscall(435, a, 88)\nif r == 0: os._exit(0)\nif r > 0: escaped()"),
    "another's namespaces": ("user", "fd = os.open('/proc/1/ns/mnt', os.O_RDONLY)\nif libc.setns(fd, 0) == 0: escaped()"),
    "another root": ("user", "os.chroot('/tmp'); escaped()"),
    "the old instruction set": ("user", "r = libc.syscall(0x40000000 + 39)\nif r > 0: escaped()"),
    "the kernel's rings": ("user", "if libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0: escaped()"),
    "the kernel's programs": ("user", "if libc.syscall(321, 0, ctypes.create_string_buffer(72), 72) >= 0: escaped()"),
    "the kernel's keys": ("user", "if libc.syscall(250, 0, -3, 1) >= 0 or libc.syscall(248, b'user', b'k', b'v', 1, -3) >= 0: escaped()"),
    "page faults in user space": ("user", "if libc.syscall(323, 0) >= 0: escaped()"),
    "handles of files": ("user", "if libc.syscall(304, -100, ctypes.create_string_buffer(128), 0) >= 0 or ctypes.get_errno() not in (1, 38): escaped()"),
    "a device": ("user", "os.mknod('disk', 0o600 | 0x6000, os.makedev(8, 0)); open('disk', 'rb').read(1); escaped()"),
    "the clock": ("user", "time.clock_settime(time.CLOCK_REALTIME, 0); escaped()"),
    "the machine's name": ("user", "socket.sethostname('mine'); escaped()"),
    "rebooting": ("user", "if libc.syscall(169, 0xfee1dead, 672274793, 0, 0) == 0: escaped()"),
    "a higher limit": ("user", "import resource\nh = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; resource.setrlimit(resource.RLIMIT_NOFILE, (h + 1, h + 1)); escaped()"),
    "a better priority": ("user", "os.nice(-5); escaped()"),
}  # fmt: skip

PRELUDE = """
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def escaped(): print("ESCAPED", flush=True)
def ok(f):
    try: return f() or True
    except Exception: return False
def pids(): return [int(n) for n in os.listdir('/proc') if n.isdigit()]
def can_write(p):
    try: open(os.path.join(p, 'x-assay'), 'w').close(); return True
    except OSError: return False
try:
"""


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack(sandbox, keeps, attack):
    promise, code = ATTACKS[attack]
    keeps(promise)
    if getattr(sandbox, "runtime", None) and attack in ("the host's disks", "a better priority"):
        pytest.skip("gVisor's own kernel has a /dev/fuse and priorities; they are not the host's")
    source = PRELUDE + "".join(f"    {line}\n" for line in code.splitlines()) + "except Exception: pass\nprint('HELD')"
    done = sandbox.run(Program(source=source), Limits(wall=20))
    assert "ESCAPED" not in done.stdout, done
    # Some end the program, and that is well; the sandbox stands.
    assert done.status in ("ok", "killed", "nonzero"), done
    assert sandbox.run(Program(source="print('alive')")).stdout == "alive\n"


def test_no_door_of_this_host_is_open(sandbox, keeps):
    """Neither a port of the host's loopback nor an abstract socket of its can be reached."""
    keeps("network")
    name = f"\0assay-{uuid.uuid4()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(name)
        abstract.listen()
        port = server.getsockname()[1]
        source = f"""
import socket
for kind, where in ((socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_UNIX, {name!r})):
    try:
        socket.socket(kind).connect(where)
        print("ESCAPED")
    except OSError:
        pass
"""
        assert sandbox.run(Program(source=source)).stdout == ""


def test_a_secret_of_the_host_is_nowhere(sandbox, keeps, tmp_path, monkeypatch):
    keeps("files")
    secret = f"secret-{uuid.uuid4()}"
    (tmp_path / secret).write_text(secret)
    monkeypatch.setenv("ASSAY_SECRET", secret)
    source = f"""
import os
for folder, folders, files in os.walk("/"):
    if folder == "/proc": folders[:] = ["self"]
    if folder.count("/") > 6 or folder.startswith(("/usr", "/proc/self/")): folders[:] = []
    if any(name.startswith("secret-") for name in folders + files): print("ESCAPED", folder)
print(os.path.exists({str(tmp_path)!r}))
"""
    assert sandbox.run(Program(source=source), Limits(wall=60)).stdout == "False\n"


def test_links_lead_nowhere_when_files_are_collected(sandbox, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("stolen")
    source = f"""
import os
os.symlink({str(outside)!r}, "file")
os.symlink("/etc", "folder")
os.symlink("/proc/1/environ", "environ")
os.symlink("own", "loop")
os.mkfifo("pipe")
os.mkdir("real"); open("real/own", "w").write("own")
os.symlink("real", "alias")
"""
    names = ("file", "folder/hostname", "environ", "loop", "pipe", "alias/own", "real/own")
    done = sandbox.run(Program(source=source, collect=names), Limits(wall=20))
    assert dict(done.files) == {"real/own": b"own"}


def test_signals_reach_nobody_outside(sandbox, keeps):
    keeps("signals")
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        source = f"""
import os, signal
for pid in ({os.getpid()}, {bystander.pid}, os.getppid(), 1):
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        try: os.kill(pid, number)
        except OSError: pass
try: os.killpg(0, 0)
except OSError: pass
signal.signal(signal.SIGTERM, signal.SIG_IGN)
try: os.kill(-1, signal.SIGTERM)
except OSError: pass
print("done")
"""
        done = sandbox.run(Program(source=source), Limits(wall=10))
        assert done.status in ("ok", "killed"), done
        assert bystander.poll() is None
        assert psutil.Process().status() != psutil.STATUS_STOPPED
        assert sandbox.run(Program(source="print('alive')")).stdout == "alive\n"
    finally:
        bystander.kill()
        bystander.wait()


def test_a_program_that_kills_all_it_can_is_only_a_dead_program(sandbox, keeps):
    keeps("signals")
    for _ in range(3):
        done = sandbox.run(
            Program(
                source="import os\nfor pid in (-1, os.getppid(), os.getpid()):\n    try: os.kill(pid, 9)\n    except OSError: pass"
            ),
            Limits(wall=10),
        )
        assert done.status in ("killed", "ok")
        assert done.stdout == ""
        assert sandbox.run(Program(source="print('alive')")).stdout == "alive\n"


LEAVINGS = [
    "open('/tmp/left', 'w').write('x')",
    "open('/dev/shm/left', 'w').write('x')",
    "open('/dev/mqueue/left', 'w').write('x')",
    "open('left', 'w').write('x')",
    "open(os.path.expanduser('~/.bashrc'), 'w').write('x')",
    "os.mkdir('/tmp/left'); open('/tmp/left/file', 'w').close(); os.chmod('/tmp/left', 0)",
    "os.mkdir('/tmp/.left'); os.chdir('/tmp/.left'); [(os.mkdir('d'), os.chdir('d')) for _ in range(1500)]",
    "[open(f'/tmp/left{n}', 'w').close() for n in range(2000)]",
    "os.symlink('/usr', '/tmp/left')",
    "os.mkfifo('/tmp/left')",
    "s = socket.socket(socket.AF_UNIX); s.bind('/tmp/left')",
    "os.rename(os.getcwd(), '/tmp/moved'); os.mkdir(os.environ['HOME'])",
    "os.chmod('/tmp', 0o777); os.chmod(os.environ['HOME'], 0)",
    "libc.shmget(0x7a7a, 4096, 0o1666); libc.msgget(0x7a7a, 0o1666); libc.semget(0x7a7a, 1, 0o1666)",
    "libc.mq_open(b'/left', 0o102, 0o666, None)",
    "os.setpriority(os.PRIO_PROCESS, 0, 19); os.umask(0o777)",
    "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10)); os.closerange(0, 9)",
    "sys.modules['json'] = None; __builtins__.print = None; random = None; os.listdir = None",
    "signal.signal(signal.SIGALRM, lambda *a: None); signal.setitimer(signal.ITIMER_REAL, .01, .01)",
]  # fmt: skip

LOOK = """
import ctypes, json, os, signal, resource
libc = ctypes.CDLL(None, use_errno=True)
tmp = os.path.dirname(os.environ["HOME"])
shm = os.listdir("/dev/shm") if os.path.isdir("/dev/shm") else []
mq = os.listdir("/dev/mqueue") if os.path.isdir("/dev/mqueue") else []
print(sorted(os.listdir(tmp)), shm, mq, os.listdir("."), libc.shmget(0x7a7a, 4096, 0) < 0, libc.msgget(0x7a7a, 0) < 0)
print(os.getpriority(os.PRIO_PROCESS, 0), oct(os.umask(0)), signal.getitimer(signal.ITIMER_REAL))
print(oct(os.stat(tmp).st_mode), resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize("leave", LEAVINGS)
def test_nothing_is_left_to_the_next(sandbox, keeps, leave):
    keeps("traces")
    before = sandbox.run(Program(source=LOOK), Limits(wall=20))
    assert before.status == "ok", before
    code = "".join(f"    {line}\n" for line in leave.splitlines())
    done = sandbox.run(Program(source=f"{PRELUDE}{code}except Exception as problem: print(problem)"), Limits(wall=20))
    assert done.status in ("ok", "nonzero", "timeout"), done
    after = sandbox.run(Program(source=LOOK), Limits(wall=20))
    assert after.stdout == before.stdout, leave
    assert sandbox.run(Program(argv=("sh", "-c", "ls -A"))).stdout == ""


def test_memory_holds_nothing_of_the_one_before(sandbox, keeps):
    keeps("traces")
    marker = uuid.uuid4().hex
    first = Program(
        source=f"kept = '{marker}' * 1000; print(kept[:32])",
        stdin=(marker * 2000).encode(),
        files={"secret": marker.encode() * 1000},
    )
    for _ in range(3):
        assert sandbox.run(first).stdout == marker + "\n"
    source = f"""
import re
want = [{", ".join(str(ord(c)) for c in marker)}]
found = 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in maps:
        if "rw" not in line.split()[1]: continue
        begin, end = (int(x, 16) for x in line.split()[0].split("-"))
        try: memory.seek(begin); held = memory.read(end - begin)
        except (OSError, ValueError, OverflowError): continue
        at = -1
        while (at := held.find(bytes(want[:1]), at + 1)) >= 0:
            if all(at + n < len(held) and held[at + n] == want[n] for n in range(1, 32)):
                found += 1; break
print(found)
"""
    done = sandbox.run(Program(source=source), Limits(wall=60))
    assert done.stdout == "0\n", done


def test_no_process_outlives_its_program(sandbox, keeps):
    keeps("processes")
    length = f"98{uuid.uuid4().int % 100000}"
    source = f"""
import os, subprocess, signal
for how in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for fd in range(3): os.close(fd)
            os.execvp("sleep", ["sleep", "{length}"])
        os._exit(0)
subprocess.Popen(["sleep", "{length}"], start_new_session=True)
print("left")
"""
    done = sandbox.run(Program(source=source), Limits(wall=20))
    assert done.stdout == "left\n"
    if not getattr(sandbox, "runtime", None):
        left = [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[-1:] == [length]]
        assert left == []
    see = "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]))"
    assert int(sandbox.run(Program(source=see)).stdout) <= 3


def test_a_thread_or_an_exit_handler_does_not_outlive_its_program(sandbox):
    source = "import atexit, threading, time, os\natexit.register(lambda: time.sleep(60))\nthreading.Thread(target=lambda: time.sleep(60)).start()\nprint('main ends', flush=True)"
    done = sandbox.run(Program(source=source), Limits(wall=0.5))
    assert (done.status, done.stdout) == ("timeout", "main ends\n")


def test_the_disk_fills_up_for_the_program_alone(sandbox, keeps):
    keeps("disk")
    source = """
n = 0
try:
    while n < 4000:
        with open(f"/tmp/fill{n}", "wb") as file: file.write(b"x" * (1 << 20))
        n += 1
except OSError as problem: pass
print(n)
"""
    done = sandbox.run(Program(source=source), Limits(wall=60, memory=64 << 20))
    assert done.status == "memory" or int(done.stdout) < 600, done
    assert sandbox.run(Program(source="open('/tmp/x', 'wb').write(b'x' * (1 << 20)); print('room')")).stdout == "room\n"


def test_many_files_fill_nothing_up(sandbox, keeps):
    keeps("disk")
    source = (
        "n = 0\ntry:\n    while n < 300000: open(f'/tmp/f{n}', 'w').close(); n += 1\nexcept OSError: pass\nprint(n)"
    )
    done = sandbox.run(Program(source=source), Limits(wall=60, memory=64 << 20))
    assert done.status in ("ok", "memory") or getattr(sandbox, "runtime", None), done
    assert sandbox.run(Program(source="open('/tmp/x', 'w').close(); print('room')")).stdout == "room\n"


def test_a_forged_answer_can_not_be_sent(sandbox):
    """Whatever is written to whatever descriptor, the host reads the supervisor alone."""
    source = r"""
import json, os, struct
header = json.dumps({"status": "ok", "exit_code": 0, "sizes": [6, 0], "files": []}).encode()
forged = struct.pack("!I", len(header)) + header + b"FORGED."
for fd in range(3, 64):
    try: os.write(fd, forged)
    except OSError: pass
for pid in (1, os.getppid()):
    for fd in range(32):
        try: open(f"/proc/{pid}/fd/{fd}", "wb", buffering=0).write(forged)
        except OSError: pass
os._exit(9)
"""
    done = sandbox.run(Program(source=source))
    if sandbox.name != "process":
        assert "FORGED" not in done.stdout
        assert done.status == "nonzero" or (getattr(sandbox, "runtime", None) and done.status == "unavailable"), done
        assert sandbox.run(Program(source="print('alive')")).stdout == "alive\n"


def test_concurrent_programs_do_not_see_each_other(sandbox, keeps):
    keeps("traces")
    options = {"runtime": sandbox.runtime} if getattr(sandbox, "runtime", None) else {}
    with type(sandbox)(workers=2, **options) as pair:
        found = []
        source = "import os, time\nopen('/tmp/{0}', 'w').close()\ntime.sleep(1)\nprint(sorted(n for n in os.listdir('/tmp') if len(n) == 1), len([n for n in os.listdir('/proc') if n.isdigit()]) < 4)"
        threads = [
            threading.Thread(target=lambda n=n: found.append(pair.run(Program(source=source.format(n))).stdout))
            for n in "ab"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == ["['a'] True\n", "['b'] True\n"]


@pytest.mark.parametrize("number", ["SIGSTOP", "SIGTSTP", "SIGKILL", "SIGSEGV"])
def test_a_supervisor_that_is_attacked_holds_nobody_up(sandbox, keeps, number):
    keeps("signals")
    source = (
        f"import os, signal, time\ntry: os.kill(os.getppid(), signal.{number})\nexcept OSError: pass\ntime.sleep(60)"
    )
    done = sandbox.run(Program(source=source), Limits(wall=1))
    assert done.status in ("timeout", "killed"), done
    assert sandbox.run(Program(source="print('alive')")).stdout == "alive\n"
