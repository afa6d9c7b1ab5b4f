"""Programs that mean well: whatever the sandbox forbids, these have to pass at every level."""

# ruff: noqa: E501 - a program a row

from __future__ import annotations

from typing import Any

from verify.sandbox.hostile_row import BARE, CLOSE, DOUBLE, JAIL, LINES, LOOP, PAIR, SETS, TEXT, Row, row

ECHO = {"cases": [{"stdin": "žluť 猫 🐈\n", "stdout": "žluť 猫 🐈\n"}]}
EMPTY = {"cases": [{"stdin": "", "stdout": "nothing\n"}]}
LONG = {"cases": [{"stdin": "7 " * 100_000 + "\n", "stdout": "700000\n" + "x\n" * 100_000}]}
COUNT = "for n in range(int({})): print(n + 1)"


def honest(name: str, program: str, tests: dict[str, Any] = DOUBLE, **more: Any) -> Row:
    return row(name, program, "passed", tests=tests, **more)


FUNCTIONS = (
    honest("a function", "def f(x): return 2 * x"),
    honest("a lambda", "f = lambda x: 2 * x"),
    honest("a method of Solution", "class Solution:\n    def f(self, x: int) -> int: return 2 * x"),
    honest("a callable object", "class C:\n    def __call__(self, x): return 2 * x\nf = C()"),
    honest("a partial", "import functools, operator\nf = functools.partial(operator.mul, 2)"),
    honest("a decorated function", "import functools\n@functools.lru_cache(None)\ndef f(x): return 2 * x"),
    honest("a tuple for a list", "def f(x): return x, x", PAIR),
    honest("a set", "def f(x): return {x}", SETS),
    honest("a float within the tolerance", "def f(x): return round(x / 3, 8)", CLOSE),
    honest("a text", "def f(x): return x.upper()", TEXT),
    honest("an examination", "def f(x): return x + x", LOOP),
    honest("asserts", "def f(x): return x + x", BARE),
    honest("noise on both streams", "def f(x):\n    print('debug', x)\n    print('x' * 999, file=sys.stderr, flush=True)\n"
           "    return 2 * x"),
    honest("recursion 5,000 deep", "sys.setrecursionlimit(20_000)\ndef g(n): return n and 1 + g(n - 1)\n"
           "def f(x): return g(5_000) - 5_000 + 2 * x"),
    honest("a long integer", "def f(x): return (x << 100_000) >> 99_999"),
    honest("an exception caught", "def f(x):\n    try: return [][x]\n    except IndexError: return 2 * x"),
    honest("a generator inside", "def g(n):\n    for _ in range(n): yield 2\ndef f(x): return sum(g(x))"),
    honest("dataclasses and enums", """
        import dataclasses, enum, typing
        class Kind(enum.Enum): A = 2
        @dataclasses.dataclass(order=True, frozen=True, slots=True)
        class Point:
            x: int
            y: 'list[Point]' = dataclasses.field(default_factory=list)
        class Pair(typing.NamedTuple): a: int; b: int
        def f(x): return Pair(Point(x).x * Kind.A.value, typing.get_type_hints(Point) is None).a
        """),
    honest("many modules", """
        import abc, argparse, array, ast, base64, bisect, calendar, cmath, collections, contextlib, copy, csv
        import dataclasses, datetime, decimal, difflib, enum, fractions, functools, graphlib, hashlib, heapq
        import inspect, io, itertools, json, keyword, locale, logging, math, numbers, operator, pickle, pprint
        import queue, random, re, secrets, statistics, string, struct, textwrap, time, tokenize, types
        import typing, unicodedata, unittest, uuid, warnings, weakref, zlib, zoneinfo
        def f(x): return 2 * x
        """),
    honest("modules at work", """
        import base64, collections, datetime, decimal, fractions, hashlib, heapq, itertools, pickle, random
        import re, statistics, uuid, zlib, zoneinfo
        def f(x):
            random.seed(x); random.random(); uuid.uuid4(); zoneinfo.ZoneInfo('UTC')
            assert pickle.loads(pickle.dumps([x])) == [x] and zlib.decompress(zlib.compress(b'a')) == b'a'
            assert re.sub(r'\\d', 'n', '1a') == 'na' and hashlib.sha256(b'').hexdigest()[:4] == 'e3b0'
            assert datetime.datetime.now().year > 2000 and decimal.Decimal('0.1') * 3 == decimal.Decimal('0.3')
            return int(fractions.Fraction(x) * statistics.mean([2, 2]))
        """),
    honest("a database in memory", "import sqlite3\ndef f(x):\n    return sqlite3.connect(':memory:').execute("
           "'select 2 * ?', [x]).fetchone()[0]"),
    honest("threads and a queue", """
        import queue, threading
        def f(x):
            done = queue.Queue()
            workers = [threading.Thread(target=done.put, args=(2,)) for _ in range(x)]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
            return sum(done.get() for _ in range(x))
        """),
    honest("a pool of threads", "from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n"
           "    with ThreadPoolExecutor(4) as pool: return sum(pool.map(lambda n: 2, range(x)))"),
    honest("an event loop", "import asyncio\nasync def g(x):\n    await asyncio.sleep(0.001)\n    return 2 * x\n"
           "def f(x): return asyncio.run(g(x))"),
    honest("tasks and a worker thread", "import asyncio\nasync def g(x):\n"
           "    return sum(await asyncio.gather(*(asyncio.to_thread(int, '2') for _ in range(x))))\n"
           "def f(x): return asyncio.run(g(x))"),
    honest("its own output caught", "import contextlib, io\ndef f(x):\n    with contextlib.redirect_stdout(io.StringIO())"
           " as out: print(2 * x)\n    return int(out.getvalue())"),
    honest("its own output thrown away", "import contextlib\ndef f(x):\n    with open(os.devnull, 'w') as null, "
           "contextlib.redirect_stdout(null): print('debug')\n    return 2 * x"),
    honest("a signal handler", "import signal\ndef f(x):\n    signal.signal(signal.SIGALRM, lambda *a: None)\n"
           "    signal.alarm(5)\n    signal.alarm(0)\n    return 2 * x"),
    honest("the clock", "import time\ndef f(x):\n    began = time.perf_counter()\n    time.sleep(0.01)\n"
           "    return 2 * x if 0 < time.perf_counter() - began < 1 else 0"),
    honest("a temporary file", "import tempfile\ndef f(x):\n    with tempfile.TemporaryFile('w+', dir='.') as file:\n"
           "        file.write(str(2 * x)); file.seek(0)\n        return int(file.read())", levels=JAIL),
    honest("files of its own", "import pathlib, shutil\ndef f(x):\n    folder = pathlib.Path('a/b')\n"
           "    folder.mkdir(parents=True)\n    (folder / 'c').write_text(str(2 * x))\n"
           "    shutil.copy(folder / 'c', 'd'); shutil.rmtree('a')\n    return int(open('d').read())", levels=JAIL),
)  # fmt: skip

