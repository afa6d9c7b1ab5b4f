r"""Whether two scalars are equal, proved with sympy or not at all.

First `sampling.py` looks for a point where they differ, which settles most wrong answers. What is left is
proved: the difference is brought to zero by exact rewriting (expansion, cancelling, radicals, logarithms,
trigonometry, minimal polynomials of algebraic constants). A symbol is any real number, or a positive one
where one of the two is undefined elsewhere: `\ln x^2` is `2\ln x`, but `\sqrt{x^2}` is not `x`. Decimals are
exact fractions, so 0.333 is not 1/3, and what cannot be proved is not equal. Does not bound its own time: it
runs where it can be killed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Set
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ponder.verify.latex.sampling import differ
from ponder.verify.latex.spelling import FUNCTIONS
from ponder.verify.latex.tree import Node, as_fraction

_SYMPY_NAMES = {
    name: name.replace("arc", "a") if name.startswith("arc") else name.replace("ar", "a")
    for name in set(FUNCTIONS.values()) - {"ln", "log", "exp", "max", "min"}
}


def _sympy() -> Any:
    """Imported when needed: half a second."""
    return importlib.import_module("sympy")


def equal(one: Node, other: Node) -> bool:
    """Whether the two scalars are proved to be equal wherever both are defined."""
    if one == other:
        return True
    if _has_infinity(one) or _has_infinity(other) or differ(one, other):
        return False
    positive = _positive(one) | _positive(other)
    return is_zero(to_sympy(one, positive) - to_sympy(other, positive))


def proportional(one: Node, other: Node, *, same_sign: bool = False) -> bool:
    """Whether `one` is `other` times a constant that is not zero, or with `same_sign` above zero."""
    sympy = _sympy()
    positive = _positive(one) | _positive(other)
    above, below = (
        sympy.expand(sympy.fraction(sympy.together(to_sympy(node, positive)))[0]) for node in (one, other)
    )
    if above == 0 or below == 0:
        return False
    ratio = sympy.cancel(above / below)
    if ratio.free_symbols and not ratio.is_rational_function(*ratio.free_symbols):
        ratio = sympy.simplify(ratio)
    known = ratio.is_number and ratio.is_finite and ratio.is_nonzero
    return bool(known and (ratio.is_positive or not same_sign))


def is_zero(difference: Any) -> bool:
    """Whether exact rewriting brings a sympy expression to zero."""
    sympy = _sympy()
    if difference == 0:
        return True
    if difference.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        return False
    names = tuple(difference.free_symbols)
    if names and difference.is_rational_function(*names):
        cancelled = sympy.cancel(sympy.together(difference))
        radicals = any(not power.exp.is_Integer for power in difference.atoms(sympy.Pow))
        if cancelled == 0 or not (radicals or difference.has(sympy.Function)):
            return bool(cancelled == 0)
    return any(_is_zero_after(rewrite, difference) for rewrite in _rewritings(difference))


def _is_zero_after(rewrite: Callable[[], Any], difference: Any) -> bool:
    try:
        return bool(rewrite() == 0)
    except MemoryError:
        raise
    except Exception:  # sympy raises errors of every kind on expressions it cannot treat; the next step may
        return False


def _rewritings(difference: Any) -> list[Callable[[], Any]]:
    """Cheap ones first."""
    sympy = _sympy()
    trigonometric = sympy.functions.elementary.trigonometric
    circular = (trigonometric.TrigonometricFunction, sympy.functions.elementary.hyperbolic.HyperbolicFunction)
    expanded = sympy.expand(difference)
    steps: list[Callable[[], Any]] = [
        lambda: expanded,
        lambda: sympy.expand(sympy.sqrtdenest(sympy.radsimp(expanded))),
    ]
    if difference.has(*circular):
        steps.append(lambda: sympy.expand(sympy.expand(expanded.rewrite(sympy.exp))))
    if not difference.free_symbols:
        if difference.has(trigonometric.InverseTrigonometricFunction):
            steps.append(lambda: _tangent(expanded))
        else:
            steps.append(lambda: _is_root_of_itself(expanded))
    if difference.has(sympy.log):
        steps.append(lambda: sympy.expand(sympy.expand_log(expanded, force=True)))
    if difference.has(sympy.factorial, sympy.binomial):
        steps.append(lambda: sympy.expand(sympy.expand_func(expanded)))
        steps.append(lambda: sympy.gammasimp(expanded))
    if difference.has(*circular):
        steps.append(lambda: sympy.expand(sympy.expand_trig(expanded)))
        steps.append(lambda: sympy.trigsimp(expanded))
    steps.append(lambda: sympy.powsimp(sympy.powdenest(expanded)))
    steps.append(lambda: sympy.simplify(expanded))
    return steps


def _tangent(number: Any) -> Any:
    """Zero for the number zero, and for no other near it."""
    sympy = _sympy()
    return sympy.simplify(sympy.expand_trig(sympy.tan(number))) if abs(sympy.N(number)) < 1 else number


def _is_root_of_itself(number: Any) -> int:
    """0 when the number's minimal polynomial is x, which zero alone has."""
    unknown = _sympy().Dummy()
    return 0 if _sympy().minimal_polynomial(number, unknown) == unknown else 1


