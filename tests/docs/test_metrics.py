"""docs/operations.md describes exactly the metrics that there are."""

import re
from pathlib import Path

from common.metrics import definitions

_OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def test_operations_describe_every_metric_as_it_describes_itself() -> None:
    said = re.findall(r"^\| `(antrean_\w+)` \| (.*?) \| (.*) \|$", _OPERATIONS, re.MULTILINE)

    assert said == [
        (metric.name, ", ".join(f"`{label}`" for label in metric.labels), metric.help)
        for metric in (
            *definitions.OF_EVERY_WORKER,
            *definitions.OF_ALL_QUEUES,
            *definitions.OF_WEB_PROCESSES,
        )
    ]
