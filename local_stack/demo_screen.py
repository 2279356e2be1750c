"""How the demonstration is shown: a live table on a terminal, a line now and then elsewhere."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from common.translation import C_
from local_stack.bilingual import INDONESIAN, both

_LINE_SECONDS = 300
"""Simulated time between two lines where there is no terminal."""

_BAR_CELLS_MAX = 12
_DOT = " · "

_REGISTERED = C_("count", "registered")
_REFUSED = C_("count", "refused")


@dataclass(frozen=True)
class QueueNow:
    """One queue at one moment, from the replies to `list_clinics`."""

    hospital: str
    hospital_name: str
    clinic: Mapping[str, Any]

    @property
    def wait_minutes(self) -> int:
        """The estimate for somebody who would register now."""
        return round((self.clinic["estimated_wait_seconds"] or 0) / 60)


@dataclass(frozen=True)
class Scene:
    """All that is shown at one moment; `progress` runs from 0 to 1."""

    time: datetime
    progress: float
    registered: int
    refused: int
    queues: Sequence[QueueNow]


class Screen:
    """Shows scenes while its block runs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None
        self._last_line: datetime | None = None

    def running(self) -> AbstractContextManager[object]:
        """The block during which scenes can be shown."""
        return self._live if self._live is not None else nullcontext()

    def show(self, scene: Scene) -> None:
        """Shows the scene; without a terminal only from time to time."""
        if self._live is not None:
            self._live.update(_drawing(scene))
        elif self._last_line is None or (scene.time - self._last_line).total_seconds() >= _LINE_SECONDS:
            self._last_line = scene.time
            self._console.print(_line(scene), soft_wrap=True, highlight=False)


def _drawing(scene: Scene) -> Group:
    table = Table(title=f"Antrean · {scene.time:%d-%m-%Y, %H.%M} WIB", title_style="bold")
    table.add_column(both(C_("heading", "Clinic"), _DOT))
    table.add_column(both(C_("heading", "Now serving")), justify="center", style="bold green")
    table.add_column(both("Waiting"), min_width=_BAR_CELLS_MAX + 4)
    table.add_column(both("Estimated wait"), justify="right")
    for queue in scene.queues:
        waiting = queue.clinic["waiting"]
        table.add_row(
            f"{queue.hospital_name} · {queue.clinic['name']}",
            queue.clinic["now_serving"] or "-",
            Text(f"{waiting:2d} ") + Text("●" * min(waiting, _BAR_CELLS_MAX), style="yellow"),
            INDONESIAN("{minutes} min", minutes=queue.wait_minutes),
        )
    registered, refused = (both(word, " / ") for word in (_REGISTERED, _REFUSED))
    counts = Text(f"{registered}: {scene.registered}   {refused}: {scene.refused}", style="dim")
    progress = Table.grid()
    progress.add_row(ProgressBar(total=1.0, completed=scene.progress, width=60))
    return Group(table, progress, counts)


def _line(scene: Scene) -> str:
    queues = " | ".join(
        f"{queue.hospital}-{queue.clinic['code']}: "
        f"{queue.clinic['now_serving'] or '-'} +{queue.clinic['waiting']}"
        for queue in scene.queues
    )
    registered = both(_REGISTERED, "/").lower()
    return f"{scene.time:%H.%M} WIB  {registered} {scene.registered:2d}  {queues}"


@dataclass(frozen=True)
class Summary:
    """What happened in all. `refused` counts by problem code; `statuses` counts tickets by status."""

    registered: int
    refused: Mapping[str, int]
    statuses: Mapping[str, int]
    called: int
    median_reply_seconds: float | None
    median_wait_minutes: float | None


def print_summary(console: Console, summary: Summary) -> None:
    """Prints what happened, a line for each count."""
    table = Table(title=both("Summary", _DOT), show_header=False, title_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right")
    table.add_row(both(_REGISTERED, _DOT), str(summary.registered))
    for code, count in sorted(summary.refused.items()):
        table.add_row(f"{both(_REFUSED, _DOT)} ({code})", str(count))
    table.add_row(both(C_("count", "called"), _DOT), str(summary.called))
    table.add_row(both(C_("count", "served"), _DOT), str(summary.statuses.get("served", 0)))
    table.add_row(both(C_("count", "still waiting"), _DOT), str(summary.statuses.get("waiting", 0)))
    if summary.median_wait_minutes is not None:
        waited = INDONESIAN("{minutes:.0f} minutes (simulated)", minutes=summary.median_wait_minutes)
        table.add_row(both(C_("count", "median wait"), _DOT), waited)
    if summary.median_reply_seconds is not None:
        reply = f"{summary.median_reply_seconds * 1000:.0f} ms"
        table.add_row(both(C_("count", "median reply time"), _DOT), reply)
    console.print(table)
