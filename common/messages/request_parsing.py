"""Reading a request: its body as what it should be, or the problem that says what is wrong with it."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache

from pydantic import ValidationError

from common.messages.limits import BODY_BYTES_MAX
from common.messages.message import Request
from common.messages.problems import FieldError, Problem, ProblemCode, problem

FIELD_ERRORS_MAX = 20
"""Field errors listed in one problem."""

_NO_OTHERS = "Send one JSON object with the members of this request, and no others."

_MEMBERS_READ_MAX = 128
"""Members from which on a body is not read: each that is wrong costs a worker 2 us, more than to refuse all.
No request has a tenth as many."""

# An object is read as the list of its members, and numbers as they stand: the longest would be an error.
_MEMBERS = json.JSONDecoder(object_pairs_hook=list, parse_int=str, parse_float=str)


class RequestRefused(Exception):
    """The request cannot be read; `problem` is the answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def parse_request(
    request_types: Mapping[str, type[Request]], name: str | None, content_type: str | None, body: bytes
) -> Request:
    """The request in a message, one of `request_types`; raises RequestRefused where it cannot be read."""
    request_type = request_types.get(name or "")
    if request_type is None:
        known = ", ".join(request_types) or "none yet"
        detail = f"Requests that are answered here, by the message's type: {known}."
        raise _refused(ProblemCode.UNKNOWN_REQUEST, detail)
    if content_type not in (None, "application/json", "application/json; charset=utf-8"):
        raise _refused(ProblemCode.INVALID_REQUEST, "Send the body as application/json.")
    if len(body) > BODY_BYTES_MAX:
        raise _refused(ProblemCode.MESSAGE_TOO_LARGE, f"Send at most {BODY_BYTES_MAX} bytes.")
    if body.count(b'":') > _MEMBERS_READ_MAX:
        raise _refused(ProblemCode.INVALID_REQUEST, _NO_OTHERS)
    try:
        request = request_type.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        errors = [_field_error(each["type"], each["loc"], each["msg"]) for each in found[:FIELD_ERRORS_MAX]]
        fields = sorted({each.field for each in errors if each.field})
        detail = f"Correct {', '.join(fields)}." if fields else _of_the_whole(errors[0], found[0]["type"])
        raise _refused(ProblemCode.INVALID_REQUEST, detail, errors) from error
    if repeated := _repeated_members(request_type, body):
        errors = [FieldError(field=name, message="the member stands there twice") for name in repeated]
        raise _refused(ProblemCode.INVALID_REQUEST, f"Correct {', '.join(repeated)}.", errors)
    return request


def _of_the_whole(error: FieldError, kind: str) -> str:
    """What to do where a request is wrong as a whole: by a rule of its own, by a member that is not its, or
    since it cannot be read."""
    match kind:
        case "value_error":
            return f"{error.message[0].upper()}{error.message[1:]}."
        case "extra_forbidden":
            return _NO_OTHERS
        case _:
            return "Send one JSON object in UTF-8."


def _repeated_members(request_type: type[Request], body: bytes) -> list[str]:
    """The members that stand more than once in the body of a request that was read.

    The one that counts would be the last for some readers and the first for others.
    """
    if b"\\" not in body and max(map(body.count, _quoted_members(request_type)), default=0) <= 1:
        return []
    counts = Counter(name for name, _ in _MEMBERS.decode(body.decode()))
    return sorted(name for name, count in counts.items() if count > 1)


@cache
def _quoted_members(request_type: type[Request]) -> tuple[bytes, ...]:
    fields = request_type.model_fields.items()
    return tuple(f'"{field.alias or name}"'.encode() for name, field in fields)


def _field_error(kind: str, location: tuple[int | str, ...], message: str) -> FieldError:
    # The name of a field that should not be there is the sender's text: it could be anybody's name.
    known = location[:-1] if kind == "extra_forbidden" else location
    return FieldError(field=".".join(map(str, known)), message=message.removeprefix("Value error, "))


def _refused(code: ProblemCode, detail: str, errors: list[FieldError] | None = None) -> RequestRefused:
    return RequestRefused(problem(code, detail, errors=errors or []))
