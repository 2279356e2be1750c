"""A certificate authority that lives as long as a command: for trials and tests, never for a hospital.

Source: RFC 5280, sections 4.1 and 4.2
"""

from datetime import datetime
from ipaddress import ip_address
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_NOT_FOR: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("encipher_only", "decipher_only"),
)
"""What an authority's key is not used for."""


class CertifiedKey(NamedTuple):
    """A certificate and its key, both in PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs certificates that count from one moment to another; its own key is kept nowhere."""

    def __init__(self, name: str, begins: datetime, ends: datetime) -> None:
        self._begins, self._ends = begins, ends
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        signing = dict.fromkeys(_NOT_FOR, False)
        built = (
            self._begun(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **signing), critical=True)
        )
        self.certificate = _pem(built.sign(self._key, hashes.SHA256()))
        """By which those who trust it know it, in PEM."""

    def of_server(self, hosts: list[str]) -> CertifiedKey:
        """For a server that is reached by these names and addresses."""
        names = x509.SubjectAlternativeName([_host(each) for each in hosts])
        return self._certified(hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, names)

    def of_client(self, user: str) -> CertifiedKey:
        """For a client that logs in as `user`."""
        return self._certified(user, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _certified(self, name: str, usage: x509.ObjectIdentifier, *more: x509.ExtensionType) -> CertifiedKey:
        key = ec.generate_private_key(ec.SECP256R1())
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        built = (
            self._begun(_named(name), key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(authority, critical=False)
        )
        for extension in more:
            built = built.add_extension(extension, critical=False)
        written = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return CertifiedKey(_pem(built.sign(self._key, hashes.SHA256())), written)

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._begins)
            .not_valid_after(self._ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
