import json
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import ponder
from ponder.cli.main import run
from ponder.training.traces import read_traces

pytestmark = pytest.mark.slow

RECIPES = Path(__file__).parents[2] / "recipes"
SHORT = ("distill.problems=12", "distill.chunk=4", "distill.sft.loop.steps=2")


def distill(out: Path, *overrides: str, resume: bool = False, kind: str = "distill") -> int:
    return run(command(out, *overrides, resume=resume, kind=kind))


def command(out: Path, *overrides: str, resume: bool = False, kind: str = "distill") -> list[str]:
    settings = [part for override in overrides for part in ("--set", override)]
    more = ["--resume"] if resume else []
    recipe = str(RECIPES / f"{kind}.toml")
    return ["train", kind, recipe, *settings, "--out", str(out), "--json", "--quiet", *more]


class Teacher(ThreadingHTTPServer):
    """An endpoint that adds rightly, wrongly or not at all: it refuses the requests after `most`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, int]] = []
        self.most, self.off = 1_000_000, 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Teacher

    def do_GET(self) -> None:
        self.reply(200, {"data": [{"id": "teacher"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = asked["messages"][-1]["content"]
        with self.server.lock:
            dead = len(self.server.asked) >= self.server.most
            if not dead:
                self.server.asked.append((said, asked["seed"]))
        if dead:
            return self.reply(400, {"error": "gone\naway"})
        found = re.search(r"(\d+)\+(\d+)", said)
        assert found
        total = int(found[1]) + int(found[2]) + self.server.off
        message = {"content": f"<think>\n{found[0]}={total}\n</think>\n\\boxed{{{total}}}"}
        choices = [{"message": message, "finish_reason": "stop"}] * asked["n"]
        self.reply(200, {"choices": choices, "usage": {"prompt_tokens": 7, "completion_tokens": 40}})

    def reply(self, status: int, body: dict) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def teacher() -> Iterator[Teacher]:
    with Teacher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    path = tmp_path / "sums.jsonl"
    rows = ({"question": f"Compute {n}+1.", "answer": f"so\n#### {n + 1}"} for n in range(20, 32))
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def settings(teacher: Teacher, sums: Path) -> tuple[str, ...]:
    return (*SHORT, f"teacher={teacher.url}", "task=sums", f"data={sums}")


def journal(out: Path) -> list[str]:
    return (out / "asked.jsonl").read_text().splitlines()


def test_distillation_resumes_without_asking_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert distill(out, *SHORT) == 0
    first = json.loads(capsys.readouterr().out)
    asked, traces = journal(out), list(read_traces(out / "traces.jsonl"))
    assert len(asked) == 1 + 48 and len(traces) == first["traces"] == first["counts"]["solved"] > 0
    assert first["counts"]["sampled"] == 48 == first["traces"] + sum(first["counts"]["dropped"].values())
    assert distill(out, *SHORT, resume=True) == 0
    second = json.loads(capsys.readouterr().out)
    assert journal(out) == asked
    assert list(read_traces(out / "traces.jsonl")) == traces
    assert {key: second[key] for key in ("traces", "flops", "counts")} == {
        key: first[key] for key in ("traces", "flops", "counts")
    }
    assert ponder.load(second["model"]).name
    assert first["counts"]["dropped"]["longer_than_kept"] > 0
    assert distill(out, *SHORT, "distill.keep=2", resume=True) == 2
    assert "examples are not those the run began with" in capsys.readouterr().err


def test_the_counts_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [each for each in command(tmp_path / "run", *SHORT) if each not in ("--json", "--quiet")]
    assert run(argv) == 0
    said = capsys.readouterr().err.splitlines()
    assert sum("of 12 problems, from 48 completions; not kept: " in line for line in said) == 1


def test_fine_tuning_takes_the_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert distill(tmp_path / "a", *SHORT) == 0
    traces = json.loads(capsys.readouterr().out)["traces"]
    data = f"data={tmp_path / 'a' / 'traces.jsonl'}"
    assert distill(tmp_path / "b", data, "sft.loop.steps=1", kind="sft") == 0
    assert json.loads(capsys.readouterr().out)["examples"] == traces


def test_an_endpoint_that_dies_half_way_is_one_line_and_is_asked_nothing_twice(
    tmp_path: Path, teacher: Teacher, sums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, teacher.most = tmp_path / "run", 7
    assert distill(out, *settings(teacher, sums)) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "answered 400" in err and "--resume goes on" in err
    stayed = len(journal(out)) - 1
    assert 16 <= stayed <= 28 and f"{stayed} completions stay" in err
    answered = len(teacher.asked)
    teacher.most = 1_000_000
    assert distill(out, *settings(teacher, sums), resume=True) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["traces"] == 12 and len(journal(out)) == 1 + 48
    # Replies that were under way when the run gave up are the only ones it never saw.
    assert len(teacher.asked) == 12 + answered - stayed // 4
    assert distill(out, *settings(teacher, sums), resume=True) == 0
    assert len(teacher.asked) == 12 + answered - stayed // 4


def test_a_teacher_that_solves_nothing_is_one_line_and_the_journal_stays(
    tmp_path: Path, teacher: Teacher, sums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, teacher.off = tmp_path / "run", 1
    assert distill(out, *settings(teacher, sums)) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "solved none of 12 problems (48 samples: 48 wrong): take a" in err
    assert len(journal(out)) == 1 + 48 and not (out / "model").exists()


def test_a_filter_that_leaves_nothing_may_be_changed_without_asking_again(
    tmp_path: Path, teacher: Teacher, sums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, given = tmp_path / "run", settings(teacher, sums)
    assert distill(out, *given, "distill.max_trace_tokens=5") == 2
    assert "48 too long): change min_trace_tokens or max_trace_tokens" in capsys.readouterr().err
    asked = len(teacher.asked)
    assert distill(out, *given, "distill.max_trace_tokens=50", resume=True) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts["kept"] == 12 and counts["dropped"] == {"duplicate": 36}
    assert len(teacher.asked) == asked == 12


def test_a_full_disk_is_one_line_and_what_was_sampled_stays(
    tmp_path: Path, teacher: Teacher, sums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, given = tmp_path / "run", settings(teacher, sums)
    done = subprocess.run(
        [sys.executable, "-c", f"from ponder.cli.main import main; main({command(out, *given)!r})"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)),  # the journal is larger
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and "asked.jsonl could not be written" in done.stderr
    assert 10 < len(journal(out)) < 48
    assert distill(out, *given, resume=True) == 0
    assert json.loads(capsys.readouterr().out)["traces"] == 12 and len(journal(out)) == 1 + 48
