"""What schemathesis is told: each request comes from another address, so that rates do not hide the rest."""

import random
from typing import Any

import schemathesis


def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Names a client, as a proxy does."""
    case.headers = {**(case.headers or {}), "X-Forwarded-For": f"2001:db8:{random.getrandbits(16):x}:1::1"}


schemathesis.hook(before_call)
