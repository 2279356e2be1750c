"""Findings on the screen: a line each, with what to do below it; or all of them as JSON."""

from collections import Counter
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from admin_cli.doctor.findings import Finding, Status
from admin_cli.session import AdminSession
from common.terminal.output import print_json
from common.translation import N_

_STATUSES: Final = {Status.OK: N_("ok"), Status.WARNING: N_("warning"), Status.FAILED: N_("failed")}
_STYLES: Final = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "bold red"}
_STATUS_WIDTH = 9
_CHECK_WIDTH = 22  # of the longest that are seen where all is well


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # program.py knows what to do; rich's 1 would mean that a check failed


class Screen:
    """Shows findings one by one; JSON at the end only."""

    def __init__(self, session: AdminSession) -> None:
        self.counts: Counter[Status] = Counter()
        self._texts = session.texts
        self._as_json = session.as_json
        self._rows: list[dict[str, Any]] = []
        self._console = _Console(highlight=False, soft_wrap=True)

    def show(self, finding: Finding) -> None:
        """Shows one more."""
        self.counts[finding.status] += 1
        message, advice = finding.message(self._texts), finding.advice(self._texts)
        if self._as_json:
            row = {"check": finding.check, "status": finding.status, "message": message, "advice": advice}
            self._rows.append(row)
            return
        status = self._texts(_STATUSES[finding.status])
        line = Text(f"{status:<{_STATUS_WIDTH}} ", style=_STYLES[finding.status])
        line.append(f"{finding.check:<{_CHECK_WIDTH}} ", style="dim" if finding.status is Status.OK else "")
        line.append(message, style="not bold default")
        self._console.print(line)
        if advice:
            self._console.print(Text(f"{'':<{_STATUS_WIDTH}} -> {advice}"))

    def end(self) -> None:
        """Shows how many of each there were."""
        if self._as_json:
            counts = {status.value: self.counts[status] for status in Status}
            print_json({**counts, "checks": self._rows})
            return
        name = (
            N_("Antrean works: {ok} ok, {warning} to look at, none failed.")
            if not self.counts[Status.FAILED]
            else N_("{failed} failed, {warning} to look at, {ok} ok.")
        )
        self._console.print(self._texts(name, **{status.value: self.counts[status] for status in Status}))