STREAMS = (
    honest("input()", COUNT.format("input()"), LINES),
    honest("lines of standard input", "for line in sys.stdin:\n    " + COUNT.format("line"), LINES),
    honest("readline", COUNT.format("sys.stdin.readline()"), LINES),
    honest("all of standard input", COUNT.format("sys.stdin.read()"), LINES),
    honest("bytes of standard input", COUNT.format("sys.stdin.buffer.read()"), LINES),
    honest("open(0)", COUNT.format("open(0).read()"), LINES),
    honest("fileinput", "import fileinput\nfor line in fileinput.input():\n    " + COUNT.format("line"), LINES),
    honest("a main function", "def main():\n    " + COUNT.format("input()") + "\nif __name__ == '__main__':\n    main()",
           LINES),
    honest("exit with code 0", COUNT.format("input()") + "\nsys.exit(0)", LINES),
    honest("exit without a code", COUNT.format("input()") + "\nexit()", LINES),
    honest("flushed output", COUNT.format("input()").replace("+ 1)", "+ 1, flush=True)"), LINES),
    honest("written output", "sys.stdout.write('\\n'.join(map(str, range(1, int(input()) + 1))))", LINES),
    honest("bytes written", "for n in range(int(input())): sys.stdout.buffer.write(b'%d\\n' % (n + 1))", LINES),
    honest("output to a thread's order", "thread = threading.Thread(target=lambda: print('1\\n2'))\nthread.start()\n"
           "thread.join()\n[print(n + 1) for n in range(2, int(input()))]", LINES),
    honest("errors beside the output", COUNT.format("input()") + "\nprint('x' * 9_999, file=sys.stderr)", LINES),
    honest("the end of input", "try:\n    while True: input()\nexcept EOFError: print('nothing')", EMPTY),
    honest("input that is not read", "print('nothing')", {"cases": [{"stdin": "x\n" * 99_999, "stdout": "nothing"}]}),
    honest("letters of all kinds", "print(input())", ECHO),
    honest("long input and output", "print(sum(map(int, input().split())))\nprint('x\\n' * 100_000)", LONG),
)  # fmt: skip

HONEST = {row.name: row for row in FUNCTIONS + STREAMS}
