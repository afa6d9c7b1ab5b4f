"""Programs that want out: files, environment, network, kernel interfaces, machine code."""

# ruff: noqa: E501 - a program a row

from __future__ import annotations

from verify.sandbox.hostile_row import DOUBLE, LINES, attempt, calls, row

FILES = (
    row("read a secret", "def f(x): return open(BAIT['secret']).read()", "blocked error"),
    row("read a secret by system call", "def f(x): return os.read(os.open(BAIT['secret'], 0), 99).decode()",
        "blocked error"),
    row("read a secret through a link", "def f(x):\n    os.symlink(BAIT['secret'], 'link')\n"
        "    return open('link').read()", "blocked error"),
    row("read a secret from its folder", "def f(x):\n    os.chdir(BAIT['folder'])\n"
        "    return open('secret').read()", "blocked error"),
    row("read a secret by a path descriptor", "def f(x):\n    held = os.open(BAIT['secret'], os.O_PATH)\n"
        "    return open(f'/proc/self/fd/{held}').read()", "blocked error"),
    row("read a secret in a script", "print(open(BAIT['secret']).read())", "blocked error", tests=LINES),
    attempt("list a folder", "os.listdir(BAIT['folder'])"),
    attempt("list the root", "os.listdir('/')"),
    attempt("map a secret into memory", "import mmap\nmmap.mmap(os.open(BAIT['secret'], 0), 0, prot=1)"),
    attempt("write a file outside", "open(BAIT['folder'] + '/written', 'w').write('x')"),
    attempt("write into a secret", "open(BAIT['secret'], 'r+').write('x')"),
    attempt("cut a secret short", "os.truncate(BAIT['secret'], 0)"),
    attempt("cut a secret short while reading", "os.open(BAIT['secret'], os.O_RDONLY | os.O_TRUNC)"),
    attempt("append to a secret", "os.open(BAIT['secret'], os.O_WRONLY | os.O_APPEND)"),
    attempt("nameless file outside", "os.open(BAIT['folder'], os.O_TMPFILE | os.O_RDWR)"),
    attempt("create by creat", "os.open(BAIT['folder'] + '/made', os.O_CREAT)"),
    attempt("make a folder outside", "os.mkdir(BAIT['folder'] + '/made')"),
    attempt("make a device", "os.mknod(BAIT['folder'] + '/made', 0o20666, os.makedev(1, 5))"),
    attempt("make a named pipe", "os.mkfifo(BAIT['folder'] + '/made')"),
    attempt("remove a file", "os.unlink(BAIT['folder'] + '/long')"),
    attempt("rename a file", "os.rename(BAIT['secret'], BAIT['folder'] + '/renamed')"),
    attempt("move a file in", "os.rename(BAIT['secret'], 'secret')"),
    attempt("move a file out", "open('own', 'w').close()\nos.rename('own', BAIT['folder'] + '/own')"),
    attempt("link a file in", "os.link(BAIT['secret'], 'secret')"),
    attempt("link outside", "os.symlink('/', BAIT['folder'] + '/top')"),
    attempt("exchange two files", "open('own', 'w').close()\nif LIBC.renameat2(-100, b'own', -100, "
            "BAIT['secret'].encode(), 2): raise OSError(ctypes.get_errno(), 'renameat2')"),
    attempt("change a mode", "os.chmod(BAIT['secret'], 0o4777)"),
    attempt("change a mode through its folder", "syscall('fchmodat2', -100, BAIT['secret'].encode(), 0o777, 0)"),
    attempt("change an owner", "os.chown(BAIT['secret'], os.getuid(), -1)"),
    attempt("change the times", "os.utime(BAIT['secret'], (0, 0))"),
    attempt("set an attribute", "os.setxattr(BAIT['secret'], 'user.ponder', b'x')"),
    calls("file handles", ("name_to_handle_at", -100, 0, 0, 0, 0), ("open_by_handle_at", -1, 0, 0)),
    calls("other ways to open", ("openat2", -100, 0, 0, 0), ("open_tree", -1, 0, 0)),
    calls("watches on files", ("inotify_init1", 0), ("fanotify_init", 0, 0), ("quotactl", 0, 0, 0, 0)),
    row("module from outside", "sys.path.insert(0, BAIT['folder'])\nimport module_of_the_bait\n"
        "f = module_of_the_bait.f", "error blocked"),
    row("path that leaves the library", "def f(x): return open(os.path.dirname(os.__file__) + '/../..' * 12 +"
        " BAIT['secret']).read()", "blocked error"),
)  # fmt: skip

