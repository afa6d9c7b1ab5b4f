$( arithmetic.mm: propositional calculus and the arithmetic of natural numbers.

   A small database for the proof checker of ponder, written for it and under its licence, Apache-2.0.
   Classical logic in Hilbert's manner; implication and negation after Lukasiewicz, the other connectives
   by their introduction and elimination. Arithmetic after Peano, without quantifiers: induction is a rule
   whose hypotheses say how a formula reads at 0, y, S y and t. Proofs are normal where short, else compressed. $)

$c ( ) -> ~ & | <-> = 0 S + * wff term var |- $.

$( Formulas, terms, and individual variables. $)
$v p q r s o t u v w x y z $.
wp $f wff p $.
wq $f wff q $.
wr $f wff r $.
ws $f wff s $.
wo $f wff o $.
tt $f term t $.
tu $f term u $.
tv $f term v $.
tw $f term w $.
vx $f var x $.
vy $f var y $.
vz $f var z $.

w-imp $a wff ( p -> q ) $.
w-not $a wff ~ p $.
w-and $a wff ( p & q ) $.
w-or $a wff ( p | q ) $.
w-iff $a wff ( p <-> q ) $.
w-eq $a wff t = u $.
t-var $a term x $.
t-zero $a term 0 $.
t-succ $a term S t $.
t-add $a term ( t + u ) $.
t-mul $a term ( t * u ) $.

$( ---------- Implication ---------- $)

${
  mp.1 $e |- p $.
  mp.2 $e |- ( p -> q ) $.
  $( Detachment, the rule of inference. $)
  mp $a |- q $.
$}

$( What holds, holds under any condition. $)
keep $a |- ( p -> ( q -> p ) ) $.

$( A condition spreads over an implication. $)
spread $a |- ( ( p -> ( q -> r ) ) -> ( ( p -> q ) -> ( p -> r ) ) ) $.

$( Everything implies itself. $)
identity $p |- ( p -> p ) $=
    ( w-imp keep spread mp ) AAABZBZFAACAFABBGFBAFCAFADEE $.

${
  weaken.1 $e |- p $.
  $( Add a condition to a theorem. $)
  weaken $p |- ( q -> p ) $=
    wp wq wp w-imp weaken.1 wp wq keep mp $.
$}

${
  spread-i.1 $e |- ( p -> ( q -> r ) ) $.
  $( The rule form of spread. $)
  spread-i $p |- ( ( p -> q ) -> ( p -> r ) ) $=
    wp wq wr w-imp w-imp wp wq w-imp wp wr w-imp w-imp spread-i.1 wp wq wr spread mp $.
$}

${
  under.1 $e |- ( p -> q ) $.
  under.2 $e |- ( p -> ( q -> r ) ) $.
  $( Detachment under a condition. $)
  under $p |- ( p -> r ) $=
    wp wq w-imp wp wr w-imp under.1 wp wq wr under.2 spread-i mp $.
$}

${
  chain.1 $e |- ( p -> q ) $.
  chain.2 $e |- ( q -> r ) $.
  $( Implications follow one another. $)
  chain $p |- ( p -> r ) $=
    wp wq w-imp wp wr w-imp chain.1 wp wq wr wq wr w-imp wp chain.2 weaken spread-i mp $.
$}

${
  lift.1 $e |- ( q -> r ) $.
  $( Put a condition before both sides. $)
  lift $p |- ( ( p -> q ) -> ( p -> r ) ) $=
    wp wq wr wq wr w-imp wp lift.1 weaken spread-i $.
$}

$( An implication may be prefixed. $)
before $p |- ( ( q -> r ) -> ( ( p -> q ) -> ( p -> r ) ) ) $=
    ( w-imp keep spread chain ) BCDZAHDABDACDDHAEABCFG $.

${
  swap-i.1 $e |- ( p -> ( q -> r ) ) $.
  $( Two conditions trade places. $)
  swap-i $p |- ( q -> ( p -> r ) ) $=
    wq wp wq w-imp wp wr w-imp wq wp keep wp wq wr swap-i.1 spread-i chain $.
$}

$( An implication may be suffixed. $)
after $p |- ( ( p -> q ) -> ( ( q -> r ) -> ( p -> r ) ) ) $=
    wq wr w-imp wp wq w-imp wp wr w-imp wp wq wr before swap-i $.

$( The order of two conditions does not matter. $)
swap $p |- ( ( p -> ( q -> r ) ) -> ( q -> ( p -> r ) ) ) $=
    ( w-imp spread keep after mp chain ) ABCDDABDZACDZDZBKDZABCEBJDLMDBAFBJKGHI $.

$( Detachment as a formula. $)
detach $p |- ( p -> ( ( p -> q ) -> q ) ) $=
    wp wq w-imp wp wq wp wq w-imp identity swap-i $.

$( A condition stated twice counts once. $)
contract $p |- ( ( p -> ( p -> q ) ) -> ( p -> q ) ) $=
    ( w-imp spread identity detach mp chain ) AABCZCAACZICZIAABDJKICAEJIFGH $.

${
  contract-i.1 $e |- ( p -> ( p -> q ) ) $.
  $( The rule form of contract. $)
  contract-i $p |- ( p -> q ) $=
    wp wp wq w-imp w-imp wp wq w-imp contract-i.1 wp wq contract mp $.
$}

