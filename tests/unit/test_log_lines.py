"""What stands in every line that a process logs."""

import json
import os
import threading

import pytest
import structlog

from common.process import configure_logging


def test_whichever_thread_logs_a_line_says_which_process_it_is_of(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("board", "info")

    thread = threading.Thread(target=lambda: structlog.get_logger().warning("events not read", reason="no"))
    thread.start()
    thread.join()

    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp")
    assert line == {
        "event": "events not read",
        "level": "warning",
        "process": "board",
        "pid": os.getpid(),
        "reason": "no",
    }
