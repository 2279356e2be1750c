"""PostgreSQL goes away and comes back: in between nothing is acknowledged and nothing answered."""

from pathlib import Path

from common.messaging.topology import DEAD_QUEUE, REGISTRAR_QUEUE
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, deployed
from tests.processes import eventually
from tests.tcp_proxy import proxy_to
from tests.workers.requester import message, registration, requester

CLINIC = CLINICS[0]


def test_postgresql_goes_away(broker: RunningBroker, postgresql_url: str, tmp_path: Path) -> None:
    with (
        proxy_to(postgresql_url) as proxy,
        deployed(broker, postgresql_url, tmp_path) as deployment,
        requester(deployment) as patient,
    ):
        by_proxy = {"ANTREAN_DATABASE_URL": proxy.url(postgresql_url)}
        deployment.start_together({"registrar": 1, "status": 1}, **by_proxy)
        registrar, status = deployment.programs
        assert patient.call(registration(CLINIC)).body["number"] == 1
        patient.replies.clear()

        proxy.refuse()
        requests = [registration(CLINIC) for _ in range(3)]
        for request in requests:
            patient.send(request)
        look_up = message("clinic_queue", {"hospital": HOSPITAL, "clinic": CLINIC})
        patient.send(look_up)
        registrar.prints("store unavailable", times=2)
        status.prints("store unavailable", times=2)

        registrar.kill()
        eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 3, "nothing had been acknowledged")
        deployment.start_consuming("registrar")
        numbers = [patient.replies_to(request)[0].body["number"] for request in requests]
        assert sorted(numbers) == [2, 3, 4]

        proxy.open()
        assert patient.replies_to(look_up)[0].body["waiting"] == 4, "asked before, answered by what is now"
        answered = {answer.name for answer in patient.replies}
        assert answered == {"ticket", "clinic_queue"}, "nobody has answered for a database that was away"
        assert status.exit_code is None
        assert deployment.ready(DEAD_QUEUE) == 0


def test_postgresql_never_answers(broker: RunningBroker, postgresql_url: str, tmp_path: Path) -> None:
    """The server is frozen, or its connection is half-open. Heartbeats to the broker continue."""
    with (
        proxy_to(postgresql_url) as proxy,
        deployed(broker, postgresql_url, tmp_path) as deployment,
        requester(deployment) as patient,
    ):
        settings = {
            "ANTREAN_DATABASE_URL": proxy.url(postgresql_url),
            "ANTREAN_HEARTBEAT_SECONDS": "5",
            "ANTREAN_TICK_SECONDS": "0.5",
        }
        deployment.start_together({"registrar": 1, "status": 1, "ticker": 1}, **settings)
        assert patient.call(registration(CLINIC)).body["number"] == 1

        proxy.hold()
        request = registration(CLINIC)
        look_up = message("clinic_queue", {"hospital": HOSPITAL, "clinic": CLINIC})
        patient.send(request)
        patient.send(look_up)
        for program in deployment.programs:
            program.prints("OperationalError")

        assert patient.replies_to(request)[0].body["number"] == 2, "over a connection that answers"
        assert patient.replies_to(look_up)[0].name == "clinic_queue"
        assert patient.call(registration(CLINIC)).body["number"] == 3
        assert "link lost" not in deployment.logs()
        assert len(proxy.links) <= 2 * len(deployment.programs), "what never answers is closed"
