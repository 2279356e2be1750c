"""The system under attack: broker, database, two of each worker, and honest people."""

import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from common.messaging import topology
from common.settings import Role
from common.storage.tables import refusals
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import Deployment, Patient, connected, deployed
from tests.hostile.calls import Call, CallsFile
from tests.hostile.scene import REGISTRY_HOSPITAL, Scene, catalog
from tests.processes import Program, bare_environment, eventually

INTEGRATOR = "papan"
_BORN = date(1980, 1, 31)  # no age that has a lane of its own
_KNOWN = 70
WORKERS: dict[Role, int] = {"registrar": 2, "status": 2, "ticker": 2}
_CALLS_FIRST = 20


@dataclass
class Stage:
    """What runs, and what honest people have noticed by now."""

    deployment: Deployment
    broker: RunningBroker
    scene: Scene
    scene_file: Path
    settings: dict[str, str]
    _calls: CallsFile
    programs: list[Program] = field(default_factory=list)

    def calls(self) -> list[Call]:
        """All calls of honest people that have begun by now."""
        return self._calls.calls()

    def program(self, name: str, module: str, *arguments: str) -> Program:
        """Starts `python -m MODULE` beside the system."""
        directory = self.deployment.directory
        words = [sys.executable, "-m", module, *arguments]
        self.programs.append(Program(name, words, bare_environment(directory), directory))
        return self.programs[-1]

    def dead_letters(self) -> int:
        """How many messages were set aside, by workers or by the broker."""
        queues = [each for each in topology.queues() if each.startswith(topology.DEAD_QUEUE)]
        return sum(self.deployment.ready(queue) for queue in queues)

    def rows(self) -> int:
        """How many rows the database keeps of refusals."""
        with opened(self.deployment.database_url) as engine, engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(refusals)).scalar_one()

    def revive(self) -> list[str]:
        """Starts another worker for each that has ended; their names."""
        ended = [each for each in self.deployment.programs if each.exit_code is not None]
        for each in ended:
            self.deployment.programs.remove(each)
            role = each.name.partition("-")[0]
            self.deployment.start(role, **self.settings)  # type: ignore[arg-type] # the name of its role
        return [each.name for each in ended]

    def clear(self, queues: list[str]) -> None:
        """Deletes these queues, and empties the system's own."""
        with connected(self.deployment.urls["deploy"]) as connection:
            channel = connection.channel()
            for queue in queues:
                channel.queue_delete(queue)
        self.broker.purge()


def _register(deployment: Deployment, patients: Sequence[Patient], settings: Mapping[str, str]) -> None:
    """Lets the hospital with a registry know these patients, as its operators do."""
    file = deployment.directory / "registry.csv"
    lines = [f"{each.medical_record_number},{each.date_of_birth.isoformat()}" for each in patients]
    file.write_text("\n".join(["medical_record_number,date_of_birth", *lines, ""]))
    words = [sys.executable, "-m", "admin_cli", "patients", "import", REGISTRY_HOSPITAL, str(file)]
    importing = Program("import", words, deployment.environment("deploy", **settings), deployment.directory)
    assert importing.ends() == 0, importing.output


@contextmanager
def staged(
    broker: RunningBroker, database_url: str, directory: Path, integrator_url: str, patience_seconds: float
) -> Iterator[Stage]:
    """The system at work on a database with the newest schema, with honest people who are being answered.

    They wait for `patience_seconds` before they say that they were not.
    """
    with deployed(broker, database_url, directory, catalog=catalog()) as deployment:
        settings = {"ANTREAN_LOG_LEVEL": "info", "ANTREAN_REGISTRY_KEY": secrets.token_hex(32)}
        known = [Patient(date_of_birth=_BORN) for _ in range(_KNOWN)]
        _register(deployment, known, settings)
        deployment.start_together(WORKERS, **settings)
        registered = [
            (each.medical_record_number, each.name, each.date_of_birth.isoformat()) for each in known
        ]
        scene = Scene({**deployment.urls}, integrator_url, INTEGRATOR, registered)
        scene_file, calls_file = directory / "scene.json", directory / "calls.jsonl"
        scene.write(scene_file)
        stage = Stage(deployment, broker, scene, scene_file, settings, CallsFile(calls_file))
        try:
            arguments = (str(scene_file), str(calls_file), str(patience_seconds))
            honest = stage.program("honest", "tests.hostile.honest", *arguments)
            eventually(
                lambda: sum(each.outcome == "answered" for each in stage.calls()) >= _CALLS_FIRST,
                f"honest people are answered: {honest.output[-2000:]}",
            )
            yield stage
        finally:
            for program in stage.programs:
                if program.exit_code is None:
                    program.kill()
