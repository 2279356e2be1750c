"""What a web process shows at the port of its metrics."""

import json
import re

import httpx

from tests.web.web_process import WebProcess

_SERIES = re.compile(r"^(antrean_\w+)\{(.*)\} (\S+)$", re.MULTILINE)


def metrics_url(process: WebProcess) -> str:
    """Where it shows its metrics."""
    process.program.prints("metrics shown")
    [line] = [each for each in process.program.output.splitlines() if "metrics shown" in each]
    return f"http://127.0.0.1:{json.loads(line)['port']}"


def shown(process: WebProcess) -> dict[tuple[str, str], float]:
    """The values by name and labels, but `worker`."""
    text = httpx.get(f"{metrics_url(process)}/metrics").text
    assert "process_cpu_seconds_total" in text
    role = process.program.name.partition("-")[0]
    found = {}
    for name, labels, value in _SERIES.findall(text):
        assert f'worker="{role}"' in labels
        others = [label for label in labels.split(",") if not label.startswith("worker=")]
        found[name, ",".join(others)] = float(value)
    return found
