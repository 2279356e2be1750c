"""The options that choose events, and what they choose."""

from collections.abc import Callable

import click

from common.domain.event_names import EventName
from common.terminal.hospitals import normal_code
from common.terminal.usage import UsageProblem
from common.translation import N_
from event_tap.selection import Selection

_OPTIONS = (
    click.option(
        "--hospital",
        "hospitals",
        metavar=N_("HOSPITAL"),
        multiple=True,
        help=N_("Only this hospital; may be repeated."),
    ),
    click.option(
        "--clinic",
        "clinics",
        metavar=N_("HOSPITAL/CLINIC"),
        multiple=True,
        help=N_("Only this clinic, such as RSHS/GIG; may be repeated."),
    ),
    click.option(
        "--type",
        "kinds",
        metavar=N_("EVENT"),
        multiple=True,
        help=N_("Only these events: ticket.called, or ticket.* for all of tickets; may be repeated."),
    ),
)


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """For a command that takes `hospitals`, `clinics` and `kinds`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selection_of(hospitals: tuple[str, ...], clinics: tuple[str, ...], kinds: tuple[str, ...]) -> Selection:
    """What these options choose, of any time; raises UsageProblem."""
    return Selection(
        frozenset(map(normal_code, hospitals)), frozenset(map(_clinic, clinics)), tuple(map(_kind, kinds))
    )


def _clinic(text: str) -> str:
    hospital, slash, clinic = text.partition("/")
    if not (hospital and slash and clinic):
        raise UsageProblem(N_("{text} is no clinic; write it as RSHS/GIG."), text=text)
    return f"{normal_code(hospital)}/{normal_code(clinic)}"


def _kind(text: str) -> str:
    names = [name.value for name in EventName if name is not EventName.CLINIC_TICK]
    if "*" not in text and text not in names:
        raise UsageProblem(N_("There is no event {name}."), known=names, name=text)
    return text