SURROUNDINGS = (
    row("secret in the environment", """
        def f(x):
            import re
            seen = repr(os.environ)
            for pid in ('self', 1, os.getppid(), BAIT['supervisor'], BAIT['neighbour'], *BAIT['servers']):
                for name in ('environ', 'cmdline', 'maps', 'mem', 'stack', 'auxv'):
                    try: seen += open(f'/proc/{pid}/{name}', errors='replace').read(99_999)
                    except (OSError, ValueError, OverflowError): pass
            return 2 * x if re.search('bait-[0-9a-f]{16}', seen) else None
        """),
    row("secret among inherited descriptors", """
        def f(x):
            held = []
            for number in range(5, 1024):
                try: held.append(os.readlink(f'/proc/self/fd/{number}'))
                except OSError: pass
                try: os.fstat(number); held.append(number)
                except OSError: pass
            return 2 * x if held else None
        """),
    attempt("list the processes", "os.listdir('/proc')"),
    attempt("files of the supervisor", "os.listdir(f\"/proc/{BAIT['supervisor']}/fd\")"),
    attempt("folder of the supervisor", "os.readlink(f\"/proc/{BAIT['supervisor']}/cwd\")"),
    attempt("program of the supervisor", "os.readlink(f\"/proc/{BAIT['supervisor']}/exe\")"),
    attempt("root of the fork server", "os.listdir(f\"/proc/{BAIT['servers'][0]}/root\")"),
    attempt("file of a server", "os.open(f\"/proc/{BAIT['servers'][0]}/fd/0\", 0)"),
    attempt("kernel's messages", "syscall('syslog', 3, ctypes.create_string_buffer(99), 99)"),
    attempt("kernel's symbols", "open('/proc/kallsyms').read(1)"),
    attempt("memory of the machine", "open('/dev/mem', 'rb').read(1)"),
    attempt("terminal", "os.open('/dev/tty', os.O_RDONLY)"),
    attempt("new terminal", "os.open('/dev/ptmx', os.O_RDWR)"),
    attempt("passwords", "open('/etc/passwd').read()"),
    attempt("bus", "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')"),
)  # fmt: skip

