(*** add-zero: the textbook's first induction ***)
Theorem add_zero : forall n : nat, n + 0 = n.
(*** answer ***)
Theorem add_zero : forall n : nat, n + 0 = n.
Proof. induction n as [|n IH]; simpl; [reflexivity | rewrite IH; reflexivity]. Qed.
(*** add-comm: the whole file repeated, with lemmas of its own ***)
Theorem add_comm : forall n m : nat, n + m = m + n.
(*** answer ***)
Lemma add_0 : forall n, n + 0 = n. Proof. induction n; simpl; congruence. Qed.
Lemma add_S : forall n m, n + S m = S (n + m). Proof. induction n; simpl; congruence. Qed.
Theorem add_comm : forall n m : nat, n + m = m + n.
Proof. induction n as [|n IH]; intros m; simpl; [symmetry; apply add_0 | rewrite IH, add_S; reflexivity]. Qed.
(*** proof-only: the answer is only the proof ***)
Theorem add_assoc : forall a b c : nat, a + (b + c) = (a + b) + c.
(*** answer ***)
Proof. induction a; intros; simpl; [reflexivity | now rewrite IHa]. Qed.
(*** tactics-only: not even Proof and Qed ***)
Theorem mul_zero : forall n : nat, n * 0 = 0.
(*** answer ***)
induction n as [|n IH].
- reflexivity.
- simpl. exact IH.
(*** fenced: a fenced block in prose ***)
Theorem and_swap : forall A B : Prop, A /\ B -> B /\ A.
(*** answer ***)
We take the conjunction apart and put it together again.

```coq
Theorem and_swap : forall A B : Prop, A /\ B -> B /\ A.
Proof.
  intros A B [a b]. (* both halves *)
  split; assumption.
Qed.
```
(*** term: a proof term instead of tactics ***)
Theorem compose : forall A B C : Prop, (A -> B) -> (B -> C) -> A -> C.
(*** answer ***)
Definition compose : forall A B C : Prop, (A -> B) -> (B -> C) -> A -> C := fun A B C f g a => g (f a).
(*** binders: the answer moves the binders ***)
Theorem or_swap : forall A B : Prop, A \/ B -> B \/ A.
(*** answer ***)
Lemma or_swap (A B : Prop) (either : A \/ B) : B \/ A.
Proof. destruct either as [a | b]; [right | left]; assumption. Qed.
(*** de-morgan: intuitionistic half of De Morgan ***)
Theorem de_morgan : forall A B : Prop, ~ (A \/ B) <-> ~ A /\ ~ B.
(*** answer ***)
Proof. intros A B. unfold not. split; [intros h; split; intros x; apply h; auto | intros [na nb] [a|b]; auto]. Qed.
(*** double-negation: excluded middle is not refutable ***)
Theorem not_not_em : forall A : Prop, ~ ~ (A \/ ~ A).
(*** answer ***)
intros A h. apply h. right. intros a. apply h. left. exact a.
(*** exists-forall: quantifiers ***)
Theorem not_exists : forall (A : Type) (P : A -> Prop), ~ (exists x, P x) -> forall x, ~ P x.
(*** answer ***)
Proof. intros A P none x p. apply none. exists x. exact p. Qed.
(*** witness: an existential with a witness ***)
Theorem square : exists n : nat, n * n = 1764.
(*** answer ***)
exists 42. reflexivity.
(*** definition: a function defined by the statement ***)
Fixpoint double (n : nat) : nat := match n with 0 => 0 | S p => S (S (double p)) end.
Theorem double_plus : forall n, double n = n + n.
(*** answer ***)
Proof. induction n as [|n IH]; simpl; [reflexivity | rewrite IH, <- plus_n_Sm; reflexivity]. Qed.
(*** definition-repeated: the answer repeats the definition, differently laid out ***)
Fixpoint double (n : nat) : nat := match n with 0 => 0 | S p => S (S (double p)) end.
Theorem double_plus : forall n, double n = n + n.
(*** answer ***)
Fixpoint double (n : nat) : nat :=
  match n with
    0 => 0
  | S p => S (S (double p))
  end.

Theorem double_plus : forall n, double n = n + n.
Proof. induction n as [|n IH]; simpl; [reflexivity | rewrite IH, <- plus_n_Sm; reflexivity]. Qed.
(*** inductive: a data type defined by the statement ***)
Inductive tree : Type := leaf | node (left right : tree).
Fixpoint mirror t := match t with leaf => leaf | node l r => node (mirror r) (mirror l) end.
Theorem mirror_mirror : forall t, mirror (mirror t) = t.
(*** answer ***)
induction t as [|l IHl r IHr]; simpl; [reflexivity | now rewrite IHl, IHr].
(*** inductive-repeated: repeated by the answer, which must not make a second type ***)
Inductive tree : Type := leaf | node (left right : tree).
Fixpoint mirror t := match t with leaf => leaf | node l r => node (mirror r) (mirror l) end.
Theorem mirror_mirror : forall t, mirror (mirror t) = t.
(*** answer ***)
Inductive tree : Type := leaf | node (left right : tree).
Fixpoint mirror t := match t with leaf => leaf | node l r => node (mirror r) (mirror l) end.
Theorem mirror_mirror : forall t, mirror (mirror t) = t.
Proof. induction t as [|l IHl r IHr]; simpl; [reflexivity | now rewrite IHl, IHr]. Qed.
(*** predicate: an inductive predicate ***)
Inductive even : nat -> Prop := even_0 : even 0 | even_SS : forall n, even n -> even (S (S n)).
Theorem even_sum : forall n m, even n -> even m -> even (n + m).
(*** answer ***)
Proof. intros n m en em. induction en as [|n en IH]; simpl; [exact em | apply even_SS; exact IH]. Qed.
(*** inversion: nothing odd is even ***)
Inductive even : nat -> Prop := even_0 : even 0 | even_SS : forall n, even n -> even (S (S n)).
Theorem three_is_odd : ~ even 3.
(*** answer ***)
intros h. inversion h as [|n h1]. inversion h1.
(*** lists: a library and its notations ***)
Require Import List.
Import ListNotations.
Theorem rev_app : forall (A : Type) (x y : list A), rev (x ++ y) = rev y ++ rev x.
(*** answer ***)
Proof. induction x as [|a x IH]; intros y; simpl; [now rewrite app_nil_r | now rewrite IH, app_assoc]. Qed.
(*** require-inside: the answer requires what it needs, then gives only the proof ***)
Require List.
Theorem rev_twice : forall (A : Type) (x : list A), List.rev (List.rev x) = x.
(*** answer ***)
From Coq Require Import List.
Proof. exact rev_involutive. Qed.
(*** own-function: a plain recursive function as a help ***)
Theorem list_of_length : forall n : nat, exists l : list nat, length l = n.
(*** answer ***)
Fixpoint count_down (n : nat) : list nat := match n with 0 => nil | S p => cons p (count_down p) end.
Lemma as_long : forall n, length (count_down n) = n. Proof. induction n; simpl; congruence. Qed.
Theorem list_of_length : forall n : nat, exists l : list nat, length l = n.
Proof. intros n. exists (count_down n). apply as_long. Qed.
(*** own-functions: recursion on the second argument, on two steps, and with an accumulator ***)
Theorem true_is_true : true = true.
(*** answer ***)
Fixpoint half (n : nat) : nat := match n with 0 => 0 | 1 => 0 | S (S k) => S (half k) end.
Fixpoint rev_onto {A} (acc l : list A) : list A := match l with nil => acc | cons h t => rev_onto (cons h acc) t end.
Fixpoint same (n m : nat) {struct n} : bool :=
  match n, m with 0, 0 => true | S a, S b => same a b | _, _ => false end.
Theorem true_is_true : true = true.
Proof. exact (eq_refl : same (half 7) (length (rev_onto nil (cons 1 (cons 2 (cons 3 nil))))) = true). Qed.
(*** lia: linear arithmetic by reflection ***)
Require Import Lia ZArith.
Open Scope Z_scope.
Theorem between : forall x y : Z, 2 * x < y -> y < 2 * x + 2 -> y = 2 * x + 1.
(*** answer ***)
lia.
(*** ring: an identity of polynomials ***)
Require Import ZArith.
Open Scope Z_scope.
Theorem binomial : forall a b : Z, (a + b) * (a + b) = a * a + 2 * a * b + b * b.
(*** answer ***)
intros; ring.
(*** vm: computation by the virtual machine ***)
Require Import ZArith.
Theorem power : (2 ^ 200 mod 1000007 = 446616)%Z.
(*** answer ***)
vm_compute. reflexivity.
(*** local-notation: the statement's own notation ends with its file ***)
Definition divides (a b : nat) : Prop := exists k, b = k * a.
Local Notation "a || b" := (divides a b).
Theorem divides_itself : forall n, n || n.
(*** answer ***)
Proof. intros n. exists 1. simpl. apply plus_n_O. Qed.
(*** own-notation: a notation of the answer's that changes nothing ***)
Theorem le_trans3 : forall a b c : nat, a <= b -> b <= c -> a <= c.
(*** answer ***)
Require Import Arith.
Notation "x =< y" := (x <= y) (at level 70).
Lemma steps : forall a b c : nat, a =< b -> b =< c -> a =< c. Proof. intros; eapply Nat.le_trans; eassumption. Qed.
Theorem le_trans3 : forall a b c : nat, a <= b -> b <= c -> a <= c. Proof. exact steps. Qed.
(*** section: a section that is closed ***)
Theorem unique_unit : forall (A : Type) (op : A -> A -> A) (e f : A),
  (forall x, op e x = x) -> (forall x, op x f = x) -> e = f.
(*** answer ***)
Section Units.
Variables (A : Type) (op : A -> A -> A) (e f : A).
Hypothesis left_unit : forall x, op e x = x.
Hypothesis right_unit : forall x, op x f = x.
Theorem unique_unit : e = f.
Proof. rewrite <- (right_unit e). apply left_unit. Qed.
End Units.
(*** record: a structure and a class of it ***)
Class Monoid (A : Type) := { unit : A; op : A -> A -> A; unit_left : forall x, op unit x = x }.
#[global] Instance nat_monoid : Monoid nat := { unit := 0; op := Nat.add; unit_left := fun x => eq_refl }.
Theorem unit_twice : forall (A : Type) (M : Monoid A) (x : A), op unit (op unit x) = x.
(*** answer ***)
Proof. intros A M x. now rewrite !unit_left. Qed.
(*** chatter: an answer that prints much and changes how things are printed ***)
Theorem chatter : 1 + 1 = 2.
(*** answer ***)
#[global] Set Printing All.
#[global] Set Printing Width 5.
Print nat. Search (nat -> nat). Fail Check (1 : bool).
Theorem chatter : 1 + 1 = 2. Proof. reflexivity. Qed.
Print Assumptions chatter.
(*** strings: full stops, quotes and comments in strings ***)
Require Import String.
Open Scope string_scope.
Theorem text : length "a. b (* c ""d"" *)" = 16.
(*** answer ***)
Proof. (* "a string *) in a comment" (* nested *) *) reflexivity. Qed.
(*** universe: a statement about types ***)
Theorem type_in_next : forall A : Type, exists B : Type, B = A.
(*** answer ***)
intros A. exists A. reflexivity.
(*** set-level: the statement is a type, not a proposition ***)
Theorem decidable : forall n m : nat, {n = m} + {n <> m}.
(*** answer ***)
Proof. decide equality. Defined.
