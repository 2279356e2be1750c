"""Starts `antrean-web`: `python -m patient_web`."""

from common.process import configure_logging, run_worker, trace_worker


def main() -> None:
    """The console script."""
    run_worker("antrean-web", run, extra="web")


def run() -> None:
    """Answers at the port of the settings until it is told to stop."""
    from common.settings import load_settings
    from common.web.observing import observed
    from common.web.server import WebServer
    from patient_web.app import make_app

    settings = load_settings("web")
    configure_logging("web", settings.log_level)
    trace_worker("antrean-web", settings)
    with observed(make_app(settings), "web", settings) as app:
        server = WebServer(
            app,
            settings.web_address,
            settings.web_port,
            variable="ANTREAN_WEB_PORT",
            proxies=settings.trusted_proxies,
        )
        server.run()


if __name__ == "__main__":
    main()
