"""How the times turned out that patients were told: collected, as a table, with a verdict on the promise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from antrean_client.look_ups import clinics
from clinic_desk.session import DeskSession
from common.domain.accuracy import JUDGED_MIN, PROMISED, Accuracy, Promise, promise_of
from common.terminal.layout import fold, terminal_width
from common.terminal.tables import NOTHING, new_table, print_table
from common.translation import N_
from common.words.moments import short_date
from common.words.texts import Texts

Times = Mapping[str, Any]
"""What an `estimate_accuracy` reply says of one clinic."""

SHARES: Final[Mapping[str, str]] = {
    "held": N_("Held"),
    "missed": N_("Early"),
    "late": N_("Late"),
    "uncalled": N_("Uncalled"),
}
"""Members of what is told, with their columns."""

_COUNTS: Final = (*SHARES, "apart")

_VERDICTS: Final[Mapping[Promise, str]] = {
    Promise.KEPT: N_("{promised} of the times told are to hold: {held} did. The promise is kept."),
    Promise.FEWER: N_("{promised} of the times told are to hold: {held} did, fewer than promised."),
    Promise.MORE: N_(
        "{promised} of the times told are to hold: {held} did; they are wider than they need be."
    ),
    Promise.TOO_FEW: N_(
        "{promised} of the times told are to hold; fewer than {fewest} were told, too few to say."
    ),
}


_PROMISES: Final[Mapping[Promise, str]] = {
    Promise.KEPT: N_("kept"),
    Promise.FEWER: N_("fewer"),
    Promise.MORE: N_("wide"),
}
"""How each clinic's promise is shown; too few to say are shown as nothing."""

_CALLS_MEANT: Final = N_(
    "Early, late: called before the earliest, or after the latest time told. Uncalled: not at all that day."
)
_SPANS_MEANT: Final = N_("In minutes. Width: the median of the times told. Wait: the mean until the call.")


def collect(
    session: DeskSession, hospital: str, clinic: str | None, first: str | None, last: str | None
) -> list[Times]:
    """The accuracy of one clinic, or of each of a hospital's, on the service days from `first` to `last`."""
    codes = [clinic] if clinic else [each["code"] for each in clinics(session, hospital, open_only=False)]
    given = {"first_date": first, "last_date": last}
    days: dict[str, Any] = {name: day for name, day in given.items() if day is not None}
    return [session.query("estimate_accuracy", hospital, code, **days) for code in codes]


def print_accuracy(texts: Texts, found: Sequence[Times]) -> None:
    """A row for each clinic and, where there are several, for all; then whether the promise was kept."""
    if not found:
        click.echo(texts("There is no clinic to report on."))
        return
    first, last = (short_date(found[0][name], texts) for name in ("first_date", "last_date"))
    _print_folded(f"{first} – {last}", bold=True)
    total = _sums(found)
    if not total.judged:
        _print_folded(texts("No patient was told a time in these days that can be judged."))
    else:
        _print_table(texts, found, total)
        verdict = texts(
            _VERDICTS[promise_of(total)],
            promised=_share(PROMISED, 1),
            held=_share(total.held, total.judged),
            fewest=JUDGED_MIN,
        )
        _print_folded(verdict, bold=True)
        _print_folded(texts(_CALLS_MEANT))
        _print_folded(texts(_SPANS_MEANT))
    if total.apart:
        _print_folded(
            texts.plural(
                "{count} call is not judged: out of turn, or of a patient who was moved or told no time.",
                "{count} calls are not judged: out of turn, or of patients who were moved or told no time.",
                total.apart,
            )
        )


def _print_table(texts: Texts, found: Sequence[Times], total: Accuracy) -> None:
    table = new_table(
        texts, N_("Clinic"), N_("Told"), *SHARES.values(), N_("Promise"), N_("Width"), N_("Wait")
    )
    for each in found:
        width, wait = each["times"]["median_width_minutes"], each["times"]["mean_wait_seconds"]
        table.add_row([each["clinic"], *_cells(texts, _sums([each])), _shown(width), _shown(wait, _minutes)])
    if len(found) > 1:
        table.add_row([texts("All"), *_cells(texts, total), NOTHING, NOTHING])
    print_table(table)


def _cells(texts: Texts, sums: Accuracy) -> list[str]:
    shares = [_share(getattr(sums, name), sums.judged) for name in SHARES]
    promise = _PROMISES.get(promise_of(sums))
    return [str(sums.judged), *shares, NOTHING if promise is None else texts(promise)]


def _sums(found: Sequence[Times]) -> Accuracy:
    """The counts of all clinics together."""
    return Accuracy(**{name: sum(each["times"][name] for each in found) for name in _COUNTS})


def share_held(times: Mapping[str, Any]) -> str:
    """Of the times told, the share that held the call, as it is shown."""
    return _share(times["held"], times["told"])


def _share(count: float, of: int) -> str:
    return f"{count / of:.0%}" if of else NOTHING


def _minutes(seconds: int) -> str:
    return str(round(seconds / 60))


def _shown(value: int | None, as_text: Callable[[int], str] = str) -> str:
    return NOTHING if value is None else as_text(value)


def _print_folded(text: str, *, bold: bool = False) -> None:
    click.secho("\n".join(fold(text, terminal_width())), bold=bold or None)
