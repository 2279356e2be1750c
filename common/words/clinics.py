"""What is said of a clinic: whether it is open, and how long somebody would wait who comes now."""

from collections.abc import Callable, Mapping
from typing import Any

from common.translation import N_
from common.words.absences import absences_in_words
from common.words.moments import brief_date_and_time, clock_time, duration, duration_in_words
from common.words.texts import Texts

Clinic = Mapping[str, Any]
"""A clinic of a reply: the members that docs/protocol.md names, and whatever a newer server adds."""


def opening(clinic: Clinic, texts: Texts) -> str:
    """Whether a clinic is open, until when, or when it opens again, and why the staff have closed it; and who
    of it is away."""
    next_opening = None if clinic["is_open"] else clinic["next_opening"]
    away = [
        each for each in clinic.get("absences") or () if not each["until"] or each["until"] != next_opening
    ]
    return "; ".join([_hours(clinic, texts), *absences_in_words(away, texts, clinic.get("zone"))])


def _hours(clinic: Clinic, texts: Texts) -> str:
    if not clinic["is_open"]:
        words = texts("closed")
        if clinic["next_opening"] is not None:
            moment = brief_date_and_time(clinic["next_opening"], texts, clinic.get("zone"))
            words = texts("closed, opens {moment}", moment=moment)
        reason = clinic.get("closed_reason")
        return f"{words} ({reason})" if reason else words
    if clinic["opens_at"] is None or clinic["closes_at"] is None:
        return texts("open")
    opens, closes = (clock_time(clinic[name], texts) for name in ("opens_at", "closes_at"))
    return texts("{opens}–{closes}", opens=opens, closes=closes)


def expected_wait(
    clinic: Clinic, texts: Texts, written: Callable[[float, Texts], str] = duration
) -> str | None:
    """The wait of somebody who would register now, in one figure; None of a closed clinic."""
    if clinic["estimated_wait_seconds"] is None or not clinic["is_open"]:
        return None
    if clinic.get("day_may_end_first"):
        return texts("perhaps not today")
    return written(clinic["estimated_wait_seconds"], texts)


def expected_wait_between(clinic: Clinic, texts: Texts) -> str | None:
    """The same in words, with its interval: `sekitar 25 menit, antara 15 menit dan 40 menit`; shorter where
    the ends are not apart, or a server of an earlier version tells no more."""
    wait = expected_wait(clinic, texts, duration_in_words)
    first, last = clinic.get("shortest_wait_seconds"), clinic.get("longest_wait_seconds")
    if wait is None or clinic.get("day_may_end_first") or first is None or last is None:
        return wait
    shortest, longest = duration_in_words(first, texts), duration_in_words(last, texts)
    if wait in (shortest, longest):  # which are minutes, and say more than what is around them
        return wait if shortest == longest else texts("up to {longest}", longest=longest)
    sentence = N_("around {wait}, between {shortest} and {longest}")
    return texts(sentence, wait=wait, shortest=shortest, longest=longest)