${
  chain-under.1 $e |- ( p -> ( q -> r ) ) $.
  chain-under.2 $e |- ( p -> ( r -> s ) ) $.
  $( Implications follow one another under a condition. $)
  chain-under $p |- ( p -> ( q -> s ) ) $=
    ( w-imp before chain under ) ABCGZBDGZEACDGKLGFBCDHIJ $.
$}

$( Two conditions that are not needed. $)
deep-keep $p |- ( p -> ( q -> ( r -> p ) ) ) $=
    wp wq wp w-imp wq wr wp w-imp w-imp wp wq keep wq wp wr wp w-imp wp wr keep lift chain $.

$( The first of three conditions becomes the last. $)
rotate $p |- ( ( p -> ( q -> ( r -> s ) ) ) -> ( q -> ( r -> ( p -> s ) ) ) ) $=
    ( w-imp swap lift chain ) ABCDEZEEBAIEZEBCADEEZEABIFBJKACDFGH $.

$( ---------- Negation ---------- $)

$( Contraposition. $)
contra $a |- ( ( ~ p -> ~ q ) -> ( q -> p ) ) $.

$( From a contradiction, anything. $)
explode $p |- ( ~ p -> ( p -> q ) ) $=
    wp w-not wq w-not wp w-not w-imp wp wq w-imp wp w-not wq w-not keep wq wp contra chain $.

$( From a contradiction, anything, in the other order. $)
explode-2 $p |- ( p -> ( ~ p -> q ) ) $=
    wp w-not wp wq wp wq explode swap-i $.

$( A double negation can be dropped. $)
not-not-out $p |- ( ~ ~ p -> p ) $=
    ( w-not w-imp explode contra chain contract-i ) ABZBZAIHIBZCIACHJDAIEFG $.

$( A double negation can be added. $)
not-not-in $p |- ( p -> ~ ~ p ) $=
    wp w-not w-not w-not wp w-not w-imp wp wp w-not w-not w-imp wp w-not not-not-out wp w-not
    w-not wp contra mp $.

$( Contraposition of a negated conclusion. $)
contra-2 $p |- ( ( p -> ~ q ) -> ( q -> ~ p ) ) $=
    ( w-not w-imp not-not-out after mp contra chain ) ABCZDZACZCZJDZBLDMADKNDAEMAJFGLBHI $.

$( Contraposition of a negated condition. $)
contra-3 $p |- ( ( ~ p -> q ) -> ( ~ q -> p ) ) $=
    ( w-not w-imp not-not-in lift contra chain ) ACZBDIBCZCZDJADIBKBEFAJGH $.

$( Contraposition, introducing both negations. $)
contra-4 $p |- ( ( p -> q ) -> ( ~ q -> ~ p ) ) $=
    ( w-imp w-not not-not-in lift contra-2 chain ) ABCABDZDZCIADCABJBEFAIGH $.

$( What follows from its own negation holds. $)
clavius $p |- ( ( ~ p -> p ) -> p ) $=
    ( w-not w-imp explode spread mp contra chain contract-i )
    ABZACZAKJKBZCZKACJALCCKMCALDJALEFAKGHI $.

$( What implies its own negation fails. $)
reductio $p |- ( ( p -> ~ p ) -> ~ p ) $=
    ( w-not w-imp not-not-out after mp clavius chain ) AABZCZIBZICZIKACJLCADKAIEFIGH $.

