"""Starts `antrean-board`: `python -m waiting_room`."""

from common.process import configure_logging, run_worker, trace_worker


def main() -> None:
    """The console script."""
    run_worker("antrean-board", run, extra="web")


def run() -> None:
    """Answers at the port of the settings until it is told to stop."""
    from common.settings import load_settings
    from common.web.observing import observed
    from common.web.server import WebServer
    from waiting_room.app import make_app

    settings = load_settings("board")
    configure_logging("board", settings.log_level)
    trace_worker("antrean-board", settings)
    with observed(make_app(settings), "board", settings) as app:
        server = WebServer(
            app,
            settings.web_address,
            settings.board_port,
            variable="ANTREAN_BOARD_PORT",
            proxies=settings.trusted_proxies,
        )
        server.run()


if __name__ == "__main__":
    main()
