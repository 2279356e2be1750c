"""Passwords of the broker's users, which are shown once."""

import secrets
from typing import Final

_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for one another on paper."""
_GROUPS, _GROUP_LENGTH = 4, 4  # 79 bits


def new_password() -> str:
    """A password made at random, to be written down once: `k7mq-2xnp-9rtd-4wzc`."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
