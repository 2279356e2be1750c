"""The clips of the board's voice as its page gets them, and a hospital's own recordings in their place."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from common.process import configure_logging
from waiting_room.voice.clips import CLIPS, find_clips
from waiting_room.voice.serving import Voice
from waiting_room.voice.vocabulary import SENTENCES


def get(path: str, recordings: Path | None = None) -> httpx.Response:
    """What a board with these recordings answers."""
    transport = httpx.ASGITransport(Starlette(routes=Voice(recordings).routes()))

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://board") as browser:
            return await browser.get(path)

    return asyncio.run(asked())


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """One clip that takes the place of ours, and a name of a room."""
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "sebelas.mp3").write_bytes(b"ID3 our own voice")
    (tmp_path / "id" / "ruang-cempaka.mp3").write_bytes(b"ID3 ruang cempaka")
    return tmp_path


def test_there_is_a_clip_of_each_word_and_no_other() -> None:
    words = {f"{language}/{name}" for language, sentences in SENTENCES.items() for name in sentences}
    assert set(find_clips(None)) == words | {"chime"}


def test_every_clip_is_where_the_list_says_and_may_be_kept() -> None:
    addresses = get("/voice/clips.json").json()
    answer = get(addresses["id/sebelas"])
    assert answer.content == (CLIPS / "id" / "sebelas.mp3").read_bytes()
    assert answer.headers["content-type"] == "audio/mpeg"
    assert "immutable" in answer.headers["cache-control"]
    assert get(addresses["chime"]).status_code == 200


def test_a_recording_takes_the_place_of_a_clip_at_another_address(recordings: Path) -> None:
    addresses = get("/voice/clips.json", recordings).json()
    assert get(addresses["id/sebelas"], recordings).content == b"ID3 our own voice"
    assert get(addresses["id/ruang-cempaka"], recordings).content == b"ID3 ruang cempaka"
    ours = get("/voice/clips.json").json()
    assert addresses["id/sebelas"] != ours["id/sebelas"]
    assert addresses["id/satu"] == ours["id/satu"]


def test_recordings_that_cannot_be_used_are_logged_by_name(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unusable = {
        "id/sebelas.mp3": b"ID3" + bytes(1_000_000),
        "id/dua.wav": b"RIFF",
        "id/tiga.mp3": b"RIFF",
        "id/empat.mp3": b"",
        "id/Ruang Melati.mp3": b"ID3",
        "lima.mp3": b"ID3",
    }
    for name, held in unusable.items():
        (recordings / name).write_bytes(held)
    (recordings / ".DS_Store").write_bytes(b"")
    configure_logging("board", "info")
    found = find_clips(recordings)
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {each["file"] for each in logged} == {str(recordings / name) for name in unusable}
    assert {each["event"] for each in logged} == {"recording not used"}
    assert all(each["reason"] for each in logged)
    assert found == find_clips(None) | {"id/ruang-cempaka": recordings / "id" / "ruang-cempaka.mp3"}


@pytest.mark.parametrize(
    "path", ["id/nothing", "..%2Fclips", "%2e%2e/%2e%2e/app", "id/..%2F..%2Fvocabulary", "id/sebelas%00"]
)
def test_nothing_else_is_served(recordings: Path, path: str) -> None:
    assert get(f"/voice/{path}.mp3", recordings).status_code == 404
