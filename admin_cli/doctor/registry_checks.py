"""Whether the hospitals that register only whom they know can find out who that is."""

from collections.abc import Iterator, Mapping
from typing import Final

from admin_cli.database.registry_changes import faults_of
from admin_cli.doctor.findings import Finding, failed, ok, unusable_settings
from common.errors import SettingsError
from common.settings import Settings
from common.storage.engine import Engine
from common.storage.registries import RegistryFault
from common.translation import N_

_SENTENCES: Final[Mapping[RegistryFault, str]] = {
    RegistryFault.NO_KEY: N_("The key of the registries is not set here; they concern: {hospitals}."),
    RegistryFault.OTHER_KEY: N_(
        "Registries that were made with another key than the one set here: {hospitals}."
    ),
    RegistryFault.NOT_IMPORTED: N_("Hospitals that register whom they know, and know nobody: {hospitals}."),
}
_ADVICE: Final[Mapping[RegistryFault, str]] = {
    RegistryFault.NO_KEY: N_(
        "Set ANTREAN_REGISTRY_KEY or ANTREAN_REGISTRY_KEY_FILE, for the registrars as well: without it they"
        " send patients to the desk."
    ),
    RegistryFault.OTHER_KEY: N_(
        "Set the key with which they were made, for the registrars as well, or import them again with"
        " --replace; until then patients are sent to the desk."
    ),
    RegistryFault.NOT_IMPORTED: N_(
        "Import the patients: antrean-admin patients import HOSPITAL FILE; until then patients are sent to"
        " the desk."
    ),
}


def registry_findings(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Findings about registries; none where no hospital has to have one."""
    try:
        key = settings.read_registry_key()
    except SettingsError as error:
        yield unusable_settings("database.registries", error)
        return
    found = faults_of(engine, key)
    for fault in RegistryFault:
        if hospitals := [code for code, each in found.items() if each is fault]:
            yield failed(
                f"database.registries.{fault.name.lower()}",
                _SENTENCES[fault],
                _ADVICE[fault],
                hospitals=", ".join(hospitals),
            )
    if found and not any(found.values()):
        yield ok(
            "database.registries", N_("The registries of hospitals can be asked: {count}."), count=len(found)
        )
