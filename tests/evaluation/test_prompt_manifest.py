from fakes import ScriptedSampler, random_engine

from ponder.engine.remote import RemoteSampler
from ponder.evaluation.prompt_manifest import Overheard
from ponder.protocols import Begun
from ponder.records import Message, Sampling

CHAT = (Message("user", "hi"),)


def test_the_first_prompt_is_kept_as_the_model_saw_it() -> None:
    engine = random_engine()
    heard = Overheard(engine, engine)
    assert heard.rendered is None
    heard.generate([CHAT, "other"], Sampling(max_tokens=1))
    heard.generate(["later"], Sampling(max_tokens=1))
    assert heard.rendered == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"


def test_every_kind_of_prompt_can_be_shown() -> None:
    engine = random_engine()
    assert engine.rendered("plain") == "plain"
    assert engine.rendered(engine.tokenizer.encode("ab")) == "ab"
    assert engine.rendered(Begun(CHAT, "so")) == engine.rendered(CHAT) + "so"
    remote = RemoteSampler("http://127.0.0.1:1/v1", model="m")
    assert remote.rendered(CHAT) == '[{"role": "user", "content": "hi"}]'


def test_a_sampler_that_does_not_say_leaves_none() -> None:
    sampler = ScriptedSampler(["x"])
    heard = Overheard(sampler, sampler)
    heard.generate(["a"], Sampling())
    assert heard.rendered is None
