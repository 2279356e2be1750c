"""The broker of a local stack: the first that this machine offers, behind one interface."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from common.errors import BrokerUnavailable
from common.messaging.topology import deploy, roles
from common.settings import Settings
from local_stack import container, private_node
from local_stack.bilingual import say
from local_stack.install import install_broker


class Broker(Protocol):
    """A RabbitMQ with Antrean's topology. `urls` holds its address for each role, `staff` the password of
    each member of the staff, and `management_url` the address of its management API, where we know one."""

    urls: Mapping[str, str]
    staff: Mapping[str, str]
    management_url: str | None

    @property
    def description(self) -> str:
        """What and where it is, for people."""
        ...

    def start(self) -> None:
        """Blocks until every queue answers; raises BrokerUnavailable. Starting it again is harmless."""
        ...

    def alive(self) -> bool:
        """Whether it still runs, as far as that is ours to know."""
        ...

    def stop(self) -> None:
        """Stops in order what `start` started; stopping it again is harmless."""
        ...

    def kill(self) -> None:
        """Ends at once what `start` started."""
        ...


class NamedBroker:
    """The broker that the user names; it is neither started nor stopped, and one user plays all roles."""

    def __init__(self, amqp_url: str, management_url: str | None) -> None:
        self.management_url = management_url
        self.urls: Mapping[str, str] = dict.fromkeys((*roles(), "desk"), amqp_url)
        self.staff: Mapping[str, str] = {}
        self._amqp_url = amqp_url

    @property
    def description(self) -> str:
        """What this broker is, for people; without its password."""
        return f"RabbitMQ ({self._amqp_url.rpartition('@')[2].removeprefix('amqp://')})"

    def start(self) -> None:
        """Declares the topology; raises BrokerUnavailable."""
        deploy(self._amqp_url)
        say(
            "Policies (length limits, dead letters) cannot be set over AMQP: have its administrator load the "
            "file that `antrean-admin broker definitions` writes."
        )

    def alive(self) -> bool:
        """Always: it is not ours to watch, and the workers reconnect by themselves."""
        return True

    def stop(self) -> None:
        """Leaves it as it is."""

    def kill(self) -> None:
        """Leaves it as it is."""


def choose_broker(settings: Settings, directory: Path, *, management: bool) -> Broker:
    """The broker that `settings` name; else a private node, a container, or a private node installed for it.

    `directory` is where a broker of ours keeps its data; `management` asks for its management API. Raises
    BrokerUnavailable, with the command to have run, where there is nothing and nothing may be installed.
    """
    if settings.amqp_url is not None:
        return NamedBroker(settings.amqp_url, settings.management_url)
    if (server := private_node.find_server()) is not None:
        return private_node.PrivateNode(directory / "rabbitmq", server, management=management)
    if container.docker_answers():
        return container.ContainerBroker(directory / "rabbitmq-container")
    install_broker()
    if (server := private_node.find_server()) is None:
        raise BrokerUnavailable("RabbitMQ was installed, but its rabbitmq-server or epmd cannot be found.")
    return private_node.PrivateNode(directory / "rabbitmq", server, management=management)
