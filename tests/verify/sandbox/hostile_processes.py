"""Programs that start processes, outlive their own, or signal and slow down those of others."""

# ruff: noqa: E501 - a program a row

from __future__ import annotations

from verify.sandbox.hostile_row import LINES, LOOP, attempt, calls, endless, row

STARTING = (
    attempt("fork", "os.fork()"),
    attempt("fork by system call", "syscall('fork')", "blocked"),
    attempt("vfork", "syscall('vfork')", "blocked"),
    attempt("clone of a process", "syscall('clone', 17, 0, 0, 0, 0)", "blocked"),
    attempt("clone with a wide flag", "syscall('clone', 17 | 1 << 40, 0, 0, 0, 0)", "blocked"),
    attempt("clone of a process that shares memory", "syscall('clone', 0x4111, 0, 0, 0, 0)", "blocked"),
    attempt("clone into a user namespace", "syscall('clone', 0x10010000, 0, 0, 0, 0)"),
    attempt("clone3", "syscall('clone3', (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17), 64)"),
    attempt("fork without end", "for _ in range(50): os.fork()"),
    attempt("two forks and a session, then a file", """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(0.2); open(BAIT['folder'] + '/late', 'w').close(); os._exit(0)
            os._exit(0)
        """),
    attempt("exec", "os.execv('/bin/true', ['true'])"),
    attempt("exec of ourselves", "os.execv(sys.executable or '/usr/bin/python3', ['python', '-c', ''])",
            "blocked error"),
    attempt("exec without a path", "syscall('execveat', 0, b'', 0, 0, 0x1000)", "blocked"),
    attempt("exec of a descriptor", "os.execve(os.open('/usr/lib', 0), ['x'], {})"),
    attempt("spawn", "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"),
    attempt("shell", "if os.system('true'): raise PermissionError"),
    attempt("subprocess", "import subprocess\nsubprocess.run(['true'], check=True)"),
    attempt("process pool", "from concurrent.futures import ProcessPoolExecutor\n"
            "with ProcessPoolExecutor(2) as pool: list(pool.map(abs, [1]))"),
    attempt("multiprocessing", "import multiprocessing\np = multiprocessing.Process(target=print)\np.start()\np.join()"),
    attempt("pseudo-terminal", "import pty\npty.fork()"),
    attempt("browser", "import webbrowser\nif not webbrowser.open('http://localhost'): raise OSError",
            "blocked error"),
    calls("sessions and groups", ("setsid",), ("setpgid", 0, 0), ("vhangup",)),
)  # fmt: skip

_OTHERS = "[BAIT['supervisor'], BAIT['neighbour'], *BAIT['servers']]"
_NEAR = "[*range(max(2, os.getpid() - 60), os.getpid()), *range(os.getpid() + 1, os.getpid() + 60)]"


def signals(name: str, send: str, pids: str = _OTHERS) -> str:
    """Sends a signal that nobody minds to each; ends normally if one got it."""
    return f"""
sent = 0
for pid in {pids}:
    try: {send}; sent += 1
    except (PermissionError, ProcessLookupError): pass
    except OSError as error: sent += error.errno not in (1, 3, 13, 38)
if not sent: raise PermissionError({name!r})
"""


SIGNALS = (
    attempt("signal to the supervisor and the servers", signals("kill", "os.kill(pid, signal.SIGURG)"), "blocked"),
    attempt("signal to neighbours", signals("kill", "os.kill(pid, signal.SIGURG)", _NEAR), "blocked"),
    attempt("signal to their groups", signals("killpg", "os.kill(-pid, signal.SIGURG)"), "blocked"),
    attempt("signal to all", "os.kill(-1, 0)"),
    attempt("signal to the own group", "os.kill(0, 0)"),
    attempt("signal to a wide process id",
            signals("wide", "LIBC.syscall(62, ctypes.c_long((1 << 32) + pid), 23) and syscall('tkill', pid, 23)"),
            "blocked"),
    attempt("signal to threads of others", signals("tgkill", "syscall('tgkill', pid, pid, 23)"), "blocked"),
    attempt("signal to tasks", signals("tkill", "syscall('tkill', pid, 23)"), "blocked"),
    attempt("queued signal", signals("sigqueue", "syscall('rt_sigqueueinfo', pid, 23, bytes(128))"), "blocked"),
    attempt("priority of others", signals("nice", "os.setpriority(os.PRIO_PROCESS, pid, 19)"), "blocked"),
    attempt("processors of others", signals("affinity", "os.sched_setaffinity(pid, [0])"), "blocked"),
    attempt("limits of others", signals("prlimit", "syscall('prlimit64', pid, 7, 0, 0)"), "blocked"),
    row("kill itself", "os.kill(os.getpid(), 9)\ndef f(x): return 0", "memory wrong error"),
    row("end itself politely", "def f(x): os.kill(os.getpid(), 15)", "error wrong"),
    row("abort", "def f(x): os.abort()", "error"),
    row("alarm", "signal.alarm(1)\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ndef f(x): time.sleep(0.3)",
        "error wrong"),
    row("handler that answers", "signal.signal(14, lambda *a: say({'passed': True}))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\ndef f(x):\n    time.sleep(0.3)\n    return 0"),
    row("handler of every signal that exits well", "for n in range(1, 65):\n"
        "    try: signal.signal(n, lambda *a: os._exit(0))\n    except (OSError, ValueError): pass\n"
        "os.kill(os.getpid(), 15)\ndef f(x): return 0", "error"),
    row("processor time out of its own limit", "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
        "def f(x):\n    raise SystemExit(0)", "error"),
)  # fmt: skip

OUTLIVING = (
    row("thread that goes on after the answer", "def work():\n    while True: time.sleep(0.01)\ndef f(x):\n"
        "    threading.Thread(target=work).start()\n    return 0"),
    endless("main thread that ends before the others", """
        def work():
            while True: time.sleep(0.01)
        threading.Thread(target=work).start()
        LIBC.syscall(60 if platform.machine() == 'x86_64' else 93, 0)
        """, "timeout error"),
    row("thread that goes on in a script", "def work():\n    while True: time.sleep(0.01)\n"
        "threading.Thread(target=work).start()", tests=LINES),
    endless("deaf to its parent's end", "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
            "def f(x):\n    while True:\n        try: syscall('prctl', 1, 0, 0, 0, 0)\n        except OSError: pass"),
    endless("deaf in an examination", "def f(x):\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
            "    while True: pass", tests=LOOP),
    endless("waits for a child that is not there", "def f(x):\n    while True:\n"
            "        try: os.wait()\n        except OSError: pass"),
)  # fmt: skip

PROCESSES = STARTING + SIGNALS + OUTLIVING
