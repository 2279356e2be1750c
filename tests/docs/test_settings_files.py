"""`.env.example` and the table in docs/operations.md describe exactly the settings that there are."""

import re
import shutil
import subprocess
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from dotenv import dotenv_values
from ruamel.yaml import YAML

from common.messaging.topology import ACCOUNTS_USER, roles
from common.setting_values import READERS
from common.settings import DATABASE_PASSWORD, PREFIX, WORKER_ROLES, Role, Settings, load_settings

_ROOT = Path(__file__).parents[2]
_SETTINGS = {PREFIX + field.name.upper(): field for field in fields(Settings) if field.name in READERS}
_PASSWORDS = {f"{PREFIX}PASSWORD_{role.upper()}" for role in (*roles(), ACCOUNTS_USER)}
_OF_DATABASE = {f"{PREFIX}{DATABASE_PASSWORD}{role.upper()}" for role in WORKER_ROLES}
_REGISTRY_KEY = "ANTREAN_REGISTRY_KEY"
_SECRETS = {
    *(*_PASSWORDS, *_OF_DATABASE, "ANTREAN_DATABASE_PASSWORD"),
    *("ANTREAN_WEB_SECRET", "ANTREAN_WEB_PUSH_KEY", _REGISTRY_KEY),
}
"""What deploy/make-env.sh makes, and writes into files for the containers."""
_SECRETS_DIRECTORY = "ANTREAN_SECRETS_DIRECTORY"
_PORTS = {"ANTREAN_BROKER_PORT", "ANTREAN_MANAGEMENT_PORT", "ANTREAN_DATABASE_PORT"}
_COMPOSE_TAKES = {_SECRETS_DIRECTORY, *_PORTS}
_OF_OVERLAY = {
    *("ANTREAN_TLS_DIRECTORY", "ANTREAN_TLS_TRUSTED"),
    *("ANTREAN_TLS_LISTEN", "ANTREAN_TLS_PORT", "ANTREAN_TLS_HOST"),
}
"""What docker-compose.tls.yml takes beside these."""
_OF_WATCH = {"ANTREAN_PROMETHEUS_PORT", "ANTREAN_GRAFANA_PORT"}
"""What docker-compose.watch.yml does."""
_PURGES = {"ANTREAN_PURGE_AFTER_DAYS", "ANTREAN_PURGE_ACCESS_LOG_AFTER_DAYS"}
_OF_WORKERS = {
    *("ANTREAN_LOG_LEVEL", "ANTREAN_TICK_SECONDS", "ANTREAN_BATCH_SIZE"),
    *("ANTREAN_HEARTBEAT_SECONDS", "ANTREAN_FAST_PATH"),
}
_OF_COMMANDS = {"ANTREAN_LANGUAGE", "ANTREAN_REPLY_TIMEOUT_SECONDS"}
_OF_WEB = {
    *("ANTREAN_WEB_ADDRESS", "ANTREAN_WEB_PORT", "ANTREAN_BOARD_PORT"),
    *("ANTREAN_TRUSTED_PROXIES", "ANTREAN_PUBLIC_URL"),
}
_OF_PUSH = {"ANTREAN_WEB_PUSH_CONTACT", "ANTREAN_WEB_PUSH_SERVICES"}
_HANDED_ON = {*_OF_COMMANDS, *_OF_WORKERS, *_OF_WEB, *_OF_PUSH, *_PURGES, "ANTREAN_TRACES"}
"""Settings that compose hands on where they are set."""
_IN_FILES = {name for name in _SETTINGS if f"{name}_FILE" in _SETTINGS}
_NOT_OF_COMPOSE = {
    *(_IN_FILES - {"ANTREAN_AMQP_URL"}),
    *(name for name in _SETTINGS if name.endswith("_DIR") or name.startswith("ANTREAN_TLS_")),
    *(name for name in _SETTINGS if name.startswith(("ANTREAN_CLOCK_", "ANTREAN_METRICS_"))),
    *("ANTREAN_BROKER_NODES", "ANTREAN_DESK_PASSWORD_FILE", "ANTREAN_URL"),
}
"""What is given as a file (but for the desks, whose address has no password), folders of the host, what the
overlays set, clocks for demonstrations, what a cluster needs, and what only scripts and patients' computers
have."""


