"""Nobody pays for what they do not use: which libraries each program loads, and which it can do without."""

import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement

from admin_cli.database.schema import migrate
from common.installation import MODULES, Extra
from common.storage.engine import open_engine

ROOT = Path(__file__).parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PARTS: Final[dict[str, list[str]]] = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
MODULE_NAMES: Final = {
    "http-ece": "http_ece",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry.exporter.otlp.proto.http",
    "opentelemetry-sdk": "opentelemetry.sdk",
    "prometheus-client": "prometheus_client",
    "py-vapid": "py_vapid",
    "python-dotenv": "dotenv",
    "sse-starlette": "sse_starlette",
    "typing-extensions": "typing_extensions",
}
DATA_ONLY: Final = {"tzdata"}

LIBRARIES: Final = {
    "alembic", "click", "cloudevents", "cryptography", "dotenv", "opentelemetry", "pika", "platformdirs",
    "prometheus_client",
    "psycopg", "pydantic", "pygments", "rich", "segno", "sqlalchemy", "sse_starlette", "starlette",
    "structlog", "textual", "uvicorn",
}  # fmt: skip
OF_SERVER: Final = "alembic, cloudevents, cryptography, prometheus_client, psycopg"
"""Of what the server's part brings, the first in the alphabet."""

WORKER: Final = {"cloudevents", "pika", "platformdirs", "pydantic", "sqlalchemy", "structlog"}
PATIENT: Final = {"click", "platformdirs"}

RUN = """
import sys
from importlib import import_module
module, *words = sys.argv[1:]
sys.argv = [module, *words]
code = 0
try:
    code = import_module(module).main()
except SystemExit as ended:
    code = ended.code
print(*(name for name in sys.modules if sys.modules[name] is not None), file=sys.stderr)
sys.exit(code)
"""
"""Runs a program, and then says what it has loaded on the last line."""

LOADED: Final = [
    # module, words, exit code, what may be loaded; there is no broker, and no tables for the workers
    ("patient_cli.__main__", ["--help"], 0, PATIENT),
    ("patient_cli.__main__", ["hospitals"], 69, PATIENT | {"pika"}),
    ("clinic_desk.__main__", ["queue", "RSHS", "GIG"], 69, PATIENT | {"pika"}),
    ("event_tap.__main__", ["--help"], 0, PATIENT),
    ("event_tap.__main__", ["tail"], 69, PATIENT | {"pika"}),
    ("admin_cli.__main__", ["--help"], 0, PATIENT),
    ("admin_cli.__main__", ["doctor"], 1, PATIENT | {"pika", "rich", "sqlalchemy"}),
    ("admin_cli.__main__", ["catalog", "show"], 0, PATIENT | {"sqlalchemy"}),
    ("admin_cli.__main__", ["check-integrity"], 0, PATIENT | {"sqlalchemy"}),
    ("admin_cli.__main__", ["migrate"], 0, PATIENT | {"sqlalchemy"}),
    ("common.health", [], 2, {"platformdirs"}),
    ("registrar_worker.__main__", [], 1, WORKER),
    ("ticker_worker.__main__", [], 1, WORKER),
    ("status_responder.__main__", [], 1, WORKER),
]


