"""Sorts by use: what stands in arithmetic is a number, everything else an object.

Every name is one kind of thing with one number of arguments, and each of its places has one sort, found by
unification (Damas and Milner, POPL 1982, without the polymorphism). Numerals, `+`, `*` and `<` make numbers;
both sides of `=` have the same sort; what nothing decides is an object. A theorem's names are settled before
its proof is read, so a proof cannot turn an object of the theorem into a number, over which more is true.
Does not know values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ponder.verify.kernels.formula import (
    Apply,
    AtMost,
    Atom,
    Bound,
    Equal,
    Exists,
    ForAll,
    Formula,
    Less,
    Node,
    Number,
    Scaled,
    Sort,
    Sum,
    Term,
    children,
    with_children,
)


class SortClash(ValueError):
    """A name or a variable used in two ways; the message says which."""


class _Cell:
    """A sort that may not be known yet; unified cells share one representative."""

    __slots__ = ("_other", "sort")

    def __init__(self, sort: Sort | None = None) -> None:
        self._other: _Cell | None = None
        self.sort = sort

    def find(self) -> _Cell:
        here = self
        while here._other is not None:
            here = here._other
        if here is not self:
            self._other = here
        return here

    def unify(self, other: _Cell) -> bool:
        ours, theirs = self.find(), other.find()
        if ours is theirs:
            return True
        if ours.sort and theirs.sort:
            return ours.sort is theirs.sort
        if theirs.sort is None:
            ours, theirs = theirs, ours
        ours._other = theirs
        return True

    def settled(self) -> Sort:
        return self.find().sort or Sort.OBJECT


@dataclass(frozen=True, slots=True)
class _Use:
    """How a name is used: `result` is None for a predicate."""

    args: tuple[_Cell, ...]
    result: _Cell | None

    def words(self) -> str:
        kind = "a predicate" if self.result is None else "a function"
        if not self.args:
            return "a proposition" if self.result is None else "a constant"
        return f"{kind} of {len(self.args)} argument{'s' if len(self.args) > 1 else ''}"


class Signature:
    """The names of a theorem or a proof and how they are used. A proof's begins with its theorem's."""

    def __init__(self, theorem: Signature | None = None) -> None:
        self._uses = dict[str, _Use]()
        for name, use in (theorem._uses if theorem else {}).items():
            args = tuple(_Cell(arg.settled()) for arg in use.args)
            self._uses[name] = _Use(args, use.result and _Cell(use.result.settled()))

    def note(self, formula: Formula) -> Noted:
        """Take up the uses in one formula. Raises `SortClash`."""
        binders = list[_Cell]()
        self._note(formula, (), binders)
        return Noted(formula, binders)

    def settle(self, noted: Noted) -> Formula:
        """The formula with its sorts, once every formula of the theorem or the proof has been noted."""
        binders = iter(noted.binders)

        def settled(node: Node) -> Node:
            match node:
                case ForAll() | Exists():
                    sort = next(binders).settled()  # taken before those further in, as they were noted
                    return type(node)(cast(Formula, settled(node.body)), sort, node.hint)
                case Apply(name=name, args=args):
                    result = self._uses[name].result
                    assert result is not None
                    return Apply(name, tuple(cast(Term, settled(arg)) for arg in args), result.settled())
                case _:
                    return with_children(node, [settled(child) for child in children(node)])

        return cast(Formula, settled(noted.formula))

    def _note(self, node: Formula, scope: tuple[_Cell, ...], binders: list[_Cell]) -> None:
        match node:
            case Atom(name=name, args=args):
                self._apply(name, args, scope, result=None)
            case Equal(left=left, right=right):
                if not self._sort(left, scope).unify(self._sort(right, scope)):
                    raise SortClash("an object and a number are never equal")
            case Less(left=left, right=right) | AtMost(left=left, right=right):
                self._number(left, scope)
                self._number(right, scope)
            case ForAll(body=body) | Exists(body=body):
                binders.append(_Cell())
                self._note(body, (*scope, binders[-1]), binders)
            case _:
                for part in children(node):
                    assert isinstance(part, Formula)  # terms are below the cases above only
                    self._note(part, scope, binders)

    def _sort(self, term: Term, scope: tuple[_Cell, ...]) -> _Cell:
        match term:
            case Bound(index=index):
                return scope[-1 - index]
            case Number():
                return _Cell(Sort.NUMBER)
            case Scaled(term=inner):
                return self._number(inner, scope)
            case Sum(left=left, right=right):
                self._number(left, scope)
                return self._number(right, scope)
            case Apply(name=name, args=args):
                result = self._apply(name, args, scope, result=_Cell())
                assert result is not None
                return result

    def _number(self, term: Term, scope: tuple[_Cell, ...]) -> _Cell:
        cell = self._sort(term, scope)
        if not cell.unify(_Cell(Sort.NUMBER)):
            name = f"`{term.name}`" if isinstance(term, Apply) else "a variable"
            raise SortClash(f"{name} stands for an object, not for a number")
        return cell

    def _apply(
        self, name: str, args: tuple[Term, ...], scope: tuple[_Cell, ...], result: _Cell | None
    ) -> _Cell | None:
        here = _Use(tuple(self._sort(arg, scope) for arg in args), result)
        known = self._uses.setdefault(name, here)
        if len(known.args) != len(here.args) or (known.result is None) != (result is None):
            raise SortClash(f"`{name}` is {known.words()}, not {here.words()}")
        for place, (one, other) in enumerate(zip(known.args, here.args, strict=True), start=1):
            if not one.unify(other):
                raise SortClash(
                    f"argument {place} of `{name}` is an object in one place, a number in another"
                )
        return known.result


@dataclass(frozen=True, slots=True)
class Noted:
    """A formula whose uses a signature has taken up, with the sorts of its quantifiers, outermost first."""

    formula: Formula
    binders: Sequence[_Cell]
