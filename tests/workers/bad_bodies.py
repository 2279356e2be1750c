"""Bad bodies, by what is wrong with each.

Wherever something of a patient stands in one, it is recognisable as a `Patient`'s, should it leak.
"""

import gzip
import json
import zlib
from datetime import timedelta
from typing import Any

from common.messages.limits import BODY_BYTES_MAX, NAME_LENGTH_MAX
from tests.deployment import CLINICS, HOSPITAL, MONDAY_MORNING, Patient

CLINIC = CLINICS[0]

NAME = "Wulandari"
BORN = Patient.date_of_birth.isoformat()
LEVELS = BODY_BYTES_MAX // 2
"""Of nested arrays, as many as fit into a body."""


def body(**changes: Any) -> bytes:
    """A registration's body with some members changed, or, where `...` is given, left out."""
    members = Patient().body(HOSPITAL, CLINIC) | changes
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


def raw(**members: bytes) -> bytes:
    """The same with members whose values are raw bytes, which need not be JSON."""
    return (
        body(**dict.fromkeys(members, ...))[:-1]
        + b"".join(b',"' + name.encode() + b'":' + value for name, value in members.items())
        + b"}"
    )


def after(members: bytes) -> bytes:
    """A registration's body with more members in front of its own."""
    return b"{" + members + b"," + body()[1:]


NO_OBJECTS = {
    "empty": b"",
    "spaces": b" \n\t ",
    "a zero byte": b"\x00",
    "no JSON": b"hospital=RSUJI",
    "XML": b"<register><hospital>RSUJI</hospital></register>",
    "single quotes": b"{'hospital': 'RSUJI'}",
    "a brace": b"{",
    "an array": b"[]",
    "an array of an object": b"[{}]",
    "a text": b'"register"',
    "a number": b"1",
    "a huge integer": b"9" * 5_000,
    "a number beyond all": b"1e400",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "null": b"null",
    "true": b"true",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-32": "{}".encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "two objects": b"{}{}",
    "more behind it": b"{}\x00",
    "a comment": b"{/* nothing */}",
    "a trailing comma": b'{"hospital":"RSUJI",}',
    "arrays nested as deep as fits": b"[" * LEVELS + b"]" * LEVELS,
    "arrays that are never closed": b"[" * BODY_BYTES_MAX,
    "objects nested deep": b'{"a":' * 1_000 + b"0" + b"}" * 1_000,
    "compressed": gzip.compress(b"{}"),
    "deflated": zlib.compress(b"{}"),
    "nothing but high bytes": bytes(range(128, 256)),
}
"""JSON or not, none of these is one object in UTF-8."""

TEXTS = {
    "JSON cut short": body()[:-5],
    "JSON twice": body() * 2,
    "in an array": b"[" + body() + b"]",
    "in a text": json.dumps(body().decode()).encode(),
    "compressed": gzip.compress(body()),
    "behind a byte order mark": b"\xef\xbb\xbf" + body(),
    "in UTF-16": body().decode().encode("utf-16"),
    "not UTF-8": body(name=NAME).replace(NAME.encode(), NAME.encode() + b"\xe9"),
    "a slash in too many bytes": body(name=NAME).replace(NAME.encode(), NAME.encode() + b"\xc0\xaf"),
    "half a character in UTF-8": body(name=NAME).replace(NAME.encode(), NAME.encode() + b"\xed\xa0\x80"),
    "half a character, escaped": raw(name=b'"Wulandari \\ud800"'),
    "two halves the wrong way round": raw(name=b'"Wulandari \\udc00\\ud800"'),
    "an escape that is none": raw(name=b'"Wulandari \\x41"'),
    "a line feed as it stands": raw(name=b'"Wulandari\n"'),
}

