"""The rollouts of a step as tensors, and their logprobs under the policy, each prompt computed once.

A group's samples share their prompt, and often it is longer than what they add. So the prompts of a step are
passed through the model once; completions attend to the keys and values remembered, in pieces of like length
that bound memory. Each piece leaves its gradient with those keys and values, and one backward pass through
the prompts ends the step. The slow twin is `batch.token_logprobs` over whole rows.

P prompts, S their positions, B completions, T their tokens, N tokens of the policy, K key-value heads, D head
size, W width. Prompts are padded on the left, so that a key's place is its position, up to a shift by the
padding that rotary positions do not see; completions are padded on the right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer
from ponder.records import Rollout
from ponder.training.batch import passes, target_logprobs
from ponder.training.memory import LEAST_TOKENS

PADDING = 0.1
"""The share of padding above which a piece is closed."""


@dataclass(frozen=True, slots=True)
class PolicyBatch:
    """Completions and what is known of them; `owner_B` is the place of each one's prompt."""

    owner_B: Tensor
    ids_BT: Tensor
    mask_BT: Tensor
    """True on tokens that the policy wrote."""
    sampled_BT: Tensor
    """Logprobs of the policy as it sampled."""
    trainer_BT: Tensor | None
    """The same as the trainer computed them then, where it was asked to."""
    advantages_B: Tensor


class SharedPrompts:
    """Keys, values and last hidden state of prompts, to be attended to by any number of completions."""

    def __init__(self, model: Transformer, prompts: Sequence[Sequence[int]]) -> None:
        distinct = list(dict.fromkeys(tuple(prompt) for prompt in prompts))
        self.places = {prompt: place for place, prompt in enumerate(distinct)}
        self.length = max(map(len, distinct))
        ids_PS = torch.zeros((len(distinct), self.length), dtype=torch.int64)
        for place, prompt in enumerate(distinct):
            ids_PS[place, self.length - len(prompt) :] = torch.tensor(prompt)
        padding = [self.length - len(prompt) for prompt in distinct]
        self.seen_PS = (torch.arange(self.length) >= torch.tensor(padding)[:, None]).to(model.device)
        recorder = _Recorder()
        hidden_PSW = model.hidden(ids_PS.to(model.device), mask=self._causal(), cache=recorder)
        self._roots = [*recorder.tensors(), hidden_PSW[:, -1]]
        self._leaves = [root.detach().requires_grad_(root.requires_grad) for root in self._roots]

    @property
    def last_PW(self) -> Tensor:
        """The hidden state that predicts each completion's first token."""
        return self._leaves[-1]

    def cache(self, owner_B: Tensor) -> _PromptCache:
        """What completions of these prompts attend to."""
        return _PromptCache(self._leaves[:-1], owner_B)

    def mask(self, owner_B: Tensor, tokens: int) -> Tensor:
        """B1TS: all of the own prompt, and the completion up to each token."""
        causal_TT = torch.ones(tokens, tokens, dtype=torch.bool, device=self.seen_PS.device).tril()
        prompt_BTS = self.seen_PS[owner_B][:, None].expand(-1, tokens, -1)
        return torch.cat([prompt_BTS, causal_TT.expand(len(owner_B), -1, -1)], dim=2)[:, None]

    def backward(self) -> None:
        """Pass on what completions left with the keys and values; to be called once, after them."""
        touched = [
            (root, leaf.grad)
            for root, leaf in zip(self._roots, self._leaves, strict=True)
            if leaf.grad is not None
        ]
        if touched:
            roots, gradients = zip(*touched, strict=True)
            torch.autograd.backward(roots, gradients)

    def _causal(self) -> Tensor:
        """P1SS; padding looks at itself, since a row must look somewhere."""
        square = torch.ones(self.length, self.length, dtype=torch.bool, device=self.seen_PS.device)
        itself = torch.eye(self.length, dtype=torch.bool, device=self.seen_PS.device)
        return ((square.tril() & self.seen_PS[:, None]) | itself)[:, None]


class _Recorder:
    """A cache that remembers the keys and values of one pass, with their graph."""

    def __init__(self) -> None:
        self._layers = dict[int, _Recording]()

    def layer(self, index: int) -> _Recording:
        return self._layers.setdefault(index, _Recording())

    def tensors(self) -> list[Tensor]:
        return [tensor for index in sorted(self._layers) for tensor in self._layers[index].kept]


