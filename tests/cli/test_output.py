import json

import pytest

from ponder.cli.output import Common


def test_half_a_character_is_shown_as_json_spells_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'a\ud800 "\\" é'
    Common(json=True).show({"text": text}, "")
    assert json.loads(capsys.readouterr().out) == {"text": text}
    Common().show({}, "half\udfff é")
    assert capsys.readouterr().out == "half\\udfff é\n"
