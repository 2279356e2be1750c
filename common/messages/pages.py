"""Lists that come in pages: how a worker fills one, and how a client reads all of them.

A page holds as many entries as fit into a reply, whatever they contain: a reply that the broker finds too
large would never arrive, and would close the connection of the worker that sends it.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from common.messages.limits import REPLY_BYTES_MAX

T = TypeVar("T")
Reply = dict[str, Any]


def page_of(
    entries: Iterable[T], length: Callable[[T], int], *, limit: int, bytes_besides: int
) -> tuple[list[T], bool]:
    """The first entries, and whether more follow: at most `limit`, and at least one where there is one.

    `length` is that of an entry's JSON in bytes; `bytes_besides` is the length of the reply without its
    entries. No more entries are made than are needed.
    """
    page: list[T] = []
    room = REPLY_BYTES_MAX - bytes_besides
    for entry in entries:
        room -= length(entry) + 1
        if page and (room < 0 or len(page) == limit):
            return page, True
        page.append(entry)
    return page, False


def whole_queue(ask: Callable[[Reply], Reply], body: Reply) -> Reply:
    """A `desk_queue` with everybody who waits, on however many pages they come.

    The queue may move between two pages: no ticket is in it twice, and all else is as on the first page.
    """
    first = reply = ask(body)
    waiting = {each["number"]: each for each in first["waiting"]}
    duplicates = {each["number"]: each for each in first.get("possible_duplicates", ())}
    seen = len(first["waiting"])
    while reply.get("more"):
        reply = ask({**body, "after": seen})
        seen += len(reply["waiting"])
        waiting |= {each["number"]: each for each in reply["waiting"]}
        duplicates |= {each["number"]: each for each in reply.get("possible_duplicates", ())}
    in_rooms = {each["number"] for each in first["in_rooms"]}
    return {
        **first,
        "waiting": [each for each in waiting.values() if each["number"] not in in_rooms],
        "possible_duplicates": [*duplicates.values()],
        "more": False,
    }
