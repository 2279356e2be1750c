"""Where what others have asked for may be sent, webhooks and notifications: to no address of the private
network, unless the host is allowed by name.

Who names a receiver could else have a program inside the hospital's network send requests there
(server-side request forgery). What counts is the address that is connected to, so names that point into the
private network, and unusual ways of writing an address, are found, too.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6052 (NAT64).
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from antrean_client.http_connection import SocketAddress, addresses_of

_UNICAST: Final = IPv6Network("2000::/3")
"""Where all addresses are that the IPv6 internet uses."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Names of IPv4 addresses, in a network that has only IPv6."""
_TUNNELS: Final = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4: obsolete, and each address leads to an IPv4 address."""


class AddressRefused(Exception):
    """A host has this address of the private network."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def is_public(text: str) -> bool:
    """Whether an address, in numbers, is one of the internet's."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return _is_public(address)
    if address in _NAT64:
        return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return _is_public(address) and address in _UNICAST and not any(address in each for each in _TUNNELS)


def public_addresses_of(host: str, port: int, *, anywhere: bool) -> list[SocketAddress]:
    """As `addresses_of`; raises AddressRefused, too, where even one of the addresses is not public, unless it
    may be `anywhere`."""
    found = addresses_of(host, port)
    for _, address in found:
        if not anywhere and not is_public(str(address[0])):
            raise AddressRefused(str(address[0]))
    return found


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
