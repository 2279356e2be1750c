"""`antrean-admin dead-letters`: what could not be processed is looked at, sent again, or dropped."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from admin_cli.screens import dead_letters as view
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from common.errors import AntreanError
from common.terminal.localised import LocalisedGroup
from common.terminal.prompts import confirm
from common.terminal.usage import UsageProblem
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.broker.dead_letters import DeadLetter, DeadLetters, Obstacle

_COUNT_DEFAULT: Final = 1_000
_COUNT_MAX: Final = 65_535  # AMQP's limit to what one connection holds
_IDS_NAMED_MAX: Final = 5


def _limit_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--limit",
        metavar=N_("COUNT"),
        type=click.IntRange(1, _COUNT_MAX),
        default=_COUNT_DEFAULT,
        help=N_("Read so many letters at most (1000)."),
    )


def _which() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The letters that a command is for: ids, or `--all`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        decorated = click.option("--all", "every", is_flag=True, help=N_("All dead letters."))(
            _limit_option()(function)
        )
        return click.argument("ids", metavar=N_("ID"), nargs=-1)(decorated)

    return decorate


@click.group(
    "dead-letters",
    cls=LocalisedGroup,
    help=N_(
        "Messages that could not be processed (antrean.dead, antrean.poison). Named by their id from `list`."
    ),
)
def dead_letters() -> None:
    pass


@dead_letters.command(
    "list", help=N_("List the dead letters, without patients' data. All stay where they are.")
)
@_limit_option()
@pass_session
def list_letters(session: AdminSession, limit: int) -> None:
    with _opened(session) as source:
        if session.as_json:
            found = [view.as_json(letter) for letter in source.read(limit)]
            _print_json({"letters": found, "more": source.unread})
            return
        rows = [view.row(letter, session.texts) for letter in source.read(limit)]
        more = source.unread
    if rows:
        view.print_table(rows, session.texts)
    else:
        session.say("There are no dead letters.")
    _say_more(session, more)


@dead_letters.command(
    "show", help=N_("Show one dead letter, without the patient's data unless asked with --reveal.")
)
@click.argument("letter_id", metavar=N_("ID"))
@click.option(
    "--reveal", is_flag=True, help=N_("Also show body and all properties, WITH THE PATIENT'S DATA.")
)
@_limit_option()
@pass_session
def show(session: AdminSession, letter_id: str, limit: int, *, reveal: bool) -> None:
    with _opened(session) as source:
        # All are read, for only so do they keep their order.
        found = list(_matching(source, limit, {letter_id.lower()}))
        more = source.unread
    if not found:
        raise AntreanError(_not_found(session, [letter_id], more))
    letter = found[0]  # others of this id are alike
    if session.as_json:
        _print_json(view.as_json(letter, reveal=reveal))
        return
    shown = view.lines(letter, session.texts)
    if reveal:
        shown += ["", *view.revealed_lines(letter)]
    click.echo("\n".join(shown))


@dead_letters.command(
    "retry",
    help=N_(
        "Send requests again, then remove them from the dead letters. They keep their id and"
        " the time when they were sent: what was done is not done twice, and a registration"
        " older than 15 minutes gets no number any more. Nobody is sent the answer."
    ),
)
@_which()
@pass_changing_session
def retry(session: AdminSession, ids: tuple[str, ...], limit: int, *, every: bool) -> None:
    wanted = _wanted(ids, every=every)
    left: dict[Obstacle, list[str]] = defaultdict(list)
    found: set[str] = set()
    sent: list[str] = []
    with _opened(session) as source:
        try:
            for letter in _matching(source, limit, wanted):
                found.add(letter.id)
                if letter.obstacle is not None:
                    left[letter.obstacle].append(letter.id)
                    continue
                source.retry(letter)
                sent.append(letter.id)
        finally:
            # Also where the broker refuses the next one: these have gone.
            _report(session, "retried", sent, N_("Sent again: {count}."))
        more = source.unread
    _finish(session, wanted, found, more, left)


def _report(session: AdminSession, what: str, ids: list[str], sentence: str) -> None:
    session.report({what: ids}, lambda: session.texts(sentence, count=len(ids)))


@dead_letters.command("drop", help=N_("Remove dead letters for ever."))
@_which()
@click.option("--yes", is_flag=True, help=N_("Do not ask first."))
@pass_changing_session
def drop(session: AdminSession, ids: tuple[str, ...], limit: int, *, every: bool, yes: bool) -> None:
    wanted = _wanted(ids, every=every)
    if yes:
        dropped, more = _drop(session, wanted, limit)
    else:
        confirmed, more = _confirmed(session, wanted, limit)
        # Whatever the limit, all are looked through: the first are not the same as before.
        dropped, _ = _drop(session, confirmed, _COUNT_MAX)
    _finish(session, wanted, dropped, more, {})


def _drop(session: AdminSession, wanted: set[str] | None, limit: int) -> tuple[set[str], int]:
    """The ids of what was dropped, and how many letters were not looked at."""
    dropped: list[str] = []
    with _opened(session) as source:
        try:
            for letter in _matching(source, limit, wanted):
                source.drop(letter)
                dropped.append(letter.id)
        finally:
            _report(session, "dropped", dropped, N_("Dropped: {count}."))
        return set(dropped), source.unread


def _confirmed(session: AdminSession, wanted: set[str] | None, limit: int) -> tuple[set[str], int]:
    """The ids that the operator agrees to drop, and how many letters were not looked at.

    Nothing is held meanwhile: an operator may take longer than a connection waits.
    """
    with _opened(session) as source:
        found = [letter.id for letter in _matching(source, limit, wanted)]
        more = source.unread
    if found and not sys.stdin.isatty():
        raise UsageProblem(N_("A confirmation can be asked for on a terminal only: add --yes."))
    if found and not confirm(
        session.texts("Drop {count} dead letters for ever? [y/n]", count=len(found)), session.texts
    ):
        raise AntreanError(session.texts("Nothing was dropped."))
    return set(found), more


def _wanted(ids: tuple[str, ...], *, every: bool) -> set[str] | None:
    """The ids of the letters that are meant, None for all."""
    if every == bool(ids):
        raise UsageProblem(N_("Name letters by id, or all of them with --all."))
    return None if every else {each.lower() for each in ids}


def _matching(source: "DeadLetters", limit: int, wanted: set[str] | None) -> Iterator["DeadLetter"]:
    return (letter for letter in source.read(limit) if wanted is None or letter.id in wanted)


def _finish(
    session: AdminSession,
    wanted: set[str] | None,
    found: set[str],
    more: int,
    left: Mapping["Obstacle", list[str]],
) -> None:
    """Says what is left; raises AntreanError where something that was asked for could not be done."""
    sentences = [
        session.texts(
            "Not sent again ({ids}): {why}.", ids=_named(ids), why=session.texts(view.OBSTACLES[obstacle])
        )
        for obstacle, ids in left.items()
    ]
    if missing := sorted((wanted or set()) - found):
        sentences.append(_not_found(session, missing, more))
    if wanted is None:
        _say_more(session, more)
    if sentences:
        raise AntreanError(" ".join(sentences))


def _not_found(session: AdminSession, ids: Sequence[str], more: int) -> str:
    sentence = session.texts(
        "Not among the dead letters: {ids}; see antrean-admin dead-letters list.",
        ids=_named(ids),
    )
    if not more:
        return sentence
    unread = session.texts("There are {count} more dead letters; --limit reads more.", count=more)
    return f"{sentence} {unread}"


def _named(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:_IDS_NAMED_MAX])
    return shown if len(ids) <= _IDS_NAMED_MAX else f"{shown}, ... ({len(ids)})"


def _say_more(session: AdminSession, more: int) -> None:
    if more and not session.as_json:
        session.say("There are {count} more dead letters; --limit reads more.", count=more)


def _opened(session: AdminSession) -> "DeadLetters":
    from admin_cli.broker.dead_letters import DeadLetters

    return DeadLetters(session.settings.require_amqp_url())


def _print_json(value: Any) -> None:
    # In ASCII: what is revealed may hold anything, and a terminal obeys more than JSON escapes.
    click.echo(json.dumps(value, indent=2))
