"""The same over the broker and over antrean-web: byte for byte, and whatever fails."""

import json
import uuid
from pathlib import Path

import pytest

from tests.acceptance.command_line import Done, Shell, register_words
from tests.acceptance.conftest import shell_over
from tests.deployment import Deployment, Patient
from tests.processes import eventually
from tests.tcp_proxy import proxy_to
from tests.web.web_process import await_ready, start_web

IMPATIENT = {"ANTREAN_REPLY_TIMEOUT_SECONDS": "2"}
UNKNOWN = "7K3F-9QXM-2T5R"


@pytest.fixture
def over_amqp(shell: Shell) -> Shell:
    return shell


@pytest.fixture
def over_https(system: Deployment, tmp_path: Path, request: pytest.FixtureRequest) -> Shell:
    """A shell of the same user, who remembers the same tickets."""
    return shell_over("https", system, tmp_path, request)


def both(over_amqp: Shell, over_https: Shell, *words: str) -> tuple[Done, Done]:
    return over_amqp.antrean(*words), over_https.antrean(*words)


ASKED = [
    ["hospitals"],
    ["clinics", "RSCM"],
    ["clinics", "rscm", "--open"],
    ["clinics", "RSZZZ"],
    ["clinics", "RSH"],
    ["clinics", "../.."],
    ["clinics", ""],
    ["clinics", "a/b?c#d"],
    ["status", UNKNOWN],
    ["status", "7K3F"],
    ["cancel", UNKNOWN],
    ["cancel", ""],
    ["cancel", "/"],
    ["cancel", "%2e"],
    ["cancel", "7" * 100],
    ["cancel", "7" * 9000],
    ["watch", UNKNOWN],
    register_words("RSZZZ", "GIG", Patient()),
    register_words("RSHS", "GI", Patient()),
    register_words("RSHS", "GIG", Patient("!!", name="12345")),
    register_words("RSCM", "JIW", Patient()),
]


@pytest.mark.parametrize("words", ASKED, ids=lambda words: " ".join(words)[:20])
def test_what_is_printed_is_the_same(over_amqp: Shell, over_https: Shell, words: list[str]) -> None:
    first, second = both(over_amqp, over_https, *words, "--json")
    assert first == second
    assert first.stdout or first.stderr


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("words", [ASKED[1], ASKED[4], *ASKED[-2:]], ids=lambda words: " ".join(words)[:20])
def test_what_is_said_is_the_same(
    over_amqp: Shell, over_https: Shell, words: list[str], language: str
) -> None:
    first, second = both(over_amqp, over_https, *words, "--lang", language)
    assert first == second
    assert first.stdout or first.stderr


def test_a_ticket_is_the_same_however_it_is_asked_for(over_amqp: Shell, over_https: Shell) -> None:
    one, other = over_amqp.register("RSHS", "KLT"), over_https.register("RSHS", "KLT")
    assert one.keys() == other.keys()
    codes = [one["ticket_code"], other["ticket_code"]]
    over_https.antrean("cancel", codes[0])
    over_amqp.antrean("cancel", codes[1])
    for words in (["status", *codes], ["status", codes[0]], ["tickets"], ["cancel", codes[0]]):
        first, second = both(over_amqp, over_https, *words, "--json")
        assert first == second
        assert first.stdout or first.stderr
    refused = over_https.antrean("cancel", codes[0], "--lang", "en").sentence()
    assert f"antrean status {codes[0]}" in refused


def test_a_registration_over_both_ways_is_one(over_amqp: Shell, over_https: Shell) -> None:
    words = [*register_words("RSHS", "KLT", Patient()), "--request-id", str(uuid.uuid4()), "--json"]
    first, second = (each.json for each in both(over_amqp, over_https, *words))
    over_amqp.ticket_codes.add(first["ticket_code"])
    assert (first["number"], first["ticket_code"]) == (second["number"], second["ticket_code"])


# --- what stands between --------------------------------------------------------------------------------


def shell_at(url: str, over_amqp: Shell) -> Shell:
    variables = {name: value for name, value in over_amqp.variables.items() if name != "ANTREAN_AMQP_URL"}
    return Shell(over_amqp.directory, {**variables, "ANTREAN_URL": url}, over_amqp.ticket_codes)


