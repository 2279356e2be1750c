"""An installation for the doctor to examine, with a node that tests can break."""

import json
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from admin_cli.doctor.command import findings
from common.messaging import topology
from common.settings import load_settings
from common.words.texts import Texts
from local_stack.private_node import PrivateNode
from tests.deployment import Deployment
from tests.processes import SECONDS_MAX, ended
from tests.workers.node_control import evaluate


class Node(PrivateNode):
    """A node that tests can break, with the management API and an administrator."""

    administrator = "administrator:of-the-tests"

    def __init__(self, directory: Path, server: Path) -> None:
        super().__init__(directory, server, management=True)
        # The management API's statistics are at most twice this old, in ms.
        (directory / "advanced.config").write_text("[{rabbit, [{collect_statistics_interval, 1000}]}].\n")

    def start(self) -> None:
        super().start()
        name, _, password = self.administrator.partition(":")
        evaluate(
            self,
            f'rabbit_auth_backend_internal:add_user(<<"{name}">>, <<"{password}">>, <<"tests">>),'
            f'rabbit_auth_backend_internal:set_tags(<<"{name}">>, [administrator], <<"tests">>).',
        )

    def change(self, method: str, path: str, contents: object = None) -> None:
        """Changes something through the management API, as the administrator."""
        credentials = b64encode(self.administrator.encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._ports['management']}/api{path}",
            json.dumps(contents).encode(),
            {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
            method=method,
        )
        urllib.request.urlopen(request, timeout=SECONDS_MAX).close()

    def mend(self) -> None:
        """Restores users, permissions, policies, queues and bindings."""
        written = json.loads((self._directory / "definitions.json").read_text())
        self.change("POST", "/definitions", written)
        topology.deploy(self.urls["deploy"])

    def url_of(self, credentials: str) -> str:
        """The management API's address for another user."""
        return f"http://{credentials}@127.0.0.1:{self._ports['management']}/"

    def known(self) -> dict[str, str]:
        """The settings with which the doctor can try every role, and look at the management API only."""
        passwords = {f"ANTREAN_PASSWORD_{role.upper()}": each for role, each in self._passwords.items()}
        deploy = f"{topology.MANAGEMENT_ROLE}:{self._passwords[topology.MANAGEMENT_ROLE]}"
        return passwords | {"ANTREAN_MANAGEMENT_URL": self.url_of(deploy)}


class Diagnosis:
    """The doctor's findings: for each check its messages and advice, by status."""

    def __init__(self, found: Iterable[tuple[str, str, str]]) -> None:
        self.ok: dict[str, str] = {}
        self.warnings: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        for status, check, text in found:
            kept = {"ok": self.ok, "warning": self.warnings, "failed": self.failed}[status]
            kept[check] = f"{kept.get(check, '')}\n{text}"


@dataclass
class Installation:
    """A node and a deployment on it."""

    node: Node
    deployment: Deployment

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs the doctor as a process, with the settings of `known`."""
        environment = self.deployment.environment("deploy") | self.node.known() | settings
        return ended(
            [sys.executable, "-m", "admin_cli", "doctor", *words], environment, self.deployment.directory
        )

    def diagnose(self, **settings: str) -> Diagnosis:
        """The doctor's findings, run in this process, which saves the imports."""
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(self.deployment.directory)
            for name, value in (self.deployment.environment("deploy") | self.node.known() | settings).items():
                patched.setenv(name, value)
            found = list(findings(load_settings("deploy")))
        texts = Texts("en")
        return Diagnosis(
            (each.status, each.check, f"{each.message(texts)} -> {each.advice(texts)}") for each in found
        )

    def diagnose_in_process(self, **settings: str) -> Diagnosis:
        """The same in its own process: the end of the process closes connections that got no answer."""
        done = self.run("--json", "--lang", "en", **settings)
        assert done.stderr == ""
        checks = json.loads(done.stdout)["checks"]
        found = Diagnosis(
            (row["status"], row["check"], f"{row['message']} -> {row['advice']}") for row in checks
        )
        assert done.returncode == (1 if found.failed else 0)
        return found
