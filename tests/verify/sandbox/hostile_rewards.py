"""Programs that want to be paid without the right answer: exits, look-alikes, patches and snooping."""

# ruff: noqa: E501 - a program a row

from __future__ import annotations

from typing import Any

from verify.sandbox.hostile_row import (
    BARE,
    DOUBLE,
    LINES,
    LOOP,
    NAMED,
    PAIR,
    SETS,
    TEXT,
    TRUE,
    Row,
    row,
)

EXITS = (
    row("exit before any call", "raise SystemExit(0)", "error"),
    row("exit silently at definition", "os._exit(0)", "error"),
    row("exit inside the call", "def f(x): sys.exit(0)", "error"),
    row("exit inside the call, without cleaning up", "def f(x): os._exit(0)", "error"),
    row("exit through the C library", "def f(x): LIBC.exit(0)", "error"),
    row("exit by a system call", "LIBC.syscall(231 if platform.machine() == 'x86_64' else 94, 0)", "error"),
    row(
        "exit after the first right answer",
        "said = []\ndef f(x):\n    if said: os._exit(0)\n    said.append(x)\n    return 2 * x",
        "error",
    ),
    row(
        "exit by a thread while the call runs",
        "def f(x):\n    threading.Timer(0.05, os._exit, [0]).start()\n    time.sleep(9)",
        "error",
    ),
    row(
        "exit whose code is a trap",
        """
        class Zero(SystemExit):
            @property
            def code(self): os._exit(0)
        def f(x): raise Zero
        """,
        "error",
    ),
    row("interrupt instead of an answer", "def f(x): raise KeyboardInterrupt", "error"),
    row("exception named passed", "def f(x): raise type('passed', (BaseException,), {})('passed')", "error"),
    row("exit in an examination", "def f(x): sys.exit(0)", "error", tests=LOOP),
    row("exit between calls of an examination", "def f(x): threading.Timer(0.01, os._exit, [0]).start()",
        "wrong error", tests=LOOP),
    row("exit code 0 and no output", "os._exit(0)", tests=LINES),
    row("right output, then exit code 3", "for n in range(int(input())): print(n + 1)\nsys.exit(3)", "error",
        tests=LINES),
    row("right output, then a crash",
        "for n in range(int(input())): print(n + 1, flush=True)\nctypes.string_at(0)", "error", tests=LINES),
    row("right output, then an exception", "for n in range(int(input())): print(n + 1)\n1 / 0", "error",
        tests=LINES),
)  # fmt: skip

_EQUAL_TO_ALL = """
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __len__(self): return 2
    def __iter__(self): return iter((self, self))
    def __getitem__(self, key): return self
    def __abs__(self): return self
    def __sub__(self, other): return self
    __le__ = __lt__ = __ge__ = __gt__ = __eq__
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
"""


def equal_to_all(name: str, base: str, answer: str, tests: dict[str, Any] = DOUBLE) -> Row:
    return row(name, f"class Same({base}):{_EQUAL_TO_ALL}def f(x): return {answer}", tests=tests)


