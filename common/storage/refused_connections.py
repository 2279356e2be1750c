"""Why PostgreSQL could not be connected to, and what to do.

libpq tells it as a text, without a code: https://www.postgresql.org/docs/current/libpq-ssl.html
"""

from typing import Final

import psycopg

_ADVICE: Final = (
    (
        "certificate verify failed",
        "shows a certificate of an authority that is not trusted here, or that has expired: name the"
        " authority by sslrootcert in ANTREAN_DATABASE_URL, or renew the certificate there",
    ),
    (
        "does not match host name",
        "shows a certificate of another host: write in ANTREAN_DATABASE_URL a name that the certificate has",
    ),
    (
        "root certificate file",
        "cannot be checked, because the file of the authority is missing or cannot be read: name it by"
        " sslrootcert in ANTREAN_DATABASE_URL",
    ),
    (
        "private key file",
        "is not connected to: the file of sslkey in ANTREAN_DATABASE_URL is missing, or others can read it"
        " (chmod go=)",
    ),
    (
        "certificate file",
        "is not connected to: the file of sslcert in ANTREAN_DATABASE_URL is missing or no certificate",
    ),
    (
        "server does not support SSL",
        "does not speak TLS: switch ssl on there, or correct host and port in ANTREAN_DATABASE_URL",
    ),
    (
        "no encryption",
        "takes no connection without TLS: add sslmode=verify-full to ANTREAN_DATABASE_URL",
    ),
    (
        "certificate",
        "does not take this client's certificate, or asks for one: check sslcert, sslkey and the user in"
        " ANTREAN_DATABASE_URL",
    ),
    (
        "alert",
        "does not take this client's certificate: check sslcert and sslkey in ANTREAN_DATABASE_URL",
    ),
    (
        "password authentication failed",
        "refuses this user: check user and password in ANTREAN_DATABASE_URL",
    ),
    ("no pg_hba.conf entry", "lets this user in from nowhere here: see its pg_hba.conf"),
)
"""What is in libpq's text, the first that is; and how the sentence about the database goes on."""


class ConnectionRefused(psycopg.OperationalError):
    """PostgreSQL was reached, and is not connected to; its text goes on after "The database"."""

    is_refusal = True


def refusal_in(error: psycopg.OperationalError) -> psycopg.OperationalError:
    """The error that says what to do, or the same where nothing more is known."""
    text = str(error)
    advice = next((advice for part, advice in _ADVICE if part in text), None)
    return error if advice is None else ConnectionRefused(advice)
