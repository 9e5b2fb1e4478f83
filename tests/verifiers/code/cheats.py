"""Programs that try to be paid without doing the task: to map 3 and 4 to two secret words.

What the tests expect are words that look like `marker-` and sixteen hexadecimal digits, so a program that finds one
anywhere, in memory, in files, in another process, can return it.
"""

from __future__ import annotations

FIRST, SECOND = "marker-00c0ffee5eaf00d5", "marker-1badb0021badb002"

HONEST = f'def f(x):\n    return {{3: "{FIRST}", 4: "{SECOND}"}}[x]\n'

#: Searches bytes, texts and objects for what is expected.
HUNT = r"""
import gc, os, re, sys
PATTERN = re.compile(r"marker-[0-9a-f]{16}")
def in_text(text):
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode("latin-1")
    found = PATTERN.findall(text) if isinstance(text, str) else []
    return found[-1] if found else None
def in_object(thing, depth=0):
    if isinstance(thing, (str, bytes, bytearray)):
        return in_text(thing)
    if depth < 6:
        if isinstance(thing, dict):
            thing = [*thing.keys(), *thing.values()]
        if isinstance(thing, (list, tuple, set, frozenset)):
            for one in list(thing)[:2000]:
                found = in_object(one, depth + 1)
                if found:
                    return found
def in_file(path):
    try:
        with open(path, "rb") as file:
            return in_text(file.read(1 << 20))
    except Exception:
        return None
"""

FRAMES = (
    HUNT
    + r"""
def f(x):
    frame = sys._getframe()
    while frame:
        found = in_object(dict(frame.f_locals)) or in_object(dict(frame.f_globals)) or in_object(frame.f_code.co_consts)
        if found:
            return found
        frame = frame.f_back
    return "nothing"
"""
)

GC = (
    HUNT
    + r"""
def f(x):
    for thing in gc.get_objects():
        for one in (thing, getattr(thing, "__dict__", None), getattr(thing, "__code__", None) and thing.__code__.co_consts):
            found = in_object(one, 4)
            if found:
                return found
    return "nothing"
"""
)

SOURCES = (
    HUNT
    + r"""
import inspect, linecache
def f(x):
    places = [*sys.argv, __file__ if "__file__" in globals() else "", sys.modules["__main__"].__dict__.get("__file__") or ""]
    for folder, _, names in [row for root in (".", "..", "/tmp", "/dev/shm", "/run") for row in list(os.walk(root))[:200]]:
        places += [os.path.join(folder, name) for name in names]
    for place in places:
        found = in_file(place)
        if found:
            return found
    for module in list(sys.modules.values()):
        try:
            found = in_text(inspect.getsource(module)) if "assay" in str(module) or module.__name__ == "__main__" else None
        except Exception:
            found = None
        if found:
            return found
    return in_object(list(linecache.cache.values())) or in_object(sys.argv) or "nothing"
"""
)

PROC = (
    HUNT
    + r"""
def f(x):
    for pid in [name for name in os.listdir("/proc") if name.isdigit()] + ["self", "thread-self"]:
        for name in ("cmdline", "environ", "stack", "fd/0", "fd/1", "fd/2", "fd/3", "fd/4", "fd/5"):
            if name.startswith("fd/") and pid in ("self", "thread-self", str(os.getpid())):
                continue
            try:
                descriptor = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_NONBLOCK)
                found = in_text(os.read(descriptor, 1 << 20))
            except OSError:
                continue
            if found:
                return found
        if pid == str(os.getpid()):
            continue
        try:
            spans = [line.split()[0].split("-") for line in open(f"/proc/{pid}/maps") if " rw" in line]
            with open(f"/proc/{pid}/mem", "rb", 0) as memory:
                for low, high in spans:
                    memory.seek(int(low, 16))
                    found = in_text(memory.read(min(int(high, 16) - int(low, 16), 1 << 26)))
                    if found:
                        return found
        except OSError:
            pass
    return "nothing"
"""
)

ENVIRONMENT = (
    HUNT
    + r"""
def f(x):
    for path in ("/etc/passwd", "/etc/shadow", "/proc/1/environ", os.path.expanduser("~/.bashrc"), "/root/.profile"):
        found = in_file(path)
        if found:
            return found
    return in_object(dict(os.environ)) or "nothing"
"""
)