LOOK_ALIKES = (
    equal_to_all("object equal to all", "object", "Same()"),
    equal_to_all("object equal to all in an examination", "object", "Same()", LOOP),
    equal_to_all("object equal to all for asserts", "object", "Same()", BARE),
    equal_to_all("object equal to all in a list", "object", "[Same(), Same()]", PAIR),
    equal_to_all("object equal to all in a dict", "object", "{'a': Same()}", NAMED),
    equal_to_all("object equal to all as a key", "object", "{Same(): x}", NAMED),
    equal_to_all("int equal to all", "int", "Same(7)"),
    equal_to_all("float equal to all", "float", "Same(7.0)", LOOP),
    equal_to_all("text equal to all", "str", "Same('no')", TEXT),
    equal_to_all("list equal to all", "list", "Same([0, 0])", PAIR),
    equal_to_all("tuple equal to all", "tuple", "Same((0, 0))", PAIR),
    equal_to_all("dict equal to all", "dict", "Same(a=0)", NAMED),
    equal_to_all("set equal to all", "set", "Same([0])", SETS),
    equal_to_all("class equal to all", "type", "Same('Same', (), {})"),
    row("mock that is any value", "from unittest import mock\ndef f(x): return mock.ANY"),
    row("object that claims to be an int", "class C:\n    __class__ = int\n    __index__ = lambda s: 2\n"
        "def f(x): return C()"),
    row(
        "array of one truth",
        """
        class Array:
            dtype = 'bool'
            def __array__(self): return self
            def __eq__(self, other): return Array()
            def all(self): return True
            def item(self): return True
        def f(x): return Array()
        """,
    ),
    row("generator of all numbers", "def f(x): yield from range(100)"),
    row("iterator instead of a list", "def f(x): return iter([x, x])", tests=PAIR),
    row("True for 1 and 2", "def f(x): return True", tests={"test_list": ["assert f(1) == 1"]}),
    row("1 for True", "def f(x): return 1", tests=TRUE),
    row("True in a set for 1", "def f(x): return {True} if x == 1 else {2}", tests=SETS),
    row("True as a key for 1", "def f(x): return {True: 1}", tests={"test_list": ["assert f(1) == {1: 1}"]}),
    row("number as text", "def f(x): return str(2 * x)"),
    row("not a number", "def f(x): return float('nan')", tests=LOOP),
    row("all possible answers at once", "def f(x): return [2, 6, 10, 16]"),
    row("function instead of its value", "def f(x): return lambda: 2 * x"),
    row("class that is its own answer", "class f(int):\n    def __new__(cls, x): return int.__new__(cls, 2 * x)",
        tests=LOOP),
    row("list within itself", "def f(x):\n    held = [x]\n    held.append(held)\n    return held", tests=PAIR),
    row("hostile metaclass", """
        class Meta(type):
            def __eq__(cls, other): return True
            __hash__ = lambda cls: hash(int)
            def __instancecheck__(cls, one): return True
            @property
            def __name__(cls): return 'int'
        class C(metaclass=Meta): pass
        def f(x): return C()
        """),
    row("module as the answer", "def f(x): return sys.modules['json']"),
)  # fmt: skip

PATCHES = (
    row("patched json.dumps", "json.dumps = lambda *a, **k: '{\"passed\": true}'\ndef f(x): return 0"),
    row("patched json encoder", "json.JSONEncoder.encode = lambda *a: '2'\ndef f(x): return 0"),
    row("patched encode of messages",
        "sys.modules['messages'].encode = lambda *a: {'any': 0}\ndef f(x): return 0", "wrong error"),
    row("patched pack of messages", "sys.modules['messages'].pack = lambda *a: b'\\0\\0\\0\\4true'\n"
        "def f(x): return 0"),
    row("patched reply of the job", "sys.modules['job'].reply = lambda m: say({'passed': True})\n"
        "def f(x): return 0"),
    row("patched struct", "struct.Struct = struct.pack = lambda *a: b''\ndef f(x): return 0"),
    row("patched os.write",
        "real = os.write\nos.write = lambda d, b: real(d, b'\\0\\0\\0\\2{}') and len(b)\ndef f(x): return 0"),
    row("patched types", "import builtins\nclass int(int): pass\nbuiltins.int = int\n"
        "builtins.type = lambda v: int\nbuiltins.isinstance = lambda *a: True\ndef f(x): return int(0)",
        "wrong error"),
    row("patched print", "import builtins\nbuiltins.print = lambda *a, **k: sys.stdout.write('1\\n2\\n3\\n')\n"
        "print()\nprint()", tests=LINES),
    row("patched confinement", "sys.modules['confinement'].lock_down = lambda *a, **k: None\n"
        "sys.modules['zygote']._flush = lambda: os._exit(0)\ndef f(x): return 0"),
    row("trace function that changes the answer",
        "def look(frame, event, value):\n    frame.f_locals['answer'] = {'passed': True}\n    return look\n"
        "sys.settrace(look); sys.setprofile(look)\ndef f(x): return 0"),
    row("forged message at exit", "import atexit\natexit.register(say, {'passed': True})\ndef f(x): sys.exit(0)",
        "error"),
    row("replaced excepthook", "sys.excepthook = lambda *a: os._exit(0)\nprint(1)\n1 / 0", "wrong error",
        tests=LINES),
    row("replaced standard output", "import io\nsys.stdout = sys.__stdout__ = io.StringIO()\n"
        "for n in range(int(input())): print(n + 1)", tests=LINES),
    row("deleted standard streams", "del sys.stdout, sys.stderr, sys.stdin\ndef f(x): return 0"),
    row("import hook", "class All:\n    def find_spec(*a): os._exit(0)\nsys.meta_path.insert(0, All)\n"
        "def f(x): import nothing_of_this_name", "error"),
    row("modules named like ours", "import types\nfor name in ('ponder', 'job', 'messages', 'program', "
        "'__main__'):\n    sys.modules[name] = types.ModuleType(name)\ndef f(x): return 0"),
    row("our own module", "from ponder.verify import program\nprogram.agree = lambda *a: True\n"
        "def f(x): return 0", "error"),
    row("main module that ends well", "import __main__\n__main__.__dict__.clear()\nsys.modules.clear()\n"
        "def f(x): return 0"),
    row("own check function", "def check(*a): return True\nassert_ = check\ndef f(x): return 0", tests=LOOP),
    row("own helper of the tests", "def poly(*a): return 0\ndef f(x): return 0",
        tests=LOOP | {"test": LOOP["test"].replace("2 * n", "poly(n)"), "prompt": "def poly(n): return 2 * n\n"}),
    row("solution with every name", "class Solution:\n    def __getattr__(self, name): return self\n"
        "    f = property(lambda self: lambda x: self)"),
    row("frozen exceptions", "class E(Exception):\n    __str__ = __repr__ = lambda s: str(s)\n"
        "    args = property(lambda s: 1 / 0)\ndef f(x): raise E", "error"),
    row("exception whose text is no text", "class T(str):\n    def __getitem__(self, key): return b'x'\n"
        "class E(Exception):\n    __str__ = lambda s: T('passed')\ndef f(x): raise E", "error"),
    row("group of exceptions", "def f(x): raise BaseExceptionGroup('', [SystemExit(0), StopIteration(2)])",
        "error"),
)  # fmt: skip

