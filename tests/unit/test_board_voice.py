"""The clips of the board's voice as its page gets them, and a hospital's own recordings in their place."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

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
    (tmp_path / "id" / "sebelas.mp3").write_bytes(b"our own voice")
    (tmp_path / "id" / "ruang-cempaka.mp3").write_bytes(b"ruang cempaka")
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
    assert get(addresses["id/sebelas"], recordings).content == b"our own voice"
    assert get(addresses["id/ruang-cempaka"], recordings).content == b"ruang cempaka"
    ours = get("/voice/clips.json").json()
    assert addresses["id/sebelas"] != ours["id/sebelas"]
    assert addresses["id/satu"] == ours["id/satu"]


def test_a_recording_that_is_too_large_is_none(recordings: Path) -> None:
    (recordings / "id" / "sebelas.mp3").write_bytes(bytes(1_000_001))
    assert find_clips(recordings)["id/sebelas"] == CLIPS / "id" / "sebelas.mp3"


@pytest.mark.parametrize(
    "path", ["id/nothing", "..%2Fclips", "%2e%2e/%2e%2e/app", "id/..%2F..%2Fvocabulary", "id/sebelas%00"]
)
def test_nothing_else_is_served(recordings: Path, path: str) -> None:
    assert get(f"/voice/{path}.mp3", recordings).status_code == 404
