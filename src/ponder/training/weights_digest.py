"""A checksum of a model's weights: a name or a folder says who a teacher is, not how far it was trained.

CRC-32 over every tensor in the order of the state, so any change of a weight is found, and a copy of the
model under another name gives the same. An endpoint's weights are not ours to read: it has none.
"""

from __future__ import annotations

import zlib

import torch

from ponder.engine.engine import Engine
from ponder.protocols import Sampler


def weights_digest(sampler: Sampler) -> str | None:
    """In hexadecimal; None where the weights are not in this process."""
    if not isinstance(sampler, Engine):
        return None
    digest = 0
    for tensor in sampler.transformer.state_dict().values():
        raw = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
        digest = zlib.crc32(memoryview(raw.numpy()), digest)
    return f"{digest:08x}"
