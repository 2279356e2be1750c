"""What is said of requests that no page and no program's address takes, by the status of the answer."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from common.translation import N_

MALFORMED: Final = 400
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405
TOO_SLOW: Final = 408
TOO_LONG: Final = 413
ADDRESS_TOO_LONG: Final = 414
OTHER_MEDIA: Final = 415
HEAD_TOO_LONG: Final = 431
FAULT: Final = 500
CROWDED: Final = 503

_UNREADABLE: Final = N_("This request cannot be read; open the page again.")
_NO_PAGE: Final = N_("There is no such page.")

_SENTENCES: Final = {
    MALFORMED: _UNREADABLE,
    NOT_FOUND: _NO_PAGE,
    NOT_ALLOWED: _NO_PAGE,
    TOO_SLOW: N_("The request took too long to come; send it again."),
    TOO_LONG: N_("That is more than can be sent here; write less."),
    ADDRESS_TOO_LONG: N_("This address is too long; open the page from its beginning."),
    OTHER_MEDIA: _UNREADABLE,
    HEAD_TOO_LONG: N_(
        "The browser sends too much with its request; delete this site's cookies, then try again."
    ),
    FAULT: N_("Something went wrong here; try again, or ask the staff."),
    CROWDED: N_("Too many people are here at once; try again in a minute."),
}


def sentence_of(status: int) -> str:
    """An English sentence that is to be translated."""
    return _SENTENCES.get(status, _NO_PAGE)


Refusal = Callable[[Scope, int], Response]
"""What is answered to a request, by its scope, with one of these statuses."""

RETRY_SECONDS: Final = 5
"""When to come again after 503."""
