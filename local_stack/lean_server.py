"""An installed RabbitMQ without the plugins that no node of ours runs, as links to the rest of it.

Erlang looks for each of the thousand modules of a node in one plugin's folder after the other, for those of
plugins that are off, too. Among these alone a node starts in about half the time.
"""

from pathlib import Path

_PLUGIN = "rabbitmq_"
"""How the names of RabbitMQ's own plugins begin; the others are libraries."""

_KEPT = (
    *("rabbitmq_prelaunch", "rabbitmq_management", "rabbitmq_web_dispatch"),
    *("rabbitmq_auth_mechanism_ssl", "rabbitmq_prometheus"),
)
"""What every node is started by, the management API, what that is served by, logins by certificate, and what
Prometheus asks."""


def lean_server(server: Path, directory: Path) -> Path:
    """The script `server` in an installation made of links in `directory`, which is brought up to date.

    It is `server` itself where that has no plugins beside it in folders, as up to RabbitMQ 3.7.
    """
    home = server.resolve().parent.parent
    folders = [each for each in (home / "plugins").glob("*-*") if each.is_dir() and _is_kept(each.name)]
    if not any(each.name.startswith("rabbit-") for each in folders):
        return server
    plugins = directory / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    _link_all(plugins, folders)
    _link_all(directory, [home / "sbin", home / "escript"])
    return directory / "sbin" / server.name


def server_version(server: Path) -> str:
    """The version of the script `server`, "" where its installation does not tell."""
    plugins = server.resolve().parent.parent / "plugins"
    return next((each.name.removeprefix("rabbit-") for each in plugins.glob("rabbit-*")), "")


def _is_kept(name: str) -> bool:
    return name.startswith(_KEPT) or not name.startswith(_PLUGIN)


def _link_all(directory: Path, targets: list[Path]) -> None:
    wanted = {target.name: target for target in targets}
    for link in directory.iterdir():
        if link.is_symlink() and wanted.get(link.name) != link.readlink():
            link.unlink()  # of another version
    for name, target in wanted.items():
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(target)
