"""Words and settings that no program of ours can use: exit code 2, one sentence, and no value repeated."""

from pathlib import Path

import pytest

from tests.acceptance.command_line import Shell

WORKERS = ("antrean-registrar", "antrean-ticker", "antrean-status")

SECRET = "verysecret"
"""Stands for whatever must not be repeated: a password, or something of a patient."""

AMQP_URL = f"amqp://patient:{SECRET}@127.0.0.1:1/"
"""Where no broker is."""

REGISTER = ("antrean", "register", "RSHS", "GIG")
COMPLETE = (*REGISTER, "--mrn", SECRET, "--name", SECRET)

RUN: dict[str, tuple[str, ...]] = {
    "antrean": ("antrean", "hospitals"),
    "antrean-desk": ("antrean-desk", "queue", "RSHS", "GIG"),
    "antrean-admin": ("antrean-admin", "migrate"),
    "antrean-stack": ("antrean-stack", "up"),
    **{worker: (worker,) for worker in WORKERS},
}
"""A command line of each program that would do something."""

COMMAND_LINES: dict[str, tuple[str | bytes, ...]] = {
    "no such command": ("antrean", "fly"),
    "no word": ("antrean", ""),
    "a word of two lines": ("antrean", "fly\naway"),
    "a word that controls terminals": ("antrean", "\x1b[31mfly"),
    "a word that is not UTF-8": ("antrean", b"\xff\xfe"),
    "no such option": ("antrean", "hospitals", "--fly"),
    "an option of two lines": ("antrean", "--fly\naway"),
    "no such language": ("antrean", "--lang", "fr", "hospitals"),
    "a value for a flag": ("antrean", f"--json={SECRET}", "hospitals"),
    "no value": (*REGISTER, "--name", SECRET, "--mrn"),
    "a word missing": REGISTER,
    "a word too many": (*COMPLETE, "--dob", "19-07-1953", SECRET),
    "no such day": (*COMPLETE, "--dob", f"31-02-1953{SECRET}"),
    "a day as SQL": (*COMPLETE, "--dob", f"'; DROP TABLE {SECRET}"),
    "an id that is none": (*COMPLETE, "--dob", "19-07-1953", "--request-id", SECRET),
    "an interval of nothing": ("antrean", "watch", SECRET, "--interval", "0"),
    "an interval that is no number": ("antrean", "watch", SECRET, "--interval", "nan"),
    "an interval without end": ("antrean", "watch", SECRET, "--interval", "inf"),
    "no code": ("antrean", "status"),
    "desk: no such command": ("antrean-desk", "fly"),
    "desk: no such option": ("antrean-desk", "queue", "RSHS", "GIG", "--fly"),
    "desk: another clinic's number": ("antrean-desk", "complete", "RSHS", "GIG", "INT-017"),
    "desk: no number": ("antrean-desk", "complete", "RSHS", "GIG", SECRET),
    "desk: no room": ("antrean-desk", "next", "RSHS", "GIG"),
    "desk: a room that is a word": ("antrean-desk", "next", "RSHS", "GIG", "--room", SECRET),
    "desk: no such time": ("antrean-desk", "close", "RSHS", "GIG", "--until", SECRET),
    "desk: no such day": ("antrean-desk", "report", "RSHS", "--date", f"31-02-2026{SECRET}"),
    "desk: no such reason": ("antrean-desk", "priority", "RSHS", "GIG", "17", "--reason", SECRET),
    "desk: a patient without a name": ("antrean-desk", "register", "RSHS", "GIG", "--mrn", SECRET),
    "desk: a console without a terminal": ("antrean-desk", "console", "RSHS", "GIG"),
    "admin: no such command": ("antrean-admin", "fly"),
    "admin: a word of two lines": ("antrean-admin", "fly\naway"),
    "admin: a word that is not UTF-8": ("antrean-admin", b"\xff\xfe"),
    "admin: no such option": ("antrean-admin", "migrate", "--fly"),
    "admin: no such language": ("antrean-admin", "--lang", "fr", "migrate"),
    "admin: no such file": ("antrean-admin", "catalog", "apply", "/no/such/file"),
    "admin: an option missing": ("antrean-admin", "broker", "definitions"),
    "stack: no such command": ("antrean-stack", "fly"),
    "stack: a word too many": ("antrean-stack", "up", "fly"),
    "stack: no such option": ("antrean-stack", "demo", "--fly"),
    **{f"{worker}: a word": (worker, SECRET) for worker in WORKERS},
}

