r"""One spelling for what LaTeX, Unicode and plain text write in many ways.

Tables, and what must be settled on the text before it is cut into tokens: delimiters around the whole, a
full stop at the end, Unicode signs, thousands separators. A command that stands in none of the tables is
refused by the tokenizer, never skipped: what is skipped is what a judge gets wrong.
"""

from __future__ import annotations

import re


def _table(text: str) -> dict[str, str]:
    """`sign name name …` a line, as a mapping from each name to its sign."""
    rows = [line.split() for line in text.strip().splitlines()]
    return {name: row[0] for row in rows for name in row[1:]}


SIGNS = _table(r"""
    *         cdot times ast
    /         div
    <         lt
    <=        le leq leqslant leqq
    >         gt
    >=        ge geq geqslant geqq
    !=        ne neq
    |         vert lvert rvert
    \{        { lbrace
    \}        } rbrace
    [         lbrack
    ]         rbrack
    (         lparen
    )         rparen
    <<        langle
    >>        rangle
    \\        \
    :         colon
    %         %
    '         prime
    or        lor vee
    and       land wedge
    empty     emptyset varnothing
    frac      frac dfrac tfrac cfrac
    binom     binom dbinom tbinom
    setminus  setminus backslash smallsetminus
    infinity  infty
    pm        pm
    mp        mp
    mid       mid
    in        in
    cup       cup
    cap       cap
    sqrt      sqrt
    circ      circ
    degree    degree
    pi        pi
    lfloor    lfloor
    rfloor    rfloor
    lceil     lceil
    rceil     rceil
""")
"""Commands, without their backslash, that are signs."""

PLAIN_SIGNS = _table("""
    and       and
    or        or
    pi        pi
    sqrt      sqrt
    infinity  infinity inf
""")
"""Signs that are also written as words."""

FUNCTIONS = _table("""
    sin       sin
    cos       cos
    tan       tan
    cot       cot
    sec       sec
    csc       csc
    arcsin    arcsin asin
    arccos    arccos acos
    arctan    arctan atan
    arccot    arccot
    arcsec    arcsec
    arccsc    arccsc
    sinh      sinh
    cosh      cosh
    tanh      tanh
    coth      coth
    arsinh    arsinh arcsinh asinh
    arcosh    arcosh arccosh acosh
    artanh    artanh arctanh atanh
    ln        ln
    log       log lg
    exp       exp
    max       max
    min       min
""")

LETTERS = frozenset(
    _table("""
    greek alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho
    greek sigma tau upsilon phi varphi chi psi omega ell hbar
    greek Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
""")
)

SKIPPED = frozenset(
    _table("""
    skip left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr
    skip displaystyle textstyle limits quad qquad thinspace , ! ; : > ~
""")
) | {" ", "\n", "\t"}
"""Commands that change how an answer looks and nothing else."""

STYLES = _table("""
    mathbf    mathbf boldsymbol bm
    mathcal   mathcal
    mathit    mathit
    mathsf    mathsf
    vec       vec overrightarrow
    hat       hat widehat
    tilde     tilde widetilde
    overline  overline bar
""")
r"""Commands over a name that make another name: `\mathbf{i}` is no imaginary unit."""

_SUPERSCRIPTS = (0x2070, 0xB9, 0xB2, 0xB3, *range(0x2074, 0x207A))
_CODES = _table(r"""
    \times   D7
    \cdot    B7 22C5 2219
    \div     F7
    \le      2264
    \ge      2265
    \ne      2260
    \infty   221E
    \cup     222A
    \cap     2229
    \in      2208
    \emptyset  2205
    \pm      B1
    \mp      2213
    \pi      3C0
    \sqrt    221A
    \degree  B0
    \setminus  2216
    \alpha   3B1
    \beta    3B2
    \gamma   3B3
    \delta   3B4
    \theta   3B8
    \lambda  3BB
    \mu      3BC B5
    \rho     3C1
    \sigma   3C3
    \phi     3C6
    \omega   3C9
    -        2212 2013
    '        2032 2019
    \,       A0 202F 2009
    \mathbb{R}  211D
    \mathbb{Z}  2124
    \mathbb{Q}  211A
    \mathbb{N}  2115
    \mathbb{C}  2102
    \frac{1}{2}  BD
    \frac{1}{4}  BC
    \frac{3}{4}  BE
""")
_UNICODE = {
    **{int(code, 16): f"{latex} " for code, latex in _CODES.items()},
    **{code: f"^{{{digit}}}" for digit, code in enumerate(_SUPERSCRIPTS)},
    **{0x2080 + digit: f"_{{{digit}}}" for digit in range(10)},
    **{0xFF10 + digit: str(digit) for digit in range(10)},
}

_ROOT_OF_DIGITS = re.compile("\N{SQUARE ROOT}\\s?(\\d+)")
_DOLLAR = re.compile(r"(?<!\\)\$")
_THOUSANDS = re.compile(r"(?<=\d)(?:\s?\{,\}\s?|,\\!\s?|\\,|\\!)(?=\d{3}(?!\d))")
_PLAIN_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])")


def respell(text: str) -> str:
    """The text with its Unicode signs as commands, its thousands joined, and nothing around it."""
    bare = _ROOT_OF_DIGITS.sub(r"\\sqrt{\1}", _unwrap(text))
    bare = _THOUSANDS.sub("", bare.translate(_UNICODE))
    if any(bracket in bare for bracket in ("(", "[", "\\{")):  # where a comma may separate items
        return bare
    return _PLAIN_THOUSANDS.sub(lambda number: number[0].replace(",", ""), bare)


def _unwrap(text: str) -> str:
    """Without the delimiters of mathematics and the full stop at the end."""
    bare = text.strip().removesuffix(".").rstrip()
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
        inner = bare[len(opening) : -len(closing)]
        if bare.startswith(opening) and bare.endswith(closing) and opening not in inner:
            bare = inner.strip()
    if len(_DOLLAR.findall(bare)) % 2 == 0:  # `$1$ and $2$`; a lone one would be money
        bare = _DOLLAR.sub(" ", bare).strip()
    return bare.removesuffix(".").rstrip()