def test_a_watch_outlives_the_server(system: Deployment, over_amqp: Shell) -> None:
    process = start_web(system, "web")
    await_ready(process)
    shell = shell_at(process.url, over_amqp)
    ticket = shell.register("RSHS", "KLT")
    watching = shell.start(
        "watch", "antrean", "watch", ticket["ticket_code"], "--interval", "0.2", "--lang", "en"
    )
    watching.prints(ticket["display_number"])
    process.program.kill()
    watching.prints("The connection is lost; trying again. Your number is safe.")
    await_ready(start_web(system, "web", process.port))
    watching.prints("Connected again.")
    shell.antrean("cancel", ticket["ticket_code"])
    assert watching.ends() == 0
    assert f"Ticket {ticket['display_number']} is cancelled" in watching.output or (
        f"Ticket {ticket['display_number']} was cancelled" in watching.output
    )
    assert "Traceback" not in watching.output


def test_a_watch_is_told_of_what_happens_and_does_not_wait_to_ask(
    over_amqp: Shell, over_https: Shell
) -> None:
    ticket = over_https.register("RSHS", "KLT")
    code, number = ticket["ticket_code"], ticket["display_number"]
    watching = over_https.start("watch", "antrean", "watch", code, "--interval", "3600", "--lang", "en")
    watching.prints(number)
    over_amqp.antrean("cancel", code)
    assert watching.ends() == 0
    assert f"Ticket {number} is cancelled" in watching.output


def test_a_server_without_its_broker(system: Deployment, over_amqp: Shell) -> None:
    with proxy_to(system.urls["web"]) as line:
        process = start_web(system, "web", ANTREAN_AMQP_URL=line.url(system.urls["web"]))
        await_ready(process)
        shell = shell_at(process.url, over_amqp)
        assert shell.antrean("hospitals", "--json").json
        line.refuse()
        eventually(lambda: not process.is_ready(), "the server knows that it has no broker")
        refused = shell.antrean("hospitals", "--json", **IMPATIENT)
        assert refused.problem(69)["code"] == "temporarily_unavailable"
        process.program.stop()


def test_past_the_bounds_of_the_server(system: Deployment, over_amqp: Shell) -> None:
    """Wrong codes are what is bounded most tightly."""
    process = start_web(system, "web")
    await_ready(process)
    shell = shell_at(process.url, over_amqp)
    wrong = [f"7K3F-9QXM-{number:04d}" for number in range(90)]
    shell.antrean("status", *wrong, **IMPATIENT)
    problem = shell.antrean("status", wrong[0], "--json", **IMPATIENT).problem(75)
    assert problem["code"] == "too_many_requests"
    assert problem["retry_after_seconds"] > 0
    assert "Too many requests came from this network; try again in" in " ".join(
        shell.antrean("status", wrong[0], "--lang", "en", **IMPATIENT).sentence(75).split()
    )
    (shell.directory / "data" / "device.json").unlink()
    assert shell.antrean("status", wrong[0], "--json").exit_code == 1, "another device at the address"
    process.program.stop()


@pytest.mark.parametrize(
    ("url", "exit_code", "english", "indonesian"),
    [
        ("http://127.0.0.1:1/", 69, "127.0.0.1:1 cannot be reached", "tidak dapat dihubungi"),
        ("http://rs.example/", 2, "write https://", "tulis https://"),
        ("https://siti:geheim@rs.example/", 2, "ANTREAN_URL cannot be used", "ANTREAN_URL tidak valid"),
        ("rs.example", 2, "ANTREAN_URL cannot be used", "ANTREAN_URL tidak valid"),
    ],
)
def test_an_address_that_leads_nowhere(
    tmp_path: Path, url: str, exit_code: int, english: str, indonesian: str
) -> None:
    shell = Shell(tmp_path, {"ANTREAN_URL": url})
    for words, said in ((["--lang", "en"], english), ([], indonesian)):
        told = shell.antrean("hospitals", *words).sentence(exit_code)
        assert said in " ".join(told.split())
        assert "geheim" not in told
    assert json.loads(shell.antrean("hospitals", "--json").stderr)["code"]