def _example() -> dict[str, str]:
    """Every variable of the example, the commented ones too, with its value."""
    text = (_ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#? ?(ANTREAN_[A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_the_example_names_every_variable() -> None:
    assert _example().keys() == _SETTINGS.keys() | _SECRETS | _COMPOSE_TAKES | _OF_OVERLAY | _OF_WATCH


def test_the_example_sets_nothing_by_itself() -> None:
    assert dotenv_values(_ROOT / ".env.example") == {}


def test_the_examples_values_are_the_defaults() -> None:
    written = {name: value for name, value in _example().items() if name in _SETTINGS and value}
    read = Settings.read(written)
    for name in written:
        default = _SETTINGS[name].default
        if default is not MISSING and default is not None:
            assert getattr(read, name.removeprefix(PREFIX).lower()) == default, name


def test_operations_describe_every_setting() -> None:
    operations = (_ROOT / "docs" / "operations.md").read_text()
    said = re.findall(r"^\| `(ANTREAN_[A-Z_]+)` \|", operations, re.MULTILINE)
    assert sorted(said) == sorted(_SETTINGS)


def test_compose_demands_the_directory_of_the_secrets_and_takes_none_by_itself() -> None:
    compose = (_ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+):\?", compose)) == {_SECRETS_DIRECTORY}
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+)", compose)) == _COMPOSE_TAKES | _HANDED_ON


def test_every_container_gets_exactly_the_secrets_that_it_reads() -> None:
    compose = YAML(typ="safe").load(_ROOT / "docker-compose.yml")
    for name, service in compose["services"].items():
        environment = service.get("environment", {})
        read = {each for each in environment.values() if str(each).startswith("/run/secrets/")}
        assert read == {f"/run/secrets/{each}" for each in service.get("secrets", ())}, name
        secret = {variable for variable in environment if variable in _SECRETS | _IN_FILES}
        assert secret <= {"ANTREAN_AMQP_URL"}, f"{name}: in files only"
    assert compose["services"]["desk"]["environment"]["ANTREAN_AMQP_URL"] == "amqp://broker:5672/"
    given = compose["services"]["definitions"]["environment"]
    assert {*given} == {f"{each}_FILE" for each in _PASSWORDS}


def test_no_setting_is_forgotten_by_compose() -> None:
    compose = (_ROOT / "docker-compose.yml").read_text()
    set_there = set(re.findall(r"^ +(ANTREAN_[A-Z_]+): ", compose, re.MULTILINE))
    assert _SETTINGS.keys() - set_there == _NOT_OF_COMPOSE


def test_every_worker_and_command_of_compose_has_its_settings() -> None:
    services = YAML(typ="safe").load(_ROOT / "docker-compose.yml")["services"]
    for worker in WORKER_ROLES:
        assert services[worker]["environment"].keys() >= _OF_WORKERS, worker
    for command in ("desk", "admin"):
        assert services[command]["environment"].keys() >= _OF_COMMANDS, command


def test_every_web_process_of_compose_has_its_settings_and_a_health_check_at_its_port() -> None:
    services = YAML(typ="safe").load(_ROOT / "docker-compose.yml")["services"]
    settings = {name: f"ANTREAN_{name.upper()}_PORT" for name in ("web", "board")}
    for name, port in settings.items():
        service = services[name]
        assert service["environment"].keys() >= _OF_WEB - {*settings.values()}, name
        inside = service["environment"][port]
        assert [each.rpartition(":")[2] for each in service["ports"]] == [inside]
        assert f"http://127.0.0.1:{inside}/readyz" in service["healthcheck"]["test"][-1]


def test_the_image_has_every_package_of_the_product() -> None:
    image = (_ROOT / "deploy" / "Dockerfile").read_text()
    packages = {path.parent.name for path in _ROOT.glob("*/__init__.py")}
    for_development = {"benchmarks", "calibration", "contract", "tests"}
    assert {*re.findall(r"^COPY (\w+) \.", image, re.MULTILINE)} == packages - for_development
    let_in = {*re.findall(r"^!(.*)$", (_ROOT / ".dockerignore").read_text(), re.MULTILINE)}
    copied = {
        name for line in re.findall(r"^COPY (?!--)(.*) \S+$", image, re.MULTILINE) for name in line.split()
    }
    assert let_in == copied, "what the image takes is what Docker is shown"


