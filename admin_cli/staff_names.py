"""How members of the staff are called at the broker."""

import re
from typing import Final

from common.messaging import topology

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,39}", re.ASCII)
_RESERVED: Final = {*topology.roles(), topology.ACCOUNTS_USER, topology.SHARED_DESK_USER, "guest"}


def is_name(text: str) -> bool:
    """Whether a member of the staff can be called so: 2 to 40 characters, a small letter first."""
    return _NAME.fullmatch(text) is not None


def is_reserved(name: str) -> bool:
    """Whether the broker has, or had, a user of this name that is no person's."""
    return name in _RESERVED
