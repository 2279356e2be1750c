"""Webhooks go nowhere into the private network, however an address is written, unless a host is allowed."""

import socket
from typing import Any

import click
import pytest

from common.public_addresses import AddressRefused, is_public, public_addresses_of
from event_tap.webhooks.endpoint import endpoint_of

PRIVATE = {
    "this network": "0.0.0.0",
    "this network, another address": "0.1.2.3",
    "loopback": "127.0.0.1",
    "loopback, another address": "127.255.255.254",
    "RFC 1918, class A": "10.0.0.1",
    "RFC 1918, class B": "172.16.0.1",
    "RFC 1918, the end of class B": "172.31.255.255",
    "RFC 1918, class C": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "link-local": "169.254.1.1",
    "a cloud's metadata": "169.254.169.254",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 unspecified": "::",
    "IPv6 loopback": "::1",
    "IPv6 unique local": "fd12:3456:789a::1",
    "IPv6 unique local, the other half": "fc00::1",
    "a cloud's metadata by IPv6": "fd00:ec2::254",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with its interface": "fe80::1%1",
    "IPv6 site-local": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "mapped RFC 1918": "::ffff:10.0.0.1",
    "a mapped public address, which nobody needs": "::ffff:8.8.8.8",
    "IPv4-compatible loopback": "::127.0.0.1",
    "NAT64 of loopback": "64:ff9b::127.0.0.1",
    "NAT64 of RFC 1918": "64:ff9b::192.168.1.1",
    "NAT64 of a network's own": "64:ff9b:1::8.8.8.8",
    "6to4 of RFC 1918": "2002:c0a8:0101::1",
    "6to4": "2002:808:808::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "discard only": "100::1",
}
PUBLIC = ("8.8.8.8", "1.1.1.1", "103.28.12.1", "2001:4860:4860::8888", "2606:4700::1111", "64:ff9b::8.8.8.8")

URLS = {
    "a name": "https://localhost/",
    "a name in capitals": "https://LOCALHOST/",
    "numbers": "https://127.0.0.1/",
    "one number": "https://2130706433/",
    "one hexadecimal number": "https://0x7f000001/",
    "an octal number": "https://0177.0.0.1/",
    "a short form": "https://127.1/",
    "nothing but zero": "https://0/",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "metadata as one number": "https://2852039166/",
    "IPv6": "https://[::1]/",
    "IPv6 in full": "https://[0:0:0:0:0:0:0:1]:8443/",
    "mapped": "https://[::ffff:127.0.0.1]/",
    "mapped in hexadecimal": "https://[::ffff:7f00:1]/",
    "NAT64": "https://[64:ff9b::7f00:1]/",
}

UNUSABLE = {
    "no address": "papan",
    "another protocol": "ftp://papan.example/",
    "a file": "file:///etc/passwd",
    "no host": "https:///hooks",
    "a user": "https://user@papan.example/",
    "a password": "https://user:secret@papan.example/",
    "a host behind a user": "https://papan.example@127.0.0.1/",
    "a port that is a word": "https://papan.example:secret/",
    "a port beyond all": "https://papan.example:99999/",
    "the port 0": "https://papan.example:0/",
    "half an IPv6 address": "https://[::1/",
    "a space": "https://papan.example/a b",
    "a line feed": "https://papan.example/\r\nHost: 127.0.0.1",
    "letters beyond ASCII": "https://papan.example/pöli",
    "digits in circles": "https://①②⑦.⓪.⓪.①/",
}


@pytest.mark.parametrize("kind", PRIVATE)
def test_addresses_that_are_not_public(kind: str) -> None:
    assert not is_public(PRIVATE[kind])


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("kind", URLS)
def test_however_an_address_is_written(kind: str) -> None:
    endpoint = endpoint_of(URLS[kind], ())
    with pytest.raises(AddressRefused):
        public_addresses_of(endpoint.host, endpoint.port, anywhere=endpoint.is_allowed)


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: Any, **__: Any) -> list[Any]:
        addresses = [(socket.AF_INET, ("8.8.8.8", 443)), (socket.AF_INET6, ("fd00::1", 443, 0, 0))]
        return [(family, socket.SOCK_STREAM, 6, "", address) for family, address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with pytest.raises(AddressRefused, match="fd00::1"):
        public_addresses_of("papan.example", 443, anywhere=False)
    assert len(public_addresses_of("papan.example", 443, anywhere=True)) == 2


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://localhost:8080/", "localhost"),
        ("https://LOCALHOST/", "localhost."),
        ("http://[::1]:8080/", "::1"),
        ("http://[::1]:8080/", "[::1]"),
        ("http://127.0.0.1/", "127.0.0.1"),
    ],
)
def test_a_host_is_allowed_by_its_name(url: str, allowed: str) -> None:
    endpoint = endpoint_of(url, ["papan.example", allowed])
    assert endpoint.is_allowed
    assert public_addresses_of("127.0.0.1", 80, anywhere=endpoint.is_allowed)


@pytest.mark.parametrize("allowed", ["", "example", "local", "127.0.0.2", "localhost.example", "*"])
def test_another_name_allows_nothing(allowed: str) -> None:
    assert not endpoint_of("https://localhost/", [allowed]).is_allowed
    with pytest.raises(click.UsageError):
        endpoint_of("http://localhost/", [allowed])


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_is_no_address_of_a_receiver(kind: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        endpoint_of(UNUSABLE[kind], ["papan.example"])
    assert "secret" not in str(refused.value)


def test_what_a_request_is_sent_with() -> None:
    endpoint = endpoint_of("https://Papan.example:8443/antrean?key=a%20b#part", ())
    assert (endpoint.host, endpoint.port) == ("papan.example", 8443)
    assert (endpoint.authority, endpoint.target) == ("Papan.example:8443", "/antrean?key=a%20b")
    assert endpoint_of("https://papan.example", ()).target == "/"
