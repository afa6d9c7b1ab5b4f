"""Text to ids and back."""

from pathlib import Path

import pytest
from tokenizers import AddedToken, decoders, pre_tokenizers
from tokenizers import Tokenizer as Backend
from tokenizers.models import BPE

from ponder.errors import ModelError
from ponder.text.tokenizer import Tokenizer


def byte_tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Backend(BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken("<|end|>", special=True, normalized=False)])
    return Tokenizer(backend, eos_ids=[256])


@pytest.mark.parametrize("text", ["", "plain", "  two  spaces\n", "naïve 漢字 🙂", "a<|end|>b", "\t\r\n"])
def test_decode_undoes_encode(text: str) -> None:
    tokenizer = byte_tokenizer()
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_special_tokens() -> None:
    tokenizer = byte_tokenizer()
    assert tokenizer.vocab_size == 257
    assert tokenizer.id_of("<|end|>") == 256
    assert tokenizer.id_of("<think>") is None
    ids = tokenizer.encode("a<|end|>")
    assert ids[-1] in tokenizer.eos_ids
    assert tokenizer.decode(ids, skip_special=True) == "a"


def test_saved_and_loaded(tmp_path: Path) -> None:
    tokenizer = byte_tokenizer()
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.from_file(tmp_path / "tokenizer.json", eos_ids=[256], bos_id=3)
    assert again.encode("x = 12<|end|>") == tokenizer.encode("x = 12<|end|>")
    assert (again.eos_ids, again.bos_id) == (frozenset({256}), 3)


def test_a_missing_or_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        Tokenizer.from_file(tmp_path / "tokenizer.json", eos_ids=[])
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="not a readable tokenizer"):
        Tokenizer.from_file(tmp_path / "tokenizer.json", eos_ids=[])
