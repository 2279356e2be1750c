"""The broker of a run: a private node that faults kill, stop, start, and put under a memory alarm."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.errors import BrokerUnavailable
from common.messaging.topology import deploy
from local_stack.child import environment_with
from local_stack.private_node import PrivateNode
from tests.memory_alarm import RAISED_AT, WATERMARK, set_watermark

_START_SECONDS_MAX = 300
_STOP_SECONDS_MAX = 120
_CONTROL_SECONDS_MAX = 120
_POLL_SECONDS = 0.1
_ADVANCED_CONFIG = "[{rabbit, [{quorum_tick_interval, 1000}]}].\n"  # the maximum age of queue lengths, in ms


class ChaosBroker(PrivateNode):
    """Methods that block call `meanwhile` many times a second, so that the run continues."""

    def __init__(self, directory: Path, server: Path, meanwhile: Callable[[], object]) -> None:
        super().__init__(directory, server)
        self.starts = 0
        self._server = server
        self._meanwhile = meanwhile
        self._watermark = ""
        (directory / "advanced.config").write_text(_ADVANCED_CONFIG)

    def start(self) -> None:
        """Starts the node and waits until it has the topology; raises BrokerUnavailable if it never has."""
        self.launch()
        if not self._wait(lambda: self.ready() or not self.alive(), _START_SECONDS_MAX) or not self.alive():
            raise BrokerUnavailable(f"The node did not start; {self._children[-1].log_file} says why.")

    def launch(self) -> None:
        """Starts the node without waiting until it is `ready`."""
        self.starts += 1
        self._write_configuration()
        for child in self._children:
            child.start()

    def ready(self) -> bool:
        """Whether the topology can be declared: every queue answers."""
        try:
            deploy(self.urls["deploy"])
        except BrokerUnavailable:
            return False
        return True

    def stop(self) -> None:
        """Stops the node in order, then its name server."""
        self.ask_to_stop()
        self._wait(self.stopped, _STOP_SECONDS_MAX)
        super().stop()

    def ask_to_stop(self) -> None:
        """Asks the node to stop in order, without waiting until it has `stopped`."""
        self._children[-1].ask_to_stop()

    def stopped(self) -> bool:
        """Whether the node has ended; its name server may run on."""
        return not self._children[-1].alive()

    def alarm(self, on: bool) -> None:
        """Raises or ends the memory alarm, through the node's own monitor.

        Raises BrokerUnavailable if the node does not report the new state.
        """
        if not self._watermark:
            self._watermark = self._control("eval", WATERMARK)
        watermark = RAISED_AT if on else self._watermark
        if self._control("eval", set_watermark(watermark, alarm=on)) != "true":
            raise BrokerUnavailable(f"The memory alarm is not {'raised' if on else 'over'}.")

    def queues(self) -> dict[str, dict[str, Any]]:
        """Each queue with `messages_ready`, `messages_unacknowledged` and `consumers`, about a second old."""
        columns = ("name", "messages_ready", "messages_unacknowledged", "consumers")
        rows = json.loads(self._control("--formatter", "json", "list_queues", *columns))
        return {row["name"]: row for row in rows}

    def version(self) -> str:
        """The version of the node that runs."""
        return self._control("eval", "io:format(rabbit_misc:version()).").removesuffix("ok").strip()

    def _control(self, *arguments: str) -> str:
        """What `rabbitmqctl`, which lies beside the server's script, says; raises BrokerUnavailable."""
        program = [str(self._server.with_name("rabbitmqctl")), "--quiet", *arguments]
        with subprocess.Popen(
            program,
            env=environment_with(self._environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as control:
            try:
                ended = self._wait(lambda: control.poll() is not None, _CONTROL_SECONDS_MAX)
            finally:
                control.kill()
            said, _ = control.communicate()
        if not ended or control.returncode != 0:
            raise BrokerUnavailable(f"rabbitmqctl {arguments[0]} failed: {said.strip()[:300]}")
        return said.strip()

    def _wait(self, condition: Callable[[], bool], seconds_max: float) -> bool:
        end = time.monotonic() + seconds_max
        while not (holds := condition()) and time.monotonic() < end:
            self._meanwhile()
            time.sleep(_POLL_SECONDS)
        return holds
