"""The tickets that a browser remembers, if its user wants that: in a cookie that only our processes can read.

It holds codes and days, and nothing about the patients. A ticket is forgotten when the day after its own has
ended.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from common.domain.ticket_codes import parse_ticket_code
from common.messages.limits import SHORT_LIST_MAX
from patient_web.pages.cookies import cookie, delete_cookie, set_cookie
from patient_web.tokens import Tokens

TICKETS_MAX: Final = SHORT_LIST_MAX
"""The newest are kept: as many as one look-up shows in full."""

_COOKIE: Final = "tickets"
_PURPOSE: Final = "remembered tickets"
_SECONDS_MAX: Final = 4 * 24 * 3600
_DAYS_KEPT: Final = 1
_HOURS_WEST_MAX: Final = 12
"""A day ends so long after it does in UTC, at most."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Service days by the codes of tickets, as these are shown; the oldest first."""

    days: Mapping[str, str]

    @property
    def codes(self) -> list[str]:
        """The codes."""
        return [*self.days]

    @property
    def until(self) -> datetime | None:
        """When the first of them is forgotten; None where there is none."""
        return min(map(kept_until, self.days.values()), default=None)

    def __contains__(self, code: str) -> bool:
        return code in self.days

    def with_ticket(self, ticket: Mapping[str, Any]) -> "Remembered":
        """With this ticket of a reply as the newest."""
        code = ticket["ticket_code"]
        days = {each: day for each, day in self.days.items() if each != code}
        days[code] = str(ticket["service_date"])
        return Remembered(dict([*days.items()][-TICKETS_MAX:]))

    def only(self, code: str) -> "Remembered":
        """This one of them alone."""
        return Remembered({code: self.days[code]})

    def without(self, codes: Iterable[str]) -> "Remembered":
        """Without these."""
        gone = {*codes}
        return replace(self, days={code: day for code, day in self.days.items() if code not in gone})


NOTHING: Final = Remembered({})


def remembered_by(request: Request, tokens: Tokens, now: datetime) -> Remembered:
    """What the browser of the request remembers."""
    held = tokens.open(_PURPOSE, cookie(request, _COOKIE) or "", _SECONDS_MAX)
    if held is None:
        return NOTHING
    return Remembered({code: day for code, day in json.loads(held).items() if _is_kept(code, day, now)})


def remember(request: Request, response: Response, tokens: Tokens, tickets: Remembered) -> None:
    """Has the browser remember exactly these."""
    if not tickets.days:
        delete_cookie(request, response, _COOKIE)
        return
    sealed = tokens.seal(_PURPOSE, json.dumps(dict(tickets.days)).encode())
    set_cookie(request, response, _COOKIE, sealed, _SECONDS_MAX)


def _is_kept(code: str, day: str, now: datetime) -> bool:
    parse_ticket_code(code)
    return now < kept_until(day)


def kept_until(day: str) -> datetime:
    """The end of the day after it, wherever the hospital is."""
    end = datetime.combine(date.fromisoformat(day), time.min, UTC) + timedelta(days=1 + _DAYS_KEPT)
    return end + timedelta(hours=_HOURS_WEST_MAX)
