"""Programs that take all there is: memory, time, threads, descriptors, disk, and what we read of them."""

# ruff: noqa: E501 - a program a row

from __future__ import annotations

from verify.sandbox.hostile_row import BOTH, JAIL, LINES, attempt, endless, row

MEMORY = (
    row("a gigabyte at once", "def f(x): return len(bytearray(1 << 30))", "memory"),
    row("list without end", "def f(x):\n    held = [0] * 1000\n    while True: held += held", "memory"),
    row("text doubled without end", "def f(x):\n    text = 'x'\n    while True: text += text", "memory"),
    row("memory errors caught without end", """
        def f(x):
            held = []
            for _ in range(10_000):
                try: held.append(bytearray(1 << 20))
                except MemoryError: pass
            return len(held)
        """, "wrong memory timeout"),
    row("anonymous mappings", "import mmap\ndef f(x):\n    held = []\n    for _ in range(500):\n"
        "        held.append(mmap.mmap(-1, 1 << 26))\n        held[-1][:] = bytes(1 << 26)",
        "memory error"),
    endless("zip bomb", "import zlib\ndef f(x):\n    data = b''\n    pack = zlib.compressobj()\n"
        "    data = b''.join(pack.compress(bytes(1 << 20)) for _ in range(1200)) + pack.flush()\n"
        "    return len(zlib.decompress(data))", "memory timeout"),
    endless("integer of a hundred million digits", "def f(x): return 10 ** 10 ** 8 + x",
        "memory timeout output_limit wrong"),
    row("source that folds to a gigabyte", "x = ((('x' * 4000 + 'y') * 4000) * 100)\ndef f(x): return 0",
        "wrong memory"),
    row("nested parentheses", "x = " + "(" * 9_000 + ")" * 9_000, "error memory"),
    row("long chain of operators", "x = " + "-" * 90_000 + "1\ndef f(x): return 0", "error memory wrong"),
    row("recursion without end", "def f(x): return f(x)", "error"),
    endless("recursion without a limit", "sys.setrecursionlimit(10 ** 9)\ndef f(x): return [f(x)]",
        "error memory timeout"),
    row("recursion in C", "sys.setrecursionlimit(10 ** 9)\ndef f(x):\n    held = ()\n"
        "    for _ in range(500_000): held = (held,)\n    return hash(held)", "error wrong"),
    endless("recursion while it is freed", "class D:\n    def __del__(self): D()\ndef f(x):\n    D()\n    return 0",
        "error wrong timeout memory"),
    row("file as large as memory", "def f(x): return len(open('/dev/zero', 'rb').read(1 << 30))", "memory"),
)  # fmt: skip

TIME = (
    endless("loop at definition", "while True: pass"),
    endless("loop in the call", "def f(x):\n    while True: pass"),
    endless("loop in C", "import itertools\ndef f(x): return sum(itertools.count())"),
    endless("power tower", "def f(x): return 9 ** 9 ** 9 % 10", "timeout memory"),
    endless("one long division", "def f(x): return str(3 ** 3_000_000)[:0] if sys.set_int_max_str_digits(0) "
            "else str(3 ** 3_000_000)", "timeout memory wrong output_limit"),
    endless("pattern that backtracks", "import re\ndef f(x): return re.match(r'(a|aa)+$', 'a' * 60 + 'b')"),
    endless("sleep", "def f(x): time.sleep(60)"),
    endless("sleep in a script", "time.sleep(60)", tests=LINES),
    endless("wait for a lock twice", "held = threading.Lock()\ndef f(x):\n    held.acquire()\n    held.acquire()"),
    endless("read of input that never comes", "def f(x): return os.read(3, 1)", "timeout error"),
    endless("all signals ignored, all streams closed", """
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        os.closerange(0, 64)
        while True: pass
        """),
    endless("all signals blocked", "signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))\n"
            "def f(x):\n    while True: signal.sigpending()"),
    endless("closed streams in a script", "os.closerange(0, 64)\nwhile True: pass", tests=LINES),
    endless("exception handler that tries again", "def f(x):\n    while True:\n"
            "        try: raise SystemExit\n        except BaseException: pass"),
    endless("exit that never ends", "import atexit\nclass E(Exception):\n    def __str__(self):\n"
            "        while True: pass\ndef f(x): raise E"),
    endless("text of an exception in a script that never ends", "class E(Exception):\n"
            "    def __str__(self):\n        while True: pass\nraise E", tests=LINES),
    endless("flush that never ends", "class S:\n    def flush(self):\n        while True: pass\n"
            "    def write(self, text): return len(text)\nsys.stdout = S()", tests=LINES),
    endless("set of numbers with one hash, built by itself", "def f(x): return len({(2 ** 61 - 1) * n for n in range(60_000)})"),
    endless("stopped by itself", "os.kill(os.getpid(), signal.SIGSTOP)\ndef f(x):\n    time.sleep(9)"),
    endless("16 threads that hash", """
        import hashlib
        def burn():
            while True: hashlib.sha256(bytes(1 << 20))
        def f(x):
            threading.stack_size(1 << 18)
            for _ in range(15): threading.Thread(target=burn, daemon=True).start()
            burn()
        """),
    endless("module that imports for ever", "import importlib, re\ndef f(x):\n    while True: importlib.reload(re)"),
)  # fmt: skip

