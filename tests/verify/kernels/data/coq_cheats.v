(*** notation | wrong | the statement's very words, given another meaning ***)
Theorem bad : 1 = 2.
(*** answer ***)
Notation "1 = 2" := True.
Theorem bad : 1 = 2. Proof. exact I. Qed.
(*** notation-for-name | wrong | the name stands for something else ***)
Theorem bad : 1 = 2.
(*** answer ***)
Notation bad := I.
(*** number-notation | wrong | 2 is read as 1 ***)
Theorem bad : 1 = 2.
(*** answer ***)
Notation "2" := 1.
Theorem bad : 1 = 2. Proof. reflexivity. Qed.
(*** admitted | wrong | exit code 0 all the same ***)
Theorem bad : 1 = 2.
(*** answer ***)
Theorem bad : 1 = 2. Proof. Admitted.
(*** admit | wrong | as a tactic ***)
Theorem bad : 1 = 2.
(*** answer ***)
Proof. admit. Admitted.
(*** bare-admitted | wrong | nothing else ***)
Theorem bad : 1 = 2.
(*** answer ***)
Admitted.
(*** quiet-admitted | wrong | with warnings off and made opaque to a reader ***)
Theorem bad : 1 = 2.
(*** answer ***)
Set Warnings "-all".
Lemma hidden : forall P : Prop, P. Proof. Admitted.
Theorem bad : 1 = 2. Proof. apply hidden. Qed.
Opaque bad hidden.
(*** axiom | wrong | the statement as an axiom ***)
Theorem bad : 1 = 2.
(*** answer ***)
Axiom bad : 1 = 2.
(*** axiom-false | wrong | an axiom for something else ***)
Theorem bad : 1 = 2.
(*** answer ***)
Axiom magic : False.
Theorem bad : 1 = 2. Proof. destruct magic. Qed.
(*** parameter | wrong ***)
Theorem bad : 1 = 2.
(*** answer ***)
Parameter bad : 1 = 2.
(*** conjecture | wrong ***)
Theorem bad : 1 = 2.
(*** answer ***)
Conjecture bad : 1 = 2.
(*** hypothesis | wrong | outside a section it is an axiom ***)
Theorem bad : 1 = 2.
(*** answer ***)
Hypothesis h : False.
Theorem bad : 1 = 2. Proof. destruct h. Qed.
(*** context | wrong | the same in other words ***)
Theorem bad : 1 = 2.
(*** answer ***)
Context (h : False).
Theorem bad : 1 = 2. Proof. destruct h. Qed.
(*** local-axiom | wrong ***)
Theorem bad : 1 = 2.
(*** answer ***)
Local Axiom h : False.
Theorem bad : 1 = 2. Proof. destruct h. Qed.
(*** obligation | wrong | an obligation of Program's, admitted ***)
Theorem bad : 1 = 2.
(*** answer ***)
Require Import Program.
Program Definition bad : 1 = 2 := _.
Admit Obligations.
(*** instance | wrong | a class whose instance is an axiom ***)
Theorem bad : 1 = 2.
(*** answer ***)
Class Absurd : Prop := absurd : False.
Declare Instance nonsense : Absurd.
Theorem bad : 1 = 2. Proof. destruct absurd. Qed.
(*** statement-itself | wrong | the trusted file's own name for it ***)
Theorem bad : 1 = 2.
(*** answer ***)
exact Ponder.Statement.bad.
(*** section | wrong | a hypothesis that becomes a premise ***)
Theorem bad : 1 = 2.
(*** answer ***)
Section S.
Hypothesis h : False.
Theorem bad : 1 = 2. Proof. destruct h. Qed.
End S.
(*** open-section | wrong | a section that is never closed ***)
Theorem bad : 1 = 2.
(*** answer ***)
Section S.
Hypothesis h : False.
Theorem bad : 1 = 2. Proof. destruct h. Qed.
(*** other-statement | wrong | another theorem of that name ***)
Theorem bad : 1 = 2.
(*** answer ***)
Theorem bad : 1 = 1. Proof. reflexivity. Qed.
(*** weaker | wrong | one premise more ***)
Theorem bad : forall n m : nat, n + m = m.
(*** answer ***)
Theorem bad : forall n m : nat, n = 0 -> n + m = m. Proof. intros n m ->. reflexivity. Qed.
(*** special-case | wrong | less general ***)
Theorem bad : forall (A : Type) (x y : A), x = y.
(*** answer ***)
Theorem bad : forall (x y : unit), x = y. Proof. intros [] []. reflexivity. Qed.
(*** converse | wrong | the other direction ***)
Theorem bad : forall P Q : Prop, P \/ Q -> P.
(*** answer ***)
Theorem bad : forall P Q : Prop, P -> P \/ Q. Proof. auto. Qed.
(*** aborted | wrong | proved under the name after the true one was given up ***)
Theorem bad : 1 = 2.
(*** answer ***)
Theorem bad : 1 = 2. Proof. Abort.
Theorem bad : 1 = 1. Proof. reflexivity. Qed.
(*** look-alike | wrong | a Cyrillic letter in the name ***)
Theorem bad : 1 = 2.
(*** answer ***)
Theorem bаd : 1 = 1. Proof. reflexivity. Qed.
(*** own-nat | wrong | a type of that name with one member ***)
Theorem bad : forall n m : nat, n = m.
(*** answer ***)
Inductive nat := only.
Theorem bad : forall n m : nat, n = m. Proof. intros [] []. reflexivity. Qed.
(*** own-eq | wrong | an equality of its own ***)
Theorem bad : 1 = 2.
(*** answer ***)
Inductive eq {A : Type} (x : A) : A -> Prop := all_are_equal : forall y, eq x y.
Notation "x = y" := (eq x y) : type_scope.
Theorem bad : 1 = 2. Proof. apply all_are_equal. Qed.
(*** own-definition | wrong | the statement's function, defined anew and otherwise ***)
Definition f (n : nat) := S n.
Theorem bad : f 1 = 1.
(*** answer ***)
Definition f (n : nat) := n.
Theorem bad : f 1 = 1. Proof. reflexivity. Qed.
(*** own-predicate | wrong | the statement's predicate with a constructor more ***)
Inductive even : nat -> Prop := even_0 : even 0 | even_SS : forall n, even n -> even (S (S n)).
Theorem bad : even 3.
(*** answer ***)
Inductive even : nat -> Prop := even_0 : even 0 | even_SS : forall n, even n -> even (S (S n)) | even_3 : even 3.
Theorem bad : even 3. Proof. exact even_3. Qed.
(*** own-False | wrong | False with a member ***)
Theorem bad : False.
(*** answer ***)
Inductive False : Prop := after_all.
Theorem bad : False. Proof. exact after_all. Qed.
(*** module-nat | wrong | a module that shadows the library's ***)
Theorem bad : Nat.add 1 1 = 3.
(*** answer ***)
Module Nat. Definition add (n m : nat) := 3. End Nat.
Theorem bad : Nat.add 1 1 = 3. Proof. reflexivity. Qed.
(*** coercion | wrong | a number that is read as a true proposition ***)
Theorem bad : 1 = 2.
(*** answer ***)
Definition holds (n : nat) : Prop := True.
Coercion holds : nat >-> Sortclass.
Theorem bad : 1. Proof. exact I. Qed.
(*** coercion-of-proofs | wrong | from True to anything ***)
Theorem bad : 1 = 2.
(*** answer ***)
Axiom magic : True -> 1 = 2.
#[global] Coercion magic : True >-> eq.
Theorem bad : True. Proof. exact I. Qed.
(*** canonical | wrong | a canonical structure that picks the proposition ***)
Theorem bad : 1 = 2.
(*** answer ***)
Structure holding := { claim : Prop; reason : claim }.
Canonical Structure easy := {| claim := True; reason := I |}.
Theorem bad : claim easy. Proof. apply reason. Qed.
(*** scope | wrong | equality of another scope ***)
Theorem bad : 1 = 2.
(*** answer ***)
Declare Scope other_scope.
Delimit Scope other_scope with other.
Notation "x = y" := (x <= y) : other_scope.
Open Scope other_scope.
Theorem bad : (1 = 2)%other. Proof. repeat constructor. Qed.
(*** tactic-notation | wrong | a tactic renamed ***)
Theorem bad : 1 = 2.
(*** answer ***)
Axiom h : False.
Tactic Notation "reflexivity" := destruct h.
Ltac trivial ::= destruct h.
Theorem bad : 1 = 2. Proof. reflexivity. Qed.
(*** forged-report | wrong | prints what the judge looks for ***)
Theorem bad : 1 = 2.
(*** answer ***)
Goal True. idtac "Closed under the global context". exact I. Qed.
Theorem bad : 1 = 2. Proof. idtac "Closed under the global context". Admitted.
Goal True. idtac "Closed under the global context". exact I. Qed.
Print Assumptions I.
(*** forged-printing | wrong | an axiom that prints as nothing ***)
Theorem bad : 1 = 2.
(*** answer ***)
#[global] Set Printing Width 2.
#[global] Set Printing Depth 1.
Axiom bad : 1 = 2.
Notation "'Closed' 'under' 'the' 'global' 'context'" := (1 = 2) (only printing).
(*** comment-closes | unparsable | closes a comment that was never opened by us ***)
Theorem bad : 1 = 2.
(*** answer ***)
Admitted. *) Axiom x : False. (* nothing
(*** comment-quote | wrong | a string in a comment that seems to end it ***)
Theorem bad : 1 = 2.
(*** answer ***)
(* " *) Theorem bad : 1 = 2. Proof. reflexivity. Qed. (* " *)
Theorem bad : 1 = 2. Proof. Admitted.
(*** open-string | unparsable | a string that swallows the rest ***)
Theorem bad : 1 = 2.
(*** answer ***)
Theorem bad : 1 = 2. Proof. Admitted. Check " .
(*** guard | wrong | a function that never ends, the check switched off ***)
Theorem bad : False.
(*** answer ***)
Unset Guard Checking.
Fixpoint loop (n : nat) : False := loop n.
Theorem bad : False. Proof. exact (loop 0). Qed.
(*** guard-attribute | wrong | the same by an attribute ***)
Theorem bad : False.
(*** answer ***)
#[bypass_check(guard)] Fixpoint loop (n : nat) : False := loop n.
Theorem bad : False. Proof. exact (loop 0). Qed.
(*** positivity | wrong | a type of functions from itself ***)
Theorem bad : False.
(*** answer ***)
Unset Positivity Checking.
Inductive self := fold : (self -> False) -> self.
Set Positivity Checking.
Definition unfold (s : self) : False := match s with fold f => f s end.
Theorem bad : False. Proof. exact (unfold (fold unfold)). Qed.
(*** universes | wrong | type in type, by Hurkens ***)
Theorem bad : False.
(*** answer ***)
Require Import Coq.Logic.Hurkens.
Unset Universe Checking.
Definition bad : False := PropNeqType.paradox eq_refl.
(*** prog-args | wrong | a line for the editor that asks for type in type ***)
Theorem bad : False.
(*** answer ***)
(* -*- mode: coq; coq-prog-args: ("-type-in-type") -*- *)
Require Import Coq.Logic.Hurkens.
Definition bad : False := PropNeqType.paradox eq_refl.
(*** inline | wrong | rocq-prover/rocq issue 12155: Print Assumptions sees nothing ***)
Theorem bad : False.
(*** answer ***)
Require Import Coq.Logic.Hurkens.
Module Type Holder. Parameter Inline held : False. End Holder.
Module Loose. Unset Universe Checking. Definition held := PropNeqType.paradox eq_refl. Set Universe Checking. End Loose.
Module Pass (H : Holder). Definition held := H.held. End Pass.
Module Got := Pass Loose.
Theorem bad : False. Proof. exact Got.held. Qed.
(*** inline-guard | wrong | rocq-prover/rocq issue 22366: Print Assumptions sees nothing ***)
Theorem bad : False.
(*** answer ***)
Module Type Holder. Parameter Inline spin : nat -> False. End Holder.
Module Pass (H : Holder). Definition spin : nat -> False := H.spin. End Pass.
Module Loose. Local Unset Guard Checking. Fixpoint spin (n : nat) : False := spin (S n). End Loose.
Unset Guard Checking.
Module Got := Pass Loose.
Set Guard Checking.
Theorem bad : False. Proof. exact (Got.spin 0). Qed.
(*** functor | wrong | rocq-prover/rocq issue 21051: Coq and coqchk 8.16 accept it, without an axiom ***)
Theorem bad : False.
(*** answer ***)
Module Type Bit. Parameter bit : bool. End Bit.
Module Yes. Definition bit := true. End Yes.
Module No. Definition bit := false. End No.
Module Outer.
Module Inner (B : Bit).
Module Here. Definition got := B.bit. End Here.
Module There := Here.
End Inner.
End Outer.
Include Outer.
Module OfYes := Inner Yes.
Module OfNo := Inner No.
Lemma same : OfYes.There.got = OfNo.There.got. Proof. reflexivity. Qed.
Lemma yes : OfYes.There.got = true. Proof. reflexivity. Qed.
Lemma no : OfNo.There.got = false. Proof. reflexivity. Qed.
Theorem bad : False.
Proof. assert (h : true = false); [rewrite <- yes; rewrite <- no; exact same | discriminate h]. Qed.
(*** match-on-match | wrong | rocq-prover/rocq issue 20455: Coq and coqchk 8.16 accept it, without an axiom ***)
Theorem bad : False.
(*** answer ***)
Definition positive n := match n with 0 => False | S _ => True end.
Definition beyond_one n := match n with 0 => False | S m => positive m end.
Fixpoint spin (n : nat) {struct n} : positive n -> False.
  refine match n with
  | 0 => fun h => h
  | S m => fun _ =>
    let next (b : bool) (e : b = true) (x : nat) (h : beyond_one x) :=
      let smaller := match (if b then x else m) with 0 => m | S k => k end in spin smaller _
    in next true eq_refl 5 I
  end.
  subst b. destruct x; cbn in h; [contradiction | exact h].
Defined.
Theorem bad : False. Proof. exact (spin 5 I). Qed.
(*** other-arguments | wrong | rocq-prover/rocq issue 20413: Coq and coqchk 8.16 accept it, without an axiom ***)
Theorem bad : False.
(*** answer ***)
Fixpoint grow (size count : nat) (f : nat -> nat) : nat :=
  match size with
  | S rest => grow rest (S count) (fun other => grow other 0 f)
  | 0 => S (f count)
  end.
Lemma down : forall s c f, grow (S s) c f = grow s (S c) (fun o => grow o 0 f). Proof. reflexivity. Qed.
Lemma done : forall c f, grow 0 c f = S (f c). Proof. reflexivity. Qed.
Lemma more : grow 1 0 S = S (grow 1 0 S).
Proof. transitivity (grow 0 1 (fun o => grow o 0 S)); [apply down | apply done]. Qed.
Lemma never : forall n, n = S n -> False. Proof. induction n; [discriminate | intros h; injection h; exact IHn]. Qed.
Theorem bad : False. Proof. exact (never _ more). Qed.
(*** inner-fix | wrong | rocq-prover/rocq issue 20555 ***)
Theorem bad : False.
(*** answer ***)
Fixpoint spin (t : unit) {struct t} : False :=
  (fix again (n : nat) {struct n} := match n with 0 => spin | S m => again m end) 1 t.
Theorem bad : False. Proof. exact (spin tt). Qed.
(*** primitive | wrong | rocq-prover/rocq issue 18503 ***)
Require Import PrimInt63.
Theorem bad : False.
(*** answer ***)
Require Import PrimInt63.
Open Scope int63_scope.
Module Type T. Primitive op := #int63_sub. Axiom is_land : op = land. End T.
Module F (X : T). Definition zero : X.op 1 1 = 0 := eq_refl. End F.
Module M. Definition op := land. Definition is_land : op = land := eq_refl. End M.
Module N : T := M.
Module A := F N.
Theorem bad : False.
Proof.
  assert (h : eqb 1 1 = eqb 0 1) by (f_equal; rewrite <- A.zero; rewrite N.is_land; reflexivity).
  change (true = false) in h. discriminate h.
Qed.
(*** unguarded | wrong | an honest attempt at a loop ***)
Theorem bad : False.
(*** answer ***)
Fixpoint loop (n : nat) : False := loop n.
Theorem bad : False. Proof. exact (loop 0). Qed.
(*** fix-tactic | wrong | a proof that uses itself ***)
Theorem bad : forall n : nat, False.
(*** answer ***)
fix h 1. exact h.
(*** cofix | wrong | a proof that uses itself for ever ***)
CoInductive forever : Prop := again : forever -> forever.
Theorem bad : forever -> False.
(*** answer ***)
cofix h. exact h.
(*** mutual | wrong | two theorems that prove each other ***)
Theorem bad : forall n : nat, False.
(*** answer ***)
Theorem bad : forall n : nat, False with other : forall n : nat, False.
Proof. exact other. exact bad. Qed.
(*** let-fixpoint | wrong | recursion where it is not looked for ***)
Theorem bad : False.
(*** answer ***)
Section S.
Let Fixpoint loop (n : nat) : False := loop n.
Theorem bad : False. Proof. exact (loop 0). Qed.
End S.
(*** program-fixpoint | wrong | recursion that is elaborated further ***)
Theorem bad : False.
(*** answer ***)
Require Import Program.
Program Fixpoint loop (n : nat) {measure n} : False := loop (pred n).
Admit Obligations.
Theorem bad : False. Proof. exact (loop 0). Qed.
(*** name-taken | wrong | a harmless function under the name that is looked at ***)
Theorem bad : False.
(*** answer ***)
Fixpoint grow (n : nat) : nat := match n with 0 => 0 | S m => grow m end.
Notation shrink := grow.
Lemma l : grow 0 = S (grow 0). Proof. Admitted.
Theorem bad : False. Proof. discriminate l. Qed.
(*** vm-cast | wrong | the kernel is told not to look ***)
Theorem bad : 1 = 2.
(*** answer ***)
Proof. vm_cast_no_check (eq_refl 1). Qed.
(*** native-cast | wrong ***)
Theorem bad : 1 = 2.
(*** answer ***)
Proof. native_cast_no_check (eq_refl 1). Qed.
(*** no-check | wrong ***)
Theorem bad : 1 = 2.
(*** answer ***)
Proof. exact_no_check (eq_refl 1). Qed.
(*** change-no-check | wrong ***)
Theorem bad : 1 = 2.
(*** answer ***)
Proof. change_no_check (1 = 1). reflexivity. Qed.
(*** vm-compute | wrong | computing does not make it true ***)
Theorem bad : 2 + 2 = 5.
(*** answer ***)
Proof. vm_compute. reflexivity. Qed.
(*** native-compute | wrong ***)
Theorem bad : 2 + 2 = 5.
(*** answer ***)
Proof. native_compute. reflexivity. Qed.
(*** redirect | wrong | writes a file ***)
Theorem bad : 1 = 2.
(*** answer ***)
Redirect "Statement" Print nat.
Theorem bad : 1 = 2. Proof. Admitted.
(*** extraction | wrong | writes a file ***)
Theorem bad : 1 = 2.
(*** answer ***)
Require Import Extraction.
Extraction "Check.v" nat.
Theorem bad : 1 = 2. Proof. Admitted.
(*** universes-file | wrong | writes a file ***)
Theorem bad : 1 = 2.
(*** answer ***)
Print Universes "Check.v".
Theorem bad : 1 = 2. Proof. Admitted.
(*** plugin | wrong | loads machine code ***)
Theorem bad : 1 = 2.
(*** answer ***)
Declare ML Module "ltac2_plugin".
Theorem bad : 1 = 2. Proof. Admitted.
(*** ltac2 | wrong | builds terms that nobody checks ***)
Theorem bad : 1 = 2.
(*** answer ***)
From Ltac2 Require Import Ltac2 Constr.
Theorem bad : 1 = 2. Proof. Admitted.
(*** load | wrong | reads another file ***)
Theorem bad : 1 = 2.
(*** answer ***)
Load "Statement.v".
(*** drop | wrong | to OCaml's own prompt ***)
Theorem bad : 1 = 2.
(*** answer ***)
Drop.
(*** cd | wrong | out of the folder ***)
Theorem bad : 1 = 2.
(*** answer ***)
Cd "/usr".
Theorem bad : 1 = 2. Proof. Admitted.
(*** load-path | wrong | other libraries ***)
Theorem bad : 1 = 2.
(*** answer ***)
Add Rec LoadPath "/usr" as Ponder.
Theorem bad : 1 = 2. Proof. Admitted.
(*** digit-before | wrong | a number that runs into the word: still the word for Coq ***)
Theorem bad : forall n : nat, False.
(*** answer ***)
Definition bad := (fun (k n : nat) => fun h : nat -> False => h n) 1fix h (n : nat) : False := h n.
(*** classical | wrong | true, but only with an axiom ***)
Theorem bad : forall P : Prop, P \/ ~ P.
(*** answer ***)
Require Import Coq.Logic.Classical.
Theorem bad : forall P : Prop, P \/ ~ P. Proof. exact classic. Qed.
(*** extensionality | wrong | true, but only with an axiom ***)
Theorem bad : (fun n => n + 0) = (fun n => n).
(*** answer ***)
Require Import Coq.Logic.FunctionalExtensionality Arith.
Theorem bad : (fun n => n + 0) = (fun n => n). Proof. extensionality n. apply Nat.add_0_r. Qed.
(*** wrong-proof | wrong | a tactic that fails ***)
Theorem bad : forall n : nat, n + 0 = n.
(*** answer ***)
Proof. intros n. reflexivity. Qed.
(*** unfinished | wrong | goals left over ***)
Theorem bad : forall n : nat, n + 0 = n.
(*** answer ***)
Proof. induction n. reflexivity. Qed.
(*** prose | wrong | no Coq at all ***)
Theorem bad : 1 = 2.
(*** answer ***)
This is obvious, since both sides are numbers.
(*** empty | no_answer ***)
Theorem bad : 1 = 2.
(*** answer ***)

(*** endless-tactic | timed_out | never ends ***)
Theorem bad : 1 = 2.
(*** answer ***)
repeat pose proof I.
(*** big-term | timed_out | a term of 2^60 nodes ***)
Fixpoint big (n : nat) : Prop := match n with 0 => True | S m => big m /\ big m end.
Theorem bad : big 60.
(*** answer ***)
compute. repeat split.
(*** big-number | wrong or timed_out | 2^60 in unary: out of memory or out of time ***)
Theorem bad : 1 = 2.
(*** answer ***)
Theorem bad : Nat.pow 2 60 = Nat.pow 2 60 + 1. Proof. vm_compute. reflexivity. Qed.
