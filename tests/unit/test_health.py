"""What `antrean-healthy` makes of the file in which a worker says how it is."""

import os
import time
from pathlib import Path

import pytest

from common.health import SILENT_SECONDS_MAX, HealthFile, main


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HealthFile:
    """The file of a worker that nobody started yet."""
    path = tmp_path / "health.json"
    monkeypatch.setenv("ANTREAN_HEALTH_FILE", str(path))
    monkeypatch.chdir(tmp_path)
    return HealthFile(path)


def asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    """The exit code of `antrean-healthy`, and what it says."""
    monkeypatch.setattr("sys.argv", ["antrean-healthy", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), (out + err).strip()


def test_a_worker_that_is_ready_is_healthy(
    written: HealthFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written.write(None)
    assert asked(monkeypatch, capsys) == (0, "healthy")
    assert asked(monkeypatch, capsys, "--alive") == (0, "healthy")


def test_one_whose_broker_or_database_is_away_is_not_but_need_not_be_started_again(
    written: HealthFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written.write("The database does not answer.")
    assert asked(monkeypatch, capsys) == (1, "The database does not answer.")
    assert asked(monkeypatch, capsys, "--alive") == (0, "healthy")


def test_one_that_says_nothing_any_more_is_stuck(
    written: HealthFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written.write(None)
    then = time.time() - SILENT_SECONDS_MAX - 5
    os.utime(written.path, (then, then))
    for words in ((), ("--alive",)):
        exit_code, said = asked(monkeypatch, capsys, *words)
        assert exit_code == 1
        assert "has said nothing for" in said


def test_one_that_has_not_begun_or_wrote_nonsense(
    written: HealthFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "not said yet" in asked(monkeypatch, capsys)[1]
    written.path.write_text("{")
    exit_code, said = asked(monkeypatch, capsys)
    assert exit_code == 1
    assert "cannot be read" in said


def test_without_the_setting_it_says_which_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exit_code, said = asked(monkeypatch, capsys)
    assert exit_code == 2
    assert "ANTREAN_HEALTH_FILE" in said