class _Recording:
    kept: tuple[Tensor, Tensor]

    def update(self, keys_BKTD: Tensor, values_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        self.kept = keys_BKTD, values_BKTD
        return self.kept


class _PromptCache:
    """Puts the own prompt's keys and values before each completion's."""

    def __init__(self, tensors: Sequence[Tensor], owner_B: Tensor) -> None:
        self._tensors, self._owner_B = tensors, owner_B

    def layer(self, index: int) -> _PromptLayer:
        return _PromptLayer(self._tensors[2 * index], self._tensors[2 * index + 1], self._owner_B)


@dataclass(frozen=True, slots=True)
class _PromptLayer:
    keys_PKSD: Tensor
    values_PKSD: Tensor
    owner_B: Tensor

    def update(self, keys_BKTD: Tensor, values_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        return (
            torch.cat([self.keys_PKSD.index_select(0, self.owner_B), keys_BKTD], dim=2),
            torch.cat([self.values_PKSD.index_select(0, self.owner_B), values_BKTD], dim=2),
        )


def policy_batch(rollouts: Sequence[Rollout], prompts: SharedPrompts) -> PolicyBatch:
    """Rollouts of these prompts, padded to the longest."""
    shape = len(rollouts), max(len(rollout.completion_ids) for rollout in rollouts)
    ids_BT = torch.zeros(shape, dtype=torch.int64)
    mask_BT, sampled_BT, trainer_BT = (torch.zeros(shape, dtype=kind) for kind in (torch.bool, None, None))
    for row, rollout in enumerate(rollouts):
        length = len(rollout.completion_ids)
        ids_BT[row, :length] = torch.tensor(rollout.completion_ids)
        mask_BT[row, :length] = torch.tensor(rollout.own) if rollout.own else True
        sampled_BT[row, :length] = torch.tensor(rollout.logprobs)
        trainer_BT[row, : len(rollout.trainer_logprobs)] = torch.tensor(rollout.trainer_logprobs)
    known = all(rollout.trainer_logprobs for rollout in rollouts)
    device = prompts.seen_PS.device
    return PolicyBatch(
        torch.tensor([prompts.places[rollout.prompt_ids] for rollout in rollouts], device=device),
        ids_BT.to(device),
        mask_BT.to(device),
        sampled_BT.to(device),
        trainer_BT.to(device) if known else None,
        torch.tensor([rollout.advantage for rollout in rollouts], device=device),
    )


def completion_logprobs(
    model: Transformer, prompts: SharedPrompts, batch: PolicyBatch, *, temperature: float = 1.0
) -> Tensor:
    """Log-probability BT of each token of the policy at a sampling temperature; 0 where the mask is False."""
    before_BTW = prompts.last_PW.index_select(0, batch.owner_B)[:, None]
    new = batch.ids_BT.shape[1] - 1
    if new:
        hidden_BTW = model.hidden(
            batch.ids_BT[:, :-1],
            positions_BT=prompts.length + torch.arange(new, device=model.device)[None],
            mask=prompts.mask(batch.owner_B, new),
            cache=prompts.cache(batch.owner_B),
        )
        before_BTW = torch.cat([before_BTW, hidden_BTW], dim=1)
    logprobs_N = target_logprobs(
        model, before_BTW[batch.mask_BT], batch.ids_BT[batch.mask_BT], temperature=temperature
    )
    return torch.zeros_like(batch.sampled_BT).masked_scatter(batch.mask_BT, logprobs_N)


def groups_within(rollouts: Sequence[Rollout], token_limit: int) -> Iterator[list[Rollout]]:
    """Whole groups whose prompts, padded, stay within half of `token_limit`: the other half is for
    completions."""
    by_prompt = dict[tuple[int, ...], list[Rollout]]()
    for rollout in rollouts:
        by_prompt.setdefault(rollout.prompt_ids, []).append(rollout)
    taken, together = list[Rollout](), 0
    for prompt in sorted(by_prompt, key=len):
        if taken and (together + 1) * len(prompt) > token_limit / 2:
            yield taken
            taken, together = [], 0
        taken += by_prompt[prompt]
        together += 1
    if taken:
        yield taken


def pieces(rollouts: Sequence[Rollout], token_limit: int) -> Iterator[list[Rollout]]:
    """Runs of rollouts, the shortest completions first, whose padded completions stay within `token_limit`
    and hold little padding."""
    piece, own = list[Rollout](), 0
    for rollout in sorted(rollouts, key=lambda each: len(each.completion_ids)):
        length = len(rollout.completion_ids)
        padded = (len(piece) + 1) * length
        wasteful = own >= LEAST_TOKENS and own + length < (1 - PADDING) * padded
        if piece and (padded > token_limit or wasteful):
            yield piece
            piece, own = [], 0
        piece.append(rollout)
        own += length
    if piece:
        yield piece


def policy_flops(model: Transformer, rollouts: Sequence[Rollout]) -> float:
    """Forward and backward: each prompt once, the last token of a completion never (nothing comes after it),
    logits at every completion token."""
    arch = model.arch
    prompts = {rollout.prompt_ids for rollout in rollouts}
    forward = sum(forward_flops(arch, 0, len(prompt), logits=0) for prompt in prompts)
    for rollout in rollouts:
        begin, new = len(rollout.prompt_ids), len(rollout.completion_ids)
        forward += forward_flops(arch, begin, begin + new - 1, logits=rollout.own_tokens)
    return passes(model) * forward
