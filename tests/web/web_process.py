"""A web process of ours that answers at a port of its own."""

import json
from dataclasses import dataclass

import httpx

from common.settings import Role
from tests.deployment import Deployment
from tests.processes import SECONDS_MAX, Program, eventually

MODULES: dict[Role, str] = {"web": "patient_web", "board": "waiting_room"}
SECRET = "a secret of the tests, long enough for it"
IMPATIENT = "tests.web.impatient"
"""Has short time limits, for tests of what happens when they are over."""


@dataclass(frozen=True)
class WebProcess:
    """It runs until the deployment ends, or a test stops it."""

    program: Program
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **given: object) -> httpx.Client:
        """A client that asks there, and is in no hurry."""
        return httpx.Client(base_url=self.url, timeout=SECONDS_MAX, **given)  # type: ignore[arg-type]

    def is_ready(self) -> bool:
        """Whether it can do its work."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=SECONDS_MAX).status_code == 200
        except httpx.TransportError:
            return False


def start_web(
    deployment: Deployment, role: Role, port: int = 0, *, module: str = "", **settings: str
) -> WebProcess:
    """Starts an `antrean-web` (`web`) or `antrean-board` (`board`), or `module` in its place, and waits until
    it answers."""
    settings = {f"ANTREAN_{role.upper()}_PORT": str(port), "ANTREAN_WEB_SECRET": SECRET} | settings
    program = deployment.start(role, module or MODULES[role], **settings)
    program.prints('"event": "ready"')
    [ready] = [line for line in program.output.splitlines() if '"event": "ready"' in line]
    return WebProcess(program, int(json.loads(ready)["port"]))


def await_ready(process: WebProcess) -> None:
    """Waits until it can do its work."""
    eventually(process.is_ready, f"{process.program.name} is ready\n{process.program.output[-2000:]}")
