"""Starts `antrean-board`: `python -m waiting_room`."""

from common.process import run_worker


def main() -> None:
    """The console script."""
    run_worker("antrean-board", run, extra="web")


def run() -> None:
    """Answers until it is told to stop."""
    from common.web.process import run_web
    from waiting_room.app import make_app

    run_web("board", make_app)


if __name__ == "__main__":
    main()
