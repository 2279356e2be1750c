"""What both web processes do around their applications: settings, logs, counts, and the port."""

from collections.abc import Callable
from typing import Literal

from starlette.applications import Starlette

from antrean_client.connection import user_of
from common.errors import SettingsError
from common.process import configure_logging, trace_worker
from common.settings import BROKER_USERS, Role, Settings, load_settings
from common.translation import N_
from common.web.observing import observed
from common.web.server import WebServer


def run_web(role: Literal["web", "board"], make_app: Callable[[Settings], Starlette]) -> None:
    """Answers at the port of the settings until the process is told to stop; raises SettingsError where the
    settings cannot be used."""
    settings = load_settings(role)
    _check_user(role, settings.require_amqp_url())
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


def _check_user(role: Role, amqp_url: str) -> None:
    """Raises SettingsError where the address names the broker's user of another program of ours, which may
    do less, or more, than this one has to."""
    user = user_of(amqp_url)
    if user in BROKER_USERS and user != role:
        raise SettingsError(
            N_(
                "{program} needs the broker's user {needed}, and ANTREAN_AMQP_URL names {named}; set the"
                " address of {needed}."
            ),
            program=f"antrean-{role}",
            needed=role,
            named=user,
        )
