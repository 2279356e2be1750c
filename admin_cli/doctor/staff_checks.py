"""Whether the staff of the database and the broker's users of staff are the same people."""

from collections.abc import Iterable, Iterator
from typing import Final

from admin_cli.broker.management import vhost_of
from admin_cli.broker.staff_users import StaffUsers
from admin_cli.database.connection import open_database
from admin_cli.database.staff_changes import duties_without_clinic, read_staff
from admin_cli.doctor.findings import Finding, ok, unusable_settings, warning
from common.errors import BrokerUnavailable, SettingsError, StoreError
from common.messaging import topology
from common.settings import Settings
from common.translation import N_

_SHOWN_MAX: Final = 6


def staff_findings(settings: Settings) -> Iterator[Finding]:
    """Findings about the staff; none where the database cannot be read, which is said elsewhere."""
    try:
        with open_database(settings.require_database_url()) as engine:
            rows, without_clinic = read_staff(engine), duties_without_clinic(engine)
    except (SettingsError, StoreError):
        return
    active = sorted({row.username for row in rows if row.active})
    yield from _in_the_database(active, without_clinic)
    if settings.management_url is None or settings.amqp_url is None:
        return
    try:
        users = StaffUsers(settings.management_url, vhost_of(settings.amqp_url))
        if users.may_be_changed():
            yield from _at_the_broker(active, users)
        elif active:
            yield warning(
                "staff.users",
                N_("Whether the broker has the users of the staff was not checked."),
                N_("Set ANTREAN_MANAGEMENT_URL with the user accounts, or with another administrator."),
            )
    except SettingsError as error:
        yield unusable_settings("staff.users", error)
    except BrokerUnavailable:
        return  # broker.management has said so


def _in_the_database(active: list[str], without_clinic: list[tuple[str, str]]) -> Iterator[Finding]:
    if not active:
        yield warning(
            "staff",
            N_("No member of the staff is known: nobody can work at the desks."),
            N_("Let somebody in: antrean-admin staff add siti --hospital RSHS --role manager"),
        )
    elif without_clinic:
        yield warning(
            "staff",
            N_("Members of the staff whose hospital or clinic is not in the catalog: {staff}."),
            N_("Change what they may do, or end it, with `change` and `disable` of antrean-admin staff."),
            staff=_listed(f"{user} ({place})" for user, place in without_clinic),
        )
    else:
        yield ok("staff", N_("Members of the staff: {count}."), count=len(active))


def _at_the_broker(active: list[str], users: StaffUsers) -> Iterator[Finding]:
    permitted, names, right = users.with_permission(), users.names(), True
    if missing := [user for user in active if user not in names]:
        right = False
        yield warning(
            "staff.users",
            N_("Members of the staff whom the broker does not know: {users}."),
            N_(
                "Make them, unless the broker takes its users from elsewhere: antrean-admin staff change NAME"
                " --new-password"
            ),
            users=_listed(missing),
        )
    if topology.SHARED_DESK_USER in names:
        right = False
        yield warning(
            "staff.users",
            N_("The user {user}, whom all desks shared in earlier versions, is still there."),
            N_("Once each of the staff has a user, remove it: rabbitmqctl delete_user {user}"),
            user=topology.SHARED_DESK_USER,
        )
    strange = [user for user in permitted if user not in active and user != topology.SHARED_DESK_USER]
    if strange:
        right = False
        yield warning(
            "staff.users",
            N_("Users of the broker who may send requests of desks, and are no staff: {users}."),
            N_("Workers refuse them; remove each: rabbitmqctl delete_user {user}"),
            users=_listed(strange),
            user=strange[0],
        )
    if unlimited := [user for user, limited in permitted.items() if user in active and not limited]:
        right = False
        yield warning(
            "staff.users",
            N_("Users of staff who may open any number of connections or channels: {users}."),
            N_("Make each whole again: antrean-admin staff change NAME --new-password"),
            users=_listed(unlimited),
        )
    if active and right:
        yield ok("staff.users", N_("The broker knows all members of the staff, and nobody else as such."))


def _listed(users: Iterable[str]) -> str:
    all_of_them = list(users)
    shown = all_of_them[:_SHOWN_MAX]
    return ", ".join(shown + ["..."] * (len(all_of_them) > _SHOWN_MAX))
