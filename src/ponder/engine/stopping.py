"""When a running completion ends, and when its reasoning opens and closes.

Fed one token id at a time; decodes text only for the few tokens that could complete a marker or a stop
string. Knows nothing of tensors. Agrees with `text.chat_format.parse_completion` on the finished text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from ponder.records import FinishReason, Sampling
from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN, parse_completion
from ponder.text.tokenizer import Tokenizer

UNFINISHED_CHARACTER = "\ufffd"
BYTES_PER_CHARACTER = 4


class Phase(Enum):
    UNDECIDED = auto()  # the text so far could still become the opening marker
    PLAIN = auto()  # an answer without reasoning
    THINKING = auto()
    CLOSED = auto()


def phase_after(text: str, *, opened: bool) -> Phase:
    """Where a completion stands that has begun with `text`; `opened` by its prompt or not."""
    if not opened and THINK_OPEN.startswith(text.strip()):
        return Phase.THINKING if text.strip() == THINK_OPEN else Phase.UNDECIDED
    parsed = parse_completion(text, opened=opened)
    thought = opened or text.lstrip().startswith(THINK_OPEN)
    return Phase.THINKING if not parsed.closed else Phase.CLOSED if thought else Phase.PLAIN


@dataclass(frozen=True, slots=True)
class Marks:
    """Strings to look for at the end of a growing text."""

    texts: tuple[str, ...]
    last_characters: frozenset[str]
    reach: int
    """Tokens that one of them can be cut into."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Marks:
        texts = tuple(text for text in texts if text)
        last = frozenset({text[-1] for text in texts} | {UNFINISHED_CHARACTER})
        return cls(texts, last, max(map(len, texts), default=0) * BYTES_PER_CHARACTER)


class Endings:
    """What ends the completions of one `generate` call."""

    def __init__(self, tokenizer: Tokenizer, sampling: Sampling) -> None:
        self.tokenizer = tokenizer
        self.eos_ids: frozenset[int] = frozenset() if sampling.ignore_eos else tokenizer.eos_ids
        self.stop, self.pause = Marks.of(sampling.stop), Marks.of(sampling.pause)
        self.budget = sampling.thinking_budget
        self.close_ids = tuple(tokenizer.encode(f"\n{THINK_CLOSE}\n")) if self.budget is not None else ()
        self._pieces: dict[int, str] = {}

    def piece(self, token: int) -> str:
        """The token's own text, remembered."""
        text = self._pieces.get(token)
        if text is None:
            text = self._pieces[token] = self.tokenizer.decode([token])
        return text

    def closes_thinking(self, tokens: Sequence[int], *, since: int) -> bool:
        if THINK_CLOSE[-1] not in self.piece(tokens[-1]):
            return False
        recent = tokens[max(since, len(tokens) - 2 * len(THINK_CLOSE)) :]
        return THINK_CLOSE in self.tokenizer.decode(recent)

    def has(self, marks: Marks, tokens: Sequence[int], *, since: int) -> bool:
        """Whether the last token completes one of them."""
        if not marks.texts or marks.last_characters.isdisjoint(self.piece(tokens[-1])):
            return False
        recent = self.tokenizer.decode(tokens[max(since, len(tokens) - marks.reach - 1) :])
        return any(text in recent for text in marks.texts)

    def has_stop(self, tokens: Sequence[int]) -> bool:
        """Whether a stop string is among the first tokens, which were held back until they were an answer."""
        texts = self.stop.texts
        return bool(texts) and any(text in self.tokenizer.decode(tokens) for text in texts)


@dataclass(slots=True)
class Watch:
    """One completion: its tokens so far, and what they mean for it."""

    endings: Endings
    limit: int
    phase: Phase = Phase.UNDECIDED
    tokens: list[int] = field(default_factory=list[int])
    opened_at: int = 0
    closed_at: int = 0
    forced: list[int] = field(default_factory=list[int])
    was_forced: bool = False

    def __post_init__(self) -> None:
        if self.phase is Phase.THINKING:
            self._spend()

    @property
    def reasoning_tokens(self) -> int:
        """Up to and including the end-of-thinking marker; all of them while it is open."""
        return len(self.tokens) if self.phase is Phase.THINKING else self.closed_at

    def next_forced(self) -> int:
        """The token that must come next, or -1."""
        return self.forced.pop(0) if self.forced else -1

    def push(self, token: int) -> FinishReason | None:
        """Take a token; a reason if it was the last."""
        self.tokens.append(token)
        if token in self.endings.eos_ids:
            return self._ended()
        phase = self.phase
        if phase is Phase.THINKING:
            self._think()
        elif phase is Phase.UNDECIDED:
            self._decide()
            if self.phase is Phase.PLAIN and self.endings.has_stop(self.tokens):
                return self._ended()
        elif self.endings.has(self.endings.stop, self.tokens, since=self.closed_at):
            return self._ended()
        if self.endings.has(self.endings.pause, self.tokens, since=0) and not self.forced:
            return FinishReason.PAUSED
        return FinishReason.LENGTH if len(self.tokens) >= self.limit else None

    def _ended(self) -> FinishReason:
        return FinishReason.BUDGET if self.was_forced else FinishReason.STOP

    def _decide(self) -> None:
        text = self.endings.tokenizer.decode(self.tokens).lstrip()
        if text.startswith(THINK_OPEN):
            self.phase, self.opened_at = Phase.THINKING, len(self.tokens)
            self._spend()
        elif not THINK_OPEN.startswith(text):
            self.phase = Phase.PLAIN

    def _think(self) -> None:
        if self.endings.closes_thinking(self.tokens, since=self.opened_at):
            self.phase, self.closed_at = Phase.CLOSED, len(self.tokens)
        else:
            self._spend()

    def _spend(self) -> None:
        """Begin to close the reasoning once its budget is gone."""
        budget = self.endings.budget
        if budget is not None and not self.was_forced and len(self.tokens) - self.opened_at >= budget:
            self.forced, self.was_forced = list(self.endings.close_ids), True