def to_sympy(node: Node, positive: Set[str] = frozenset()) -> Any:
    """The scalar as a sympy expression; symbols are real, those in `positive` and units also above zero."""
    match node.kind:
        case "number":
            value = Fraction(node.text)
            return _sympy().Rational(value.numerator, value.denominator)
        case "symbol":
            return _symbol(node.text, node.text in positive)
        case "unit":
            return _symbol(f"unit {node.text}", True)
        case "constant":
            return _constant(node.text)
        case _:
            return _BUILDERS[node.kind](node.text, [to_sympy(part, positive) for part in node.parts])


@lru_cache(maxsize=1_000)
def _symbol(name: str, positive: bool) -> Any:
    return _sympy().Symbol(name, positive=True) if positive else _sympy().Symbol(name, real=True)


def _positive(node: Node) -> set[str]:
    """Symbols that must be above zero for the scalar to have a value among the reals."""
    found = set[str]().union(*(_positive(part) for part in node.parts))
    if node.kind in ("root", "log", "pow") and node.parts[0].kind == "symbol":
        number = as_fraction(node.parts[1])
        whole = number is not None and number.denominator == 1
        even_root = node.kind == "root" and number is not None and number % 2 == 0
        if node.kind == "log" or even_root or not whole:
            found.add(node.parts[0].text)
    return found


def _constant(name: str) -> Any:
    return {
        "pi": _sympy().pi,
        "e": _sympy().E,
        "i": _sympy().I,
        "infinity": _sympy().oo,
        "degree": _sympy().pi / 180,
    }[name]


def _has_infinity(node: Node) -> bool:
    return node == Node("constant", "infinity") or any(map(_has_infinity, node.parts))


def _root(_: str, parts: list[Any]) -> Any:
    radicand, index = parts
    if index.is_odd and radicand.is_real and not radicand.is_nonnegative:
        return _sympy().Mul(*(_odd_root(factor, index) for factor in _sympy().Mul.make_args(radicand)))
    return _sympy().root(radicand, index)


def _odd_root(factor: Any, index: Any) -> Any:
    """The real root, as `sampling.py` has it."""
    base, exponent = factor.as_base_exp()
    if (exponent / index).is_Integer:
        return base ** (exponent / index)
    if factor.is_nonnegative:
        return _sympy().root(factor, index)
    return _sympy().sign(factor) * _sympy().root(_sympy().Abs(factor), index)


def _call(name: str, parts: list[Any]) -> Any:
    if name in ("max", "min"):
        return (_sympy().Max if name == "max" else _sympy().Min)(*parts)
    if name in _SYMPY_NAMES:
        return getattr(_sympy(), _SYMPY_NAMES[name])(*parts)
    return _sympy().Function(name)(*parts)


def _named(name: str) -> Callable[[str, list[Any]], Any]:
    def build(_: str, parts: list[Any]) -> Any:
        return getattr(_sympy(), name)(*parts)

    return build


_BUILDERS: dict[str, Callable[[str, list[Any]], Any]] = {
    "add": _named("Add"),
    "mul": _named("Mul"),
    "div": lambda _, parts: parts[0] / parts[1],
    "neg": lambda _, parts: -parts[0],
    "pow": _named("Pow"),
    "root": _root,
    "log": lambda _, parts: _named("log")("", parts[:1]) / _named("log")("", parts[1:]),
    "call": _call,
    "abs": _named("Abs"),
    "floor": _named("floor"),
    "ceil": _named("ceiling"),
    "factorial": _named("factorial"),
    "binomial": _named("binomial"),
}
