"""The embedded sampler: prompts to completions, with the exact cost of each.

Every distinct prompt is computed once and its pages shared by its samples; what a call leaves in the cache
serves later prompts that begin alike. Weights are read anew at every call, so training may change them in
place between calls. Knows nothing of problems, rewards or strategies.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import torch

from ponder.engine.compiled import CompiledPass
from ponder.engine.forward import Forward
from ponder.engine.kv_cache import PAGE_SIZE, KVCache, bytes_per_position
from ponder.engine.ledger import count_cost, share_seconds
from ponder.engine.native.library import KernelError
from ponder.engine.native_forward import NativeForward
from ponder.engine.padded_forward import PaddedForward, batches_within, pad_right
from ponder.engine.page_pool import PagePool
from ponder.engine.scheduler import Group, Sample, Scheduler
from ponder.engine.stopping import Endings, Phase, Watch, phase_after
from ponder.errors import ConfigError, ContextError
from ponder.model.transformer import Transformer
from ponder.protocols import Begun, Prompt
from ponder.records import Completion, Cost, Message, Sampling
from ponder.text.chat_format import ChatTemplate, opens_thinking, parse_completion
from ponder.text.tokenizer import Tokenizer

SCORE_TOKENS = 2048
MEMORY_SHARE = 0.5
"""How much of the free memory the cache may take when no budget is given."""
Kernels = Literal["auto", "native", "torch", "compiled"]
"""Who carries out the forward pass: the kernels in C, torch, or torch through `torch.compile`."""


SLOTS = {"cpu": 64}
"""More rows than that fill no unit that was idle, and what they remember no longer fits a processor's cache
(benchmarks/strategy_batching.py)."""
MOST_SLOTS = 256


@dataclass(frozen=True, slots=True)
class Start:
    """Where the completions of a prompt begin: its ids, and what has been written of them already."""

    ids: tuple[int, ...]
    begun: str
    spent: int
    opened: bool
    """Whether the prompt itself had opened the reasoning."""

    @property
    def phase(self) -> Phase:
        return phase_after(self.begun, opened=self.opened)


class Engine:
    """Satisfies `protocols.Sampler`.

    `slots` rows run together at most (64 on a CPU, 256 on a GPU when not given), in a cache of `cache_mb`
    megabytes (by default half of the free memory, or all that the rows could use); what does not fit waits.
    `max_context` limits prompt and completion together. `kernels="auto"` takes the native kernels on a CPU
    where they can be compiled.
    """

    def __init__(
        self,
        transformer: Transformer,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        *,
        name: str = "model",
        slots: int | None = None,
        max_context: int | None = None,
        cache_mb: float | None = None,
        kernels: Kernels = "auto",
    ) -> None:
        self.transformer, self.tokenizer, self.template, self.name = transformer, tokenizer, template, name
        self.slots = slots or SLOTS.get(transformer.device.type, MOST_SLOTS)
        self.context = min(max_context or transformer.arch.context, transformer.arch.context)
        self.kernels: Kernels = kernels
        self.forward = choose_forward(transformer, kernels)
        self.cache = self._make_cache(cache_mb)
        self.pool = PagePool(self.cache.pages, page_size=PAGE_SIZE)
        self._version = weights_version(transformer)

    def _make_cache(self, cache_mb: float | None) -> KVCache:
        arch, dtype, device = self.transformer.arch, self.transformer.dtype, self.transformer.device
        page_bytes = PAGE_SIZE * bytes_per_position(arch, dtype=dtype)
        budget = _free_bytes(device) * MEMORY_SHARE if cache_mb is None else cache_mb * 2**20
        # One page more: samples of a prompt each copy its last, partly full one.
        most = self.slots * -(-self.context // PAGE_SIZE) + 1
        pages = min(int(budget) // page_bytes, most)
        if pages < 2:
            raise ContextError(
                f"a cache of {budget / 2**20:.1f} MB holds not even {2 * PAGE_SIZE} tokens of "
                f"{page_bytes // PAGE_SIZE} bytes: raise cache_mb"
            )
        return KVCache(arch, pages=pages, dtype=dtype, device=device)

    @property
    def cache_bytes(self) -> int:
        return self.cache.bytes

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
        think: bool | None = None,
    ) -> list[list[Completion]]:
        """`sampling.n` completions for each prompt, prompts in their order.

        Each completion's `token_ids` include its end token, its `text` does not, nor a stop string. The
        first sample of a prompt pays for its computation; the others book it as `cached_prompt_tokens`.
        Tokens that a thinking budget forced carry the logprob the model gave them. `on_progress` is told
        how many more completions are done; `think` goes to the chat template.
        """
        began = time.perf_counter()
        made: dict[tuple[int, int], Completion] = {}
        for place, number, completion in self.stream(prompts, sampling, think=think):
            made[place, number] = completion
            if on_progress is not None:
                on_progress(1)
        numbers = range(sampling.first, sampling.first + sampling.n)
        ordered = [made[place, number] for place in range(len(prompts)) for number in numbers]
        costs = share_seconds([each.cost for each in ordered], time.perf_counter() - began)
        whole = [replace(each, cost=cost) for each, cost in zip(ordered, costs, strict=True)]
        return [whole[start : start + sampling.n] for start in range(0, len(whole), sampling.n)]

    def stream(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, think: bool | None = None
    ) -> Iterator[tuple[int, int, Completion]]:
        """The same, one by one as they end: place of the prompt, number, completion. Its seconds are those
        since the one before it, so that their sum is right."""
        last = time.perf_counter()
        starts = [self._start(prompt, think) for prompt in prompts]
        samples = self._samples(starts, sampling)
        if self._version != (version := weights_version(self.transformer)):
            self.forget_prompts()
            self.forward.refresh()
            self._version = version
        places = {each: place // sampling.n for place, each in enumerate(samples)}
        scheduler = Scheduler(
            self.forward, self.cache, self.pool, sampling, slots=self.slots, device=self.transformer.device
        )
        for finished in scheduler.run(samples):
            for each in finished:
                seconds, last = time.perf_counter() - last, time.perf_counter()
                cost = replace(self._cost(each), seconds=seconds)
                yield places[each], each.index, self._completion(each, starts[places[each]], cost)

    def forget_prompts(self) -> None:
        """Empty the prefix cache, so that what comes next costs what it would cost alone."""
        self.pool.forget_all()

    def score(self, sequences: Sequence[Sequence[int]]) -> list[list[float]]:
        """For each sequence the logprobs of its tokens from the second on, given those before them."""
        scores: list[list[float]] = [[] for _ in sequences]
        for sequence in sequences:
            self._check_ids(sequence, room=0)
        lengths = [len(sequence) for sequence in sequences]
        with torch.inference_mode():
            for batch in batches_within(lengths, token_budget=SCORE_TOKENS):
                batch = [index for index in batch if lengths[index] > 1]
                if not batch:
                    continue
                ids_BT = pad_right([sequences[index] for index in batch], device=self.transformer.device)
                logits_BTV = self.transformer(ids_BT[:, :-1]).float()
                chosen_BT = logits_BTV.gather(2, ids_BT[:, 1:, None])[..., 0]
                logprobs = (chosen_BT - logits_BTV.logsumexp(dim=-1)).tolist()
                for index, row in zip(batch, logprobs, strict=True):
                    scores[index] = row[: lengths[index] - 1]
        return scores

    def prompt_ids(self, prompt: Prompt, *, think: bool | None = None) -> tuple[int, ...]:
        """Text is encoded as it is; messages are rendered with the model's template; ids stay."""
        if isinstance(prompt, Begun):
            return (*self.prompt_ids(prompt.prompt, think=think), *self._begun_ids(prompt))
        if isinstance(prompt, str):
            return tuple(self.tokenizer.encode(prompt))
        messages = [part for part in prompt if isinstance(part, Message)]
        if messages:
            return tuple(self.tokenizer.encode(self.template.render(messages, think=think)))
        return tuple(part for part in prompt if isinstance(part, int))

    def rendered(self, prompt: Prompt) -> str:
        """A prompt as the text that the model sees."""
        if isinstance(prompt, Begun):
            return self.rendered(prompt.prompt) + prompt.text
        if isinstance(prompt, str):
            return prompt
        messages = [part for part in prompt if isinstance(part, Message)]
        return self.template.render(messages) if messages else self.tokenizer.decode(self.prompt_ids(prompt))

    def _begun_ids(self, prompt: Begun) -> Sequence[int]:
        return prompt.token_ids or self.tokenizer.encode(prompt.text)

    def _start(self, prompt: Prompt, think: bool | None) -> Start:
        if not isinstance(prompt, Begun):
            ids = self.prompt_ids(prompt, think=think)
            return Start(ids, "", 0, self._opens_thinking(ids))
        before = self.prompt_ids(prompt.prompt, think=think)
        ids = (*before, *self._begun_ids(prompt))
        return Start(ids, prompt.text, prompt.spent, self._opens_thinking(before))

    def _samples(self, starts: Sequence[Start], sampling: Sampling) -> list[Sample]:
        """All samples in the order of the prompts; equal prompts share one group."""
        endings = Endings(self.tokenizer, sampling)
        groups: dict[tuple[int, ...], Group] = {}
        samples: list[Sample] = []
        for start in starts:
            self._check_ids(start.ids, room=1)
            group = groups.setdefault(start.ids, Group(start.ids))
            limit = min(max(1, sampling.max_tokens - start.spent), self.context - len(start.ids))
            for index in range(sampling.first, sampling.first + sampling.n):
                watch = Watch(endings, limit, start.phase)
                sample = Sample(group, index, watch, pays_prefill=group.unstarted == 0)
                group.unstarted += 1
                samples.append(sample)
            self._check_room(samples[-1])
        return samples

    def _check_room(self, sample: Sample) -> None:
        pages = self.pool.pages_for(sample.positions) + (sample.group.unstarted > 1)
        if pages > self.pool.pages:
            tokens = self.pool.pages * PAGE_SIZE
            raise ContextError(
                f"a request of {sample.positions + 1} tokens does not fit a cache of {tokens} tokens "
                f"({self.cache_bytes / 2**20:.0f} MB): raise cache_mb or lower max_tokens"
            )

    def _check_ids(self, ids: Sequence[int], *, room: int) -> None:
        if not ids and room:
            raise ContextError("a prompt has no tokens: give it at least one")
        if len(ids) + room > self.context:
            raise ContextError(
                f"a prompt of {len(ids)} tokens leaves no room in a context of {self.context}: shorten it"
            )
        if ids and not 0 <= min(ids) <= max(ids) < self.transformer.arch.vocab_size:
            raise ContextError(f"a prompt has token ids outside 0..{self.transformer.arch.vocab_size - 1}")

    def _opens_thinking(self, ids: Sequence[int]) -> bool:
        return opens_thinking(self.tokenizer.decode(ids[-32:]))

    def price(self, *, prompt: int, cached: int, generated: int, reasoning: int) -> Cost:
        """What a completion of these lengths takes, `cached` of its prompt's tokens found in the cache."""
        return count_cost(
            self.transformer.arch, prompt=prompt, cached=cached, generated=generated, reasoning=reasoning
        )

    def _cost(self, each: Sample) -> Cost:
        return self.price(
            prompt=len(each.group.prompt_ids),
            cached=each.cached if each.pays_prefill else len(each.group.prompt_ids),
            generated=len(each.watch.tokens),
            reasoning=each.watch.reasoning_tokens,
        )

    def _completion(self, each: Sample, start: Start, cost: Cost) -> Completion:
        assert each.finish is not None
        tokens = each.watch.tokens
        text = self._text(each)
        parsed = parse_completion(start.begun + text, opened=start.opened)
        return Completion(
            token_ids=tuple(tokens),
            text=text,
            logprobs=tuple(each.logprobs),
            certainties=tuple(each.certainties),
            finish_reason=each.finish,
            reasoning=parsed.reasoning,
            answer=parsed.answer,
            reasoning_closed=parsed.closed,
            cost=cost,
        )

    def _text(self, each: Sample) -> str:
        """The completion's text without its end token, cut at the first stop string of its answer."""
        watch = each.watch
        ended = watch.tokens[-1] in watch.endings.eos_ids
        tokens = watch.tokens[:-1] if ended else watch.tokens
        text = self.tokenizer.decode(tokens)
        if not watch.endings.stop.texts or watch.phase not in (Phase.PLAIN, Phase.CLOSED):
            return text
        answer_at = len(self.tokenizer.decode(tokens[: watch.closed_at]))
        places = [text.find(stop, answer_at) for stop in watch.endings.stop.texts]
        return text[: min((place for place in places if place >= 0), default=len(text))]


def weights_version(transformer: Transformer) -> tuple[int, ...]:
    """Changes whenever a weight is written in place or replaced."""
    version: list[int] = []
    for tensor in (*transformer.parameters(), *transformer.buffers()):
        version += (tensor.data_ptr(), tensor._version)  # pyright: ignore[reportPrivateUsage]
    return tuple(version)


def choose_forward(transformer: Transformer, kernels: Kernels) -> Forward:
    """The native kernels need a CPU and a C compiler; without one, a line says so and torch does the work."""
    if kernels not in get_args(Kernels):
        raise ConfigError(f"there are no kernels {kernels!r}; known: {', '.join(get_args(Kernels))}")
    if kernels == "torch":
        return PaddedForward(transformer)
    if kernels == "compiled" or (kernels == "auto" and transformer.device.type != "cpu"):
        return PaddedForward(transformer, decode=CompiledPass())
    try:
        return NativeForward(transformer)
    except KernelError as error:
        if kernels == "native":
            raise
        print(f"ponder: decoding in torch, which is slower: {error}", file=sys.stderr)
        return PaddedForward(transformer)


def _free_bytes(device: torch.device) -> int:
    """Memory that could be had now: of the GPU, or Linux's MemAvailable, or all the machine has."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
