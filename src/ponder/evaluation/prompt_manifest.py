"""The exact first prompt of a run, as the model saw it: kept beside the results, because a template, a
missing system turn or a changed instruction moves a score more than most methods do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ponder.protocols import Prompt, RenderingSampler, Sampler
from ponder.records import Completion, Sampling


class Overheard:
    """A sampler whose first prompt is remembered."""

    def __init__(self, sampler: Sampler, model: Sampler) -> None:
        """`model` is who renders prompts; `sampler` may be a store in front of it."""
        self.sampler, self.model = sampler, model
        self.first: Prompt | None = None

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        if self.first is None and prompts:
            self.first = prompts[0]
        return self.sampler.generate(prompts, sampling, on_progress=on_progress)

    @property
    def rendered(self) -> str | None:
        """As text; None before anything was asked, or where the sampler does not say what it sends."""
        if self.first is None or not isinstance(self.model, RenderingSampler):
            return None
        return self.model.rendered(self.first)
