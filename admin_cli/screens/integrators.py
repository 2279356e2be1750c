"""How integrators, their queues and their accounts at the broker are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from admin_cli.account import Account, AccountState
from admin_cli.session import AdminSession
from common.terminal import tables
from common.terminal.tables import NOTHING, Cell, new_table
from common.translation import C_, N_
from common.words.moments import brief_date_and_time
from common.words.texts import Texts

if TYPE_CHECKING:
    from admin_cli.broker.integrator_rights import Rights
    from admin_cli.integrator_list import Integrator

_BINDINGS: Final = C_("column", "Follows")
_MAY: Final = C_("column", "May have")
_COLUMNS: Final = (
    C_("column", "Integrator"),
    _BINDINGS,
    _MAY,
    C_("column", "Waiting"),
    C_("column", "Queue"),
    C_("column", "Connected since"),
)

_SENTENCES: Final[Mapping[AccountState, str]] = {
    AccountState.MADE: N_("The broker has the user {name} now."),
    AccountState.KEPT: N_("The password of {name} is what it was; `rotate` makes another."),
    AccountState.PASSWORD_CHANGED: N_(
        "{name} has a new password; connections that used the old one are closed."
    ),
    AccountState.REMOVED: N_("{name} is removed: its user, its connections and its queues."),
    AccountState.ABSENT: N_("The broker has no user {name}; what queues it had are removed."),
    AccountState.TO_BE_DONE: N_(
        "The broker's users cannot be changed from here: that takes ANTREAN_MANAGEMENT_URL with the user"
        " accounts, or with another administrator. Where rabbitmqctl is, the broker's administrator gives:"
    ),
}


def as_json(integrator: "Integrator") -> dict[str, Any]:
    """An integrator in values for JSON."""
    since = integrator.connected_since
    return {
        "name": integrator.name,
        **_rights_as_json(integrator.rights),
        "bindings": list(integrator.bindings),
        "queues": [
            {"name": each.name, "waiting": each.waiting, "full": each.is_full, "bounded": each.is_bounded}
            for each in integrator.queues
        ],
        "connected_since": None if since is None else since.isoformat(timespec="seconds"),
    }


def _rights_as_json(rights: "Rights | None") -> dict[str, Any]:
    if rights is None:
        return {"rights": "other", "hospitals": None, "replay": None}
    return {"rights": "ours", "hospitals": list(rights.hospitals) or None, "replay": rights.replays}


def print_table(session: AdminSession, integrators: "Sequence[Integrator]") -> None:
    """A line for each integrator, as wide as the terminal is; below it what to do about a queue."""
    texts = session.texts
    table = new_table(texts, *_COLUMNS, folded=[_BINDINGS, _MAY])
    for each in integrators:
        since = each.connected_since
        table.add_row(
            [
                each.name,
                ", ".join(each.bindings) or NOTHING,
                _rights(each.rights, texts),
                str(sum(queue.waiting for queue in each.queues)),
                _state(each, texts),
                NOTHING if since is None else brief_date_and_time(since.astimezone().isoformat(), texts),
            ]
        )
    tables.print_table(table)
    for each in integrators:
        if not each.queues:
            session.say("{name} has no queue; `add` with its patterns makes it again.", name=each.name)
        if any(queue.is_full for queue in each.queues):
            session.say(
                "The queue of {name} is full: the oldest events are dropped until somebody takes them.",
                name=each.name,
            )
        if not all(queue.is_bounded for queue in each.queues):
            session.say(
                "Nothing bounds a queue of {name}: load the policies, see antrean-admin doctor.",
                name=each.name,
            )


def _rights(rights: "Rights | None", texts: Texts) -> str:
    if rights is None:
        return texts("rights given by hand")
    if rights.hospitals:
        return ", ".join(rights.hospitals)
    return texts("all hospitals, replay") if rights.replays else texts("all hospitals")


def _state(integrator: "Integrator", texts: Texts) -> Cell:
    if not integrator.queues:
        return Cell(texts(C_("queue", "missing")), "red")
    if any(each.is_full for each in integrator.queues):
        return Cell(texts(C_("queue", "full")), "red")
    if not all(each.is_bounded for each in integrator.queues):
        return Cell(texts(C_("queue", "unbounded")), "red")
    return Cell(texts(C_("queue", "in order")), "green")


def report_added(
    session: AdminSession, name: str, rights: "Rights", patterns: Sequence[str], account: Account
) -> None:
    """What an integrator follows now, and what became of its account."""
    from admin_cli.broker.integrator_rights import main_queue

    queue = main_queue(name)
    value = {"queue": queue, "bindings": list(patterns), **_rights_as_json(rights)}
    sentence = session.texts(
        "Events of {patterns} come into the queue {queue}.", patterns=", ".join(patterns), queue=queue
    )
    _report(session, name, account, value, [sentence])


def report_account(session: AdminSession, name: str, account: Account) -> None:
    """What became of the account."""
    _report(session, name, account, {}, [])


def _report(
    session: AdminSession, name: str, account: Account, value: Mapping[str, Any], sentences: list[str]
) -> None:
    url = None if account.password is None else _address(session, name, account.password)
    told = {
        "name": name,
        **value,
        "broker_user": account.state.value,
        "url": url,
        "password": account.password,
        "commands": list(account.commands),
    }
    session.report(told, lambda: _in_words(session, name, account, url, sentences))


def _address(session: AdminSession, name: str, password: str) -> str:
    """The broker's address for an integrator, as it is reached from here."""
    parts = urlsplit(session.settings.require_amqp_url())
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{name}:{password}@{host}{parts.path or '/'}"


def _in_words(
    session: AdminSession, name: str, account: Account, url: str | None, sentences: list[str]
) -> str:
    texts = session.texts
    parts = [*sentences, texts(_SENTENCES[account.state], name=name)]
    text = session.folded("\n".join(parts))
    text += "".join(f"\n  {command}" for command in account.commands)
    if url is not None:
        if account.commands:
            asks = texts("The first command asks for the password: {password}", password=account.password)
            text += "\n" + session.folded(asks)
        once = texts("The address to connect to, shown only this once; the host is as reached from here:")
        advice = texts(
            "Hand it to those who run {name} alone: whoever has it can follow the events.", name=name
        )
        text += f"\n{session.folded(once)}\n\n  {url}\n\n{session.folded(advice)}"
    return text