SETTINGS = {
    "a broker by another protocol": ("AMQP_URL", f"http://guest:{SECRET}@127.0.0.1/"),
    "a broker without a protocol": ("AMQP_URL", f"guest:{SECRET}@127.0.0.1"),
    "another database": ("DATABASE_URL", f"mysql://antrean:{SECRET}@127.0.0.1/x"),
    "a word for a number": ("BATCH_SIZE", SECRET),
    "no number": ("HEARTBEAT_SECONDS", "nan"),
    "a number of thousands of digits": ("BATCH_SIZE", "9" * 5_000),
    "a moment without an offset": ("CLOCK_STARTS_AT", "2026-11-23T08:00:00"),
}
"""What no program can use, for each reads it at its start."""

ADDRESSES = {
    "a port that is a word": f"amqp://u:{SECRET}@127.0.0.1:port/",
    "a port beyond all": f"amqp://u:{SECRET}@127.0.0.1:99999/",
    "half an IPv6 address": f"amqp://u:{SECRET}@[::1/",
    "a heartbeat that is a word": f"amqp://u:{SECRET}@127.0.0.1:1/?heartbeat={SECRET}",
    "no such option": f"amqp://u:{SECRET}@127.0.0.1:1/?{SECRET}=1",
    "options that cannot be read": f"amqps://u:{SECRET}@127.0.0.1:1/?ssl_options=" + "{",
    "options that are a list": f"amqps://u:{SECRET}@127.0.0.1:1/?ssl_options=[]",
    "a missing certificate": f"amqps://u:{SECRET}@127.0.0.1:1/?ssl_options=%7B'ca_certs':'/no'%7D",
}
"""Brokers' addresses that cannot be used, as is found out before anything is connected."""

DATABASES = {
    "in memory": "sqlite://",
    "a port that is a word": f"postgresql://u:{SECRET}@127.0.0.1:port/x",
    "no such driver": f"sqlite+{SECRET}:///x",
    "a timeout that is a word": f"sqlite:////tmp/x.db?timeout={SECRET}",
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A user's shell; neither broker nor database is anywhere."""
    variables = {"ANTREAN_DATA_DIR": str(tmp_path / "data"), "ANTREAN_STACK_DIR": str(tmp_path / "stack")}
    return Shell(tmp_path, variables)


def one_sentence(shell: Shell, program: str, *words: str | bytes, **settings: str) -> str:
    """What a program says that cannot be run like this."""
    done = shell.run(program, *words, **settings)
    said = done.sentence(2)
    assert len(said.splitlines()) == 1, said
    assert said.rstrip("\n").isprintable(), said
    assert SECRET not in said
    return said


@pytest.mark.parametrize("words", COMMAND_LINES.values(), ids=COMMAND_LINES)
def test_a_command_line_that_cannot_be_read(shell: Shell, words: tuple[str, ...]) -> None:
    one_sentence(shell, *words, ANTREAN_AMQP_URL=AMQP_URL, ANTREAN_DATABASE_URL="sqlite:////no/such/x")


@pytest.mark.parametrize(("name", "value"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_that_cannot_be_read(shell: Shell, name: str, value: str) -> None:
    assert f"ANTREAN_{name}" in one_sentence(shell, *RUN["antrean"], **{f"ANTREAN_{name}": value})


@pytest.mark.parametrize("words", RUN.values(), ids=RUN)
def test_every_program_says_which_setting_it_cannot_read(shell: Shell, words: tuple[str, ...]) -> None:
    url = f"mysql://antrean:{SECRET}@127.0.0.1/x"

    assert "ANTREAN_DATABASE_URL" in one_sentence(shell, *words, ANTREAN_DATABASE_URL=url)


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_a_brokers_address_that_cannot_be_used(shell: Shell, address: str) -> None:
    assert "ANTREAN_AMQP_URL" in one_sentence(shell, *RUN["antrean"], ANTREAN_AMQP_URL=address)


@pytest.mark.parametrize("address", DATABASES.values(), ids=DATABASES)
def test_a_databases_address_that_cannot_be_used(shell: Shell, address: str) -> None:
    said = one_sentence(shell, *RUN["antrean-admin"], ANTREAN_DATABASE_URL=address)

    assert "ANTREAN_DATABASE_URL" in said


def test_a_stack_file_that_cannot_be_read(shell: Shell) -> None:
    (shell.directory / "stack" / "stack.json").mkdir(parents=True)

    assert "stack.json" in one_sentence(shell, *RUN["antrean"])
    assert "stack.json" in one_sentence(shell, *RUN["antrean"], ANTREAN_STACK_DIR="x" * 300)


def test_a_clock_that_has_left_the_calendar(shell: Shell) -> None:
    clock = {
        "ANTREAN_CLOCK_STARTS_AT": "9999-12-31T23:59:59+00:00",
        "ANTREAN_CLOCK_STARTED_AT": "2000-01-01T00:00:00+00:00",
        "ANTREAN_CLOCK_SPEED": "10000",
    }
    said = one_sentence(shell, *RUN["antrean"], ANTREAN_AMQP_URL=AMQP_URL, **clock)

    assert "ANTREAN_CLOCK_STARTS_AT" in said
