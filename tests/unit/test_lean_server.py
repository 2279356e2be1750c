"""An installation of RabbitMQ made of links: what a node of ours runs, of the version installed now."""

from pathlib import Path

from local_stack.lean_server import lean_server


def installed(directory: Path, version: str) -> Path:
    """The script of an installed RabbitMQ; there are no programs in it."""
    home = directory / f"rabbitmq_server-{version}"
    for name in ("rabbit", "ranch", "rabbitmq_prelaunch", "rabbitmq_management", "rabbitmq_mqtt"):
        (home / "plugins" / f"{name}-{version}" / "ebin").mkdir(parents=True)
    (home / "plugins" / "README").touch()
    for name in ("sbin", "escript"):
        (home / name).mkdir()
    script = home / "sbin" / "rabbitmq-server"
    script.touch()
    return script


def test_it_has_what_a_node_runs_of_the_version_that_is_installed(tmp_path: Path) -> None:
    directory = tmp_path / "server"
    for version in ("3.10.8", "4.0.5", "4.0.5"):
        if not (tmp_path / f"rabbitmq_server-{version}").exists():
            server = installed(tmp_path, version)
        script = lean_server(server, directory)
        assert script == directory / "sbin" / "rabbitmq-server"
        assert script.resolve() == server
        plugins = {each.name for each in (directory / "plugins").iterdir()}
        names = ("rabbit", "ranch", "rabbitmq_prelaunch", "rabbitmq_management")
        assert plugins == {f"{name}-{version}" for name in names}
        assert all(each.is_dir() for each in (directory / "plugins").iterdir())


def test_an_installation_of_another_kind_is_run_as_it_is(tmp_path: Path) -> None:
    server = tmp_path / "sbin" / "rabbitmq-server"
    server.parent.mkdir()
    server.touch()
    assert lean_server(server, tmp_path / "server") == server
    assert not (tmp_path / "server").exists()
