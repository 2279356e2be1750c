"""The data that set a broker up: every limit that strangers could reach is there, and said once."""

import re
from fnmatch import fnmatch

import pytest

from common.domain.event_names import EventName
from common.messages.limits import CHANNELS_MAX, FRAME_BYTES_MAX, MESSAGE_BYTES_MAX
from common.messaging import topology


def test_the_configuration_holds_the_limits_that_the_code_counts_on() -> None:
    settings = dict(re.findall(r"^(\w+) = (\d+)$", topology.configuration(), re.MULTILINE))
    assert settings == {
        "max_message_size": str(MESSAGE_BYTES_MAX),
        "frame_max": str(FRAME_BYTES_MAX),
        "channel_max": str(CHANNELS_MAX),
    }


@pytest.mark.parametrize(
    ("version", "bytes_max"),
    [("3.10.8", 4096), ("3.13.7", 4096), ("4.0.5", 4096), ("4.1.0", 8192), ("4.10.1", 8192), ("", 8192)],
)
def test_frames_are_as_short_as_a_broker_takes_them(version: str, bytes_max: int) -> None:
    assert topology.frame_bytes_max(version) == bytes_max
    assert f"\nframe_max = {bytes_max}\n" in topology.configuration(version)


def test_the_journals_stream_gets_every_event_but_ticks() -> None:
    keys = [
        key for key, queue in topology.routing_keys(topology.EVENTS_EXCHANGE).items() if "journal" in queue
    ]
    streamed = {name for name in EventName if any(fnmatch(f"RSHS.GIG.{name}", key) for key in keys)}
    assert streamed == {*EventName} - {EventName.CLINIC_TICK}


def test_every_user_has_limits_and_keeps_them_in_the_file_for_the_broker() -> None:
    passwords = dict.fromkeys([*topology.roles(), topology.ACCOUNTS_USER], "secret")
    written = topology.definitions(passwords, {"siti": "secret"})
    wanted = {**topology.user_limits(), "siti": topology.STAFF_LIMITS}
    assert {user["name"]: user["limits"] for user in written["users"]} == wanted
    assert written["permissions"][-1] == {"user": "siti", "vhost": "/", **topology.STAFF_PERMISSION}
    assert "secret" not in str(written)
    for role, limits in topology.user_limits().items():
        assert limits.keys() == {"max-connections", "max-channels"}, role
        assert 0 < limits["max-connections"] <= limits["max-channels"], role
    assert written["parameters"][0]["value"] == topology.vhost_limits()


def test_every_queue_has_a_limit_of_bytes_that_holds_its_messages() -> None:
    types = topology.queue_types()
    for queue, policy in topology.policies().items():
        assert policy["max-length-bytes"] > 100 * MESSAGE_BYTES_MAX, queue
        assert types[queue] == "stream" or policy["max-length"] > 0, queue
    for queue_type, policy in topology.integrators_policies().items():
        assert policy["max-length-bytes"] > 100 * MESSAGE_BYTES_MAX, queue_type
        assert "max-age" in policy if queue_type == "stream" else policy["max-length"] > 0
