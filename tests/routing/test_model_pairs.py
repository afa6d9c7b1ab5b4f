import math
from pathlib import Path

import pytest

from ponder.errors import ConfigError, DataError
from ponder.routing.model_pairs import (
    average_gap_recovered,
    call_threshold,
    gap_recovered,
    read_model_pair,
)


def written(folder: Path, text: str) -> Path:
    path = folder / "responses.csv"
    path.write_text(text)
    return path


def test_a_published_layout_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'prompt,a/small,big,big_response\n"Say, 1",True,False,"x\ny"\nB?,False,True,z\nB?,True,True,z\n',
    )
    table = read_model_pair(path, "a/small", "big")
    assert table.actions == ("a/small", "big")
    assert [row.question for row in table.rows] == ["Say, 1", "B?"]
    assert [row.correct for row in table.rows] == [(True, False), (False, True)]
    assert (table.unit, table.rows[0].spend) == ("calls", (0.0, 1.0))


def test_mistakes_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "prompt,a,b\nq,True,maybe\n")
    with pytest.raises(ConfigError, match="no column 'c'"):
        read_model_pair(path, "a", "c")
    with pytest.raises(DataError, match="row 1: b should be True or False"):
        read_model_pair(path, "a", "b")
    with pytest.raises(ConfigError, match="two columns"):
        read_model_pair(path, "a", "a")
    with pytest.raises(ConfigError, match="dearer"):
        read_model_pair(path, "a", "b", prices=(2.0, 1.0))


def test_gap_recovered_by_hand() -> None:
    small, large = [True, False, False, False], [True, True, True, False]
    perfect = gap_recovered(small, large, [0.0, 1.0, 0.9, 0.1])
    assert perfect == [0.0, 0.5, 1.0, 1.0, 1.0]
    assert average_gap_recovered(perfect) == pytest.approx(0.75)
    assert call_threshold(perfect, 0.5) == 0.25
    assert call_threshold(perfect, 0.8) == 0.5
    assert math.isnan(gap_recovered(small, small, [0.0] * 4)[0])
