"""Why a hospital's registry is not changed."""

from common.errors import AntreanError
from common.translation import N_


class RegistryRefused(AntreanError):
    """The registry is not changed so. `message` is an English sentence that can be translated, with its
    `values`."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values


class NoSuchHospital(RegistryRefused):
    """The catalog has no such hospital."""

    def __init__(self, hospital: str) -> None:
        super().__init__(
            N_("The catalog has no hospital {hospital}."),
            hospital=hospital,
        )


class OtherKey(RegistryRefused):
    """The registry was made with another key than the one that is set."""

    def __init__(self, hospital: str) -> None:
        super().__init__(
            N_(
                "The registry of {hospital} was made with another key: set ANTREAN_REGISTRY_KEY to that one,"
                " or import all patients again with --replace."
            ),
            hospital=hospital,
        )


class RegistryChanged(RegistryRefused):
    """Somebody else has replaced or removed the registry meanwhile."""

    def __init__(self, hospital: str) -> None:
        super().__init__(
            N_(
                "The registry of {hospital} was replaced or removed meanwhile by somebody else; import again."
            ),
            hospital=hospital,
        )


class NoRegistry(RegistryRefused):
    """The hospital has none."""

    def __init__(self, hospital: str) -> None:
        super().__init__(N_("{hospital} has no registry."), hospital=hospital)


class NotReadable(RegistryRefused):
    """The file is not in an encoding that is read."""

    def __init__(self) -> None:
        super().__init__(
            N_("The file is in UTF-16, which is not read: save it as CSV UTF-8 and give it again.")
        )
