"""Proofs: one interface, several kernels.

Each kernel is a `Verifier`: a proof and the theorem it should prove give a `Judgement` whose reason names the
first bad step. `KERNELS` names them: natural deduction and Metamath are built in, Coq needs Debian's `coq`
and bubblewrap, Lean a server. A gold for rewards is the theorem for natural deduction, or one JSON object
`{"kernel": ..., "theorem": ...}`. Does not know which theorems are worth proving.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from ponder.errors import ConfigError, DataError
from ponder.protocols import Verifier
from ponder.records import Judgement, Verdict

DEFAULT = "natural-deduction"
SUFFIXES = {".v": "coq", ".lean": "lean"}
_HEADINGS = ("given:", "prove:", "theorem:", "premises:", "goal:")


@dataclass(frozen=True, slots=True)
class KernelOptions:
    """What some kernels need to know."""

    database: Path | None = None
    """Metamath's .mm file; None is the built-in one."""
    server: str | None = None
    """The URL of a Lean server."""


def _natural_deduction(options: KernelOptions) -> Verifier:
    from ponder.verify.kernels.natural_deduction import NaturalDeduction

    return NaturalDeduction()


def _metamath(options: KernelOptions) -> Verifier:
    from ponder.verify.kernels.metamath import Metamath, built_in_database, read_database

    return Metamath(read_database(options.database) if options.database else built_in_database())


def _coq(options: KernelOptions) -> Verifier:
    from ponder.verify.kernels.coq import Coq

    return Coq()


def _lean(options: KernelOptions) -> Verifier:
    from ponder.verify.kernels.lean import Lean

    if options.server is None:
        raise ConfigError("Lean proofs are checked by a server: name its URL with --server")
    return Lean(options.server)


KERNELS: dict[str, Callable[[KernelOptions], Verifier]] = {
    DEFAULT: _natural_deduction,
    "metamath": _metamath,
    "coq": _coq,
    "lean": _lean,
}


@lru_cache(maxsize=16)
def load_kernel(name: str, options: KernelOptions = KernelOptions()) -> Verifier:
    """A kernel by name, ready and shared. Raises `ConfigError`."""
    if name not in KERNELS:
        raise ConfigError(f"unknown proof kernel {name!r}; known: {', '.join(KERNELS)}")
    return KERNELS[name](options)


def verify_proof(proof: str, theorem: str, kernel: str = DEFAULT) -> Judgement:
    """Check one proof of one theorem."""
    return load_kernel(kernel)(proof, theorem)


def verify_proofs(pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
    """Check (proof, gold) pairs, as rewards have them; those of one kernel go to it in one batch.

    A gold that says no theorem gives `Verdict.ERROR`; raises `ConfigError` for a kernel that cannot be had.
    """
    judgements = dict[int, Judgement]()
    waiting = dict[str, list[tuple[int, str, str]]]()
    for place, (proof, gold) in enumerate(pairs):
        try:
            kernel, theorem = _read_gold(gold)
        except DataError as error:
            judgements[place] = Judgement(Verdict.ERROR, None, str(error))
        else:
            waiting.setdefault(kernel, []).append((place, proof, theorem))
    for kernel, asked in waiting.items():
        found = _check_many(load_kernel(kernel), [(proof, theorem) for _, proof, theorem in asked])
        judgements |= {place: judgement for (place, _, _), judgement in zip(asked, found, strict=True)}
    return [judgements[place] for place in range(len(pairs))]


def _check_many(verifier: Verifier, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
    many = getattr(verifier, "check_many", None)
    return many(pairs) if many else [verifier(proof, theorem) for proof, theorem in pairs]


def _read_gold(gold: str) -> tuple[str, str]:
    """The kernel and the theorem that a gold names."""
    if not gold.lstrip().startswith("{"):
        return DEFAULT, gold
    try:
        row = json.loads(gold)
    except ValueError as error:
        raise DataError(f"the gold of a proof is not JSON: {error}") from error
    if not isinstance(row, Mapping) or not isinstance(cast(Mapping[str, Any], row).get("theorem"), str):
        raise DataError('the gold of a proof should be {"kernel": ..., "theorem": ...}')
    fields = cast(Mapping[str, str], row)
    return fields.get("kernel", DEFAULT), fields["theorem"]


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """A proof as a user hands it over: who checks it, what it says, and what it should prove."""

    kernel: str
    proof: str
    theorem: str | None
    options: KernelOptions

    def judge(self) -> Judgement:
        verifier = load_kernel(self.kernel, self.options)
        if self.theorem is not None:
            return verifier(self.proof, self.theorem)
        if self.kernel == "coq":
            from ponder.verify.kernels.coq import check_file

            return check_file(self.proof)
        return Judgement(Verdict.ERROR, None, "there is no theorem")


def read_proof(
    text: str, *, suffix: str, theorem: str | None, kernel: str | None, options: KernelOptions
) -> ProofRequest:
    """Sort out a proof file: the kernel by name or ending, the theorem by itself or from the file's head."""
    name = kernel or SUFFIXES.get(suffix, DEFAULT)
    if theorem is None and name == DEFAULT:
        theorem, text = split_heading(text)
    if theorem is None and name in ("metamath", "lean"):
        raise ConfigError(f"say what is to be proved with --theorem: {name} takes it from outside the proof")
    return ProofRequest(name, text, theorem, options)


def split_heading(text: str) -> tuple[str, str]:
    """A natural-deduction file in two: what is given and to be proved, and the steps."""
    lines = text.splitlines(keepends=True)
    heading = [line for line in lines if line.strip().lower().startswith(_HEADINGS)]
    if not heading:
        raise DataError("say what is to be proved: `given:` and `prove:` lines in the file, or --theorem")
    return "".join(heading), "".join(line for line in lines if line not in heading)
