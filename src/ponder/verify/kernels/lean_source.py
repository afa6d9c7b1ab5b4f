"""Lean 4 text for a judge: the statement to be proved, and the file in which an answer has to prove it.

The statement is elaborated first, as a proposition under a name that nobody can guess; then comes the answer;
then a theorem of ours that has the proposition for its type and the answer's theorem for its proof. So what
the answer declares (instances, notations, another theorem of that name) has no say in what was to be proved.

All of this happens in one Lean process, and Lean lets a file reprogram Lean. So an answer may not contain
the words that do that, that switch checks off, or that assume something; they are looked for in the text that
Lean reads, comments already gone. That keeps out what is known, not what is not: only a replay in another
process (SafeVerify, leanprover/comparator) would, and a server of this shape does not offer one.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from ponder.errors import DataError

_NAME = r"[^\s:({\[⦃⟨,\"'][^\s:({\[⦃⟨,\"]*"
_FOR_ONE = r"(?:open|set_option|omit|include)\b"
_THEOREM = re.compile(
    rf"^((?:{_FOR_ONE}[^\n]*\sin[ \t]*\n\s*)*(?:{_FOR_ONE}[^\n]*?\sin[ \t]+)?)"
    rf"(?:@\[[^\]]*\]\s*)*(?:(?:private|protected|noncomputable)\s+)*(?:theorem|lemma)\s+({_NAME}?)(\.{{[^}}]*}})?"
    r"(?=[\s:({\[⦃])",
    re.MULTILINE,
)
_UNPROVED = re.compile(r":=\s*(?:by\s*)?(?:sorry|admit)?\s*\Z")
_IMPORT = re.compile(r"^[ \t]*import\s[^\n]*$", re.MULTILINE)
_VARIABLE = re.compile(r"^\s*(?:variable|universe variable)s?\b", re.MULTILINE)
# A string that is never closed runs to the end; possessive, so that no text takes quadratic time.
_TOKEN = re.compile(r"--[^\n]*|/-|-/|\"(?:[^\"\\]|\\(?:.|\Z))*+\"?|'(?:[^'\\\n]|\\[^\n]{1,6})'", re.DOTALL)
_OPEN, _CLOSE = "([{⦃⟨", ")]}⦄⟩"
_OPTION = re.compile(r"\bset_option\s+([^\s()]+)\s+([^\s()]+)")
_LIMITS = ("maxHeartbeats", "maxRecDepth", "synthInstance.maxHeartbeats", "synthInstance.maxSize")
_HARMLESS = re.compile(r"(?:linter|pp)\.[\w.]+|autoImplicit|relaxedAutoImplicit")
_REFUSED: dict[str, tuple[str, ...]] = {
    "it assumes what is to be proved": ("sorry", "admit", "axiom", "sorryAx", "lcProof", r"apply\?"),
    "it goes round the kernel": (
        "native_decide", "bv_decide", "ofReduceBool", "ofReduceNat", "reduceBool", "trustCompiler",
        "implemented_by", "extern", "csimp", r"unsafe\w*", "partial",
    ),
    "it reprograms Lean": (
        "macro", "macro_rules", "notation3?", "infix[lr]?", "prefix", "postfix", "syntax", "elab",
        "elab_rules", "declare_syntax_cat", "binder_predicate", r"d?simproc\w*", r"builtin_\w+", "initialize",
        "meta", "by_elab", r"run_\w+", "Lean", "Qq", "unif_hint", r"local\s+instance", "count_heartbeats",
    ),
    "it reaches outside the proof": (r"#(?:eval|print|exit|reduce|run|guard_msgs)\w*!?", "include_str"),
}  # fmt: skip
# A letter that is no ASCII, a digit or a quote before a word need not make it another word for Lean.
_WORDS = {
    why: re.compile(rf"(?<![A-Za-z_])(?:{'|'.join(words)})(?![A-Za-z0-9_'!?])")
    for why, words in _REFUSED.items()
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A theorem to be proved, in its parts."""

    imports: tuple[str, ...]
    preamble: str
    modifiers: str
    """`open ... in` and the like, in force for the theorem alone."""
    name: str
    levels: str
    binders: str
    claim: str

    @property
    def theorem(self) -> str:
        """Up to its `:=`."""
        return f"{self.modifiers}theorem {self.name}{self.levels} {self.binders} : {self.claim}"

    def proposition(self, name: str) -> str:
        """The same as a definition."""
        quantified = f"∀ {self.binders}, ({self.claim})" if self.binders else self.claim
        return f"{self.modifiers}def {name}{self.levels} : Prop :=\n  {quantified}"


