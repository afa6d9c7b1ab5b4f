"""Names of tensors in Hugging Face folders, of all times and kinds, and ours.

Ours are those of a `LlamaForCausalLM` without the leading `model.`. Folders of a bare base model have no
prefix either; folders of a Gemma 3 that also sees have a longer one, which changed places over time. Knows
nothing of which tensors a model needs.
"""

from __future__ import annotations

HEAD = "lm_head.weight"
PREFIX = "model."
"""As `transformers` writes the text models that we cover."""
PREFIXES = ("model.language_model.", "language_model.model.", "language_model.", PREFIX)
"""Those of longer names first: each is tried in turn."""
OTHER_PARTS = ("vision_tower.", "multi_modal_projector.", "vision_model.")
"""What a model that also sees has besides its text model, with or without `model.`."""
ROTARY_CONSTANT = ".rotary_emb.inv_freq"
"""Old exporters saved the frequencies of rotary positions; they follow from the config."""


def our_name(name: str) -> str | None:
    """None for what is no part of the text model's weights."""
    if name.endswith(ROTARY_CONSTANT) or name.removeprefix(PREFIX).startswith(OTHER_PARTS):
        return None
    prefix = next((each for each in PREFIXES if name.startswith(each)), "")
    return name.removeprefix(prefix)


def hf_name(name: str) -> str:
    """As `transformers` writes ours."""
    return name if name == HEAD else PREFIX + name
