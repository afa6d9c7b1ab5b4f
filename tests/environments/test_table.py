import pytest

from ponder.environments import ENVIRONMENTS, load_environment
from ponder.errors import ConfigError


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_is_told_of_in_the_prompt_by_its_own_call(name: str) -> None:
    environment = load_environment(name)
    assert all(pause in environment.instruction for pause in environment.pause)


def test_anyones_is_taken_by_its_path() -> None:
    made = load_environment("ponder.environments.calculator:Calculator")
    assert made == ENVIRONMENTS["calculator"]()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("abacus", "unknown environment 'abacus'; known: calculator, python, or package.module:function"),
        ("nowhere:Abacus", "cannot be imported"),
        ("builtins:dict", "has no 'pause'"),
    ],
)
def test_what_is_none_is_refused(name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_environment(name)
