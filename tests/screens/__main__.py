"""Draws docs/screens/ again, of a sample hospital at work on a Monday morning: `python -m tests.screens`."""

from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from admin_cli.catalog_file import read_catalog
from admin_cli.database.schema import migrate
from tests.broker import running_broker
from tests.browser.conftest import launch
from tests.database import opened
from tests.deployment import deployed
from tests.screens import board, patients
from tests.screens.pictures import SUFFIX
from tests.web.desks import call_by_hand

FOLDER = Path(__file__).parents[2] / "docs" / "screens"


def main() -> None:
    """Draws all."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob(f"*{SUFFIX}"):
        old.unlink()
    with as_file(files("local_stack") / "sample_catalog.toml") as path:
        catalog = read_catalog(path)
    with TemporaryDirectory() as name, running_broker() as broker, sync_playwright() as playwright:
        directory = Path(name)
        url = f"sqlite:///{directory}/antrean.sqlite"
        with opened(url) as engine:
            migrate(engine)
        with deployed(broker, url, directory, catalog=catalog) as hospital:
            hospital.start_together({"registrar": 1, "ticker": 1, "status": 1})
            call_by_hand(hospital, patients.HOSPITAL, sorted({*patients.CLINICS, *board.CLINICS}))
            browser = launch(playwright)
            patients.draw(browser, hospital, FOLDER)
            board.draw(browser, broker, hospital, FOLDER)
            browser.close()


if __name__ == "__main__":
    main()
