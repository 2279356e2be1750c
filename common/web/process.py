"""What both web processes do around their applications: settings, logs, counts, and the port."""

from collections.abc import Callable
from typing import Literal

from starlette.applications import Starlette

from common.process import configure_logging, trace_worker
from common.settings import Settings, load_settings
from common.web.observing import observed
from common.web.server import WebServer


def run_web(role: Literal["web", "board"], make_app: Callable[[Settings], Starlette]) -> None:
    """Answers at the port of the settings until the process is told to stop; raises SettingsError where the
    settings cannot be used."""
    settings = load_settings(role)
    configure_logging(role, settings.log_level)
    trace_worker(f"antrean-{role}", settings)
    ports = {"web": settings.web_port, "board": settings.board_port}
    with observed(make_app(settings), role, settings) as app:
        server = WebServer(
            app,
            settings.web_address,
            ports[role],
            variable=f"ANTREAN_{role.upper()}_PORT",
            proxies=settings.trusted_proxies,
        )
        server.run()
