"""Commands for a clinic, which whoever serves in one clinic only need not name."""

from typing import Final

import click

from clinic_desk.session import DeskSession
from common.terminal.localised import LocalisedCommand

_HELP: Final = frozenset({"-h", "--help"})


class ClinicCommand(LocalisedCommand):
    """A command whose first arguments are a hospital and a clinic. Where both are left out they are those in
    which the user serves."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and _HELP.isdisjoint(args) and self._lacks_place(ctx, args):
            args = [*(own_clinic(_session(ctx)) or ()), *args]
        return super().parse_args(ctx, args)

    def _lacks_place(self, ctx: click.Context, args: list[str]) -> bool:
        """Whether there are two arguments fewer than all, or than are required; takes the user, who may have
        to be asked."""
        try:
            given, _, _ = self.make_parser(ctx).parse_args([*args])
        except click.UsageError:
            return False  # it is told when the arguments are read in earnest
        arguments = [each for each in self.get_params(ctx) if isinstance(each, click.Argument)]
        count = sum(isinstance(given.get(str(each.name)), str) for each in arguments)
        lacks = count + 2 in (len(arguments), sum(each.required for each in arguments))
        if lacks and isinstance(given.get("user"), str):
            _session(ctx).user_given = given["user"]
        return lacks

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        options, hospital, clinic, *others = super().collect_usage_pieces(ctx)
        return [options, f"[{hospital} {clinic}]", *others]


def own_clinic(session: DeskSession) -> tuple[str, str] | None:
    """The codes of the hospital and the clinic where the user serves, if that is one clinic, else None.

    Raises as `DeskSession.ask` does.
    """
    found = session.ask("desk_user", {})
    clinics = [(each["hospital"], clinic) for each in found["duties"] for clinic in each["clinics"] or [None]]
    hospital, clinic = clinics[0] if len(clinics) == 1 and not found["more"] else (None, None)
    return (hospital, clinic) if hospital and clinic else None


def _session(ctx: click.Context) -> DeskSession:
    session = ctx.find_object(DeskSession)
    assert session is not None, "every command of this program has one"
    return session
