"""What an antrean-web calls this device, kept from one command to the next beside the record of tickets."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from antrean_client.web_devices import DeviceNames, is_device_name
from common.trusted_files import read_trusted

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700


class KeptDeviceNames(DeviceNames):
    """Remembers the name at the server that was asked last. Where it cannot, the device shares the limits of
    others at its address."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._path = directory / "device.json"

    def read(self, where: str) -> str | None:
        """As it is kept in memory, or else in the file."""
        if (name := super().read(where)) is not None:
            return name
        try:
            kept = json.loads(read_trusted(self._path))
            name = str(kept["name"]) if kept["server"] == where else ""
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return name if is_device_name(name) else None

    def keep(self, where: str, name: str) -> None:
        """In memory and in the file."""
        super().keep(where, name)
        new = self._path.with_name(f"device.{os.getpid()}.new")
        with suppress(OSError):
            self._path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"server": where, "name": name}, file)
            new.replace(self._path)