def test_every_part_of_the_pinned_libraries_that_is_named_is_there() -> None:
    parts = re.findall(r"^# (For [\w -]+|To build):$", (_ROOT / "constraints.txt").read_text(), re.MULTILINE)
    image = (_ROOT / "deploy" / "Dockerfile").read_text()
    named = {f"For {each}" for each in re.findall(r"next=(\w+)", image)}
    assert named == {"For traces", "For development"}
    operations = (_ROOT / "docs" / "operations.md").read_text()
    named |= set(re.findall(r"^sed '/\^# ([\w -]+):/", operations, re.MULTILINE))
    made = set(re.findall(r"^[A-Z_]+ := \\# (.*):$", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    assert made == {*parts}
    assert named <= made


def test_the_overlay_that_watches_takes_its_ports() -> None:
    overlay = (_ROOT / "docker-compose.watch.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+)", overlay)) == _OF_WATCH


def test_over_tls_every_program_of_compose_checks_the_brokers_certificate() -> None:
    text = (_ROOT / "docker-compose.tls.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_TLS_[A-Z_]+)", text)) == _OF_OVERLAY
    compose, overlay = (YAML(typ="safe").load(_ROOT / f"docker-compose{each}.yml") for each in ("", ".tls"))
    connected = {
        name
        for name, service in compose["services"].items()
        if service.get("environment", {}).keys() & {"ANTREAN_AMQP_URL", "ANTREAN_AMQP_URL_FILE"}
    }
    trusting = {
        name
        for name, service in overlay["services"].items()
        if service.get("environment", {}).get("ANTREAN_TLS_CA_FILE") == "/tls/ca.pem"
    }
    assert trusting == connected
    assert overlay["services"]["desk"]["environment"]["ANTREAN_AMQP_URL"].startswith("amqps://")
    plain = {name for name in compose["secrets"] if name.startswith(("amqp_", "management"))}
    assert overlay["secrets"].keys() == plain, "the addresses of all others are in files"
    for name, secret in overlay["secrets"].items():
        assert secret["file"].endswith(f"/amqps_{name[5:]}" if name.startswith("amqp_") else "_https")


