"""How members of the staff are called at the broker, and the passwords that they are given."""

import re
import secrets
from typing import Final

from common.messaging import topology

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,39}", re.ASCII)
_RESERVED: Final = {*topology.roles(), topology.ACCOUNTS_USER, topology.SHARED_DESK_USER, "guest"}
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for one another on paper."""
_GROUPS, _GROUP_LENGTH = 4, 4  # 79 bits


def is_name(text: str) -> bool:
    """Whether a member of the staff can be called so: 2 to 40 characters, a small letter first."""
    return _NAME.fullmatch(text) is not None


def is_reserved(name: str) -> bool:
    """Whether the broker has, or had, a user of this name that is no person's."""
    return name in _RESERVED


def new_password() -> str:
    """A password made at random, to be written down once: `k7mq-2xnp-9rtd-4wzc`."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
