"""The canonical hash of premises and a question: equal under other words, other names, another order.

Symbols are refined by the statements that they stand in, as colour refinement (Weisfeiler and Lehman, 1968)
refines the nodes of a graph by their neighbours; the hash is over the refined statements, sorted. Equal
structures have equal hashes. Two different ones could share a hash only if refinement cannot tell them
apart, which the branching chains here do not bring about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from ponder.logic.statements import Part, Property, Statement

LENGTH = 16
"""Hexadecimal digits of a hash."""


def proof_hash(premises: Sequence[Statement], asked: Statement) -> str:
    """Of the premises that the proof is drawn with, distractors left out, and the statement asked for."""
    said = [(statement, "premise") for statement in premises] + [(asked, "asked")]
    colours: dict[Property | str, str] = {
        symbol: "noun" if isinstance(symbol, Property) and symbol.noun else "other"
        for statement, _ in said
        for symbol in _symbols(statement)
    }
    classes = 0
    while classes < (classes := len(set(colours.values()))):  # until refining tells no more symbols apart
        seen: dict[Property | str, list[str]] = {symbol: [] for symbol in colours}
        for statement, role in said:
            for symbol in _symbols(statement):
                seen[symbol].append(_told(statement, role, colours, symbol))
        colours = {symbol: _hashed(colours[symbol], *sorted(told)) for symbol, told in seen.items()}
    return _hashed(*sorted(_told(statement, role, colours, None) for statement, role in said))


def _symbols(statement: Statement) -> set[Property | str]:
    return {*statement.properties, *([statement.name] if statement.name else [])}


def _told(
    statement: Statement, role: str, colours: Mapping[Property | str, str], own: Property | str | None
) -> str:
    """The statement with colours in place of symbols; `own` is the symbol that it is told about."""

    def coloured(symbol: Property | str) -> str:
        return "self" if symbol == own else colours[symbol]

    def written(each: Part | None) -> str:
        if each is None:
            return "-"
        literals = sorted(f"{coloured(one.property)}{one.positive}" for one in each.literals)
        return f"{'or' if each.either else 'and'}({','.join(literals)})"

    name = coloured(statement.name) if statement.name else "-"
    return f"{role} {statement.quantity} {name} {written(statement.body)} {written(statement.head)}"


def _hashed(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:LENGTH]