MEMBERS = {
    "all missing": b"{}",
    "a member missing": body(clinic=...),
    "one too many": body(priority=1),
    "one too many without a name": body(**{"": 1}),
    "one that Python knows": body(__class__="str", __init__={}),
    "one that JavaScript knows": body(__proto__={"name": NAME}),
    "one by its name in our code": body(name=..., patient_name=NAME),
    "one with a name of thousands": body(**{NAME * 300: 1}),
    "hundreds too many": body(**{f"{NAME}{number}": 0 for number in range(300)}),
    "the right ones and the code of a ticket": body(ticket_code="7K3F-9QXM-2T5R"),
    "one twice": after(b'"hospital":"RSUJI"'),
    "one twice, the first with another patient": after(b'"medical_record_number":"00123456"'),
    "one twice, the first of another type": after(b'"name":{"first":"Wulandari"}'),
    "one twice, the first no number": after(b'"name":NaN'),
    "one twice, once in other letters": after(b'"n\\u0061me":"Wulandari"'),
    "one hundreds of times": after(b'"clinic":"C01",' * 500 + b'"clinic":"C01"'),
}

TYPES = {
    "a number for a text": body(medical_record_number=123456),
    "a truth for a text": body(clinic=True),
    "null for a text": body(hospital=None),
    "a list for a text": body(name=[NAME]),
    "an object for a text": body(name={"first": NAME}),
    "a huge integer": raw(medical_record_number=b"1" + b"0" * 5_000),
    "an integer of twenty digits": raw(medical_record_number=b"9" * 20),
    "a long fraction": raw(date_of_birth=b"1." + b"9" * 5_000),
    "a number beyond all": raw(date_of_birth=b"-1e999999"),
    "not a number": raw(name=b"NaN"),
    "infinity": raw(date_of_birth=b"Infinity"),
    "arrays nested deep": raw(name=b"[" * 3_500 + b"]" * 3_500),
    "objects nested deep": raw(name=b'{"name":' * 800 + b"0" + b"}" * 800),
    "a little deep": raw(name=b"[" * 100 + b"]" * 100),
    "a day as a number": body(date_of_birth=19530719),
}

CODES = {
    f"{field}: {what}": body(**{field: code})
    for field in ("hospital", "clinic")
    for what, code in {
        "nothing": "",
        "small letters": "rsuji",
        "one letter": "R",
        "eleven letters": "RSUJIRSUJIR",
        "a space": " RSUJI",
        "a line feed": "RSUJI\n",
        "a zero byte": "RSUJI\x00",
        "a dot": "RSUJI.C01",
        "all words": "#",
        "any word": "*",
        "words of a binding": "C01.#",
        "wide letters": "ＲＳＵＪＩ",
        "a letter from elsewhere": "R\u0405UJI",
        "SQL": "' OR '1'='1",
        "a path": "../../etc/passwd",
    }.items()
}

MEDICAL_RECORD_NUMBERS = {
    f"medical record number: {what}": body(medical_record_number=number)
    for what, number in {
        "nothing": "",
        "separators only": "- -",
        "too long": "1" * 21,
        "too many separators": "1" + "-" * 40,
        "SQL": "1'; DROP TABLE tickets",
        "a backslash": "..\\..\\12",
        "a wildcard of SQL": "12%",
        "any word": "*",
        "digits from elsewhere": "١٢٣٤",
        "wide digits": "１２３４",
        "a letter that is two capitals": "ß1",
        "letters in one": "\ufb011",
        "a zero byte": "12\x0034",
        "a line feed": "1234\n",
        "a character without width": "12\u200b34",
    }.items()
}

NAMES = {
    f"name: {what}": body(name=name)
    for what, name in {
        "nothing": "",
        "spaces": " \u3000 ",
        "digits": "12345",
        "signs": "'; --",
        "accents without letters": "\u0301\u0301",
        "a line feed": f"{NAME}\nAminah",
        "a tabulator": f"{NAME}\tAminah",
        "a zero byte": f"{NAME}\x00",
        "a terminal's escape": f"\x1b[31m{NAME}",
        "a bell": f"{NAME}\x07",
        "a delete": f"{NAME}\x7f",
        "a control character of Latin 1": f"{NAME}\x9b31m",
        "right to left": f"{NAME} \u202eAminah",
        "right to left, isolated": f"\u2067{NAME}\u2069",
        "a right-to-left mark": f"{NAME}\u200f",
        "a space without width": f"Wulan\u200bdari {NAME}",
        "a joiner without width": f"{NAME}\u200d",
        "a byte order mark": f"\ufeff{NAME}",
        "a soft hyphen": f"{NAME}\u00ad",
        "characters of tags": f"{NAME}\U000e0041",
        "a character for private use": f"{NAME}\ue000",
        "no character": f"{NAME}\uffff",
        "too long": "x" * (NAME_LENGTH_MAX + 1),
        "far too long": f"{NAME} " * 500,
        "letters that are drawn as nothing": "\u3164\u115f\uffa0",
        "a letter that is drawn as nothing": f"{NAME}\u3164",
        "a blank of Braille": f"{NAME}\u2800",
        "a joiner that is a mark": f"{NAME}\u034f",
        "a selector of forms": f"{NAME}\ufe0f",
        "vowels that are not drawn": f"{NAME}\u17b4\u17b5",
    }.items()
}

