r"""Judges every gold answer of GSM8K against itself, its spellings and its near misses, and times the batch.

    python benchmarks/verify_gsm8k.py --data DIR [--out FILE]

DIR holds gsm8k_train.jsonl and gsm8k_test.jsonl, whose golds stand after `####`. Exits 1 if any verdict is
wrong. The time is that of `verify_math_many` on all pairs at once, the reading of the files left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ponder.records import Verdict
from ponder.verify.math import verify_math_many

FILES = ("gsm8k_train.jsonl", "gsm8k_test.jsonl")
MOST_SHOWN = 20
_FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the two files")
    parser.add_argument("--out", type=Path, help="where to store the figures as JSON")
    options = parser.parse_args()
    golds = [gold for name in FILES for gold in read_golds(options.data / name)]
    figures = measure(golds)
    shown = json.dumps(figures, indent=2, ensure_ascii=False)
    print(shown)
    if options.out:
        options.out.write_text(shown + "\n", encoding="utf-8")
    sys.exit(bool(figures["false_negatives"] or figures["false_positives"]))


def read_golds(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["answer"].rpartition("####")[2].strip()


def measure(golds: list[str]) -> dict[str, Any]:
    """Counts, verdicts a second and the first failures."""
    itself = [(gold, gold) for gold in golds]
    forms = [(form, gold) for gold in golds for form in spellings(gold)]
    misses = [(miss, gold) for gold in golds for miss in near_misses(gold)]
    pairs = itself + forms + misses
    began = time.perf_counter()
    judgements = verify_math_many(pairs)
    seconds = time.perf_counter() - began
    verdicts = [(pair, judgement.verdict) for pair, judgement in zip(pairs, judgements, strict=True)]
    right = len(itself) + len(forms)
    refused = [pair for pair, verdict in verdicts[:right] if verdict is not Verdict.CORRECT]
    paid = [pair for pair, verdict in verdicts[right:] if verdict is Verdict.CORRECT]
    return {
        "command": "python benchmarks/verify_gsm8k.py --data DIR",
        "python": platform.python_version(),
        "golds": len(golds),
        "against_themselves": len(itself),
        "spellings": len(forms),
        "near_misses": len(misses),
        "false_negatives": len(refused),
        "false_positives": len(paid),
        "seconds": round(seconds, 3),
        "verdicts_per_second": round(len(pairs) / seconds),
        "first_false_negatives": refused[:MOST_SHOWN],
        "first_false_positives": paid[:MOST_SHOWN],
    }


def spellings(gold: str) -> list[str]:
    """The same number in LaTeX and reformatted."""
    bare = gold.replace(",", "")
    sign, size = ("-", bare[1:]) if bare.startswith("-") else ("", bare)
    whole, point, part = size.partition(".")
    separated = f"{int(whole or 0):,}{point}{part}"
    return [
        bare,
        f"  {bare}\n",
        bare if sign else f"+{bare}",
        sign + separated,
        sign + separated.replace(",", "{,}"),
        sign + separated.replace(",", r"\,"),
        sign + separated.replace(",", r",\!"),
        rf"\boxed{{{bare}}}",
        f"The answer is $\\boxed{{{sign}{separated}}}$.",
        f"${bare}$",
        rf"\({bare}\)",
        rf"{sign}\${separated}",
        rf"\text{{{bare}}}",
        f"{bare}.",
        bare if point else f"{bare}.00",
        f"x = {bare}",
        rf"{bare}\text{{ dollars}}",
        f"{bare} apples",
        rf"\frac{{{bare}}}{{1}}" if not point else f"{bare}0",
        f"{bare}/1" if not point else f"{bare}00",
        bare.translate(_FULL_WIDTH).replace("-", "\N{MINUS SIGN}"),
    ]


def near_misses(gold: str) -> list[str]:
    """What a careless judge takes for the same number."""
    bare = gold.replace(",", "")
    opposite = bare[1:] if bare.startswith("-") else f"-{bare}"
    more = f"{int(bare) + 1}" if "." not in bare else f"{bare}1"
    whole = bare.lstrip("-")
    swapped = bare.replace(whole[:2], whole[1::-1], 1) if whole[1:2].isdigit() else more
    misses = [
        more,
        opposite if bare.strip("-0.") else "1",
        f"{bare}0" if "." not in bare and int(bare) else more,
        swapped if swapped.lstrip("-0") != bare.lstrip("-0") else more,
        f"{bare}7",
        rf"{bare}\%",
        f"{bare} percent",
        f"{bare}, {more}",
        f"{more} or {bare}",
        f"{bare} or {more}",
        rf"\boxed{{{bare}}} or \boxed{{{more}}}",
        f"- \\boxed{{{more}}}\n- \\boxed{{{bare}}}",
        f"{bare}={more}",
        f"{more}={bare}={more}",
        f"{bare}+0",
        rf"{bare}^{{1}}",
        rf"\pm {bare}",
        rf"\{{{bare}\}}",
        f"({bare},{bare})",
        f"{bare} million",
        f"{bare} six",
        rf"{bare}\pi",
        f"#### {more} #### {bare}",
    ]
    return list(dict.fromkeys(misses))


if __name__ == "__main__":
    main()
