"""A broker with RabbitMQ's own plugin for Prometheus, and a Prometheus that asks it and some workers."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from urllib.request import urlopen

from ruamel.yaml import YAML

from local_stack.endpoint import HOST, free_ports
from local_stack.private_node import PrivateNode
from tests.processes import Program, bare_environment, eventually

WATCH: Final = Path(__file__).parents[2] / "deploy" / "watch"


class WatchedNode(PrivateNode):
    """Shows Prometheus its queues at `prometheus_port`."""

    prometheus_port = 0

    def _write_configuration(self) -> None:
        super()._write_configuration()
        self.prometheus_port = free_ports({"prometheus": 0})["prometheus"]
        (self._directory / "enabled_plugins").write_text("[rabbitmq_prometheus].\n")
        with (self._directory / "rabbitmq.conf").open("a") as configuration:
            configuration.write(f"prometheus.tcp.ip = {HOST}\nprometheus.tcp.port = {self.prometheus_port}\n")


class Prometheus:
    """A Prometheus at work, asked by HTTP."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str) -> Any:
        """What its API answers."""
        with urlopen(f"http://{HOST}:{self._port}/api/v1/{path}", timeout=30) as response:
            return json.load(response)["data"]

    def query(self, expression: str) -> list[Any]:
        """The series that an expression has now; an HTTPError where it is none."""
        found: list[Any] = self.get(f"query?query={quote(expression)}")["result"]
        return found

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self.get("status/runtimeinfo"))
        except OSError:
            return False


@contextmanager
def prometheus(
    program: str, directory: Path, workers: Sequence[int], broker_port: int
) -> Iterator[Prometheus]:
    """Prometheus as docker-compose.watch.yml has it, but that it asks these ports, every second."""
    yaml = YAML(typ="safe")
    configuration = yaml.load(WATCH / "prometheus.yml")
    configuration["global"] = dict.fromkeys(
        ("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s"
    )
    configuration["rule_files"] = [str(WATCH / "rules.yml")]
    of_workers, of_broker = configuration["scrape_configs"]
    del of_workers["dns_sd_configs"]
    of_workers["static_configs"] = [{"targets": [f"{HOST}:{port}" for port in workers]}]
    of_broker["static_configs"] = [{"targets": [f"{HOST}:{broker_port}"]}]
    file = directory / "prometheus.yml"
    yaml.dump(configuration, file)
    port = free_ports({"prometheus": 0})["prometheus"]
    running = Program(
        "prometheus",
        [
            program,
            f"--config.file={file}",
            f"--storage.tsdb.path={directory / 'prometheus'}",
            f"--web.listen-address={HOST}:{port}",
        ],
        bare_environment(directory),
        directory,
    )
    asked = Prometheus(port)
    try:
        eventually(asked.is_ready, f"Prometheus answers: {running.output[-2000:]}")
        yield asked
    finally:
        running.ask_to_stop()
        running.ends()
