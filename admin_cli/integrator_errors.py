"""Why an integrator is not added, changed or removed."""

from common.errors import AntreanError
from common.translation import N_


class IntegratorRefused(AntreanError):
    """Nothing was changed. `message` is an English sentence that can be translated, with its `values`."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values


class NotIntegrator(IntegratorRefused):
    """The broker has no such user, or one who is no integrator."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("The broker has no integrator {name}; antrean-admin integrator list shows all."), name=name
        )


class NameTaken(IntegratorRefused):
    """Somebody else is called so, at the broker or among the staff."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is somebody else, at the broker or among the staff: choose another name."), name=name
        )


class OtherRights(IntegratorRefused):
    """The integrator is there, and may do something else than was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_(
                "{name} is there already, with other rights: add patterns with the --hospital and --replay"
                " that list shows, or remove it first."
            ),
            name=name,
        )


class QueueLeft(IntegratorRefused):
    """A queue of this name is there, of which we cannot know whose it is and what is in it."""

    def __init__(self, name: str, queue: str) -> None:
        super().__init__(
            N_(
                "The broker has the queue {queue} already, perhaps with others' events: remove it first"
                " with `integrator remove {name}`."
            ),
            name=name,
            queue=queue,
        )


class NoManagement(IntegratorRefused):
    """Only the management API tells who the integrators are."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Who the integrators are is known to the management API alone: set ANTREAN_MANAGEMENT_URL"
                " with the user accounts, or with another administrator. Where rabbitmqctl is, these show it:"
                " `rabbitmqctl list_permissions` and `rabbitmqctl list_queues name messages consumers`."
            )
        )
