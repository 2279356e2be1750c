"""`antrean-admin staff`: who may do what at the desks, in the database and as users of the broker."""

from typing import Final

import click

from admin_cli.account import Account
from admin_cli.screens import staff as view
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from admin_cli.staff_names import is_name, is_reserved
from common.domain.staff import EVERY_HOSPITAL
from common.terminal.localised import LocalisedGroup
from common.terminal.output import print_json
from common.terminal.usage import ExplainedChoice, UsageProblem
from common.translation import N_

_CLINICS_MAX: Final = 200
_role = ExplainedChoice(tuple(view.ROLES), view.ROLES)


@click.group("staff", cls=LocalisedGroup, help=N_("Who may do what at the desks."))
def staff() -> None:
    pass


@staff.command(
    "add",
    help=N_(
        "Let somebody work at a hospital's desks: makes the user at the broker and shows the password, once."
        " NAME is the user's name, such as siti; of somebody who is there already it adds a hospital."
    ),
)
@click.argument("name", metavar=N_("NAME"))
@click.option(
    "--hospital",
    metavar=N_("HOSPITAL"),
    required=True,
    help=N_("Its code, or '*' for every hospital. Required."),
)
@click.option(
    "--clinic",
    "clinics",
    metavar=N_("CLINIC"),
    multiple=True,
    help=N_("Only this clinic; may be repeated. Without it: all clinics of the hospital."),
)
@click.option(
    "--role",
    type=_role,
    required=True,
    help=N_(
        "caller moves queues, reception registers patients and corrects their data, manager does all of it,"
        " and opens, closes, changes rooms and reads reports. Required."
    ),
)
@click.option(
    "--existing-user",
    is_flag=True,
    help=N_(
        "The broker knows this user already (from LDAP, or another administrator made it): leave the broker"
        " alone."
    ),
)
@pass_changing_session
def add(
    session: AdminSession,
    name: str,
    hospital: str,
    clinics: tuple[str, ...],
    role: str,
    *,
    existing_user: bool,
) -> None:
    from admin_cli.database import staff_changes
    from admin_cli.database.connection import open_database
    from admin_cli.staff_accounts import Accounts

    _see_that_it_is_a_name(name)
    hospital, codes = hospital.upper(), _codes(clinics)
    if hospital == EVERY_HOSPITAL and codes:
        raise UsageProblem(N_("--clinic needs one hospital, not '*'."))
    wanted = staff_changes.StaffRow(name, hospital, codes or None, role)
    accounts = Accounts(session.settings, wanted=not existing_user)
    with open_database(session.settings.require_database_url()) as engine:
        before = staff_changes.read_staff(engine, name)
        accounts.see_that_it_is_free(name, is_staff=bool(before))
        staff_changes.add_duty(engine, wanted)
    account = accounts.open(session, name, is_new=not any(row.active for row in before))
    view.report_duty(session, wanted, account, added=True)


@staff.command("list", help=N_("List the staff: users, hospitals, clinics, roles."))
@click.option("--hospital", metavar=N_("HOSPITAL"), help=N_("Only who serves in this hospital."))
@pass_session
def list_staff(session: AdminSession, hospital: str | None) -> None:
    from admin_cli.database.connection import open_database
    from admin_cli.database.staff_changes import read_staff

    with open_database(session.settings.require_database_url()) as engine:
        rows = read_staff(engine)
    if hospital is not None:
        rows = [row for row in rows if row.hospital in (hospital.upper(), EVERY_HOSPITAL)]
    if session.as_json:
        print_json([view.as_json(row) for row in rows])
    elif rows:
        view.print_table(rows, session.texts)
    else:
        session.say(
            "Nobody of the staff is known. Begin, for example, with: antrean-admin staff add siti --hospital"
            " RSHS --role manager"
        )


@staff.command(
    "change",
    help=N_("Change what somebody may do, or make another password: shown once, in force at the next login."),
)
@click.argument("name", metavar=N_("NAME"))
@click.option(
    "--hospital", metavar=N_("HOSPITAL"), help=N_("In which hospital; needed where there are several.")
)
@click.option(
    "--clinic",
    "clinics",
    metavar=N_("CLINIC"),
    multiple=True,
    help=N_("From now on only this clinic; may be repeated."),
)
@click.option("--all-clinics", is_flag=True, help=N_("From now on all clinics of the hospital."))
@click.option("--role", type=_role, help=N_("The role from now on: as for add."))
@click.option("--new-password", is_flag=True, help=N_("Make another password, and mend the broker's user."))
@pass_changing_session
def change(
    session: AdminSession,
    name: str,
    hospital: str | None,
    clinics: tuple[str, ...],
    role: str | None,
    *,
    all_clinics: bool,
    new_password: bool,
) -> None:
    from admin_cli.database import staff_changes
    from admin_cli.database.connection import open_database
    from admin_cli.staff_accounts import Accounts

    codes = _codes(clinics)
    changes_duty = bool(codes or all_clinics or role)
    if codes and all_clinics:
        raise UsageProblem(N_("Give either --clinic or --all-clinics."))
    if not changes_duty and not new_password:
        raise UsageProblem(N_("Say what to change: --role, --clinic, --all-clinics or --new-password."))
    hospital = None if hospital is None else hospital.upper()
    row = None
    with open_database(session.settings.require_database_url()) as engine:
        staff_changes.see_that_somebody_serves(engine, name)
        accounts = Accounts(session.settings, wanted=new_password)
        if new_password:
            accounts.see_that_it_is_free(name, is_staff=True)
        if changes_duty:
            row = staff_changes.change_duty(
                engine, name, hospital, role=role, clinics=codes, all_clinics=all_clinics
            )
    account = accounts.renew(session, name) if new_password else Account.untouched()
    if row is None:
        view.report_account(session, name, account)
    else:
        view.report_duty(session, row, account, added=False)


@staff.command(
    "disable",
    help=N_(
        "Let somebody do nothing any more, and remove the user at the broker, which ends its connections."
        " What was done stays under that name. `add` lets the user in again."
    ),
)
@click.argument("name", metavar=N_("NAME"))
@click.option("--hospital", metavar=N_("HOSPITAL"), help=N_("Only in this hospital."))
@pass_changing_session
def disable(session: AdminSession, name: str, hospital: str | None) -> None:
    from admin_cli.database import staff_changes
    from admin_cli.database.connection import open_database
    from admin_cli.staff_accounts import Accounts

    hospital = None if hospital is None else hospital.upper()
    with open_database(session.settings.require_database_url()) as engine:
        rows = staff_changes.disable(engine, name, hospital)
    left = [row for row in rows if row.active]
    account = Account.untouched() if left else Accounts(session.settings).close(session, name)
    view.report_end(session, name, left, account)


def _see_that_it_is_a_name(name: str) -> None:
    if not is_name(name):
        raise UsageProblem(
            N_(
                "Write a name such as siti or siti.aminah: 2 to 40 characters: a small letter first, then"
                " small letters, digits, dots, hyphens and underscores."
            )
        )
    if is_reserved(name):
        raise UsageProblem(
            N_("{user} is no person's name at the broker, but a program's: choose another."), user=name
        )


def _codes(clinics: tuple[str, ...]) -> tuple[str, ...]:
    """The codes in capital letters, each once, in the order of the alphabet."""
    codes = tuple(sorted({code.upper() for code in clinics}))
    if len(codes) > _CLINICS_MAX:
        raise UsageProblem(N_("These are too many clinics: leave --clinic out for all of the hospital."))
    return codes
