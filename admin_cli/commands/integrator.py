"""`antrean-admin integrator`: which other programs may follow events, each as a user of the broker."""

from typing import Final, Literal

import click

from admin_cli.integrator_names import is_code, is_name, matches_events
from admin_cli.screens import integrators as view
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from admin_cli.staff_names import is_reserved
from common.terminal.localised import LocalisedGroup
from common.terminal.output import print_json
from common.terminal.usage import UsageProblem
from common.translation import N_

_PATTERNS_MAX: Final = 50
_HOSPITALS_MAX: Final = 20


@click.group("integrator", cls=LocalisedGroup, help=N_("Which other programs may follow events."))
def integrator() -> None:
    pass


@integrator.command(
    "add",
    help=N_(
        "Let another program follow events: makes a user and a queue of its own at the broker, and shows the"
        " address to connect to, once. Given again, it binds the queue with more patterns."
    ),
    epilog="antrean-admin integrator add papan --bind 'RSHS.*.ticket.called'",
)
@click.argument("name", metavar=N_("NAME"))
@click.option(
    "--bind",
    "patterns",
    metavar=N_("PATTERN"),
    multiple=True,
    required=True,
    help=N_(
        "Which events come into the queue: HOSPITAL.CLINIC.ticket.called, with * for any word and # for any"
        " rest; may be repeated. Required."
    ),
)
@click.option(
    "--hospital",
    "hospitals",
    metavar=N_("HOSPITAL"),
    multiple=True,
    help=N_("Only events of this hospital, however it binds; may be repeated. Without it: of every one."),
)
@click.option(
    "--replay",
    is_flag=True,
    help=N_("Let it read the stream of the last days too, which holds the events of every hospital."),
)
@pass_changing_session
def add(
    session: AdminSession,
    name: str,
    patterns: tuple[str, ...],
    hospitals: tuple[str, ...],
    *,
    replay: bool,
) -> None:
    from admin_cli.broker.integrator_rights import Rights
    from admin_cli.integrator_accounts import IntegratorAccounts

    _see_that_it_is_a_name(name)
    rights = Rights(_codes(hospitals), replay)
    if rights.hospitals and replay:
        raise UsageProblem(N_("Give either --hospital or --replay: the stream holds all hospitals."))
    bound = _see_that_they_are_patterns(patterns)
    if outside := [each for each in bound if not rights.include(each)]:
        raise UsageProblem(
            N_("{pattern} is not of the hospitals given: begin it with the code of one of them."),
            pattern=outside[0],
        )
    _see_that_it_is_not_staff(session, name)
    words = [*(("--bind", each) for each in bound), *(("--hospital", each) for each in rights.hospitals)]
    repeat = session.command_line(
        "integrator", "add", name, *(each for pair in words for each in pair), *(["--replay"] * replay)
    )
    account = IntegratorAccounts(session.settings, repeat).add(name, rights, bound)
    view.report_added(session, name, rights, bound, account)


@integrator.command("list", help=N_("List integrators: what each follows, what waits, and who is connected."))
@pass_session
def list_integrators(session: AdminSession) -> None:
    from admin_cli.integrator_list import read_integrators

    found = read_integrators(session.settings)
    if session.as_json:
        print_json([view.as_json(each) for each in found])
    elif found:
        view.print_table(session, found)
    else:
        session.say(
            "No integrator is known. Begin, for example, with: antrean-admin integrator add papan --bind"
            " RSHS.GIG.ticket.called"
        )


@integrator.command(
    "rotate",
    help=N_(
        "Make another password: shows the new address once, and closes connections that used the old one."
    ),
)
@click.argument("name", metavar=N_("NAME"))
@pass_changing_session
def rotate(session: AdminSession, name: str) -> None:
    _change(session, "rotate", name)


@integrator.command(
    "remove",
    help=N_(
        "Remove an integrator: its user, its connections, and its queues with the events that wait there."
    ),
)
@click.argument("name", metavar=N_("NAME"))
@pass_changing_session
def remove(session: AdminSession, name: str) -> None:
    _change(session, "remove", name)


def _change(session: AdminSession, command: Literal["rotate", "remove"], name: str) -> None:
    from admin_cli.integrator_accounts import IntegratorAccounts

    _see_that_it_is_a_name(name)
    accounts = IntegratorAccounts(session.settings, session.command_line("integrator", command, name))
    changed = accounts.renew(name) if command == "rotate" else accounts.remove(name)
    view.report_account(session, name, changed)


def _see_that_it_is_a_name(name: str) -> None:
    if not is_name(name):
        raise UsageProblem(
            N_(
                "Write a name such as papan or papan-lobi: 2 to 30 characters: a small letter first, then"
                " small letters, digits, hyphens and underscores."
            )
        )
    if is_reserved(name):
        raise UsageProblem(
            N_("{user} is a user of Antrean itself at the broker: choose another name."), user=name
        )


def _see_that_it_is_not_staff(session: AdminSession, name: str) -> None:
    """Raises NameTaken where the database, if one is known, has such a member of the staff."""
    if session.settings.database_url is None:
        return
    from admin_cli.database.connection import open_database
    from admin_cli.database.staff_changes import read_staff
    from admin_cli.integrator_errors import NameTaken

    with open_database(session.settings.database_url) as engine:
        if read_staff(engine, name):
            raise NameTaken(name)


def _see_that_they_are_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns, each once; raises UsageProblem for one that no event matches."""
    for pattern in patterns:
        if not matches_events(pattern):
            raise UsageProblem(
                N_(
                    "No event matches {pattern}: write it as RSHS.*.ticket.called or RSHS.#, with codes in"
                    " capital letters."
                ),
                pattern=pattern,
            )
    bound = tuple(dict.fromkeys(patterns))
    if len(bound) > _PATTERNS_MAX:
        raise UsageProblem(N_("These are too many patterns: use * for any word, or # for any rest."))
    return bound


def _codes(hospitals: tuple[str, ...]) -> tuple[str, ...]:
    """The codes in capital letters, each once, in the order of the alphabet; raises UsageProblem."""
    codes = tuple(sorted({code.upper() for code in hospitals}))
    if len(codes) > _HOSPITALS_MAX:
        raise UsageProblem(N_("These are too many hospitals: leave --hospital out for all of them."))
    for code in codes:
        if not is_code(code):
            raise UsageProblem(N_("{code} is no hospital's code; write it as RSHS."), code=code)
    return codes
