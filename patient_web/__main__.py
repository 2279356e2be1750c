"""Starts `antrean-web`: `python -m patient_web`."""

from common.process import run_worker


def main() -> None:
    """The console script."""
    run_worker("antrean-web", run, extra="web")


def run() -> None:
    """Answers until it is told to stop."""
    from common.web.process import run_web
    from patient_web.app import make_app

    run_web("web", make_app)


if __name__ == "__main__":
    main()