# clone(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD) in a loop; each thread does nothing but pause(2).
_RAW_THREADS = """
import mmap
if platform.machine() != "x86_64": raise PermissionError("machine code of another machine")
code = "b8380000004531d24531c031d20f054885c07401c3b8220000000f05ebf7"
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex(code))
stack = ctypes.create_string_buffer(4096)
at = ctypes.addressof(ctypes.c_char.from_buffer(page))
sys.kept = page, stack
start = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_ulong, ctypes.c_void_p)(at)
for _ in range(1_000 if x == 1 else 0):
    if start(0x10900, ctypes.addressof(stack) + 4000) < 0: raise OSError("no more threads")
"""
NUMBERS_OF_THINGS = (
    attempt("thousand threads", "for _ in range(1_000): threading.Thread(target=time.sleep, args=[9]).start()",
            "error memory"),
    attempt("thousand threads with small stacks", "threading.stack_size(32_768)\n"
            "for _ in range(1_000): threading.Thread(target=time.sleep, args=[9], daemon=True).start()",
            "error memory timeout"),
    attempt("thousand threads without the library", _RAW_THREADS, memory_mb=512),
    attempt("thousand descriptors", "for _ in range(500): os.pipe()"),
    attempt("thousand descriptors by copies", "for _ in range(1_000): os.dup(0)"),
    attempt("thousand epoll sets", "import select\nheld = [select.epoll() for _ in range(1_000)]"),
    attempt("thousand sockets", "held = [socket.socketpair() for _ in range(500)]"),
    attempt("higher limits", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "error"),
    attempt("more open files", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))", "error"),
    row("pipe that nobody reads", "def f(x):\n    r, w = os.pipe()\n    os.set_blocking(w, False)\n"
        "    return sum(os.write(w, bytes(65536)) for _ in range(100))", "error"),
    row("hundred thousand signals to itself", "signal.pthread_sigmask(signal.SIG_BLOCK, [40])\ndef f(x):\n"
        "    for _ in range(100_000): os.kill(os.getpid(), 40)\n    return 0", "wrong error"),
)  # fmt: skip

FLOODS = (
    row("output without end", "while True: print('x' * 1000)", "output_limit", tests=LINES),
    row("output without end in a call", "def f(x):\n    while True: os.write(1, b'x' * 65536)", "output_limit"),
    row("errors without end", "def f(x):\n    while True: os.write(2, b'x' * 65536)", "output_limit"),
    row("one line without end", "while True: os.write(1, bytes(65536))", "output_limit", tests=LINES),
    row("answers without end", "def f(x):\n    while True: os.write(4, b'x' * 65536)", "output_limit wrong"),
    row("answer of ten megabytes", "def f(x): return 'x' * 10_000_000", "output_limit"),
    endless("output byte by byte", "def f(x):\n    while True: os.write(2, b'x')", "timeout output_limit"),
    row("exception of a hundred megabytes", "def f(x): raise ValueError('x' * 100_000_000)", "error memory"),
    row("printed exception of fifty megabytes", "raise ValueError('x' * 50_000_000)", "output_limit memory",
        tests=LINES),
    row("warnings without end", "import warnings\nwarnings.simplefilter('always')\ndef f(x):\n"
        "    while True: warnings.warn('x' * 10_000)", "output_limit timeout"),
)  # fmt: skip

DISK = (
    attempt("64 megabytes in one file", "with open('big', 'wb') as file:\n"
            "    for _ in range(64): file.write(bytes(1 << 20))", levels=BOTH),
    attempt("64 megabytes in many files", "for n in range(64): open(f'f{n}', 'wb').write(bytes(1 << 20))"),
    attempt("sparse file of a terabyte", "with open('big', 'wb') as file: file.truncate(1 << 40)"),
    attempt("20,000 files", "for n in range(20_000): open(f'f{n}', 'w').close()"),
    attempt("20,000 names of one file", "open('a', 'w').close()\nfor n in range(20_000): os.link('a', f'l{n}')"),
    attempt("folders 3,000 deep", "for n in range(3_000): os.mkdir('d'); os.chdir('d')"),
    attempt("file mapped beyond its room", "import mmap\nwith open('big', 'w+b') as file:\n"
            "    file.truncate(4 << 20)\n    for n in range(9):\n"
            "        held = open(f'm{n}', 'w+b'); held.truncate(4 << 20); m = mmap.mmap(held.fileno(), 4 << 20)\n"
            "        m[:] = bytes(4 << 20)", levels=JAIL),
    attempt("shared memory", "open('/dev/shm/ponder', 'wb').write(bytes(1 << 20))"),
    attempt("file in /dev", "open('/dev/ponder', 'wb').write(b'x')"),
    attempt("file in /tmp", "open('/tmp/ponder', 'wb').write(b'x')"),
    attempt("file in /var/tmp", "open('/var/tmp/ponder', 'wb').write(b'x')"),
    attempt("file beside the standard library", "open(os.__file__ + '.ponder', 'wb').write(b'x')"),
)  # fmt: skip

EXHAUSTION = MEMORY + TIME + NUMBERS_OF_THINGS + FLOODS + DISK
