"""Makes the embedded model: tokenizer, pretraining on everything, instruction tuning on completions.

`python -m ponder.training.pretrain RECIPE.toml OUT` or `ponder train pretrain RECIPE.toml --out OUT`.
The result is a Hugging Face folder. Reproducible: `seed` decides the weights, `corpus.seed` the corpus.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ponder.config import at_least, resolve
from ponder.engine.save import save_model
from ponder.errors import ConfigError
from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer, initialise
from ponder.text.chat_format import CHATML, ChatTemplate
from ponder.text.tokenizer import Tokenizer
from ponder.text.train_tokenizer import END_OF_TEXT, TURN_CLOSE, train_tokenizer
from ponder.training.batch import Example, PackedBatches, TokenBatch, mean_cross_entropy
from ponder.training.corpus import CorpusConfig, Document, documents, plain
from ponder.training.guard import GuardConfig
from ponder.training.keeper import Keeper
from ponder.training.loop import LoopConfig, Loss, train
from ponder.training.trackers import TrackerName

Log = Callable[[str, int, Mapping[str, float]], None]
FIRST, SECOND = "pretrain", "instruct"
"""The stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeConfig:
    """The decoder's shape (Qwen3 family, tied embeddings)."""

    vocab_size: int = 1024
    width: int = 160
    layers: int = 6
    heads: int = 5
    head_size: int = 32
    mlp_width: int = 448
    context: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainConfig:
    pretrain: LoopConfig
    """Every token of plain texts and chats."""
    instruct: LoopConfig
    """Only the completions of chats."""
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    size: SizeConfig = field(default_factory=SizeConfig)
    tokenizer_documents: int = 20_000
    rows: int = 32
    length: int = 256
    seed: int = 0
    compile: bool = True
    """Compile the loss with torch.compile."""
    guard: GuardConfig = field(default_factory=GuardConfig)
    log: TrackerName = "jsonl"
    """Where figures go besides metrics.jsonl."""

    def __post_init__(self) -> None:
        at_least(1, tokenizer_documents=self.tokenizer_documents, rows=self.rows)
        at_least(2, length=self.length)
        if self.length > self.size.context:
            raise ConfigError(f"length is {self.length}, more than size.context ({self.size.context})")


def pretrain(
    config: PretrainConfig, out: Path, *, log: Log, keepers: Mapping[str, Keeper] | None = None
) -> Path:
    """Train from nothing and write a Hugging Face folder to `out`. Each stage has a keeper of its own; the
    finished first one is what the second begins with when a run is resumed."""
    template = ChatTemplate(CHATML)
    tokenizer = corpus_tokenizer(config, template)
    model = Transformer(architecture(config.size))
    initialise(model, seed=config.seed)
    loss_fn = pretraining_loss(compiled=config.compile)
    stream = documents(config.corpus)
    for name, loop, whole in ((FIRST, config.pretrain, True), (SECOND, config.instruct, False)):
        share = config.corpus.plain_share if whole else 0.0
        examples = EncodedDocuments(stream, tokenizer, template, plain_share=share)
        batches = PackedBatches(
            examples, rows=config.rows, length=config.length, learn_prompts=whole, skip=examples.skip
        )
        train(
            model,
            batches,
            loss_fn,
            loop,
            log=lambda step, figures, name=name: log(name, step, figures),
            keeper=(keepers or {}).get(name),
        )
    save_model(model, tokenizer, template, out)
    return out


def architecture(size: SizeConfig) -> Architecture:
    return Architecture(
        family="qwen3",
        vocab_size=size.vocab_size,
        width=size.width,
        layers=size.layers,
        heads=size.heads,
        kv_heads=size.heads,
        head_size=size.head_size,
        mlp_width=size.mlp_width,
        context=size.context,
    )


def corpus_tokenizer(config: PretrainConfig, template: ChatTemplate) -> Tokenizer:
    sample = itertools.islice(documents(config.corpus), config.tokenizer_documents)
    texts = (chat_text(document, template) for document in sample)
    backend = train_tokenizer(texts, vocab_size=config.size.vocab_size)
    ids = [backend.token_to_id(token) for token in (TURN_CLOSE, END_OF_TEXT)]
    return Tokenizer(backend, eos_ids=[i for i in ids if i is not None])


def chat_text(document: Document, template: ChatTemplate) -> str:
    return template.render(document.prompt) + document.completion + f"{TURN_CLOSE}\n"


class EncodedDocuments:
    """Documents as token ids; every so often one is told plainly, without a chat around it."""

    def __init__(
        self, stream: Iterator[Document], tokenizer: Tokenizer, template: ChatTemplate, *, plain_share: float
    ) -> None:
        self.stream, self.tokenizer, self.template = stream, tokenizer, template
        self.plain_share, self.count = plain_share, 0

    def __iter__(self) -> Iterator[Example]:
        return self

    def __next__(self) -> Example:
        document, before = next(self.stream), self.count
        self.count += 1
        if int(self.count * self.plain_share) > int(before * self.plain_share):
            return Example((), self.tokenizer.encode(plain(document) + END_OF_TEXT))
        prompt = self.tokenizer.encode(self.template.render(document.prompt))
        return Example(prompt, self.tokenizer.encode(f"{document.completion}{TURN_CLOSE}\n"))

    def skip(self, count: int) -> None:
        """Pass over documents; making them is quick, encoding them is not."""
        for _ in range(count):
            next(self.stream)
        self.count += count


def pretraining_loss(*, compiled: bool) -> Callable[[Transformer, TokenBatch], Loss]:
    cross_entropy = torch.compile(mean_cross_entropy) if compiled else mean_cross_entropy

    def loss_fn(model: Transformer, batch: TokenBatch) -> Loss:
        value: Tensor = cross_entropy(model, batch)
        return Loss(value, {"loss": float(value.detach()), "tokens": float(batch.ids_BT.numel())})

    return loss_fn


def main(argv: list[str]) -> int:
    recipe, out = Path(argv[0]), Path(argv[1])
    began = time.perf_counter()

    def log(stage: str, step: int, figures: Mapping[str, float]) -> None:
        if step % 20 == 0:
            print(
                f"{stage} {step} loss {figures['loss']:.4f} {time.perf_counter() - began:.0f} s", flush=True
            )

    pretrain(resolve(PretrainConfig, recipe).config, out, log=log)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
