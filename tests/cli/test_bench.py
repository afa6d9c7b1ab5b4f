"""`ponder bench engine` from outside."""

from __future__ import annotations

import json

import pytest

from ponder.cli.main import run


def test_its_json_has_limits_and_rows(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--batch", "1", "2", "--context", "16", "--kernels", "native", "torch", "--steps", "2"]
    assert run(["bench", "engine", *sizes, "--json", "--quiet"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["limits"]) == {"memory_gb_per_s", "gemm_gflop_per_s"}
    wanted = {"model", "dtype", "batch", "context", "cached", "compiled", "tokens_per_second", "ms_per_token"}
    assert all(wanted | {"share_of_limit"} <= set(row) for row in shown["rows"])
    ways = [(row["kernels"], row["cached"], row["batch"]) for row in shown["rows"]]
    assert ways == [
        ("native", True, 1), ("native", True, 2), ("torch", True, 1), ("torch", True, 2), ("torch", False, 1),
        ("torch", False, 2),
    ]  # fmt: skip


def test_its_table_is_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["bench", "engine", "--batch", "1", "--context", "16", "--kernels", "native", "--steps", "2"]
    assert run(line) == 0
    limits, head, *rows = capsys.readouterr().out.splitlines()
    assert "GB/s" in limits
    assert head.startswith("kernels")
    assert [row.split()[0] for row in rows] == ["native", "torch"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--batch", "0"], "at least 1"),
        (["--kernels", "triton"], "no kernels 'triton'"),
        (["--dtype", "int3"], "no precision 'int3'"),
        (["--model", "nowhere"], "unknown model"),
    ],
)
def test_bad_input_is_one_line(options: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "engine", *options]) == 2
    complaint = capsys.readouterr().err
    assert told in complaint
    assert complaint.count("\n") == 1