_SEND = "held, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nheld.sendto(b'x', BAIT['{}'])"
_RIGHTS = "import array\na, b = socket.socketpair()\na.sendmsg([b'x'], [(1, 1, array.array('i', [0]))])"
NETWORK = (
    attempt("connection to a listener", "socket.create_connection(('127.0.0.1', BAIT['port']), 1)"),
    attempt("datagram to a listener",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', BAIT['port']))"),
    attempt("connection over version 6", "socket.socket(socket.AF_INET6).connect(('::1', BAIT['port']))"),
    attempt("connection to a socket file", "socket.socket(socket.AF_UNIX).connect(BAIT['stream'])"),
    attempt("connection to an abstract socket", "socket.socket(socket.AF_UNIX).connect(BAIT['abstract'])"),
    attempt("datagram to a socket file from a pair", _SEND.format("datagrams")),
    attempt("datagram to an abstract socket from a pair", _SEND.format("abstract_datagrams")),
    attempt("descriptors through a pair", _RIGHTS),
    attempt("listener", "socket.create_server(('127.0.0.1', 0))"),
    attempt("name of a host", "socket.getaddrinfo('example.org', 80)"),
    attempt("page of the cloud's metadata", "import urllib.request\n"
            "urllib.request.urlopen('http://169.254.169.254/', timeout=1)"),
    attempt("pair of another family", "socket.socketpair(30)"),  # TIPC makes pairs too
    *(
        attempt(f"socket of family {name}", f"socket.socket({family}, {kind}, {protocol})")
        for name, family, kind, protocol in (
            ("raw internet", 2, 3, 1), ("netlink", 16, 3, 0), ("packet", 17, 3, 0), ("crypto", 38, 5, 0),
            ("virtual machines", 40, 1, 0), ("bluetooth", 31, 1, 3), ("express data path", 44, 3, 0),
        )
    ),
    calls("socket calls", ("socket", 1, 1, 0), ("connect", 0, 0, 0), ("bind", 0, 0, 0), ("sendmsg", 0, 0, 0),
          ("sendmmsg", 0, 0, 0, 0), ("recvmsg", 0, 0, 0)),
)  # fmt: skip

_MACHINE_CODE = """
import mmap
if platform.machine() != "x86_64": raise PermissionError("machine code of another machine")
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex({!r}))
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
KERNEL = (
    attempt("call in the 32-bit numbering", _MACHINE_CODE.format("b814000000cd80c3"), "blocked"),  # getpid
    attempt("call in the x32 numbering", _MACHINE_CODE.format("b8270000400f05c3"), "blocked"),  # getpid
    attempt("fork in the 32-bit numbering", _MACHINE_CODE.format("b802000000cd80c3"), "blocked"),  # fork
    calls("tracing", ("ptrace", 0, 0, 0, 0), ("ptrace", 16, 1, 0, 0), ("kcmp", 1, 1, 0, 0, 0)),
    calls("memory of others", ("process_vm_readv", 1, 0, 0, 0, 0, 0), ("process_vm_writev", 1, 0, 0, 0, 0, 0),
          ("process_madvise", -1, 0, 0, 0, 0), ("move_pages", 1, 0, 0, 0, 0, 0), ("migrate_pages", 1, 0, 0, 0)),
    calls("process descriptors", ("pidfd_open", 1, 0), ("pidfd_getfd", -1, 0, 0), ("pidfd_send_signal", -1, 0, 0, 0)),
    calls("namespaces", ("unshare", 0x10000000), ("unshare", 0x00020000), ("setns", -1, 0)),
    calls("mounts", ("mount", 0, 0, 0, 0, 0), ("umount2", 0, 0), ("move_mount", -1, 0, -1, 0, 0),
          ("fsopen", 0, 0), ("fsmount", -1, 0, 0), ("mount_setattr", -1, 0, 0, 0, 0)),
    calls("other roots", ("pivot_root", 0, 0), ("chroot", 0)),
    calls("io_uring", ("io_uring_setup", 0, 0), ("io_uring_enter", -1, 0, 0, 0, 0), ("io_uring_register", -1, 0, 0, 0)),
    calls("programs in the kernel", ("bpf", 0, 0, 0), ("init_module", 0, 0, 0), ("finit_module", -1, 0, 0)),
    calls("performance events", ("perf_event_open", 0, 0, -1, -1, 0)),
    calls("keys", ("add_key", 0, 0, 0, 0, 0), ("request_key", 0, 0, 0, 0), ("keyctl", 0, -3, 0)),
    calls("page faults", ("userfaultfd", 1)),
    calls("memory files", ("memfd_create", b"x", 0), ("memfd_secret", 0)),
    calls("shared memory, queues and semaphores", ("shmget", 0, 0, 0), ("shmat", -1, 0, 0), ("msgget", 1, 0),
          ("semget", 1, 0, 0)),
    calls("message queues", ("mq_open", b"ponder", 0, 0, 0), ("mq_unlink", b"ponder")),
    calls("security of our own", ("seccomp", 1, 8, 0), ("landlock_create_ruleset", 0, 0, 1), ("capset", 0, 0)),
    calls("settings of the process", ("prctl", 1, 0, 0, 0, 0), ("prctl", 4, 1, 0, 0, 0),
          ("prctl", 22, 1, 0, 0, 0), ("personality", 0x0040000)),
    calls("other users", ("setuid", 0), ("setresuid", 0, 0, 0), ("setgid", 0), ("setgroups", 0, 0)),
    calls("the machine's own settings", ("sethostname", 0, -1), ("settimeofday", 0, 0), ("reboot", 0, 0, 0, 0),
          ("swapon", 0, 0), ("acct", 1), ("kexec_load", 0, 0, 0, -1)),
    calls("ports and segments", ("iopl", 9), ("modify_ldt", 9, 0, 0)),
    calls("priorities", ("setpriority", 0, 0, 0), ("sched_setaffinity", 0, 0, 0), ("sched_setscheduler", 0, 0, 0),
          ("sched_setattr", 0, 0, 0), ("ioprio_set", 1, 0, 0)),
    calls("timers and descriptors", ("timer_create", 99, 0, 0), ("signalfd4", -1, 0, 0, 0), ("timerfd_create", 99, 0)),
    calls("pages moved between pipes", ("splice", -1, 0, -1, 0, 0, 0), ("vmsplice", -1, 0, 0, 0), ("tee", -1, -1, 0, 0),
          ("sendfile", -1, -1, 0, 0)),
    attempt("typing for the terminal", "import fcntl\nfcntl.ioctl(0, 0x5412, b'x')"),
    attempt("signals by descriptors", "import fcntl\nfcntl.fcntl(0, fcntl.F_SETOWN, BAIT['supervisor'])"),
    attempt("limits of the supervisor", "import resource\n"
            "resource.prlimit(BAIT['supervisor'], resource.RLIMIT_NOFILE)"),
    attempt("limits with a wide process id",
            "syscall('prlimit64', (1 << 32) + BAIT['supervisor'], 7, 0, ctypes.create_string_buffer(16))"),
    attempt("larger pipe", "import fcntl\nfcntl.fcntl(os.pipe()[0], 1031, 1 << 20)"),
    attempt("core file", "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))", "error"),
    row("null pointer", "def f(x): return ctypes.string_at(0)", "error", tests=DOUBLE),
    row("code that is none", "def g(): pass\ndef f(x):\n"
        "    exec(g.__code__.replace(co_code=b'\\xff' * 8))\n    return 0", "error wrong timeout memory"),
    row("broken object", "def f(x):\n    ctypes.memset(id(x), 0, 16)\n    return x", "error wrong timeout"),
)  # fmt: skip

ESCAPES = FILES + SURROUNDINGS + NETWORK + KERNEL
