"""docs/operations.md has the limits that are in force: of users, the virtual host, queues and integrators."""

import re
from pathlib import Path

import pytest

from admin_cli.broker.integrator_rights import Rights
from common.messaging import topology

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
_MIB = 1024 * 1024


def rows() -> list[list[str]]:
    """The cells of every table's rows."""
    lines = (line for line in OPERATIONS.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def row_of(name: str, text: str) -> list[str]:
    """The row that begins with a name, or with several of them, and has a text in another cell."""
    (found,) = (row for row in rows() if f"`{name}`" in row[0] and text in " ".join(row[1:]))
    return found


_LIMITS = {**topology.user_limits(), "each of the [staff](#staff)": topology.STAFF_LIMITS}


@pytest.mark.parametrize("user", _LIMITS)
def test_the_limits_of_every_user_are_told(user: str) -> None:
    limits = _LIMITS[user]
    (_, connections, channels) = next(
        row for row in rows() if user in row[0].replace("`", "") and len(row) == 3 and row[1][:1].isdigit()
    )
    assert connections.startswith(f"{limits['max-connections']:,}")
    assert channels.startswith(f"{limits['max-channels']:,}")


def test_the_limit_of_queues_is_told() -> None:
    assert f"All queues of the virtual host together: {topology.vhost_limits()['max-queues']}." in OPERATIONS


def test_every_limit_of_the_configuration_is_told() -> None:
    settings = re.findall(r"^([\w.]+) = ", topology.configuration(), re.MULTILINE)
    others = re.compile(r"log\.|tcp_listen_options\.(?!send_timeout$)")  # RabbitMQ's own, or no limits
    limits = [each for each in settings if not others.match(each)]
    assert len(limits) == 5
    assert all(f"`{each}`" in OPERATIONS for each in limits)


@pytest.mark.parametrize("queue", topology.policies())
def test_the_limits_of_every_queue_are_told(queue: str) -> None:
    policy = topology.policies()[queue]
    (_, kind, told) = row_of(queue, " MiB") if queue != topology.JOURNAL_QUEUE else row_of(queue, "segments")
    assert kind == topology.queue_types()[queue]
    if "max-length" in policy:
        assert told.startswith(
            f"{policy['max-length']:,} messages or {policy['max-length-bytes'] // _MIB} MiB"
        )


def test_an_integrator_may_have_as_many_queues_as_are_told() -> None:
    row = next(each for each in OPERATIONS.splitlines() if each.startswith("| each of the [integrators]"))
    told = re.findall(r"`(\^antrean\\[^`]*)`", row.replace("\\|", "|").replace("NAME", "papan"))
    assert told == list(Rights().permission("papan").values())
    configure, write, read = told
    queues = ["antrean.sub.papan", *(f"antrean.sub.papan.{number}" for number in range(10))]
    others = ["antrean.sub.papan.10", "antrean.sub.papan.x", "antrean.sub.papan.", "antrean.sub.papan.1.1"]
    others += ["antrean.sub.papan2", "antrean.sub.other", "antrean.registrar", "x.antrean.sub.papan"]
    for pattern in (configure, write, read):
        assert all(re.search(pattern, queue) for queue in queues)
        assert not any(re.search(pattern, other) for other in others)
    assert re.search(read, "antrean.events")
    assert not re.search(write, "antrean.events")
