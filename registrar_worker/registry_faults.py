"""Registries that cannot be asked, as the registrar's log tells of them."""

from collections.abc import Mapping

import structlog

from common.storage.registries import RegistryFault

_log = structlog.get_logger()

_ADVICE = {
    RegistryFault.NO_KEY: "set ANTREAN_REGISTRY_KEY; until then patients are sent to the desk",
    RegistryFault.OTHER_KEY: "set the key that the registry was imported with, or import it again with"
    " --replace; until then patients are sent to the desk",
    RegistryFault.NOT_IMPORTED: "run antrean-admin patients import; until then patients are sent to the desk",
}


class RegistryFaultLog:
    """Logs the fault of a hospital's registry once, and again where it has become another."""

    def __init__(self) -> None:
        self._told: dict[str, RegistryFault] = {}

    def tell(self, found: Mapping[str, RegistryFault | None]) -> None:
        """`found` has hospitals that were asked, and why they cannot be; None where they can."""
        for hospital, fault in found.items():
            if fault is None:
                if self._told.pop(hospital, None) is not None:
                    _log.info("registry usable", hospital=hospital)
            elif self._told.get(hospital) is not fault:
                self._told[hospital] = fault
                _log.error("registry unusable", hospital=hospital, reason=fault.value, advice=_ADVICE[fault])
