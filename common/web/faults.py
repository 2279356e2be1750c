"""What becomes of a fault of ours: it is logged without its text, which may hold what a patient sent."""

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from common.errors import places

_log = structlog.get_logger()


class Faults:
    """Around a Starlette application, which answers 500 and raises the error again: uvicorn would log all of
    it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            pass  # there is nobody to answer
        except Exception as error:
            log_fault(error)
            if scope["type"] != "http":
                raise  # it cannot start


def log_fault(error: BaseException) -> None:
    """Its kind, and where it was raised."""
    _log.error("fault", kind=type(error).__name__, where=places(error))