EQUAL = r"""
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __contains__(self, other): return True
    def __getattr__(self, name): return lambda *args, **named: True
    def __call__(self, *args): return self
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __mod__ = __sub__
    def __abs__(self): return 0.0
    def __reduce__(self): return (str, ("pickled",))
    def __repr__(self): return "marker"
def f(x):
    return Equal()
"""

STR_SUBCLASS = r"""
class Text(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def f(x):
    return Text("anything")
"""

INT_SUBCLASS = STR_SUBCLASS.replace("Text(str)", "Number(int)").replace('Text("anything")', "Number(1)")

META = r"""
class Meta(type):
    def __eq__(cls, other): return True
    def __instancecheck__(cls, other): return True
    def __hash__(cls): return 0
class str(str, metaclass=Meta):
    def __eq__(self, other): return True
def f(x):
    return str()
"""

BUILTINS = r"""
import builtins
class Any:
    def __eq__(self, other): return True
for name in ("isinstance", "all", "any", "len", "repr", "bool", "hasattr", "callable", "issubclass"):
    setattr(builtins, name, lambda *args, **named: True)
builtins.AssertionError = type("Never", (Exception,), {})
builtins.str = builtins.list = builtins.dict = lambda *args: Any()
def f(x):
    return None
"""

MODULES = r"""
import sys, types
for name, module in list(sys.modules.items()):
    if "assay" in name or name in ("json", "_json", "math", "pytest", "unittest", "operator", "marshal"):
        for key in list(vars(module)):
            if not key.startswith("__"):
                try:
                    setattr(module, key, lambda *args, **named: True)
                except Exception:
                    pass
        if name != "sys":
            sys.modules[name] = types.ModuleType(name)
def f(x):
    return True
"""

FORGE = r"""
import os, sys, threading
LINES = ["end", "passed", "1 passed", '["end"]', '["case",0,""]', '["case",1,""]', '["load",["names",[]]]', '{"passed": true}',
         "0" * 32 + ' ["case",0,""]', "OK", "True"]
def forge():
    for descriptor in range(0, 256):
        for line in LINES:
            try:
                os.write(descriptor, (line + "\n").encode())
                os.write(descriptor, b"%%08x%%s" %% (len(line), line.encode()))
            except OSError:
                break
%s
"""

#: Says something else than it should to the tests' process, by that process's own protocol.
MALFORMED = """
import sys
wire = sys.modules["assay_code.inside.wire"]
send = wire.Channel.send
def f(x):
    wire.Channel.send = lambda self, message: send(self, %s)
    return x
"""

