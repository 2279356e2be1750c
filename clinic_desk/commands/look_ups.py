"""The commands that look for tickets, at one of them, and at what happened; they change nothing."""

from contextlib import suppress

import click

from clinic_desk.commands.options import of_a_clinic, of_day, pass_session
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.inputs import take_day, take_number, take_number_if_given
from clinic_desk.output import found_text, history_text
from clinic_desk.session import DeskSession
from common.terminal.layout import terminal_width
from common.terminal.output import print_result
from common.terminal.prompts import can_ask, read_line
from common.terminal.usage import ExplainedChoice, UsageProblem
from common.translation import N_


@click.command(
    "find",
    cls=ClinicCommand,
    help=N_("Find today's tickets by a number or a part of a name, asked for if left out; this is recorded."),
    epilog='antrean-desk find RSHS GIG "siti am"',
)
@of_a_clinic
@click.argument("text", metavar=N_("TEXT"), required=False)
@pass_session
def find(session: DeskSession, hospital: str, clinic: str, text: str | None) -> None:
    found = session.query("find_tickets", hospital, clinic, text=text or _asked_for(session))
    print_result(session, found, lambda: found_text(found, session.texts, terminal_width()))


def _asked_for(session: DeskSession) -> str:
    """What is typed on the terminal, so that no name stays in a shell's history; raises UsageProblem where
    nobody is there, Abort where nothing is typed."""
    if not can_ask():
        raise UsageProblem(N_("Give a number or a part of a name."))
    with suppress(EOFError):
        if typed := read_line(session.texts("Number or part of a name")).strip():
            return typed
    raise click.Abort


@click.command(
    "history",
    cls=ClinicCommand,
    help=N_("What happened last in a clinic, or to a ticket, and who of the staff did it."),
    epilog="antrean-desk history RSHS GIG --number 17",
)
@of_a_clinic
@click.option(
    "--number",
    metavar=N_("NUMBER"),
    callback=take_number_if_given,
    help=N_("Only what happened to this ticket."),
)
@click.option(
    "--date", "day", metavar=N_("DATE"), callback=take_day, help=N_("The service day; today without it.")
)
@click.option(
    "--limit",
    metavar=N_("LINES"),
    type=click.IntRange(1, 50),
    default=10,
    help=N_("How many events at most, from 1 to 50."),
)
@pass_session
def history(
    session: DeskSession, hospital: str, clinic: str, number: int | None, day: str | None, limit: int
) -> None:
    found = session.query("desk_history", hospital, clinic, number=number, service_date=day, limit=limit)
    print_result(session, found, lambda: history_text(found, session.texts, terminal_width()))


_ROLLS = {"58": N_("32 letters in a line"), "80": N_("48 letters in a line")}


@click.command(
    "ticket",
    cls=ClinicCommand,
    help=N_("Show a ticket again, with whose it is, or print it; the look is recorded."),
    epilog="antrean-desk ticket RSHS GIG 17 --paper 58 | lp",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@click.option(
    "--paper",
    metavar=N_("WIDTH"),
    type=ExplainedChoice([*_ROLLS], _ROLLS),
    help=N_("As plain text for a receipt printer with a roll of 58 or 80 mm, without the patient's name."),
)
@of_day
@pass_session
def ticket(
    session: DeskSession, hospital: str, clinic: str, number: int, paper: str | None, day: str | None
) -> None:
    shown = session.query("desk_ticket", hospital, clinic, number=number, service_date=day)

    def words() -> str:
        if paper is not None:
            from clinic_desk.paper import COLUMNS, paper_text

            return paper_text(shown, session.texts, COLUMNS[paper])
        from clinic_desk.shown_ticket import ticket_text

        return ticket_text(shown, session.texts, terminal_width())

    print_result(session, shown, words)
