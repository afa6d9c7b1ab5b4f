"""Natural deduction proofs written by hand: accepted ones, and refused ones with their verdict and reason.

Written for these tests, each for one rule, form or trick that its name says. Steps are parted by `/`, so that a
proof fits on a line; `>` at the start of a step indents it by four columns.
"""

# ruff: noqa: E501

from __future__ import annotations

from ponder.records import Verdict

WRONG, UNPARSABLE, NO_ANSWER = Verdict.WRONG, Verdict.UNPARSABLE, Verdict.NO_ANSWER
TIMED_OUT, ERROR = Verdict.TIMED_OUT, Verdict.ERROR


def unfolded(steps: str) -> str:
    return "\n".join(_indented(line.rstrip()) for line in steps.split(" / "))


def _indented(line: str) -> str:
    return "    " + _indented(line[2:]) if line.startswith("> ") else line


ACCEPTED: dict[str, tuple[str, str]] = {
    "modus ponens": ("p -> q, p |- q", "1. p -> q   given / 2. p   given / 3. q   modus ponens 1, 2"),
    "any order": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q MP 2, 1"),
    "decided": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q by 1, 2"),
    "from": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q from 1 and 2"),
    "brackets": ("p -> q, p |- q", "1. p -> q [given] / 2. p (premise) / 3. q [modus ponens, 1 and 2]"),
    "words": (
        "p implies q, p |- q",
        "1) given p implies q / 2) premise: p / 3) q, by modus ponens from steps 1 and 2.",
    ),
    "remarks": ("p |- p", "Proof. / Step 1: p  given  # as we know / It follows at once. / QED"),
    "LaTeX": (r"p \to q, p \vdash q", r"1. $p \to q$ given / 2. $p$ given / 3. $q$ modus ponens 1, 2"),
    "headings": ("given: p -> q, p\nprove: q", "1. p -> q given / 2. p given / 3. q by 1, 2"),
    "a heading a line": ("given:\n  p -> q\n  p\nprove: q", "1. p -> q given / 2. p given / 3. q by 1, 2"),
    "a theorem heading": ("theorem: p |- p", "1. p given"),
    "numbers with gaps": ("p |- p & p", "10. p given / 20. p & p and introduction 10, 10"),
    "a proposition like a rule": ("r, cp -> r |- r & cp | r", "1. r given / 2. r & cp | r by 1"),
    "flat": (
        "|- p -> (q -> p)",
        "1. assume p / 2. assume q / 3. p reiteration 1 / 4. q -> p ->I 2-3 / 5. p -> (q -> p) →I 1-4",
    ),
    "indented after the assumption": (
        "|- p -> p | q",
        "1. assume p / > 2. p | q or introduction 1 / 3. p -> p | q conditional proof 1-2",
    ),
    "indented with the assumption": (
        "|- p -> p | q",
        "> 1. p assumption / > 2. p | q ∨I 1 / 3. p -> p | q implies intro 1-2",
    ),
    "numbered before": (
        "|- p -> p | q",
        "1. assume p / 1.1 p | q addition 1 / 2. p -> p | q implication introduction 1-1.1",
    ),
    "numbered inside": (
        "|- p -> p | q",
        "1.1 assume p / 1.2 p | q addition 1.1 / 2. p -> p | q implication introduction 1.1-1.2",
    ),
    "a subproof of one line": ("|- p -> p", "1. assume p / 2. p -> p conditional proof 1-1"),
    "bars of Fitch": (
        "|- p -> p | q",
        "| | 1. p assumption / | | 2. p | q or introduction 1 / | 3. p -> p | q conditional proof 1–2",
    ),
    "right-aligned numbers": ("p |- p & p", " 9. p given / 10. p & p and introduction 9, 9"),
    "neighbouring subproofs": (
        "p | q |- q | p",
        "1. p | q given / > 2. assume p / > 3. q | p ∨I 2 / > 4. assume q / > 5. q | p ∨I 4 / 6. q | p or elimination 1, 2-3, 4-5",
    ),
    "cases by implications": (
        "p | q, p -> r, q -> r |- r",
        "1. p | q given / 2. p -> r given / 3. q -> r given / 4. r cases 1, 2, 3",
    ),
    "three cases": (
        "p | q | r |- r | p | q",
        "1. p | q | r given / > 2. assume p | q / > 3. r | p | q ∨I 2 / > 4. assume r / > 5. r | p | q ∨I 4 / 6. r | p | q by cases 1, 2-3, 4-5",
    ),
    "modus tollens": ("p -> ~q, q |- ~p", "1. p -> ~q given / 2. q given / 3. ~p modus tollens 1, 2"),
    "syllogisms": (
        "p -> q, q -> r, p | s, ~s |- r",
        "1. p -> q given / 2. q -> r given / 3. p -> r HS 1, 2 / 4. p | s given / 5. ~s given / 6. p DS 4, 5 / 7. r MP 3, 6",
    ),
    "conjunctions": (
        "p & q & r |- r & p",
        "1. p & q & r given / 2. r ∧E 1 / 3. p simplification 1 / 4. r & p &I 2, 3",
    ),
    "reductio": (
        "p -> q, ~q |- ~p",
        "1. p -> q given / 2. ~q given / > 3. assume p / > 4. q MP 1, 3 / > 5. false contradiction 2, 4 / 6. ~p not introduction 3-5",
    ),
    "classical reductio": (
        "~p -> false |- p",
        "1. ~p -> false given / > 2. assume ~p / > 3. ⊥ MP 1, 2 / 4. p by contradiction 2-3",
    ),
    "an open contradiction": ("|- ~(p & ~p)", "> 1. assume p & ~p / 2. ~(p & ~p) RAA 1-1"),
    "double negation": ("~~p |- ~~~~p", "1. ~~p given / 2. p DN 1 / 3. ~~~~p double negation 1"),
    "excluded middle": ("|- (p & q) | ~(p & q)", "1. (p & q) | ~(p & q) excluded middle"),
    "excluded middle, flat": ("|- p | q | ~(p | q)", "1. p | q | ~(p | q) LEM"),
    "explosion": ("p, ~p |- q & r", "1. p given / 2. ~p given / 3. q & r ex falso 1, 2"),
    "from false": ("false |- q", "1. false given / 2. q ⊥E 1"),
    "equivalence": (
        "p -> q, q -> p |- p <-> q",
        "1. p -> q given / 2. q -> p given / 3. p <-> q iff introduction 1, 2",
    ),
    "equivalence by subproofs": ("|- p <-> p", "> 1. assume p / > 2. assume p / 3. p <-> p ↔I 1-1, 2-2"),
    "equivalence used": ("p <-> q, q |- p", "1. p <-> q given / 2. q given / 3. p iff elimination 1, 2"),
    "De Morgan": ("~(p | ~q) |- ~p & q", "1. ~(p | ~q) given / 2. ~p & q De Morgan 1"),
    "rewritten implications": (
        "p -> q |- ~q -> ~p",
        "1. p -> q given / 2. ~p | q material implication 1 / 3. ~q -> ~p contraposition 1",
    ),
    "tautology": (
        "forall x. p(x) -> q |- ~q -> ~(forall x. p(x) -> q) | q | ~q",
        "1. ~q -> ~(forall x. p(x) -> q) | q | ~q tautology",
    ),
    "by subproofs": (
        "p | q |- q | p",
        "1. p | q given / > 2. assume p / > 3. q | p by 2 / > 4. assume q / > 5. q | p by 4 / 6. q | p by 1, 2-3, 4-5",
    ),
    "given in a subproof": ("p |- q -> p", "> 1. assume q / > 2. p given / 3. q -> p conditional proof 1-2"),
    "Socrates": (
        "forall x. man(x) -> mortal(x), man(socrates) |- mortal(socrates)",
        "1. forall x. man(x) -> mortal(x) given / 2. man(socrates) given / 3. man(socrates) -> mortal(socrates) UI 1 / 4. mortal(socrates) modus ponens 2, 3",
    ),
    "premise with another variable": ("forall x. p(x) |- forall y. p(y)", "1. forall z. p(z) given"),
    "generalisation": (
        "∀x p(x) |- ∀y p(y) | q",
        "1. ∀x p(x) given / 2. p(c) ∀E 1 / 3. p(c) | q ∨I 2 / 4. ∀y. p(y) | q ∀I 3 / 5. (∀y p(y)) | q by 1",
    ),
    "let": (
        "forall x. p(x) |- forall y. p(y) | q",
        "1. forall x. p(x) given / > 2. let c be arbitrary / > 3. p(c) UI 1 / > 4. p(c) | q ∨I 3 / 5. forall y. p(y) | q UG 2-4",
    ),
    "let, flat": (
        "forall x. p(x) |- forall y. p(y)",
        "1. forall x. p(x) given / 2. let c be arbitrary / 3. p(c) UI 1 / 4. forall y. p(y) UG 3",
    ),
    "let with an assumption": (
        "forall x. p(x) -> q(x) |- forall y. p(y) -> q(y)",
        "1. forall x. p(x) -> q(x) given / > 2. let c / > 3. assume p(c) / > 4. q(c) by 1, 3 / 5. forall y. p(y) -> q(y) ∀I 2-4",
    ),
    "let of two": (
        "forall x, y. r(x, y) |- forall x, y. r(y, x)",
        "1. forall x, y. r(x, y) given / > 2. let a, b / > 3. r(b, a) UI 1 / 4. forall x, y. r(y, x) UG 2-3",
    ),
    "two at once": (
        "forall x. forall y. r(x, y) |- forall y. forall x. r(x, y)",
        "1. forall x. forall y. r(x, y) given / 2. r(a, b) UI 1 / 3. forall y. forall x. r(x, y) UG 2",
    ),
    "instances with functions": (
        "forall x. r(x, f(x)) |- r(g(a), f(g(a)))",
        "1. forall x. r(x, f(x)) given / 2. r(g(a), f(g(a))) UI 1",
    ),
    "existence": ("p(f(a)) |- exists x. p(f(x))", "1. p(f(a)) given / 2. exists x. p(f(x)) EG 1"),
    "existence of some occurrences": (
        "r(a, a) |- exists x. r(x, a)",
        "1. r(a, a) given / 2. exists x. r(x, a) EG 1",
    ),
    "from existence": (
        "exists x. p(x) & q(x) |- exists x. p(x)",
        "1. exists x. p(x) & q(x) given / > 2. assume p(c) & q(c) / > 3. p(c) ∧E 2 / > 4. exists x. p(x) EG 3 / 5. exists x. p(x) ∃E 1, 2-4",
    ),
    "a witness": (
        "exists x. p(x) & q(x) |- exists x. p(x)",
        "1. exists x. p(x) & q(x) given / 2. p(c) & q(c) existential instantiation 1 / 3. p(c) ∧E 2 / 4. exists x. p(x) EG 3",
    ),
    "a witness in a subproof": (
        "|- (exists x. p(x)) -> exists y. p(y) | q",
        "> 1. assume exists x. p(x) / > 2. p(c) EI 1 / > 3. p(c) | q ∨I 2 / > 4. exists y. p(y) | q EG 3 / 5. (exists x. p(x)) -> exists y. p(y) | q ->I 1-4",
    ),
    "the same witness twice": (
        "exists x. p(x) |- (q -> exists x. p(x)) & (q -> exists x. p(x))",
        "1. exists x. p(x) given / > 2. assume q / > 3. p(c) EI 1 / > 4. exists x. p(x) EG 3 / 5. q -> exists x. p(x) ->I 2-4"
        " / > 6. assume q / > 7. p(c) EI 1 / > 8. exists x. p(x) EG 7 / 9. q -> exists x. p(x) ->I 6-8 / 10. (q -> exists x. p(x)) & (q -> exists x. p(x)) &I 5, 9",
    ),
    "something exists": (
        "forall x. p(x) |- exists x. p(x)",
        "1. forall x. p(x) given / 2. p(c) UI 1 / 3. exists x. p(x) EG 2",
    ),
    "negated quantifiers": (
        "~forall x. p(x) |- exists y. ~p(y)",
        "1. ~forall x. p(x) given / 2. exists y. ~p(y) quantifier negation 1",
    ),
    "empty quantifiers": (
        "forall x. p |- exists y. p",
        "1. forall x. p given / 2. p UI 1 / 3. exists y. p EG 2",
    ),
    "equality": (
        "a = b, p(f(a), a) |- p(f(b), a)",
        "1. a = b given / 2. p(f(a), a) given / 3. p(f(b), a) substitution 1, 2",
    ),
    "equality under a quantifier": (
        "a = f(b), forall x. r(x, f(b)) |- forall y. r(y, a)",
        "1. a = f(b) given / 2. forall x. r(x, f(b)) given / 3. forall y. r(y, a) =E 1, 2",
    ),
    "equations": (
        "a = b, c = b |- f(a) = f(c)",
        "1. a = b given / 2. c = b given / 3. b = c symmetry 2 / 4. a = c transitivity 1, 3 / 5. f(a) = f(c) congruence 4 / 6. f(a) = f(a) reflexivity / 7. f(a) = f(c) substitution 4, 6",
    ),
    "order": (
        "x <= y, y < z, z = w |- x < w",
        "1. x <= y given / 2. y < z given / 3. z = w given / 4. x < w transitivity 1, 2, 3",
    ),
    "arithmetic": (
        "x < y, y <= 2 |- 2x + 1 < 5",
        "1. x < y given / 2. y <= 2 given / 3. 2x + 1 < 5 arithmetic 1, 2",
    ),
    "brackets in arithmetic": (
        "(x + 1)/2 <= y - (z - 1) |- x + 2*z <= 2*y + 1",
        "1. (x + 1)/2 <= y - (z - 1) given / 2. x + 2*z <= 2*y + 1 by 1",
    ),
    "arithmetic of functions": (
        "forall x. student(x) -> age(x) < 30, student(bob) |- age(bob) + 1 < 31",
        "1. forall x. student(x) -> age(x) < 30 given / 2. student(bob) given / 3. age(bob) < 30 by 1, 2 / 4. age(bob) + 1 < 31 algebra 3",
    ),
    "numbers in instances": (
        "forall x. x < 3 -> p(x) |- p(1/2)",
        "1. forall x. x < 3 -> p(x) given / 2. 1/2 < 3 -> p(0.5) UI 1 / 3. 0.5 < 3 arithmetic / 4. p(1/2) MP 2, 3",
    ),
    "between": ("x < y |- exists z. x < z & z < y", "1. x < y given / 2. exists z. x < z & z < y by 1"),
    "names that Z3 knows": (
        "and1 -> xor, and1 |- xor",
        "1. and1 -> xor given / 2. and1 given / 3. xor by 1, 2",
    ),
    "any letters": ("φ → Ψ, φ ⊢ Ψ", "1. φ → Ψ given / 2. φ given / 3. Ψ by 1, 2"),
}

