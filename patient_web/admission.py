"""How much one visitor may ask: by address, by device, by ticket code, and of wrong codes.

Many people share one address (a hospital's Wi-Fi, a mobile operator), so that an address may do much and each
device behind it little. Who shows no device is bounded as one device of the address. What is remembered is
bounded, too, whoever comes.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

from common.web.rates import Rates
from patient_web.known_codes import KnownCodes

_IPV6_PREFIX: Final = 64
"""What one subscriber has of IPv6 at least."""

KEYS_MAX: Final = 30_000
"""Addresses, devices and codes of which one thing is remembered; all together take 40 MiB."""

WAIT_SECONDS_MAX: Final = 300
"""Nobody is told to wait longer, however much longer it takes."""


class Use(StrEnum):
    """What somebody does, each bounded by itself."""

    REQUEST = "request"
    """Asks for anything at all, also what no worker is asked for, and what cannot be read."""
    LOOK_UP = "look_up"
    CHANGE = "change"
    """Registers, or gives a ticket up."""
    STREAM = "stream"
    """Opens a stream, as browsers do again and again where the line is bad."""


class Bound(NamedTuple):
    """So often at once, and so often a second in the long run."""

    burst: int
    per_second: float


OF_DEVICE: Final = {
    Use.REQUEST: Bound(240, 20),
    Use.LOOK_UP: Bound(60, 5),
    Use.CHANGE: Bound(12, 0.2),
    Use.STREAM: Bound(20, 0.5),
}
"""A kiosk is one device: it registers somebody every five seconds."""

OF_ADDRESS: Final = {
    Use.REQUEST: Bound(4_000, 400),
    Use.LOOK_UP: Bound(1_000, 100),
    Use.CHANGE: Bound(200, 5),
    Use.STREAM: Bound(1_000, 50),
}
OF_CODE: Final = Bound(60, 2)
WRONG_CODES_OF_DEVICE: Final = Bound(30, 0.1)
WRONG_CODES_OF_ADDRESS: Final = Bound(200, 2)

STREAMS_OF_DEVICE_MAX: Final = 8
STREAMS_OF_ADDRESS_MAX: Final = 500
STREAMS_MAX: Final = 6_000
"""Of one process, open at once."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: an address as `normal_address` has it, the device's name, where it has shown one, and the
    tickets whose codes it was told before."""

    address: str
    device: str | None
    known: KnownCodes = field(default_factory=KnownCodes, compare=False)

    @property
    def sender(self) -> str:
        """The device, or all of the address that show none."""
        return self.device or self.address


def normal_address(host: str) -> str:
    """The address by which somebody is known: of IPv6 the /64; what is no address as it stands."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _IPV6_PREFIX), strict=False).network_address)
    return str(address)


class Admission:
    """What visitors of one process have done lately. Each answer is how many seconds to wait; 0: go on."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        def rates(bound: Bound) -> Rates:
            return Rates(burst=bound.burst, per_second=bound.per_second, keys_max=KEYS_MAX, now=now)

        self._of_device = {use: rates(bound) for use, bound in OF_DEVICE.items()}
        self._of_address = {use: rates(bound) for use, bound in OF_ADDRESS.items()}
        self._of_code = rates(OF_CODE)
        self._wrong_of_device = rates(WRONG_CODES_OF_DEVICE)
        self._wrong_of_address = rates(WRONG_CODES_OF_ADDRESS)
        self._streams: Counter[str] = Counter()
        self._digest_key = secrets.token_bytes(16)

    def admit(self, visitor: Visitor, use: Use) -> float:
        """Counts it where it may happen now."""
        wait = self._of_device[use].wait_seconds(visitor.sender)
        return _told(wait or self._of_address[use].wait_seconds(visitor.address))

    def admit_codes(self, visitor: Visitor, codes: Sequence[str], guesses: int) -> float:
        """Before tickets are looked for by their codes, of which so many are `guesses`: not known to the
        device. Each guess counts as wrong until `codes_checked`, so that many at once are no more than one
        after the other. Codes that were told to the device cost nothing: no neighbour who guesses keeps
        anybody from a ticket of their own."""
        wait = self._wrong_of_device.reserve(visitor.sender, guesses)
        if not wait and (wait := self._wrong_of_address.reserve(visitor.address, guesses)):
            self._wrong_of_device.settle(visitor.sender, guesses, 0)
        elif not wait and (wait := self._wait_of_codes(codes)):
            self.codes_checked(visitor, guesses, wrong=0)
        return _told(wait)

    def codes_checked(self, visitor: Visitor, guesses: int, *, wrong: int) -> None:
        """After tickets were looked for: how many of the guesses that were admitted are no ticket's code."""
        if guesses:
            self._wrong_of_device.settle(visitor.sender, guesses, wrong)
            self._wrong_of_address.settle(visitor.address, guesses, wrong)

    def take_stream(self, visitor: Visitor) -> bool:
        """Whether one more stream may be open, which counts until `release_stream`."""
        keys = _stream_keys(visitor)
        bounds = (STREAMS_OF_DEVICE_MAX, STREAMS_OF_ADDRESS_MAX, STREAMS_MAX)
        if any(self._streams[key] >= bound for key, bound in zip(keys, bounds, strict=True)):
            return False
        self._streams.update(keys)
        return True

    def release_stream(self, visitor: Visitor) -> None:
        """A stream that was taken is closed."""
        keys = _stream_keys(visitor)
        self._streams.subtract(keys)
        for key in keys:
            if not self._streams[key]:
                del self._streams[key]

    def _wait_of_codes(self, codes: Sequence[str]) -> float:
        waits = (self._of_code.wait_seconds(self._digest(code)) for code in codes)
        return next((wait for wait in waits if wait), 0.0)

    def _digest(self, code: str) -> str:
        # A dump of the memory names no code that was asked for.
        return hashlib.blake2b(code.encode(), key=self._digest_key, digest_size=16).hexdigest()


def _stream_keys(visitor: Visitor) -> tuple[str, str, str]:
    return (f"device {visitor.sender}", f"address {visitor.address}", "all")


def _told(wait_seconds: float) -> float:
    return min(wait_seconds, WAIT_SECONDS_MAX)
