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
_COMPOSE_REQUIRES = {*_PASSWORDS, *_OF_DATABASE, "ANTREAN_DATABASE_PASSWORD", "ANTREAN_WEB_SECRET"}
_PORTS = {"ANTREAN_BROKER_PORT", "ANTREAN_MANAGEMENT_PORT", "ANTREAN_DATABASE_PORT"}
_COMPOSE_TAKES = {*_COMPOSE_REQUIRES, *_PORTS}
_REGISTRY_KEY = "ANTREAN_REGISTRY_KEY"
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
_HANDED_ON = {*_OF_COMMANDS, *_OF_WORKERS, *_OF_WEB, _REGISTRY_KEY, *_PURGES}
"""Settings that compose hands on where they are set."""
_NOT_OF_COMPOSE = {
    *(name for name in _SETTINGS if name.endswith(("_FILE", "_DIR")) and name != "ANTREAN_HEALTH_FILE"),
    *(name for name in _SETTINGS if name.startswith(("ANTREAN_CLOCK_", "ANTREAN_METRICS_"))),
    *("ANTREAN_BROKER_NODES", "ANTREAN_TRACES", "ANTREAN_URL"),
}
"""Files and folders of the host, clocks for demonstrations, what the overlay sets, what a cluster needs,
what the image lacks the libraries for, and what only patients' computers have."""


def _example() -> dict[str, str]:
    """Every variable of the example, the commented ones too, with its value."""
    text = (_ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#? ?(ANTREAN_[A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_the_example_names_every_variable() -> None:
    assert _example().keys() == _SETTINGS.keys() | _COMPOSE_TAKES | _OF_OVERLAY | _OF_WATCH


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


def test_compose_demands_every_password_and_hands_it_on() -> None:
    compose = (_ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+):\?", compose)) == _COMPOSE_REQUIRES
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+)", compose)) == _COMPOSE_TAKES | _HANDED_ON
    assert set(re.findall(r"^      (ANTREAN_PASSWORD_[A-Z]+): \$", compose, re.MULTILINE)) == _PASSWORDS


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


def test_the_overlay_that_watches_takes_its_ports() -> None:
    overlay = (_ROOT / "docker-compose.watch.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+)", overlay)) == _OF_WATCH


def test_over_tls_every_program_of_compose_checks_the_brokers_certificate() -> None:
    overlay = (_ROOT / "docker-compose.tls.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_TLS_[A-Z_]+)", overlay)) == _OF_OVERLAY
    addresses = re.findall(
        r"^      (ANTREAN_AMQP_URL: .*)$", (_ROOT / "docker-compose.yml").read_text(), re.M
    )
    assert len(re.findall(r"^      ANTREAN_AMQP_URL: amqps://", overlay, re.M)) == len(addresses)
    assert len(re.findall(r"^      ANTREAN_TLS_CA_FILE: /tls/ca.pem", overlay, re.M)) == len(addresses)
    assert "amqp://" not in overlay


def test_make_env_writes_what_compose_demands(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(_ROOT / "deploy" / "make-env.sh", tmp_path / "deploy")
    subprocess.run([script], check=True)
    written = dotenv_values(tmp_path / ".env")
    addresses = {name for name in written if "_URL_" in name}
    assert written.keys() == _COMPOSE_TAKES | addresses | {_REGISTRY_KEY}
    secrets = {*_COMPOSE_REQUIRES, _REGISTRY_KEY}
    assert len({written[name] for name in secrets}) == len(secrets)
    assert Settings.read(written).read_registry_key() is not None
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    before = (tmp_path / ".env").read_text()
    assert subprocess.run([script], capture_output=True, check=False).returncode == 1
    assert (tmp_path / ".env").read_text() == before


def test_make_env_adds_the_password_that_an_env_of_an_earlier_version_lacks(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(_ROOT / "deploy" / "make-env.sh", tmp_path / "deploy")
    subprocess.run([script], check=True)
    env = tmp_path / ".env"
    complete = dotenv_values(env)
    env.write_text(re.sub(r"ANTREAN_PASSWORD_ACCOUNTS=\w+\n", "", env.read_text()).rstrip("\n"))
    subprocess.run([script], check=True)
    assert dotenv_values(env).keys() == complete.keys()
    accounts = {name for name, value in complete.items() if dotenv_values(env)[name] != value}
    assert accounts == {"ANTREAN_PASSWORD_ACCOUNTS", "ANTREAN_MANAGEMENT_URL_DEPLOY"}


def test_every_program_on_the_host_finds_its_address_in_what_make_env_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy").mkdir()
    subprocess.run([shutil.copy(_ROOT / "deploy" / "make-env.sh", tmp_path / "deploy")], check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    password = dotenv_values(tmp_path / ".env")
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
    workers = re.findall(r"^  \w+:\n    <<: \*worker\n    command: .*\n(.*\n.*)", compose, re.MULTILINE)
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