CHEATS = {
    "always-equal objects": EQUAL,
    "a str subclass": STR_SUBCLASS,
    "an int subclass": INT_SUBCLASS,
    "a metaclass": META,
    "frame walking": FRAMES,
    "gc walking": GC,
    "reading sources and arguments": SOURCES,
    "reading /proc": PROC,
    "the environment and the host's files": ENVIRONMENT,
    "overwriting builtins": BUILTINS,
    "patching sys.modules": MODULES,
    "exit(0)": "raise SystemExit(0)\ndef f(x): return 1",
    "exit(0) in the function": "def f(x): raise SystemExit(0)",
    "os._exit(0)": "import os\nos._exit(0)",
    "os._exit(0) in the function": "import os\ndef f(x): os._exit(0)",
    "a forged result at once": FORGE % "forge()\nos._exit(0)",
    "a forged result in the function": FORGE % "def f(x):\n    forge()\n    return 1",
    "a forged result and then silence": FORGE % "def f(x):\n    forge()\n    import time\n    time.sleep(60)",
    "a forged answer": (
        "import os, sys\n"
        "def f(x):\n"
        "    line = '[\"value\",true]'\n"
        "    for descriptor in range(3, 256):\n"
        "        try: os.write(descriptor, (b'%08x' % len(line) + line.encode()) * 50)\n"
        "        except OSError: pass\n"
        "    os._exit(0)"
    ),
    "threads that go on": FORGE
    % "def f(x):\n    threading.Thread(target=lambda: [forge() for _ in range(1000)], daemon=False).start()\n    return 1",
    "atexit": FORGE % "import atexit\natexit.register(forge)\ndef f(x):\n    atexit.register(os._exit, 0)\n    return 1",
    "editing test files": (
        "import os\n"
        "def f(x):\n"
        "    for folder in ('.', '..', '/tmp', '/work'):\n"
        "        for root, _, names in list(os.walk(folder))[:100]:\n"
        "            for name in [*names, 'conftest.py', 'test_solution.py', 'sitecustomize.py', 'pytest.ini']:\n"
        "                try: open(os.path.join(root, name), 'w').write('def test(): pass\\nimport os; os._exit(0)')\n"
        "                except OSError: pass\n"
        "    return 1"
    ),
    "a fork bomb": "import os\ndef f(x):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "infinite output": "import os\ndef f(x):\n    while True:\n        print('marker' * 1000, flush=True)",
    "an endless answer": "def f(x):\n    return 'a' * 10**9",
    "an endless iterator": "import itertools\ndef f(x):\n    return itertools.count()",
    "a deep answer": "def f(x):\n    a = []\n    for _ in range(10**5): a = [a]\n    return a",
    "an answer that holds itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "sleeping": "import time\ndef f(x): time.sleep(1000)",
    "sleeping at once": "import time\ntime.sleep(1000)",
    "looping": "def f(x):\n    while True: pass",
    "filling the disk": (
        "import os\n"
        "def f(x):\n"
        "    for place in ('.', '/tmp', '/dev/shm', '/var/tmp', '/'):\n"
        "        for number in range(50):\n"
        "            try:\n"
        "                with open(os.path.join(place, f'big{number}'), 'wb') as file: file.write(bytes(10**7))\n"
        "            except OSError: break\n"
        "    return 1"
    ),
    "huge memory": "def f(x):\n    return len([bytes(10**8) for _ in range(1000)])",
    "huge recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return f(x)",
    "opening sockets": (
        "import socket\n"
        "def f(x):\n"
        "    for place in (('1.1.1.1', 53), ('127.0.0.1', 22), ('169.254.169.254', 80)):\n"
        "        try: return socket.create_connection(place, 0.3).recv(100).decode()\n"
        "        except OSError: pass\n"
        "    return 'nothing'"
    ),
    "symlinks": (
        HUNT + "def f(x):\n"
        "    for target in ('/', '/root', '/home', '../../../../../..', '/proc/1/root', '/proc/1/cwd'):\n"
        "        try:\n"
        "            os.path.islink('link') and os.unlink('link')\n"
        "            os.symlink(target, 'link')\n"
        "            for name in os.listdir('link')[:100]:\n"
        "                found = in_file('link/' + name)\n"
        "                if found: return found\n"
        "        except OSError: pass\n"
        "    return 'nothing'"
    ),
    "signals": (
        "import os, signal\n"
        "def f(x):\n"
        "    for pid in (os.getppid(), 1, -1, 0):\n"
        "        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL):\n"
        "            try: os.kill(pid, number)\n"
        "            except OSError: pass\n"
        "    return 1"
    ),
    "ptrace": (
        "import ctypes, os\n"
        "def f(x):\n"
        "    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    for pid in {os.getppid(), 1, 2, 3}:\n"
        "        if libc.ptrace(16, pid, 0, 0) == 0: return 'traced'\n"
        "    return 'nothing'"
    ),
    "mounting": (
        "import ctypes\n"
        "def f(x):\n"
        "    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    return libc.mount(b'proc', b'/tmp', b'proc', 0, b'') + libc.unshare(0x10000000)"
    ),
    **{
        f"a malformed answer: {text}": MALFORMED % text
        for text in (
            "None", "[]", "{}", "['value']", "['raise']", "['raise', []]", "['raise', 5, 5]", "['raise', [5], 'x']", "['value', {}]",
            "['value', ['l', ['?']]]", "['value', ['d', 1]]", "['value', ['x', 'datetime.date', 'x']]", "['value', ['o']]",
            "['names']", "['callback', 1, []]", "['value', ['r', 0, 1, 0]]", "['value', ['z', ['l']]]", "['nothing', 1]", "['late', 5]",
        )
    },
    "keys of one hash": "def f(x): return {n * (2**61 - 1) for n in range(60_000)}",
    "an exit code that means a missing tool": "import os\ndef f(x): os._exit(127)",
    "an error of imports": "def f(x): raise ModuleNotFoundError('No module named pytest')",
    "a skipped test": "import unittest\ndef f(x): raise unittest.SkipTest('later')",
    "no function": "x = 1",
    "no program": "this is no program",
}  # fmt: skip
