"""docs/api.md tells the addresses, problems and limits that the code has."""

import re
from typing import Final

from contract.documents import DOCS
from contract.openapi import openapi
from patient_web import admission, places
from patient_web.admission import Bound, Use
from patient_web.api.problems import STATUSES

PAGE: Final = (DOCS / "api.md").read_text()

_OF_DESKS: Final = {"not_permitted", "not_permitted_now", "patient_elsewhere"}


def test_every_address_is_told() -> None:
    told = {tuple(each.split(" ")) for each in re.findall(r"^\| `([A-Z]+ /[^?`]*)", PAGE, re.MULTILINE)}
    paths = openapi()["paths"]
    there = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert told == there - {("GET", "/openapi.json")}


def test_every_parameter_of_a_query_is_told() -> None:
    for path, methods in openapi()["paths"].items():
        parameters = methods.get("get", {}).get("parameters", [])
        names = [each["name"] for each in parameters if each["in"] == "query"]
        if names:
            assert f"`GET {path}?{'&'.join(f'{name}=' for name in names)}`" in PAGE


def test_every_problem_is_told_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ([^|]+) \|", PAGE, re.MULTILINE)
    told = {(code, int(status)) for status, cell in rows for code in re.findall(r"`(\w+)`", cell)}
    assert told - {("invalid_request", 400)} == {
        (code, status) for code, status in STATUSES.items() if code not in _OF_DESKS
    }
    assert ("invalid_request", 400) in told


def test_every_limit_is_told() -> None:
    table = PAGE.partition("<!-- limits: begin -->")[2].partition("<!-- limits: end -->")[0]
    told = [tuple(cell.strip() for cell in row.split("|")[1:4]) for row in table.strip().splitlines()[2:]]
    bounds = {
        "requests of a device": admission.OF_DEVICE[Use.REQUEST],
        "requests of an address": admission.OF_ADDRESS[Use.REQUEST],
        "look-ups of a device": admission.OF_DEVICE[Use.LOOK_UP],
        "look-ups of an address": admission.OF_ADDRESS[Use.LOOK_UP],
        "changes of a device": admission.OF_DEVICE[Use.CHANGE],
        "changes of an address": admission.OF_ADDRESS[Use.CHANGE],
        "streams opened by a device": admission.OF_DEVICE[Use.STREAM],
        "streams opened from an address": admission.OF_ADDRESS[Use.STREAM],
        "look-ups of one ticket code": admission.OF_CODE,
        "wrong ticket codes of a device": admission.WRONG_CODES_OF_DEVICE,
        "wrong ticket codes of an address": admission.WRONG_CODES_OF_ADDRESS,
    }
    counts = {
        "streams open for a device": admission.STREAMS_OF_DEVICE_MAX,
        "streams open for an address": admission.STREAMS_OF_ADDRESS_MAX,
        "streams open in a process": admission.STREAMS_MAX,
        "look-ups that wait for the workers": places.LOOK_UPS_MAX,
        "look-ups of an address that wait": places.LOOK_UPS_OF_ADDRESS_MAX,
        "changes that wait for the workers": places.CHANGES_MAX,
        "changes of an address that wait": places.CHANGES_OF_ADDRESS_MAX,
    }
    assert told == [
        *((name, f"{bound.burst:,}", _number(bound)) for name, bound in bounds.items()),
        *((name, f"{count:,}", "") for name, count in counts.items()),
    ]


def _number(bound: Bound) -> str:
    return f"{bound.per_second:g}"