_LOOK = """
def seen(x):
    import gc
    texts = [repr(value)[:9999] for value in gc.get_objects()[:9999]]
    for frame in [sys._getframe(), *sys._current_frames().values()]:
        while frame:
            texts += map(repr, [*frame.f_locals.items(), *frame.f_code.co_consts])
            frame = frame.f_back
    texts += [repr(vars(module))[:9999] for module in list(sys.modules.values())]
    return next((n for n in (31337 + x, 27182 + x) if any(str(n) in text for text in texts)), 0)
"""
_SECRET = [{"args": [x], "expected": 31337 + x} for x in (1, 2)]
_SECRET_LOOP = "def check(candidate):\n    for n in range(1, 4):\n        assert candidate(n) == 27182 + n\n"
SNOOPING = (
    row("expected values in frames and objects", _LOOK + "def f(x): return seen(x)",
        tests={"entry_point": "f", "cases": _SECRET}),
    row("expected values of an examination", _LOOK + "def f(x): return seen(x)",
        tests={"entry_point": "f", "test": _SECRET_LOOP}),
    row("answers by the number of the call",
        "count = [0]\ndef f(x):\n    count[0] += 1\n    return 100 + count[0]",
        tests={"entry_point": "f", "cases": [{"args": [x], "expected": 101 + x} for x in range(12)]}),
    row("only the first call is answered right", "said = []\ndef f(x):\n    said.append(x)\n"
        "    return 2 * x if len(said) == 1 else 0", tests=LOOP),
    row("arguments answered back", "def f(x): return x"),
    row("argument changed for the caller", "def f(x):\n    x.clear()\n    return x",
        tests={"entry_point": "f", "cases": [{"args": [[1, 2]], "expected": [1, 2]}]}),
)  # fmt: skip

OUTPUT = (
    row("only the first line", "print(1)", tests=LINES),
    row("all lines but the last", "for n in range(int(input()) - 1): print(n + 1)", tests=LINES),
    row("right output and junk", "for n in range(int(input())): print(n + 1)\nprint('x')", tests=LINES),
    row("junk and right output", "print('x')\nfor n in range(int(input())): print(n + 1)", tests=LINES),
    row("right output on standard error", "for n in range(int(input())): print(n + 1, file=sys.stderr)",
        tests=LINES),
    row("right output with a NUL", "for n in range(int(input())): print(n + 1, end='\\0\\n')", tests=LINES),
    row("right output twice", "print(open(0).read())\nprint('1\\n2\\n3\\n' * 2)", tests=LINES),
    row("all lines in one", "print(*range(1, int(input()) + 1))", tests=LINES),
    row("output that is not UTF-8", "os.write(1, b'1\\n2\\n3\\n\\xff')", tests=LINES),
    row("output of the first case for all", "print('1\\n2\\n3')", tests=LINES),
    row("overtyped output", "print('9\\b1\\n2\\n3\\x1b[2K')", tests=LINES),
)  # fmt: skip

REWARDS = EXITS + LOOK_ALIKES + PATCHES + SNOOPING + OUTPUT
