"""Tokenizers from GGUF tables, small ones and the catalog's real one."""

import pytest
from tokenizers import pre_tokenizers

from ponder.errors import ModelError
from ponder.model.catalog import CATALOG
from ponder.text.gguf_tokenizer import build_tokenizer
from ponder.text.tokenizer import Tokenizer

SPACE = "Ġ"  # how byte-level BPE writes a space
TOKENS = [
    "<|end|>",
    "<user>",
    *sorted(pre_tokenizers.ByteLevel.alphabet()),
    "ab",
    "12",
    SPACE * 2,
    SPACE + "a",
]
TYPES = [3, 4] + [1] * (len(TOKENS) - 2)
MERGES = ["a b", "1 2", f"{SPACE} {SPACE}", f"{SPACE} a"]


def small(pre_tokenizer: str) -> Tokenizer:
    return build_tokenizer(
        tokens=TOKENS, merges=MERGES, token_types=TYPES, pre_tokenizer=pre_tokenizer, eos_ids=[0], bos_id=0
    )


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    return [TOKENS[index] for index in tokenizer.encode(text)]


def test_gpt2_joins_digits_and_smollm_does_not() -> None:
    assert pieces(small("gpt2"), "12") == ["12"]
    assert pieces(small("smollm"), "12") == ["1", "2"]


def test_spaces_before_a_digit_stay_together_in_smollm() -> None:
    assert pieces(small("gpt2"), "  1") == [SPACE, SPACE, "1"]
    assert pieces(small("smollm"), "  1") == [SPACE * 2, "1"]


def test_control_tokens_are_special_and_user_tokens_are_not() -> None:
    tokenizer = small("gpt2")
    assert pieces(tokenizer, "ab<|end|><user> ab") == ["ab", "<|end|>", "<user>", SPACE, "ab"]
    assert tokenizer.decode(tokenizer.encode("ab<|end|><user>"), skip_special=True) == "ab<user>"
    assert tokenizer.vocab_size == len(TOKENS)
    assert (tokenizer.eos_ids, tokenizer.bos_id) == (frozenset({0}), 0)


@pytest.mark.parametrize(
    "text", ["", "Ünïcode 漢字 🙂", "def f(x):\n\treturn  x**2  # 10%", "<|end|>", "½ ٣ Ⅷ"]
)
@pytest.mark.parametrize("pre_tokenizer", ["gpt2", "smollm"])
def test_decode_undoes_encode(pre_tokenizer: str, text: str) -> None:
    tokenizer = small(pre_tokenizer)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_what_is_not_supported_is_named() -> None:
    with pytest.raises(ModelError, match="deepseek-llm"):
        small("deepseek-llm")
    with pytest.raises(ModelError, match="'t5'"):
        build_tokenizer(tokens=["a"], merges=[], tokenizer_model="t5", pre_tokenizer="default", eos_ids=[])
    with pytest.raises(ModelError, match="missing"):
        build_tokenizer(tokens=["a"], tokenizer_model="llama", pre_tokenizer="default", eos_ids=[])
    with pytest.raises(ModelError, match="lengths"):
        build_tokenizer(tokens=["a", "b"], merges=[], token_types=[1], pre_tokenizer="gpt2", eos_ids=[])
    with pytest.raises(ModelError, match="damaged"):
        build_tokenizer(tokens=["a"], merges=["a b"], pre_tokenizer="gpt2", eos_ids=[])


TEXTS = [
    "The capital of France is Paris.",
    "12345 + 67890 = 80235",
    "in 1999, 3.14159 and -42",
    "Größe, naïve, façade; 漢字 かな; Привет; 🙂🚀",
    "def f(x: int) -> int:\n    return x ** 2  # square\n",
    "for (int i = 0; i < n; ++i) { a[i] += 1; }",
    "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|><|im_start|> <|im_end|>x<|endoftext|>",
    "it's we'll they'd I'M DON'T",
    "   leading and trailing   \n\n\t tabs \r\n",
    "<think>\nLet me see.\n</think>\n\\boxed{\\frac{1}{2}}",
    "<repo_name>a/b<file_sep>c.py",
    "x" * 300,
    "",
]


@pytest.mark.slow
def test_smollm2_equals_what_transformers_builds() -> None:
    """Their reader ignores the digit split, which shows only in runs of spaces before a digit: none here."""
    info = CATALOG["smollm2-135m"]
    if not info.ready:
        pytest.skip("smollm2-135m is not in the cache: run `ponder models pull smollm2-135m`")
    from transformers import AutoTokenizer

    from ponder.model.gguf import load_gguf

    model = load_gguf(info.path)
    tables = model.tokenizer
    ours = build_tokenizer(
        tokens=tables.tokens,
        merges=tables.merges,
        token_types=tables.token_types,
        tokenizer_model=tables.model,
        pre_tokenizer=tables.pre_tokenizer,
        eos_ids=tables.eos_ids,
        bos_id=tables.bos_id,
    )
    theirs = AutoTokenizer.from_pretrained(info.path.parent, gguf_file=info.path.name)
    for text in TEXTS:
        ids = ours.encode(text)
        assert ids == theirs.encode(text, add_special_tokens=False), text
        assert ours.decode(ids) == text
    assert len(ours.encode("12345")) == 5
