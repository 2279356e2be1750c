"""A server's side of TLS with a certificate that nobody trusts."""

from pathlib import Path

_PEM = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnGlJbMvpUqs7y+4W
rNzOwTdUUG/uPeii7HzzpBNT8AKhRANCAAQtKwrLKHtNJwzgrW+dJMz6qKSPDSKC
YbqQGVy3yHWzmfVoKqgS4CtXW38OcEwnZv5gryxh0eYOOasFQJgsZh5m
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUW0tft6oseqfgow7idyPNC7hZnqUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDE1MzgwOVoYDzIxMjYxMTA2
MTUzODA5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQtKwrLKHtNJwzgrW+dJMz6qKSPDSKCYbqQGVy3yHWzmfVoKqgS4CtX
W38OcEwnZv5gryxh0eYOOasFQJgsZh5mo2kwZzAdBgNVHQ4EFgQUj0tWrQkoZMUE
D3rK6aDzu6F3VP0wHwYDVR0jBBgwFoAUj0tWrQkoZMUED3rK6aDzu6F3VP0wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAMH4A+VVc1NROM9zFNN4JrfkmPHdzrIQ9xPvFf1CnQr5AiB0oyveuiVc
XjK3SITVHAeoAC1pgH1A7ilsivQo6+zi4w==
-----END CERTIFICATE-----
"""
"""A key and a certificate for localhost; it protects nothing."""


def self_signed(directory: Path) -> Path:
    """A file with both."""
    path = directory / "certificate.pem"
    path.write_text(_PEM)
    return path
