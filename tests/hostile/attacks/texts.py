"""Attacks by text: what is written into logs and onto screens, and names that nobody can see."""

from dataclasses import replace

import pika

from tests.hostile.attacks.attackers import Asking
from tests.hostile.attacks.findings import Findings
from tests.hostile.attacks.identities import registering, young
from tests.hostile.scene import HOSPITAL, Scene

FORGED = "2026-11-30 00:00:00 [error] forged by a stranger"
"""A line that would look like the log's own."""

_CONNECTION_NAME = f"antrean\n{FORGED}\n\x1b[31mred\x07"
_INVISIBLE = (
    *("\u3164", "\u115f\u1160", "\uffa0", "\u2800"),
    *("\u00ad", "\u034f", "\u200b", "\u202e", "\U000e0041"),
)


def names(scene: Scene, _seconds: float) -> Findings:
    """A connection's name with line feeds and escapes, and patients' names without a visible character."""
    parameters = pika.URLParameters(scene.urls["patient"])
    parameters.client_properties = {"connection_name": _CONNECTION_NAME, "product": _CONNECTION_NAME}
    pika.BlockingConnection(parameters).close()
    with Asking(scene.urls["patient"]) as asking:
        replies = [
            asking.ask(*registering(replace(young(), name=name), HOSPITAL, "V12")) for name in _INVISIBLE
        ]
    taken = sum(each.name == "ticket" for each in replies)
    return Findings(f"{taken} of {len(_INVISIBLE)} invisible names taken", taken > 0, forges_logs=True)