DATES = {
    f"date of birth: {what}": body(date_of_birth=day)
    for what, day in {
        "nothing": "",
        "no such day": "1990-02-30",
        "no leap year": "1900-02-29",
        "no such month": "1953-19-07",
        "day zero": "1953-07-00",
        "the year zero": "0000-01-01",
        "day first": "19-07-1953",
        "slashes": "1953/07/19",
        "without hyphens": "19530719",
        "a week": "1953-W29-7",
        "short": "1953-7-19",
        "five digits": "11953-07-19",
        "a day and an hour": f"{BORN}T00:00:00",
        "a line feed": f"{BORN}\n",
        "a space": f" {BORN}",
        "digits from elsewhere": "١٩٥٣-٠٧-١٩",
        "wide digits": "１９５３-07-19",
        "SQL": f"{BORN}' --",
        "tomorrow": f"{MONDAY_MORNING + timedelta(days=1):%Y-%m-%d}",
        "at the end of the calendar": "9999-12-31",
        "at its beginning": "0001-01-01",
        "too long ago": "1850-01-01",
    }.items()
}

BODIES = {
    **{f"no object: {what}": sent for what, sent in NO_OBJECTS.items()},
    **{f"text: {what}": sent for what, sent in TEXTS.items()},
    **{f"members: {what}": sent for what, sent in MEMBERS.items()},
    **{f"types: {what}": sent for what, sent in TYPES.items()},
    **CODES,
    **MEDICAL_RECORD_NUMBERS,
    **NAMES,
    **DATES,
}
"""None of these is a registration: each is an `invalid_request`."""

PLAIN_NAMES = {
    "O'Brien": "Wulandari O'Brien",
    "SQL": "Wulandari'); DROP TABLE tickets; --",
    "a comment of SQL": "Wulandari /* */ OR 1=1",
    "a path": "../../Wulandari/passwd",
    "a placeholder": "Wulandari %s {0} ${jndi:ldap://127.0.0.1/x}",
    "markup": "<script>alert('Wulandari')</script>",
    "quotation marks": 'Wulandari "Wati" \\',
    "a word of databases": "Wulandari NULL",
    "Javanese": "Wulandari ꦱꦶꦠꦶ",
    "Arabic": "Wulandari سيتي",
    "beyond sixteen bits": "Wulandari 𝒜 😀",
    "as long as allowed": ("Wulandari " * 10)[:-1] + "x",
}
"""Unusual but valid names."""


def look_ups_of(code: Any) -> dict[str, Any]:
    """The body of every other request, with this for each of its members."""
    return {
        "cancel": {"ticket_code": code},
        "ticket_status": {"ticket_codes": [code]},
        "list_clinics": {"hospital": code},
        "clinic_queue": {"hospital": code, "clinic": code},
        "list_hospitals": {"hospital": code},
    }


STRANGE_VALUES: tuple[Any, ...] = (
    None,
    True,
    1,
    1.5,
    [],
    {},
    [[["RSUJI"]]],
    "",
    "rsuji",
    "C01.#",
    "*",
    "../../etc/passwd",
    "' OR '1'='1",
    "7K3F-9QXM",
    "7K3F-9QXM-2T5U",
    "７K3F-9QXM-2T5R",
    "7K3F-9QXM-2T5R\x00",
    "7K3F-9QXM-2T5\u200bR",
    "-" * 41,
    NAME * 300,
)
"""Neither a code of a hospital or clinic, nor that of a ticket."""
