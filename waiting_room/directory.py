"""Which hospitals and clinics there are: looked up when somebody asks for a page, and kept for a while."""

import asyncio
from collections import OrderedDict
from typing import Final

from antrean_client.errors import MessagingError, ProblemReply
from waiting_room.refreshing import Ask, Json, clinics_of

KEPT_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 5.0
"""Somebody may ask for what was not there before; so often it is looked up again."""
_HOSPITALS_MAX: Final = 500
"""Hospitals whose clinics are kept."""


class Directory:
    """Looks up by `ask`. What was found is kept, and told for as long as there is no newer answer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._hospitals: dict[str, Json] = {}
        self._hospitals_at = -KEPT_SECONDS
        self._clinics: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def hospitals(self) -> list[Json]:
        """All hospitals, as `list_hospitals` has them; raises MessagingError where there is no answer."""
        await self._look_up_hospitals(KEPT_SECONDS)
        return [*self._hospitals.values()]

    async def hospital(self, code: str) -> Json | None:
        """The hospital; None where there is none. Raises MessagingError where there is no answer."""
        await self._look_up_hospitals(KEPT_SECONDS if code in self._hospitals else _AGAIN_SECONDS)
        return self._hospitals.get(code)

    async def has_clinics(self, hospital: str, codes: tuple[str, ...]) -> bool:
        """Whether the hospital has these clinics; raises MessagingError where there is no answer."""
        now = asyncio.get_running_loop().time()
        at, clinics = self._clinics.get(hospital, (-KEPT_SECONDS, frozenset()))
        if now - at >= (KEPT_SECONDS if clinics.issuperset(codes) else _AGAIN_SECONDS):
            try:
                clinics = frozenset(each["code"] for each in await clinics_of(self._ask, hospital))
            except MessagingError:
                if not clinics.issuperset(codes):
                    raise
            except ProblemReply:
                return False
            self._clinics[hospital] = now, clinics
            self._clinics.move_to_end(hospital)
            if len(self._clinics) > _HOSPITALS_MAX:
                self._clinics.popitem(last=False)
        return clinics.issuperset(codes)

    async def _look_up_hospitals(self, seconds_max: float) -> None:
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            if now - self._hospitals_at < seconds_max:
                return
            try:
                self._hospitals = {each["code"]: each for each in await self._all_hospitals()}
            except MessagingError:
                if not self._hospitals:
                    raise
            self._hospitals_at = now

    async def _all_hospitals(self) -> list[Json]:
        found: list[Json] = []
        more = True
        while more:
            reply = await self._ask("list_hospitals", {"after": found[-1]["code"]} if found else {})
            page = reply["hospitals"]
            found += page
            more = bool(reply.get("more")) and bool(page)
        return found