def make_env(directory: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs deploy/make-env.sh in a checkout, where `.env` has these changes."""
    (directory / "deploy").mkdir(exist_ok=True)
    script = shutil.copy(_ROOT / "deploy" / "make-env.sh", directory / "deploy")
    env = directory / ".env"
    for name, value in changes.items():
        env.write_text(re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", env.read_text()))
    return subprocess.run([script], check=False, capture_output=True, text=True)


def secrets_in(directory: Path) -> dict[str, str]:
    """What the files of `directory` hold."""
    return {each.name: each.read_text().strip() for each in (directory / "secrets").iterdir()}


@pytest.fixture(scope="module")
def new_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which deploy/make-env.sh was run once; it stays as it is."""
    directory = tmp_path_factory.mktemp("new")
    assert make_env(directory).returncode == 0
    return directory


@pytest.fixture
def checkout(new_checkout: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(new_checkout, tmp_path / "checkout")


def test_make_env_writes_every_secret_and_every_file_that_compose_hands_on(new_checkout: Path) -> None:
    written = dotenv_values(new_checkout / ".env")
    addresses = {name for name in written if "_URL_" in name}
    assert written.keys() == _SECRETS | _COMPOSE_TAKES | addresses
    assert len({written[name] for name in _SECRETS}) == len(_SECRETS)
    assert Settings.read(written).read_registry_key() is not None
    assert (new_checkout / ".env").stat().st_mode & 0o077 == 0
    assert (new_checkout / "secrets").stat().st_mode & 0o077 == 0, "the directory keeps others out"
    files = secrets_in(new_checkout)
    taken = [
        Path(secret["file"]).name
        for overlay in ("", ".tls")
        for secret in YAML(typ="safe").load(_ROOT / f"docker-compose{overlay}.yml")["secrets"].values()
    ]
    assert files.keys() == {*taken}
    password = written["ANTREAN_PASSWORD_WEB"]
    assert files["password_web"] == password
    assert files["amqps_web"] == f"amqps://web:{password}@broker:5671/"


def test_make_env_again_keeps_what_it_made_and_writes_the_files_of_what_was_changed(checkout: Path) -> None:
    before, files = (checkout / ".env").read_text(), secrets_in(checkout)
    assert make_env(checkout).returncode == 0
    assert ((checkout / ".env").read_text(), secrets_in(checkout)) == (before, files)
    (checkout / ".env").write_text(f"{before}ANTREAN_TLS_HOST=antrean.example\n")

    make_env(checkout, ANTREAN_DATABASE_PASSWORD_TICKER='"another1"')

    changed = {name: text for name, text in secrets_in(checkout).items() if text != files[name]}
    assert changed.pop("database_password_ticker") == "another1"
    assert changed.pop("database_ticker") == "postgresql://antrean_ticker:another1@database/antrean"
    assert changed.pop("management_https").endswith("@antrean.example:15671/")
    assert len(changed) == 6
    assert all(text.endswith("@antrean.example:5671/") for text in changed.values())


@pytest.mark.parametrize(("value", "told"), [("a@b", "letters, digits"), ("", "is missing")])
def test_make_env_refuses_a_password_that_cannot_stand_in_an_address(
    checkout: Path, value: str, told: str
) -> None:
    refused = make_env(checkout, ANTREAN_DATABASE_PASSWORD=value)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "ANTREAN_DATABASE_PASSWORD" in refused.stderr


def test_make_env_adds_what_an_env_of_an_earlier_version_lacks(checkout: Path) -> None:
    env = checkout / ".env"
    complete = dotenv_values(env)
    lacking = re.sub(r"ANTREAN_(PASSWORD_ACCOUNTS|SECRETS_DIRECTORY)=.+\n", "", env.read_text())
    env.write_text(lacking.rstrip("\n"))
    make_env(checkout)
    assert dotenv_values(env).keys() == complete.keys()
    accounts = {name for name, value in complete.items() if dotenv_values(env)[name] != value}
    assert accounts == {"ANTREAN_PASSWORD_ACCOUNTS", "ANTREAN_MANAGEMENT_URL_DEPLOY"}


def test_every_program_on_the_host_finds_its_address_in_what_make_env_writes(
    new_checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(new_checkout)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    password = dotenv_values(new_checkout / ".env")
    users: tuple[Role, ...] = ("patient", "deploy")
    for role in users:
        secret = password[f"ANTREAN_PASSWORD_{role.upper()}"]
        assert load_settings(role).amqp_url == f"amqp://{role}:{secret}@127.0.0.1:5672/"
    assert load_settings("desk").amqp_url == "amqp://127.0.0.1:5672/", "the staff sign in as themselves"
    operator = load_settings("deploy")
    secret = password["ANTREAN_DATABASE_PASSWORD"]
    assert operator.database_url == f"postgresql://antrean:{secret}@127.0.0.1:5433/antrean"
    secret = password["ANTREAN_PASSWORD_ACCOUNTS"]
    assert operator.management_url == f"http://accounts:{secret}@127.0.0.1:15672/"
    assert load_settings("patient").database_url is None, "patients' programs need none"
    by_hand = load_settings(None)
    assert (by_hand.amqp_url, by_hand.database_url) == (None, None), "`make up` has its own"


def test_compose_builds_the_image_of_all_programs_once() -> None:
    compose = (_ROOT / "docker-compose.yml").read_text()
    assert len(re.findall(r"^ +build:", compose, re.MULTILINE)) == 1


def test_every_worker_of_compose_has_a_health_check_with_a_file_to_read() -> None:
    compose = (_ROOT / "docker-compose.yml").read_text()
    workers = re.findall(
        r"^  \w+:\n    <<: \*worker\n    command: .*\n    secrets: .*\n(.*\n.*)", compose, re.MULTILINE
    )
    assert [each for each in workers if "*health" in each] == workers
    assert len(workers) == 3


def test_the_image_has_the_folder_of_health_files_with_the_mode_of_the_mount() -> None:
    """Docker up to 20.10 gives the mount the folder's mode when it starts a container again."""
    services = YAML(typ="safe").load(_ROOT / "docker-compose.yml")["services"]
    image = (_ROOT / "deploy" / "Dockerfile").read_text()
    for worker in WORKER_ROLES:
        for mount in services[worker]["tmpfs"]:
            folder, options = mount.split(":")
            mode = dict(each.split("=") for each in options.split(","))["mode"]
            assert re.search(rf"install -d -m {mode} {folder}$", image, re.MULTILINE), mount
