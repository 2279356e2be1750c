"""What an address chooses behind its `?`, on the pages that technicians put up: a wrong choice is said."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request

from common.translation import N_

_NO_SUCH_NAME: Final = N_("The address chooses something behind ? that there is not. There is: {choices}.")
_NO_SUCH_VALUE: Final = N_("The address chooses a value of {name} that there is not. There is: {choices}.")


def wrong_choice(
    request: Request, choices: Mapping[str, Sequence[str]]
) -> tuple[str, Mapping[str, str]] | None:
    """An English sentence that is to be translated, with its values, where a parameter of the address is
    none of these, or has none of its values; None where all are."""
    for name, value in request.query_params.multi_items():
        if name not in choices:
            return _NO_SUCH_NAME, {"choices": ", ".join(choices)}
        if value not in choices[name]:
            return _NO_SUCH_VALUE, {
                "name": name,
                "choices": " ".join(f"{name}={each}" for each in choices[name]),
            }
    return None
