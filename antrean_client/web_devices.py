"""The name by which an antrean-web knows a device, so that its limits are its own and not those of all who
come from the same address. The server makes it up; it says nothing about whoever uses the device."""

import re
from typing import Final

DEVICE_HEADER: Final = "Antrean-Device"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,512}")


def is_device_name(text: str) -> bool:
    """Whether a text can be such a name."""
    return _NAME.fullmatch(text) is not None


class DeviceNames:
    """Remembers the name at each server for as long as the program runs."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def read(self, where: str) -> str | None:
        """The name at the server `where`; None where it has given none."""
        return self._names.get(where)

    def keep(self, where: str, name: str) -> None:
        """Remembers what the server `where` calls this device from now on."""
        self._names[where] = name
