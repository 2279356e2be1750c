"""What a patient is told where antrean-web does not answer as it should, in both languages."""

import pytest

from antrean_client.web_server import ADVICE, server_at
from common.errors import MessagingError, Refusal, TooManyRequests
from common.exit_codes import ExitCode
from common.terminal.failures import OutcomeUnknown, failure_of
from common.words.texts import Texts

SERVER = server_at("https://antrean.example:8443/rs")
WHERE = "antrean.example:8443"


def told(error: BaseException, exit_code: ExitCode, code: str) -> tuple[str, str]:
    """The sentence in English and in Indonesian."""
    failures = [failure_of(error, Texts(language)) for language in ("en", "id")]
    for each in failures:
        assert each.exit_code == exit_code
        assert each.problem is not None
        assert each.problem["code"] == code
    english, indonesian = (str(each.sentence) for each in failures)
    assert english != indonesian
    return english, indonesian


@pytest.mark.parametrize("refusal", ADVICE)
def test_a_server_that_is_not_to_be_used_is_named(refusal: Refusal) -> None:
    error = SERVER.refused(refusal)
    for sentence in (*told(error, ExitCode.UNAVAILABLE, "temporarily_unavailable"), str(error)):
        assert WHERE in sentence
        assert sentence.endswith(".")


def test_a_server_that_cannot_be_reached_is_named() -> None:
    error = SERVER.unavailable()
    for sentence in (*told(error, ExitCode.UNAVAILABLE, "temporarily_unavailable"), str(error)):
        assert WHERE in sentence


@pytest.mark.parametrize(
    ("seconds", "english", "indonesian"),
    [
        (None, "try again in a minute", "coba beberapa saat lagi"),
        (0.2, "in 1 s", "dalam 1 dtk"),
        (59.1, "in 1 min", "dalam 1 mnt"),
        (61, "in 2 min", "dalam 2 mnt"),
        (300, "in 5 min", "dalam 5 mnt"),
    ],
)
def test_how_long_to_wait_is_told_and_never_too_little(
    seconds: float | None, english: str, indonesian: str
) -> None:
    first, second = told(TooManyRequests("...", seconds), ExitCode.NO_REPLY, "too_many_requests")
    assert english in first
    assert indonesian in second


@pytest.mark.parametrize("cause", [SERVER.refused(Refusal.PROTOCOL), TooManyRequests("...", 5.0)])
def test_what_may_have_been_taken_is_repeated_by_a_command(cause: MessagingError) -> None:
    failure = failure_of(OutcomeUnknown(cause, "Repeat it safely:", "antrean x"), Texts("en"))
    why = failure_of(cause, Texts("en")).sentence
    assert failure.exit_code == ExitCode.NO_REPLY
    assert failure.sentence == f"{why} Repeat it safely:\n  antrean x"
