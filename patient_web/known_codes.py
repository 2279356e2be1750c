"""Which ticket codes a device was told: one that registered, or was shown a ticket, does not guess when it
asks for that one.

The device carries the proof in its own sealed name, so that any process with the same secret knows it, also
after a start. It holds digests, so that a name that is found opens no ticket.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from antrean_client.requests import Answer
from common.domain.ticket_codes import parse_ticket_code

KNOWN_MAX: Final = 20
"""Of a device; the latest are kept. A kiosk forgets who came before."""

_DIGEST_BYTES: Final = 8


class KnownCodes:
    """The digests of the codes that a device was told, the latest last."""

    def __init__(self, packed: bytes = b"") -> None:
        starts = range(0, len(packed), _DIGEST_BYTES)
        self._digests = dict.fromkeys(packed[start : start + _DIGEST_BYTES] for start in starts)
        self._packed_before = packed

    @property
    def is_changed(self) -> bool:
        """Whether the device has to be given a name that holds more."""
        return self.packed() != self._packed_before

    def packed(self) -> bytes:
        """What the device's name holds."""
        return b"".join([*self._digests][-KNOWN_MAX:])

    def unknown(self, codes: Iterable[str]) -> list[str]:
        """Those that the device was not told, each once."""
        return [code for code in dict.fromkeys(codes) if _digest(code) not in self._digests]

    def learn(self, answer: Answer) -> None:
        """The device is told these tickets, and those in which they go on."""
        for ticket in _tickets(answer):
            for member in ("ticket_code", "transferred_to", "current_code"):
                if code := ticket.get(member):
                    self._digests.setdefault(_digest(code))


def _tickets(answer: Answer) -> list[dict[str, Any]]:
    if answer.name == "problem":
        held = answer.body.get("ticket")
        return [held] if held else []
    if answer.name == "ticket":
        return [answer.body]
    return answer.body.get("tickets") or []


def _digest(code: str) -> bytes:
    return hashlib.sha256(parse_ticket_code(code).encode()).digest()[:_DIGEST_BYTES]