def read_statement(gold: str) -> Statement:
    """The last theorem in `gold`, with or without `:= by sorry`. Raises `DataError` where there is none."""
    text = strip_comments(gold)
    found = list(_THEOREM.finditer(text))
    if not found:
        raise DataError("the Lean statement holds no `theorem name : statement`")
    last = found[-1]
    preamble = _IMPORT.sub("", text[: last.start()]).strip()
    if _VARIABLE.search(preamble):
        raise DataError("the Lean statement uses `variable`: bind its variables in the theorem itself")
    rest = _UNPROVED.sub("", text[last.end() :])
    colon = _outside_brackets(rest, ":")
    if colon is None or not rest[colon + 1 :].strip():
        raise DataError("the Lean theorem states nothing after a colon")
    claim = rest[colon + 1 :].strip()
    if _outside_brackets(claim, ":=") is not None:
        raise DataError("the Lean statement holds a proof: end it with `:= by sorry`")
    imports = tuple(line.strip() for line in _IMPORT.findall(text))
    binders = rest[:colon].strip()
    return Statement(imports, preamble, last[1], last[2], last[3] or "", binders, claim)


def strip_comments(source: str) -> str:
    """The text with a space for each comment. Raises `DataError` where one is never closed."""
    kept, at, depth, start = list[str](), 0, 0, 0
    while match := _TOKEN.search(source, at):
        token, at = match[0], match.end()
        if token == "/-":
            if depth == 0:
                kept.append(source[start : match.start()])
            depth += 1
        elif token == "-/" and depth:
            depth -= 1
            start = at
            if depth == 0:
                kept.append(" ")
        elif depth:
            at = match.start() + 1  # neither strings nor line comments count inside
        elif token.startswith("--"):
            kept.append(source[start : match.start()])
            start = at
    if depth:
        raise DataError("a comment is never closed")
    return "".join([*kept, source[start:]])


def restate(answer: str, statement: Statement) -> str:
    """The answer's declarations, its imports and a repeated preamble gone; a bare proof gets its theorem."""
    own = _IMPORT.sub("", answer)
    if statement.preamble:
        repeated = r"\s+".join(map(re.escape, statement.preamble.split()))
        own = re.sub(repeated, "", own, count=1)
    if re.search(rf"\b(?:theorem|lemma)\s+{re.escape(statement.name)}(?![\w'!?.])", own):
        return own.strip("\n")
    own = textwrap.dedent(own.strip("\n")).rstrip()
    if own.lstrip().startswith(":="):
        return f"{statement.theorem} {own.lstrip()}"
    if re.match(r"\s*by\b", own):
        return f"{statement.theorem} := {own.lstrip()}"
    return f"{statement.theorem} := by\n{textwrap.indent(own, '  ')}"


def bound_options(answer: str, heartbeats: int) -> str:
    """The answer with its own limits brought down to ours; 0 stands for no limit in Lean."""

    def bounded(found: re.Match[str]) -> str:
        name, value = found.groups()
        within = value.isascii() and value.isdigit() and len(value) < 12 and 0 < int(value) <= heartbeats
        return found[0] if name not in _LIMITS or within else f"set_option {name} {heartbeats}"

    return _OPTION.sub(bounded, answer)


def whole_file(statement: Statement, body: str, nonce: str, heartbeats: int) -> str:
    """What Lean is asked to read; it reports on `checked_<nonce>`. Without a body, only whether it can."""
    stated, checked = f"Stated_{nonce}", f"checked_{nonce}"
    closing = f"{stated} := @{statement.name}" if body else "True := trivial"
    parts = [
        *statement.imports,
        f"set_option maxHeartbeats {heartbeats}",
        statement.preamble,
        statement.proposition(stated),
        body,
        f"theorem {checked} : {closing}",
        f"#print axioms {checked}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def refusal(answer: str) -> str | None:
    """Why Lean is not asked about this text, or None."""
    for why, words in _WORDS.items():
        if found := words.search(answer):
            return f"`{' '.join(found[0].split())}` is not allowed in an answer: {why}"
    options = [name for name, _ in _OPTION.findall(answer)]
    if len(options) != answer.count("set_option"):
        return "`set_option` is not followed by an option and its value"
    for name in options:
        if name not in _LIMITS and not _HARMLESS.fullmatch(name):
            return f"`set_option {name}` is not allowed in an answer"
    return None


def _outside_brackets(text: str, wanted: str) -> int | None:
    """Where `wanted` first stands outside brackets; `:=` is no colon."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0 and text.startswith(wanted, at) and (wanted != ":" or text[at + 1 : at + 2] != "="):
            return at
    return None
