"""A thin face on Hugging Face `tokenizers`: text to ids and back, with the special ids by name.

Knows nothing of chats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer as Backend

from ponder.errors import ContextError, ModelError


class Tokenizer:
    """Token ids in the order of one `tokenizer.json`."""

    def __init__(self, backend: Backend, *, eos_ids: Iterable[int], bos_id: int | None = None) -> None:
        self.backend = backend
        self.eos_ids = frozenset(eos_ids)
        self.bos_id = bos_id

    @classmethod
    def from_file(cls, path: Path, *, eos_ids: Iterable[int], bos_id: int | None = None) -> Tokenizer:
        if not path.is_file():
            raise ModelError(
                f"{path.parent} has no tokenizer.json: point --model at a complete Hugging Face folder"
            )
        try:
            backend = Backend.from_file(str(path))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the library raises bare Exception, or panics, which is not even one
            raise ModelError(f"{path} is not a readable tokenizer: {first_line(error)}") from error
        # Some folders were saved with these switched on; prompts are to be as they are.
        backend.no_truncation()
        backend.no_padding()
        return cls(backend, eos_ids=eos_ids, bos_id=bos_id)

    @property
    def vocab_size(self) -> int:
        return self.backend.get_vocab_size(with_added_tokens=True)

    @property
    def largest_id(self) -> int:
        """That the tokenizer gives; ids may have gaps, so this may be more than their number."""
        return max(self.backend.get_vocab(with_added_tokens=True).values(), default=-1)

    def encode(self, text: str) -> list[int]:
        """Ids of text that we rendered: control tokens in it are control tokens."""
        try:
            return self.backend.encode(text, add_special_tokens=False).ids
        except TypeError as error:
            raise ContextError("a prompt holds half a surrogate pair, which no tokenizer can read") from error
        except Exception as error:  # bare: the text needs an unknown token that the vocabulary lacks
            raise ModelError(f"the tokenizer cannot encode a text: {first_line(error)}") from error

    def decode(self, ids: Sequence[int], *, skip_special: bool = False) -> str:
        return self.backend.decode(list(ids), skip_special_tokens=skip_special)

    def id_of(self, token: str) -> int | None:
        """The id of a whole token such as `</think>`, or None if the vocabulary lacks it."""
        return self.backend.token_to_id(token)

    def save(self, path: Path) -> None:
        self.backend.save(str(path))


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