$( Peirce's law. $)
peirce $p |- ( ( ( p -> q ) -> p ) -> p ) $=
    ( w-imp w-not explode after mp clavius chain ) ABCZACZADZACZALJCKMCABELJAFGAHI $.

$( What holds in either case holds. $)
cases $p |- ( ( p -> q ) -> ( ( ~ p -> q ) -> q ) ) $=
    ( w-imp w-not before clavius lift chain contra-3 after mp )
    ABCZBDZACZBCZADBCZBCZLNMBCZCOMABENRBBFGHPNCOQCABIPNBJKH $.

${
  cases-i.1 $e |- ( p -> q ) $.
  cases-i.2 $e |- ( ~ p -> q ) $.
  $( The rule form of cases. $)
  cases-i $p |- q $=
    wp w-not wq w-imp wq cases-i.2 wp wq w-imp wp w-not wq w-imp wq w-imp cases-i.1 wp wq cases
    mp mp $.
$}

$( What implies a formula and its negation fails. $)
absurd $p |- ( ( p -> q ) -> ( ( p -> ~ q ) -> ~ p ) ) $=
    ( w-imp w-not contra-4 before chain reductio lift )
    ABCZABDZCZAADZCZCZLMCJKMCOABEAKMFGLNMAHIG $.

$( ---------- Conjunction ---------- $)

$( A conjunction implies its first part. $)
and-1 $a |- ( ( p & q ) -> p ) $.

$( A conjunction implies its second part. $)
and-2 $a |- ( ( p & q ) -> q ) $.

$( Two formulas imply their conjunction. $)
and-in $a |- ( p -> ( q -> ( p & q ) ) ) $.

${
  both.1 $e |- p $.
  both.2 $e |- q $.
  $( Join two theorems. $)
  both $p |- ( p & q ) $=
    wq wp wq w-and both.2 wp wq wp wq w-and w-imp both.1 wp wq and-in mp mp $.
$}

${
  pair.1 $e |- ( p -> q ) $.
  pair.2 $e |- ( p -> r ) $.
  $( Join two conclusions. $)
  pair $p |- ( p -> ( q & r ) ) $=
    wp wr wq wr w-and pair.2 wp wq wr wq wr w-and w-imp pair.1 wq wr and-in chain under $.
$}

$( Conjunction commutes. $)
and-swap $p |- ( ( p & q ) -> ( q & p ) ) $=
    wp wq w-and wq wp wp wq and-2 wp wq and-1 pair $.

$( Conjunction associates. $)
and-assoc $p |- ( ( ( p & q ) & r ) -> ( p & ( q & r ) ) ) $=
    ( w-and and-1 chain and-2 pair ) ABDZCDZABCDJIAICEZABEFJBCJIBKABGFICGHH $.

$( A formula implies its conjunction with itself. $)
and-same $p |- ( p -> ( p & p ) ) $=
    wp wp wp wp identity wp identity pair $.

$( Part a joint condition. $)
export $p |- ( ( ( p & q ) -> r ) -> ( p -> ( q -> r ) ) ) $=
    ( w-and w-imp and-in before swap-i chain ) AABDZCEZBCEZABJEZKLEABFKMLBJCGHIH $.

$( Join two conditions. $)
import $p |- ( ( p -> ( q -> r ) ) -> ( ( p & q ) -> r ) ) $=
    ( w-imp w-and and-1 after mp spread chain and-2 detach )
    ABCDZDZABEZBDZOCDZDZQNOMDZROADNSDABFOAMGHOBCIJPRQDABKPQLHJ $.

${
  import-i.1 $e |- ( p -> ( q -> r ) ) $.
  $( The rule form of import. $)
  import-i $p |- ( ( p & q ) -> r ) $=
    wp wq wr w-imp w-imp wp wq w-and wr w-imp import-i.1 wp wq wr import mp $.
$}

${
  and-map.1 $e |- ( p -> q ) $.
  and-map.2 $e |- ( r -> s ) $.
  $( Map both parts of a conjunction. $)
  and-map $p |- ( ( p & r ) -> ( q & s ) ) $=
    ( w-and and-1 chain and-2 pair ) ACGZBDLABACHEILCDACJFIK $.
$}

$( A formula and its negation do not both hold. $)
no-contradiction $p |- ~ ( p & ~ p ) $=
    ( w-not w-and w-imp and-1 and-2 explode chain under reductio mp )
    AABZCZMBZDNMANALEMLANDALFANGHIMJK $.

$( Detachment from a conjunction. $)
modus-ponens $p |- ( ( p & ( p -> q ) ) -> q ) $=
    wp wp wq w-imp wq wp wq detach import-i $.

$( ---------- Disjunction ---------- $)

$( A disjunction follows from its first part. $)
or-1 $a |- ( p -> ( p | q ) ) $.

$( A disjunction follows from its second part. $)
or-2 $a |- ( q -> ( p | q ) ) $.

$( What follows from both parts follows from their disjunction. $)
or-out $a |- ( ( p -> r ) -> ( ( q -> r ) -> ( ( p | q ) -> r ) ) ) $.

${
  either.1 $e |- ( p -> r ) $.
  either.2 $e |- ( q -> r ) $.
  $( The rule form of or-out. $)
  either $p |- ( ( p | q ) -> r ) $=
    ( w-imp w-or or-out mp ) BCFZABGCFZEACFJKFDABCHII $.
$}

$( Disjunction commutes. $)
or-swap $p |- ( ( p | q ) -> ( q | p ) ) $=
    wp wq wq wp w-or wq wp or-2 wq wp or-1 either $.

$( Disjunction associates. $)
or-assoc $p |- ( ( ( p | q ) | r ) -> ( p | ( q | r ) ) ) $=
    ( w-or or-1 or-2 chain either ) ABDCABCDZDZABJAIEBIJBCEAIFZGHCIJBCFKGH $.

$( A disjunction of a formula with itself. $)
or-same $p |- ( ( p | p ) -> p ) $=
    wp wp wp wp identity wp identity either $.

${
  or-map.1 $e |- ( p -> q ) $.
  or-map.2 $e |- ( r -> s ) $.
  $( Map both parts of a disjunction. $)
  or-map $p |- ( ( p | r ) -> ( q | s ) ) $=
    ( w-or or-1 chain or-2 either ) ACBDGZABLEBDHICDLFBDJIK $.
$}

$( Every formula holds or fails. $)
excluded-middle $p |- ( p | ~ p ) $=
    wp wp wp w-not w-or wp wp w-not or-1 wp wp w-not or-2 cases-i $.

$( De Morgan's law for a disjunction that fails. $)
de-morgan-1 $p |- ( ~ ( p | q ) -> ( ~ p & ~ q ) ) $=
    ( w-or w-not w-imp or-1 contra-4 mp or-2 pair ) ABCZDZADZBDZAKELMEABFAKGHBKELNEABIBKGHJ $.

$( De Morgan's law for two formulas that fail. $)
de-morgan-2 $p |- ( ( ~ p & ~ q ) -> ~ ( p | q ) ) $=
    ( w-not w-and w-or w-imp and-2 explode chain and-1 or-out under reductio )
    ACZBCZDZABEZQCZFZRPBRFZSPOTNOGBRHIPARFZTSFPNUANOJARHIABRKILQMI $.

$( Conjunction distributes over disjunction. $)
and-over-or $p |- ( ( p & ( q | r ) ) -> ( ( p & q ) | ( p & r ) ) ) $=
    ( w-or w-and w-imp and-in swap-i or-1 lift chain or-2 either import-i )
    ABCDZABEZACEZDZOARBCARFZBAPFSABPABGHAPRPQIJKCAQFSACQACGHAQRPQLJKMHN $.

$( Disjunction distributes over conjunction. $)
or-over-and $p |- ( ( p | ( q & r ) ) -> ( ( p | q ) & ( p | r ) ) ) $=
    ( w-and w-or identity and-1 or-map and-2 pair ) ABCDZEABEACEAAKBAFZBCGHAAKCLBCIHJ $.

$( If one part fails, the other holds. $)
syllogism $p |- ( ( p | q ) -> ( ~ p -> q ) ) $=
    wp wq wp w-not wq w-imp wp wq explode-2 wq wp w-not keep either $.

$( ---------- Equivalence ---------- $)

$( An equivalence implies the forward implication. $)
iff-1 $a |- ( ( p <-> q ) -> ( p -> q ) ) $.

$( An equivalence implies the backward implication. $)
iff-2 $a |- ( ( p <-> q ) -> ( q -> p ) ) $.

$( Two implications make an equivalence. $)
iff-in $a |- ( ( p -> q ) -> ( ( q -> p ) -> ( p <-> q ) ) ) $.

${
  iff-i.1 $e |- ( p -> q ) $.
  iff-i.2 $e |- ( q -> p ) $.
  $( Join two implications. $)
  iff-i $p |- ( p <-> q ) $=
    wq wp w-imp wp wq w-iff iff-i.2 wp wq w-imp wq wp w-imp wp wq w-iff w-imp iff-i.1 wp wq
    iff-in mp mp $.
$}

${
  iff-under.1 $e |- ( p -> ( q -> r ) ) $.
  iff-under.2 $e |- ( p -> ( r -> q ) ) $.
  $( Join two implications under a condition. $)
  iff-under $p |- ( p -> ( q <-> r ) ) $=
    ( w-imp w-iff iff-in chain under ) ACBFZBCGZEABCFKLFDBCHIJ $.
$}

$( Equivalence is reflexive. $)
iff-same $p |- ( p <-> p ) $=
    wp wp wp identity wp identity iff-i $.

$( Equivalence is symmetric. $)
iff-swap $p |- ( ( p <-> q ) -> ( q <-> p ) ) $=
    wp wq w-iff wq wp wp wq iff-2 wp wq iff-1 iff-under $.

${
  iff-chain.1 $e |- ( p <-> q ) $.
  iff-chain.2 $e |- ( q <-> r ) $.
  $( Equivalence is transitive. $)
  iff-chain $p |- ( p <-> r ) $=
    ( w-iff w-imp iff-1 mp chain iff-2 iff-i )
    ACABCABFZABGDABHIBCFZBCGEBCHIJCBANCBGEBCKIMBAGDABKIJL $.
$}

${
  iff-mp.1 $e |- p $.
  iff-mp.2 $e |- ( p <-> q ) $.
  $( Detachment along an equivalence. $)
  iff-mp $p |- q $=
    wp wq iff-mp.1 wp wq w-iff wp wq w-imp iff-mp.2 wp wq iff-1 mp mp $.
$}

$( Equivalent formulas have equivalent negations. $)
iff-not $p |- ( ( p <-> q ) -> ( ~ p <-> ~ q ) ) $=
    ( w-iff w-not w-imp iff-2 contra-4 chain iff-1 iff-under )
    ABCZADZBDZKBAELMEABFBAGHKABEMLEABIABGHJ $.

$( Equivalent conditions make equivalent implications. $)
iff-imp $p |- ( ( p <-> q ) -> ( ( p -> r ) <-> ( q -> r ) ) ) $=
    ( w-iff w-imp iff-2 after chain iff-1 iff-under )
    ABDZACEZBCEZKBAELMEABFBACGHKABEMLEABIABCGHJ $.

$( A formula is equivalent to its double negation. $)
not-not $p |- ( p <-> ~ ~ p ) $=
    wp wp w-not w-not wp not-not-in wp not-not-out iff-i $.

$( An implication is equivalent to its contraposition. $)
contraposition $p |- ( ( p -> q ) <-> ( ~ q -> ~ p ) ) $=
    wp wq w-imp wq w-not wp w-not w-imp wp wq contra-4 wq wp contra iff-i $.

$( A joint condition is two conditions. $)
curry $p |- ( ( ( p & q ) -> r ) <-> ( p -> ( q -> r ) ) ) $=
    wp wq w-and wr w-imp wp wq wr w-imp w-imp wp wq wr export wp wq wr import iff-i $.

$( Conjunction commutes, as an equivalence. $)
and-commutes $p |- ( ( p & q ) <-> ( q & p ) ) $=
    wp wq w-and wq wp w-and wp wq and-swap wq wp and-swap iff-i $.

$( Disjunction commutes, as an equivalence. $)
or-commutes $p |- ( ( p | q ) <-> ( q | p ) ) $=
    wp wq w-or wq wp w-or wp wq or-swap wq wp or-swap iff-i $.

$( ---------- Equality ---------- $)

$( Equality is reflexive. $)
eq-same $a |- t = t $.

$( What equals the same is equal. $)
eq-left $a |- ( t = u -> ( t = v -> u = v ) ) $.

$( Equals have equal successors. $)
eq-succ $a |- ( t = u -> S t = S u ) $.

$( Equals may be added to. $)
eq-add-1 $a |- ( t = u -> ( t + v ) = ( u + v ) ) $.

$( Equals may be added. $)
eq-add-2 $a |- ( t = u -> ( v + t ) = ( v + u ) ) $.

$( Equals may be multiplied. $)
eq-mul-1 $a |- ( t = u -> ( t * v ) = ( u * v ) ) $.

$( Equals may multiply. $)
eq-mul-2 $a |- ( t = u -> ( v * t ) = ( v * u ) ) $.

$( Equality is symmetric. $)
eq-swap $p |- ( t = u -> u = t ) $=
    ( w-eq w-imp eq-same eq-left swap-i mp ) AACZABCZBACZDAEJIKABAFGH $.

$( Equality is transitive. $)
eq-chain $p |- ( t = u -> ( u = v -> t = v ) ) $=
    tt tu w-eq tu tt w-eq tu tv w-eq tt tv w-eq w-imp tt tu eq-swap tu tt tv eq-left chain $.

${
  eq-swap-i.1 $e |- t = u $.
  $( Turn an equation round. $)
  eq-swap-i $p |- u = t $=
    tt tu w-eq tu tt w-eq eq-swap-i.1 tt tu eq-swap mp $.
$}

${
  eq-chain-i.1 $e |- t = u $.
  eq-chain-i.2 $e |- u = v $.
  $( Two equations follow one another. $)
  eq-chain-i $p |- t = v $=
    tu tv w-eq tt tv w-eq eq-chain-i.2 tt tu w-eq tu tv w-eq tt tv w-eq w-imp eq-chain-i.1 tt tu
    tv eq-chain mp mp $.
$}

${
  eq-swap-under.1 $e |- ( p -> t = u ) $.
  $( Turn an equation round under a condition. $)
  eq-swap-under $p |- ( p -> u = t ) $=
    wp tt tu w-eq tu tt w-eq eq-swap-under.1 tt tu eq-swap chain $.
$}

${
  eq-chain-under.1 $e |- ( p -> t = u ) $.
  eq-chain-under.2 $e |- ( p -> u = v ) $.
  $( Two equations follow one another under a condition. $)
  eq-chain-under $p |- ( p -> t = v ) $=
    ( w-eq w-imp eq-chain chain under ) ACDGZBDGZFABCGLMHEBCDIJK $.
$}

${
  eq-replace.1 $e |- ( p -> t = u ) $.
  eq-replace.2 $e |- ( p -> v = w ) $.
  $( Replace both sides of an equation. $)
  eq-replace $p |- ( p -> ( t = v -> u = w ) ) $=
    ( w-eq w-imp eq-left chain eq-chain swap-i chain-under )
    ABDHZCDHZCEHZABCHOPIFBCDJKADEHZPQIGPRQCDELMKN $.
$}

${
  eq-both.1 $e |- ( p -> t = u ) $.
  eq-both.2 $e |- ( p -> v = w ) $.
  $( Equations between equals are equivalent. $)
  eq-both $p |- ( p -> ( t = v <-> u = w ) ) $=
    ( w-eq eq-replace eq-swap-under iff-under ) ABDHCEHABCDEFGIACBEDABCFJADEGJIK $.
$}

$( ---------- Arithmetic ---------- $)

$( Zero is no successor. $)
succ-not-zero $a |- ~ S t = 0 $.

$( Different numbers have different successors. $)
succ-same $a |- ( S t = S u -> t = u ) $.

$( Adding zero. $)
add-zero $a |- ( t + 0 ) = t $.

$( Adding a successor. $)
add-succ $a |- ( t + S u ) = S ( t + u ) $.

$( Multiplying by zero. $)
mul-zero $a |- ( t * 0 ) = 0 $.

$( Multiplying by a successor. $)
mul-succ $a |- ( t * S u ) = ( ( t * u ) + t ) $.

${
  $d x y $. $d p y $. $d q x $. $d r x $. $d s x $. $d o x $. $d t x $.
  induction.1 $e |- ( x = 0 -> ( p <-> q ) ) $.
  induction.2 $e |- ( x = y -> ( p <-> r ) ) $.
  induction.3 $e |- ( x = S y -> ( p <-> s ) ) $.
  induction.4 $e |- ( x = t -> ( p <-> o ) ) $.
  induction.5 $e |- q $.
  induction.6 $e |- ( r -> s ) $.
  $( Induction. The formula p speaks of x; q, r, s and o are what it says of 0, y, S y and t. $)
  induction $a |- o $.
$}

$( One and one is two. $)
one-and-one $p |- ( S 0 + S 0 ) = S S 0 $=
    ( t-zero t-succ t-add add-succ w-eq add-zero eq-succ mp eq-chain-i )
    ABZJCJACZBZJBZJADKJELMEJFKJGHI $.

$( Two and two is four. $)
two-and-two $p |- ( S S 0 + S S 0 ) = S S S S 0 $=
    ( t-zero t-succ t-add add-succ w-eq add-zero eq-succ mp eq-chain-i )
    ABZBZKCKJCZBZKBZBZKJDLNEMOELKACZBZNKADPKEQNEKFPKGHILNGHI $.

$( Zero is not one. $)
zero-not-one $p |- ~ 0 = S 0 $=
    ( t-zero t-succ w-eq w-not succ-not-zero w-imp eq-swap contra-4 mp )
    ABZACZDZAJCZDZAEMKFLNFAJGMKHII $.

${
  $d t x $. $d x y $.
  $( Adding to zero. $)
  zero-add $p |- ( 0 + t ) = t $=
    ( t-zero vx t-var t-add w-eq vy t-succ eq-add-2 identity eq-both add-zero add-succ weaken
    eq-succ eq-chain-under induction )
    BCDZEZRFBBEZBFBGDZEZUAFZBUAHZEZUDFBAEZAFACGRBFZSTRBRBBIUGJKRUAFZSUBRUARUABIUHJKR
    UDFZSUERUDRUDBIUIJKRAFZSUFRARABIUJJKBLUCUEUBHZUDUEUKFUCBUAMNUBUAOPQ $.
$}

${
  $d t x y $. $d u x $.
  $( Adding to a successor. $)
  succ-add $p |- ( S t + u ) = S ( t + u ) $=
    ( t-succ vx t-var t-add w-eq t-zero vy eq-add-2 eq-succ chain eq-both add-zero mp eq-swap-i
    eq-chain-i add-succ weaken eq-chain-under induction )
    ACZDEZFZAUCFZCZGUBHFZAHFZCZGUBIEZFZAUJFZCZGZUBUJCZFZAUOFZCZGUBBFZABFZCZGBDIUCHGZ
    UDUGUFUIUCHUBJVBUEUHGUFUIGUCHAJUEUHKLMUCUJGZUDUKUFUMUCUJUBJVCUEULGUFUMGUCUJAJUEU
    LKLMUCUOGZUDUPUFURUCUOUBJVDUEUQGUFURGUCUOAJUEUQKLMUCBGZUDUSUFVAUCBUBJVEUEUTGUFVA
    GUCBAJUEUTKLMUGUBUIUBNUIUBUHAGUIUBGANUHAKOPQUNUPUKCZURUPVFGUNUBUJRSUNVFUMCZURUKU
    MKVGURGUNURVGUQUMGURVGGAUJRUQUMKOPSTTUA $.
$}

${
  $d t x y $. $d u x $.
  $( Addition commutes. $)
  add-commutes $p |- ( t + u ) = ( u + t ) $=
    ( vx t-var t-add w-eq t-zero vy t-succ eq-add-2 eq-add-1 eq-both add-zero zero-add eq-swap-i
    eq-chain-i add-succ weaken eq-succ succ-add eq-chain-under induction )
    ACDZEZUCAEZFAGEZGAEZFAHDZEZUHAEZFZAUHIZEZULAEZFABEZBAEZFBCHUCGFUDUFUEUGUCGAJUCGA
    KLUCUHFUDUIUEUJUCUHAJUCUHAKLUCULFUDUMUEUNUCULAJUCULAKLUCBFUDUOUEUPUCBAJUCBAKLUFA
    UGAMUGAANOPUKUMUIIZUNUMUQFUKAUHQRUKUQUJIZUNUIUJSURUNFUKUNURUHATORUAUAUB $.
$}

${
  $d t x y $. $d u x y $. $d v x $.
  $( Addition associates. $)
  add-assoc $p |- ( ( t + u ) + v ) = ( t + ( u + v ) ) $=
    ( t-add vx t-var w-eq t-zero vy t-succ eq-add-2 chain eq-both add-zero mp eq-swap-i
    eq-chain-i add-succ weaken eq-succ eq-chain-under induction )
    ABDZEFZDZABUDDZDZGUCHDZABHDZDZGUCIFZDZABUKDZDZGZUCUKJZDZABUPDZDZGUCCDZABCDZDZGCE
    IUDHGZUEUHUGUJUDHUCKVCUFUIGUGUJGUDHBKUFUIAKLMUDUKGZUEULUGUNUDUKUCKVDUFUMGUGUNGUD
    UKBKUFUMAKLMUDUPGZUEUQUGUSUDUPUCKVEUFURGUGUSGUDUPBKUFURAKLMUDCGZUEUTUGVBUDCUCKVF
    UFVAGUGVBGUDCBKUFVAAKLMUHUCUJUCNUJUCUIBGUJUCGBNUIBAKOPQUOUQULJZUSUQVGGUOUCUKRSUO
    VGUNJZUSULUNTVHUSGUOUSVHUSAUMJZDZVHURVIGUSVJGBUKRURVIAKOAUMRQPSUAUAUB $.
$}

$( The last two of three summands trade places. $)
add-swap $p |- ( ( t + u ) + v ) = ( ( t + v ) + u ) $=
    ( t-add add-assoc w-eq add-commutes eq-add-2 mp eq-swap-i eq-chain-i )
    ABDCDABCDZDZACDBDZABCEMACBDZDZNLOFMPFBCGLOAHINPACBEJKK $.

${
  $d t x y $. $d u x y $. $d v x $.
  $( What is added on both sides cancels. $)
  add-cancels $p |- ( ( t + v ) = ( u + v ) -> t = u ) $=
    ( vx t-var t-add w-eq w-imp t-zero vy t-succ w-iff eq-add-2 eq-both iff-imp chain add-zero
    weaken eq-replace contract-i add-succ succ-same after mp induction )
    ADEZFZBUFFZGZABGZHZAIFZBIFZGZUJHZAJEZFZBUPFZGZUJHZAUPKZFZBVAFZGZUJHZACFZBCFZGZUJ
    HZCDJUFIGZUIUNLUKUOLVJUGULUHUMUFIAMUFIBMNUIUNUJOPUFUPGZUIUSLUKUTLVKUGUQUHURUFUPA
    MUFUPBMNUIUSUJOPUFVAGZUIVDLUKVELVLUGVBUHVCUFVAAMUFVABMNUIVDUJOPUFCGZUIVHLUKVILVM
    UGVFUHVGUFCAMUFCBMNUIVHUJOPUNUJUNULAUMBULAGUNAQRUMBGUNBQRSTVDUSHUTVEHVDUQKZURKZG
    ZUSVDVPVDVBVNVCVOVBVNGVDAUPUARVCVOGVDBUPUARSTUQURUBPVDUSUJUCUDUE $.
$}

${
  $d t x $. $d x y $.
  $( No number is its own successor. $)
  succ-differs $p |- ~ t = S t $=
    ( vx t-var t-succ w-eq w-not t-zero vy w-iff identity eq-succ eq-both iff-not chain
    zero-not-one w-imp succ-same contra-4 mp induction )
    BCZUADZEZFZGGDZEZFZHCZUHDZEZFZUIUIDZEZFZAADZEZFZABHUAGEZUCUFIUDUGIURUAGUBUEURJUA
    GKLUCUFMNUAUHEZUCUJIUDUKIUSUAUHUBUIUSJUAUHKLUCUJMNUAUIEZUCUMIUDUNIUTUAUIUBULUTJU
    AUIKLUCUMMNUAAEZUCUPIUDUQIVAUAAUBUOVAJUAAKLUCUPMNOUMUJPUKUNPUHUIQUMUJRST $.
$}

${
  $d t x $. $d x y $.
  $( Multiplying zero. $)
  zero-mul $p |- ( 0 * t ) = 0 $=
    ( t-zero vx t-var t-mul w-eq vy t-succ eq-mul-2 eq-same weaken eq-both mul-zero t-add
    mul-succ add-zero eq-chain-i identity eq-chain-under induction )
    BCDZEZBFBBEZBFBGDZEZBFZBUDHZEZBFBAEZBFACGUABFZUBUCBBUABBIBBFZUJBJZKLUAUDFZUBUEBB
    UAUDBIUKUMULKLUAUGFZUBUHBBUAUGBIUKUNULKLUAAFZUBUIBBUAABIUKUOULKLBMUFUHUEBUHUEFUF
    UHUEBNUEBUDOUEPQKUFRST $.
$}

$( Multiplying by one. $)
mul-one $p |- ( t * S 0 ) = t $=
    ( t-zero t-succ t-mul t-add mul-succ w-eq mul-zero eq-add-1 mp zero-add eq-chain-i )
    ABCDABDZAEZAABFNBAEZAMBGNOGAHMBAIJAKLL $.

$( Twice a number. $)
mul-two $p |- ( t * S S 0 ) = ( t + t ) $=
    ( t-zero t-succ t-mul t-add mul-succ w-eq mul-one eq-add-1 mp eq-chain-i )
    ABCZCDALDZAEZAAEZALFMAGNOGAHMAAIJK $.

$( Two times two is four. $)
two-times-two $p |- ( S S 0 * S S 0 ) = S S S S 0 $=
    ( t-zero t-succ t-mul t-add mul-two two-and-two eq-chain-i ) ABBZHCHHDHBBHEFG $.

${
  $d t x y $. $d u x $.
  $( Multiplying a successor. $)
  succ-mul $p |- ( S t * u ) = ( ( t * u ) + u ) $=
    ( t-succ vx t-var t-mul t-add w-eq t-zero vy eq-mul-2 eq-add-1 chain eq-add-2 eq-chain-under
    eq-both mul-zero add-zero eq-chain-i eq-swap-i mul-succ weaken add-succ add-swap eq-succ mp
    induction ) ACZDEZFZAUIFZUIGZHUHIFZAIFZIGZHUHJEZFZAUPFZUPGZHZUHUPCZFZAVAFZVAGZHUHBFZABFZBGZH
    BDJUIIHZUJUMULUOUIIUHKVHULUNUIGZUOVHUKUNHULVIHUIIAKUKUNUILMUIIUNNOPUIUPHZUJUQULU
    SUIUPUHKVJULURUIGZUSVJUKURHULVKHUIUPAKUKURUILMUIUPURNOPUIVAHZUJVBULVDUIVAUHKVLUL
    VCUIGZVDVLUKVCHULVMHUIVAAKUKVCUILMUIVAVCNOPUIBHZUJVEULVGUIBUHKVNULVFUIGZVGVNUKVF
    HULVOHUIBAKUKVFUILMUIBVFNOPUMIUOUHQUOIUOUNIUNRAQSTSUTVBUQUHGZVDVBVPHUTUHUPUAUBUT
    VPUSUHGZVDUQUSUHLVQVDHUTVQURAGZUPGZCZVDVQUSAGZCZVTUSAUCWAVSHWBVTHURUPAUDWAVSUEUF
    SVDVTVDVRVAGZVTVCVRHVDWCHAUPUAVCVRVALUFVRUPUCSTSUBOOUG $.
$}

${
  $d t x y $. $d u x $.
  $( Multiplication commutes. $)
  mul-commutes $p |- ( t * u ) = ( u * t ) $=
    ( vx t-var t-mul w-eq t-zero vy t-succ eq-mul-2 eq-mul-1 eq-both mul-zero zero-mul eq-swap-i
    eq-chain-i t-add mul-succ weaken eq-add-1 succ-mul eq-chain-under induction )
    ACDZEZUDAEZFAGEZGAEZFAHDZEZUIAEZFZAUIIZEZUMAEZFABEZBAEZFBCHUDGFUEUGUFUHUDGAJUDGA
    KLUDUIFUEUJUFUKUDUIAJUDUIAKLUDUMFUEUNUFUOUDUMAJUDUMAKLUDBFUEUPUFUQUDBAJUDBAKLUGG
    UHAMUHGANOPULUNUJAQZUOUNURFULAUIRSULURUKAQZUOUJUKATUSUOFULUOUSUIAUAOSUBUBUC $.
$}

${
  $d t x y $. $d u x y $. $d v x $.
  $( Multiplication distributes over addition. $)
  distributes $p |- ( t * ( u + v ) ) = ( ( t * u ) + ( t * v ) ) $=
    ( vx t-var t-add t-mul w-eq t-zero vy t-succ eq-add-2 eq-mul-2 chain eq-both add-zero mp
    mul-zero eq-chain-i eq-swap-i add-succ mul-succ weaken eq-add-1 add-assoc eq-chain-under
    induction ) ABDEZFZGZABGZAUHGZFZHABIFZGZUKAIGZFZHABJEZFZGZUKAURGZFZHZABURKZFZGZUKAVDGZFZHABC
    FZGZUKACGZFZHCDJUHIHZUJUOUMUQVMUIUNHUJUOHUHIBLUIUNAMNVMULUPHUMUQHUHIAMULUPUKLNOU
    HURHZUJUTUMVBVNUIUSHUJUTHUHURBLUIUSAMNVNULVAHUMVBHUHURAMULVAUKLNOUHVDHZUJVFUMVHV
    OUIVEHUJVFHUHVDBLUIVEAMNVOULVGHUMVHHUHVDAMULVGUKLNOUHCHZUJVJUMVLVPUIVIHUJVJHUHCB
    LUIVIAMNVPULVKHUMVLHUHCAMULVKUKLNOUOUKUQUNBHUOUKHBPUNBAMQUQUKUQUKIFZUKUPIHUQVQHA
    RUPIUKLQUKPSTSVCVFUTAFZVHVFVRHVCVFAUSKZGZVRVEVSHVFVTHBURUAVEVSAMQAUSUBSUCVCVRVBA
    FZVHUTVBAUDWAVHHVCWAUKVAAFZFZVHUKVAAUEVHWCVGWBHVHWCHAURUBVGWBUKLQTSUCUFUFUG $.
$}

${
  $d t x y $. $d u x y $. $d v x $.
  $( Multiplication associates. $)
  mul-assoc $p |- ( ( t * u ) * v ) = ( t * ( u * v ) ) $=
    ( t-mul vx t-var w-eq t-zero vy t-succ eq-mul-2 chain eq-both mul-zero mp eq-chain-i
    eq-swap-i t-add mul-succ weaken eq-add-1 distributes eq-chain-under induction )
    ABDZEFZDZABUFDZDZGUEHDZABHDZDZGUEIFZDZABUMDZDZGZUEUMJZDZABURDZDZGUECDZABCDZDZGCE
    IUFHGZUGUJUIULUFHUEKVEUHUKGUIULGUFHBKUHUKAKLMUFUMGZUGUNUIUPUFUMUEKVFUHUOGUIUPGUF
    UMBKUHUOAKLMUFURGZUGUSUIVAUFURUEKVGUHUTGUIVAGUFURBKUHUTAKLMUFCGZUGVBUIVDUFCUEKVH
    UHVCGUIVDGUFCBKUHVCAKLMUJHULUENULHULAHDZHUKHGULVIGBNUKHAKOANPQPUQUSUNUERZVAUSVJG
    UQUEUMSTUQVJUPUERZVAUNUPUEUAVKVAGUQVAVKVAAUOBRZDZVKUTVLGVAVMGBUMSUTVLAKOAUOBUBPQ TUCUCUD $.
$}
