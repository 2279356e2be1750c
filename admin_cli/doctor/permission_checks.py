"""Whether each role may do exactly what it needs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from admin_cli.broker.inspection import inspecting
from admin_cli.broker.management import Management
from admin_cli.broker.permissions import PermissionFault, permission_faults
from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.errors import BrokerUnavailable
from common.known_passwords import role_urls
from common.messaging import topology
from common.settings import Settings
from common.translation import N_

_FAULTS_SHOWN_MAX = 6


def permissions_as_written(management: Management) -> Iterator[Finding]:
    """Findings about the permissions that the management API shows; raises BrokerUnavailable."""
    found, right = management.permissions(), True
    for role, wanted in topology.permissions().items():
        if role not in found and role == topology.ACCOUNTS_USER:
            continue  # the broker's administrator may make the users of staff, too
        if role not in found:
            yield failed(
                "broker.permissions",
                N_("The user {role} is missing or has no permissions."),
                N_(
                    "Load users and permissions: antrean-admin broker definitions --output FILE, then"
                    " rabbitmqctl import_definitions FILE"
                ),
                role=role,
            )
        elif found[role] != wanted:
            details = ", ".join(
                f"{action} {found[role][action]} ({wanted[action]})"
                for action in wanted
                if found[role][action] != wanted[action]
            )
            yield failed(
                "broker.permissions",
                N_(
                    "The permissions of {role} are different, with what they should be in brackets:"
                    " {details}."
                ),
                N_(
                    "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions"
                    " {role} ..."
                ),
                role=role,
                details=details,
            )
        else:
            continue
        right = False
    if right:
        yield ok(
            "broker.permissions",
            N_("These may do exactly what they need: {roles}."),
            roles=", ".join(topology.roles()),
        )


def permissions_as_tried(settings: Settings) -> Iterator[Finding]:
    """Findings about what each role whose password is known may do, found out by trying it."""
    urls: dict[str, str] = {
        role: url for role, url in role_urls(settings).items() if urlsplit(url).username == role
    }
    right = []
    for role, url in urls.items():
        try:
            with inspecting(url) as inspection:
                faults = permission_faults(inspection, role)
        except BrokerUnavailable as error:
            yield failed(
                "broker.permissions",
                N_("{role} cannot log in: {reason}"),
                N_(
                    "Make the passwords the same: rabbitmqctl change_password {role} PASSWORD, or"
                    " correct the one known here."
                ),
                role=role,
                reason=error,
            )
            continue
        yield from _faults_of(role, faults)
        if not faults:
            right.append(role)
    if right:
        yield ok(
            "broker.permissions", N_("These may do exactly what they need: {roles}."), roles=", ".join(right)
        )
    if unknown := [role for role in topology.roles() if role not in urls]:
        passwords = ", ".join(f"ANTREAN_PASSWORD_{role.upper()}" for role in unknown)
        roles = ", ".join(unknown)
        yield warning(
            "broker.permissions",
            N_("Permissions were not checked: {roles}."),
            N_(
                "Set {passwords}, or ANTREAN_MANAGEMENT_URL with a user who has the tag"
                " administrator. Each role needs a user of its own."
            ),
            roles=roles,
            passwords=passwords,
        )


def _faults_of(role: str, faults: list[PermissionFault]) -> Iterator[Finding]:
    if granted := _listed_faults([fault for fault in faults if fault.granted]):
        yield failed(
            "broker.permissions",
            N_("{role} may do more than it needs: {faults}"),
            N_(
                "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions"
                " {role} ..."
            ),
            role=role,
            faults=granted,
        )
    if denied := _listed_faults([fault for fault in faults if not fault.granted]):
        yield failed(
            "broker.permissions",
            N_("{role} may not do what it needs: {faults}"),
            N_(
                "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions"
                " {role} ..."
            ),
            role=role,
            faults=denied,
        )


def _listed_faults(faults: list[PermissionFault]) -> str:
    shown = [f"{fault.action} {fault.name}" for fault in faults[:_FAULTS_SHOWN_MAX]]
    return ", ".join(shown + ["..."] * (len(faults) > _FAULTS_SHOWN_MAX))