def run(folder: Path, *arguments: str, database: Path, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs Python in a folder of its own, without a broker."""
    environment = {
        "PYTHONPATH": str(path),
        "ANTREAN_STACK_DIR": str(folder / "stack"),
        "ANTREAN_AMQP_URL": "amqp://somebody:secret@localhost:1/",
        "ANTREAN_DATABASE_URL": f"sqlite:///{database}",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema, without a catalog."""
    database = tmp_path_factory.mktemp("migrated") / "antrean.db"
    engine = open_engine(f"sqlite:///{database}")
    migrate(engine)
    engine.dispose()
    return database


@pytest.mark.parametrize(("module", "words", "exit_code", "expected"), LOADED)
def test_a_program_loads_no_more_than_it_needs(
    tmp_path: Path, migrated: Path, module: str, words: list[str], exit_code: int, expected: set[str]
) -> None:
    is_worker = expected == WORKER
    done = run(tmp_path, "-c", RUN, module, *words, database=tmp_path / "new.db" if is_worker else migrated)

    assert done.returncode == exit_code, done.stderr
    assert LIBRARIES & set(done.stderr.splitlines()[-1].split()) <= expected


def test_a_patient_who_asks_over_https_loads_nothing_of_the_broker(tmp_path: Path, migrated: Path) -> None:
    (tmp_path / ".env").write_text("ANTREAN_URL=http://127.0.0.1:1/")
    done = run(tmp_path, "-c", RUN, "patient_cli.__main__", "hospitals", database=migrated)

    assert done.returncode == 69, done.stderr
    assert LIBRARIES & set(done.stderr.splitlines()[-1].split()) <= PATIENT | {"dotenv"}


def test_alembic_is_loaded_where_there_is_something_to_migrate(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", RUN, "admin_cli.__main__", "migrate", database=tmp_path / "new.db")

    assert done.returncode == 0, done.stderr
    assert "alembic" in done.stderr.splitlines()[-1].split()


@pytest.mark.parametrize("extra", MODULES)
def test_what_a_program_looks_for_is_what_its_extra_brings(extra: Extra) -> None:
    names = {Requirement(each).name for each in PARTS[extra]} - DATA_ONLY
    assert {MODULE_NAMES.get(name, name) for name in names} == set(MODULES[extra])


# --- with the patient's libraries only ------------------------------------------------------------------


def distributions(requirements: list[str]) -> set[str]:
    """The names of what must be installed for these requirements, on this platform."""
    found: set[str] = set()
    waiting = [Requirement(each) for each in requirements]
    while waiting:
        wanted = waiting.pop()
        if wanted.name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found.add(wanted.name)
            waiting += [Requirement(each) for each in distribution(wanted.name).requires or []]
    return found


@pytest.fixture(scope="module")
def patients_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of Antrean and the libraries of the default installation, and no others."""
    site = tmp_path_factory.mktemp("site-packages")
    for name in distributions(PARTS[""]):
        library = distribution(name)
        for top in {file.parts[0] for file in library.files or []} - {"..", "__pycache__"}:
            (site / top).symlink_to(str(library.locate_file(top)))
    for package in ROOT.glob("*/__init__.py"):
        (site / package.parent.name).symlink_to(package.parent)
    return site


def run_for_patients(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-S", *arguments, database=folder / "antrean.db", path=site)


def test_a_patient_needs_nothing_else(patients_site: Path, tmp_path: Path) -> None:
    sources = sorted((ROOT / "patient_cli").rglob("*.py"))
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources]

    done = run_for_patients(patients_site, tmp_path, "-c", f"import {', '.join(modules)}")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("program", "module", "extra", "lacking"),
    [
        ("antrean-desk", "clinic_desk.__main__", "desk", "segno, textual"),
        ("antrean-events", "event_tap.__main__", "events", "pydantic, standardwebhooks"),
        (
            "antrean-admin",
            "admin_cli.__main__",
            "server",
            OF_SERVER,
        ),
        (
            "antrean-stack",
            "local_stack.__main__",
            "server",
            OF_SERVER,
        ),
        (
            "antrean-registrar",
            "registrar_worker.__main__",
            "server",
            OF_SERVER,
        ),
        (
            "antrean-ticker",
            "ticker_worker.__main__",
            "server",
            OF_SERVER,
        ),
        (
            "antrean-status",
            "status_responder.__main__",
            "server",
            OF_SERVER,
        ),
        (
            "antrean-healthy",
            "common.health",
            "server",
            OF_SERVER,
        ),
    ],
)
def test_a_program_whose_part_is_missing_says_how_to_install_it(
    patients_site: Path, tmp_path: Path, program: str, module: str, extra: str, lacking: str
) -> None:
    words = (
        ["--lang", "en", "migrate"] if program in ("antrean-desk", "antrean-events", "antrean-admin") else []
    )

    done = run_for_patients(patients_site, tmp_path, "-c", RUN, module, *words)

    *sentences, _loaded = done.stderr.splitlines()
    if program == "antrean-stack":
        assert "belum terpasang lengkap" in sentences.pop(0)  # it speaks both languages
    told = " ".join(sentences)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert told.startswith(f"{program} is not fully installed ({lacking}")
    assert told.endswith(f'run `{sys.executable} -m pip install "antrean[{extra}]"`.')
    assert "Traceback" not in told


def test_the_sentence_is_in_the_users_language(patients_site: Path, tmp_path: Path) -> None:
    done = run_for_patients(patients_site, tmp_path, "-m", "clinic_desk", "queue", "RSHS", "GIG")

    assert done.returncode == 2
    assert "antrean-desk belum terpasang lengkap (segno, textual belum ada)" in done.stderr