REFUSED: dict[str, tuple[str, str, Verdict, str]] = {
    "wrong rule": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q modus tollens 1, 2", WRONG, "step 3: q does not follow from 1, 2 by modus tollens"),
    "wrong rule after by": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q by modus tollens 1, 2", WRONG, "step 3"),
    "too little cited": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q by 1", WRONG, "step 3: q does not follow from 1"),
    "too much cited": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q MP 1, 2, 2", WRONG, "step 3: modus ponens does not cite 3 steps"),
    "a subproof too many": ("|- p -> p", "> 1. assume p / 2. p -> p conditional proof 1-1, 1-1", WRONG, "step 2"),
    "another connective": ("p | q |- p", "1. p | q given / 2. p and elimination 1", WRONG, "step 2"),
    "affirming the consequent": ("p -> q, q |- p", "1. p -> q given / 2. q given / 3. p modus ponens 1, 2", WRONG, "step 3"),
    "an invented rule": ("p |- q", "1. p given / 2. q modus magnus 1", WRONG, "step 2: `q modus magnus 1` ends neither"),
    "sorry": ("|- p", "1. p sorry", WRONG, "step 1: `p sorry` ends neither in a known rule"),
    "no reason": ("p |- p", "1. p", WRONG, "step 1"),
    "only citations": ("p |- p", "1. p given / 2. p 1", WRONG, "step 2"),
    "the future": ("p -> q, p |- q", "1. p -> q given / 2. q by 1, 3 / 3. p given", WRONG, "step 2: it cites 3, which comes later"),
    "itself": ("|- p", "1. p by 1", WRONG, "step 1: it cites itself"),
    "in a circle": ("|- p", "1. p by 2 / 2. p by 1", WRONG, "step 1: it cites 2, which comes later"),
    "nothing there": ("|- p", "1. p by 7", WRONG, "step 1: it cites 7, and there is no such step"),
    "not given": ("p |- q", "1. q given", WRONG, "step 1: q is not given"),
    "nearly given": ("forall x. p(x) |- exists x. p(x)", "1. exists x. p(x) given", WRONG, "step 1"),
    "the goal as given": ("|- p", "1. p premise", WRONG, "step 1"),
    "given and cited": ("p |- p", "1. p given / 2. p given 1", WRONG, "step 2: `given` cites nothing"),
    "an assumption only": ("|- p", "1. assume p", WRONG, "step 1: the proof ends inside a subproof"),
    "an assumption for good": ("p -> q |- q", "1. p -> q given / 2. assume p / 3. q MP 1, 2", WRONG, "step 3: the proof ends inside"),
    "a premise smuggled in": ("p -> q |- q", "1. p -> q given / 2. assume p / > 3. p reiteration 2 / 4. q MP 1, 2", WRONG, "step 4: it cites 2, which lies in a subproof that has ended"),
    "an assumption in no column": ("p |- p", "> 1. assume q / > 2. q reiteration 1 / 3. assume p / 4. p reiteration 3", WRONG, "step 3: an assumption opens a subproof"),
    "out of a closed subproof": ("|- p", "1. assume p / > 2. p reiteration 1 / 3. p -> p conditional proof 1-2 / 4. p reiteration 2", WRONG, "step 4: it cites 2, which lies"),
    "out of a closed subproof, flat": ("|- p", "1. assume p / 2. p reiteration 1 / 3. p -> p conditional proof 1-2 / 4. p reiteration 2", WRONG, "step 4: it cites 2, which lies"),
    "out of a closed subproof, numbered": ("|- p", "1.1 assume p / 1.2 p reiteration 1.1 / 2. p by 1.2", WRONG, "step 2: it cites 1.2, which lies"),
    "from a neighbouring subproof": ("p | q |- q", "1. p | q given / > 2. assume p / > 3. p | q given / > 4. assume q / > 5. p reiteration 2 / 6. q cases 1, 2-3, 4-5", WRONG, "step 5: it cites 2, which lies"),
    "a closed subproof inside another": ("|- q -> p -> p", "> 1. assume q / > > 2. assume p / > 3. p -> p ->I 2-2 / 4. p -> p ->I 2-2 / 5. q -> p -> p ->I 1-3", WRONG, "step 4: it cites 2-2, which lies"),
    "an open subproof": ("|- p -> p", "> 1. assume p / > 2. p -> p ->I 1-1 / 3. p -> p reiteration 2", WRONG, "step 2: it cites 1-1, which is no subproof that has ended"),
    "half a subproof": ("|- p -> p | q", "> 1. assume p / > 2. p | q ∨I 1 / 3. p -> p ->I 1-1", WRONG, "step 3: it cites 1-1"),
    "a subproof that is none": ("p |- q -> p", "1. q -> p given / 2. p given / 3. q -> p ->I 1-2", WRONG, "step 1"),
    "a premise discharged": ("p |- p -> q", "1. p given / 2. p -> q conditional proof 1-1", WRONG, "step 2"),
    "backwards": ("p |- q -> p", "1. p given / > 2. assume q / 3. q -> p ->I 2-1", WRONG, "step 3"),
    "a subproof by one number": ("|- p -> p", "> 1. assume p / 2. p -> p ->I 1", WRONG, "step 2: it cites 1, which lies"),
    "ends in another subproof": ("|- p -> q", "> 1. assume p / > > 2. assume q / 3. p -> q ->I 1-2", WRONG, "step 3: it cites 1-2, which ends without a conclusion"),
    "one case of two": ("p | q |- p", "1. p | q given / > 2. assume p / > 3. p reiteration 2 / 4. p cases 1, 2-3, 2-3", WRONG, "step 4"),
    "cases that differ": ("p | q |- r", "1. p | q given / > 2. assume p / > 3. p | q ∨I 2 / > 4. assume q / > 5. q | r ∨I 4 / 6. p | q cases 1, 2-3, 4-5", WRONG, "step 6"),
    "another goal": ("p & q |- q", "1. p & q given / 2. p and elimination 1", WRONG, "step 2: the last step is p, not q"),
    "beyond the goal": ("p & q |- q", "1. p & q given / 2. q ∧E 1 / 3. p ∧E 1", WRONG, "step 3: the last step is p, not q"),
    "a goal in a subproof": ("p |- q -> p", "1. p given / > 2. assume q / > 3. q -> p by 1", WRONG, "step 3: the proof ends inside"),
    "an unused bad step": ("p |- p", "1. p given / 2. q by 1 / 3. p reiteration 1", WRONG, "step 2: q does not follow from 1"),
    "generalised from a premise": ("p(a) |- forall x. p(x)", "1. p(a) given / 2. forall x. p(x) UG 1", WRONG, "step 2"),
    "generalised from an assumption": ("|- p(a) -> forall x. p(x)", "> 1. assume p(a) / > 2. forall x. p(x) UG 1 / 3. p(a) -> forall x. p(x) ->I 1-2", WRONG, "step 2"),
    "generalised from an outer assumption": ("|- p(a) -> q -> forall x. p(x)", "> 1. assume p(a) / > > 2. assume q / > > 3. p(a) reiteration 1 / > > 4. forall x. p(x) UG 3 / > 5. q -> forall x. p(x) ->I 2-4 / 6. p(a) -> q -> forall x. p(x) ->I 1-5", WRONG, "step 4"),
    "let of a known name": ("p(a) |- forall x. p(x)", "1. p(a) given / > 2. let a / > 3. p(a) reiteration 1 / 4. forall x. p(x) UG 2-3", WRONG, "step 2: `a` is not new"),
    "let of a name, flat": ("p(a) |- forall x. p(x)", "1. p(a) given / 2. let a be arbitrary / 3. forall x. p(x) UG 1", WRONG, "step 2: `a` is not new"),
    "half generalised": ("forall x. r(x, x) |- forall x. r(x, a)", "1. forall x. r(x, x) given / 2. r(a, a) UI 1 / 3. forall x. r(x, a) UG 2", WRONG, "step 3"),
    "generalised from a number": ("p(1) |- forall x. p(x)", "1. p(1) given / 2. forall x. p(x) UG 1", WRONG, "step 2"),
    "generalised from a function": ("forall x. p(f(x)) |- forall x. p(x)", "1. forall x. p(f(x)) given / 2. p(f(c)) UI 1 / 3. forall x. p(x) UG 2", WRONG, "step 3"),
    "generalised twice at once": ("forall x. r(x, x) |- forall x, y. r(x, y)", "1. forall x. r(x, x) given / 2. r(c, c) UI 1 / 3. forall x, y. r(x, y) UG 2", WRONG, "step 3"),
    "generalised from a witness": ("exists x. p(x) |- forall x. p(x)", "1. exists x. p(x) given / 2. p(c) EI 1 / 3. forall x. p(x) UG 2", WRONG, "step 3"),
    "generalised beside a witness": (
        "forall x. exists y. r(x, y) |- exists y. forall x. r(x, y)",
        "1. forall x. exists y. r(x, y) given / 2. exists y. r(a, y) UI 1 / 3. r(a, b) EI 2 / 4. forall x. r(x, b) UG 3 / 5. exists y. forall x. r(x, y) EG 4", WRONG, "step 4",
    ),
    "a witness carried out": ("exists x. p(x) |- forall x. exists y. p(y) -> p(x)", "1. exists x. p(x) given / > 2. let a / > 3. p(c) EI 1 / 4. forall x. p(c) UG 2-3", WRONG, "step 4: the conclusion of 2-3 speaks of `c`, chosen in it"),
    "a known witness": ("exists x. p(x), q(c) |- exists x. p(x) & q(x)", "1. exists x. p(x) given / 2. q(c) given / 3. p(c) EI 1 / 4. p(c) & q(c) &I 3, 2 / 5. exists x. p(x) & q(x) EG 4", WRONG, "step 3"),
    "a witness from the goal": ("exists x. p(x) |- p(c)", "1. exists x. p(x) given / 2. p(c) EI 1", WRONG, "step 2"),
    "a witness in what exists": ("forall x. exists y. r(x, y) |- exists x. r(x, x)", "1. forall x. exists y. r(x, y) given / 2. exists y. r(a, y) UI 1 / 3. r(a, a) EI 2 / 4. exists x. r(x, x) EG 3", WRONG, "step 3"),
    "one witness for two": ("exists x. p(x), exists x. q(x) |- exists x. p(x) & q(x)", "1. exists x. p(x) given / 2. exists x. q(x) given / 3. p(c) EI 1 / 4. q(c) EI 2 / 5. p(c) & q(c) &I 3, 4 / 6. exists x. p(x) & q(x) EG 5", WRONG, "step 4"),
    "one witness for two quantifiers": ("exists x, y. r(x, y) |- exists x. r(x, x)", "1. exists x, y. r(x, y) given / 2. r(c, c) EI 1 / 3. exists x. r(x, x) EG 2", WRONG, "step 2"),
    "a witness in the conclusion": ("exists x. p(x) |- p(c)", "1. exists x. p(x) given / > 2. assume p(c) / > 3. p(c) reiteration 2 / 4. p(c) ∃E 1, 2-3", WRONG, "step 4"),
    "a witness from another assumption": (
        "exists x. p(x), exists x. q(x) |- exists x. p(x) & q(x)",
        "1. exists x. p(x) given / 2. exists x. q(x) given / 3. assume p(c) / 4. assume q(c) / 5. p(c) & q(c) &I 3, 4 / 6. exists x. p(x) & q(x) EG 5"
        " / 7. exists x. p(x) & q(x) ∃E 2, 4-6 / 8. exists x. p(x) & q(x) ∃E 1, 3-7", WRONG, "step 7",
    ),
    "captured by instantiation": ("forall x. exists y. r(x, y) |- exists y. r(y, y)", "1. forall x. exists y. r(x, y) given / 2. exists y. r(y, y) UI 1", WRONG, "step 2"),
    "captured by introduction": ("forall y. r(y, y) |- exists x. forall y. r(x, y)", "1. forall y. r(y, y) given / 2. exists x. forall y. r(x, y) EG 1", WRONG, "step 2"),
    "captured by substitution": ("forall x. r(x, a) |- forall x. r(x, x)", "1. forall x. r(x, a) given / 2. forall x. r(x, x) by 1", WRONG, "step 2"),
    "instances that differ": ("forall x. r(x, x) |- r(a, b)", "1. forall x. r(x, x) given / 2. r(a, b) UI 1", WRONG, "step 2"),
    "quantifiers exchanged": ("forall x. exists y. r(x, y) |- exists y. forall x. r(x, y)", "1. forall x. exists y. r(x, y) given / 2. exists y. forall x. r(x, y) by 1", WRONG, "step 2"),
    "substituted without equality": ("f(a) = f(b), p(a) |- p(b)", "1. f(a) = f(b) given / 2. p(a) given / 3. p(b) substitution 1, 2", WRONG, "step 3"),
    "a broken chain": ("x < y, z < w |- x < w", "1. x < y given / 2. z < w given / 3. x < w transitivity 1, 2", WRONG, "step 3"),
    "too strict a chain": ("x <= y, y <= z |- x < z", "1. x <= y given / 2. y <= z given / 3. x < z transitivity 1, 2", WRONG, "step 3"),
    "how many there are": ("|- exists x. exists y. x != y", "1. exists x. exists y. x != y by", WRONG, "step 1"),
    "numbers for objects": ("|- exists x. exists y. x != y", "1. 0 != 1 by / 2. exists y. 0 != y EG 1 / 3. exists x. exists y. x != y EG 2", WRONG, "step 3"),
    "an object instance of numbers": ("forall x. x < x + 1, p(a) |- q", "1. forall x. x < x + 1 given / 2. p(a) given / 3. a < a + 1 UI 1", UNPARSABLE, "step 3: `a` stands for an object"),
    "whole numbers": ("x < y |- x + 1 <= y", "1. x < y given / 2. x + 1 <= y by 1", WRONG, "step 2"),
    "a number off": ("x < y |- x + 1 < y + 1", "1. x < y given / 2. x + 1.1 < y + 1 arithmetic 1", WRONG, "step 2"),
    "arithmetic of propositions": ("p -> q, p |- q", "1. p -> q given / 2. p given / 3. q arithmetic 1, 2", WRONG, "step 3: arithmetic is about"),
    "a tautology that is none": ("forall x. p(x) |- p(a)", "1. forall x. p(x) given / 2. p(a) tautology 1", WRONG, "step 2"),
    "a proposition with arguments": ("p(a), q |- q", "1. p(a) given / 2. p by 1", UNPARSABLE, "step 2: `p` is a predicate of 1 argument, not a proposition"),
    "another number of arguments": ("p(a) |- p(a)", "1. p(a) given / 2. p(a, a) by 1", UNPARSABLE, "step 2: `p` is a predicate of 1 argument"),
    "another sort": ("p(a) |- exists x. p(x)", "1. p(a) given / 2. a < a + 1 by / 3. exists x. p(x) by 1", UNPARSABLE, "step 2: `a` stands for an object"),
    "bound and free": ("p(a) |- p(a)", "1. forall x p(x) -> p(x) by", UNPARSABLE, "step 1: `forall x p(x) -> p(x)` is no formula"),
    "a number twice": ("p, q |- q", "1. p given / 1. q given", UNPARSABLE, "step 1: the number 1 is used twice"),
    "a product": ("x < y |- x < y", "1. x*y < y*y by", UNPARSABLE, "linear"),
    "no formula": ("p |- p", "1. p &&& q given", UNPARSABLE, "step 1: `p &&& q` is no formula"),
    "let of no name": ("p |- p", "1. let x + 1", UNPARSABLE, "step 1: after `let`"),
    "deeper without assumption": ("p |- p", "1. p given / > 2. p reiteration 1", UNPARSABLE, "step 2: it is deeper"),
    "a column of none": ("p |- p", "> > 1. assume p / > 2. p given / 3. p given", UNPARSABLE, "step 2: it stands in the column of no"),
    "subproofs that cross": ("|- p", "1. assume p / 2. assume q / 3. p by 1 / 4. q by 2 / 5. p by 1-3, 2-4", UNPARSABLE, "step 2: its subproof overlaps another"),
    "a number of another subproof": ("|- p", "1.1 assume p / 2.2 p reiteration 1.1 / 3. p by 1.1", UNPARSABLE, "step 2.2"),
    "empty": ("p |- p", "", NO_ANSWER, "no numbered step"),
    "prose only": ("p |- p", "It is obvious.", NO_ANSWER, "no numbered step"),
    "an unreadable theorem": ("p |- q |- r", "1. p given", ERROR, "theorem cannot be read"),
    "no theorem": ("", "1. p given", ERROR, "theorem cannot be read"),
    "a theorem at odds with itself": ("p(a), p |- p", "1. p given", ERROR, "theorem cannot be read"),
    "nothing to prove": ("given: p", "1. p given", ERROR, "nothing is to be proved"),
    "undecided": (
        "forall x. exists y. r(x, y), forall x, y, z. r(x, y) & r(y, z) -> r(x, z), forall x. ~r(x, x) |- false",
        "1. forall x. exists y. r(x, y) given / 2. forall x, y, z. r(x, y) & r(y, z) -> r(x, z) given / 3. forall x. ~r(x, x) given / 4. false by 1, 2, 3", TIMED_OUT, "step 4: not decided",
    ),
}  # fmt: skip
