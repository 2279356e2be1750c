"""What the console shows, and what comes in: which queue, its state, answers and failures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from rich.text import Text
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList, Static

from clinic_desk import queue_view
from clinic_desk.console.board import KeyBar, QueueList, details
from clinic_desk.console.dialogs import Choose, Confirm, Notice
from clinic_desk.console.keys import described
from clinic_desk.console.requester import (
    Place,
    PlaceRefused,
    QueueRead,
    ReplyReceived,
    Request,
    Requester,
    RequestFailed,
)
from clinic_desk.problem_words import CONSOLE_WORDS
from clinic_desk.queue_view import Queue
from clinic_desk.session import DeskSession
from common.exit_codes import ExitCode
from common.terminal.card import problem_text
from common.terminal.failures import OutcomeUnknown, failure_of
from common.terminal.hospitals import clinics, hospitals
from common.terminal.texts import Texts
from common.translation import C_

_MESSAGES_KEPT: Final = 50
_HOSPITAL_WIDTH_MIN: Final = 8  # with the sign before it; less of a name says nothing


def title_line(queue: Queue, right: str, width: int) -> str:
    """Clinic and hospital, and `right` at the end of the line. `right` stays whole: where not all of it fits,
    the hospital's name is shortened first, and then the clinic's."""
    room = max(width - len(right) - 2, 0)
    clinic, hospital = Text(queue["clinic_name"]), Text(f" · {queue['hospital_name']}")
    clinic.truncate(room, overflow="ellipsis")
    left = room - clinic.cell_len
    hospital.truncate(left, overflow="ellipsis")
    place = clinic + hospital if left >= _HOSPITAL_WIDTH_MIN else clinic
    place.pad_right(room - place.cell_len)
    return f"{place.plain}  {right}"


class QueueApp(App[None]):
    """A queue on the screen, seen from one room; what can be done there is added by the console."""

    CSS_PATH = "desk.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
        self._session, self._texts = session, Texts(session.texts.language)
        self._wanted = (hospital, clinic)
        self._room = room
        self._requester = Requester(session, self.post_message)
        self._place: Place | None = None
        self._zone: tzinfo = UTC
        self._hospitals: list[dict[str, Any]] = []
        self._queue: Queue | None = None
        self._awaits_reply = False
        self._follow: str | None = None
        self._messages: list[Text] = []
        self.fault: Exception | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="state", markup=False)
        yield Static(id="counts", markup=False)
        yield Static(
            self._texts("The connection is lost; trying again. What is shown may have changed."),
            id="banner",
            markup=False,
        )
        with Horizontal(id="middle"):
            yield QueueList(self._texts)
            with Vertical(id="side"):
                yield Static(id="details", markup=False)
                yield Static(id="log", markup=False)
        yield Static(id="message", markup=False)
        yield KeyBar(described(self._texts))

    def on_mount(self) -> None:
        self._requester.start()
        self.set_interval(1, self._show_title)
        self._begin()

    def on_unmount(self) -> None:
        self._requester.close()

    # --- which queue ------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._requester.send(hospitals, self._hospitals_known)

    def _hospitals_known(self, found: list[dict[str, Any]]) -> None:
        self._hospitals = found
        hospital, clinic = self._wanted
        if hospital is None or hospital not in {each["code"] for each in found}:
            self._choose_hospital()
        elif clinic is None:
            self._choose_clinic(hospital)
        else:
            self._go_to(hospital, clinic)

    def _choose_hospital(self) -> None:
        choices = [
            (each["code"], f"{each['code']:<6} {each['name']}, {each['city']}") for each in self._hospitals
        ]
        self.push_screen(Choose(self._texts("Choose a hospital"), choices, self._texts), self._choose_clinic)

    def _choose_clinic(self, hospital: str | None) -> None:
        if hospital is None:
            self._without_place()
            return

        def known(found: list[dict[str, Any]]) -> None:
            choices = [(each["code"], f"{each['code']:<6} {each['name']}") for each in found]
            heading = self._texts("Choose a clinic of {hospital}", hospital=hospital)
            self.push_screen(
                Choose(heading, choices, self._texts),
                lambda clinic: self._go_to(hospital, clinic) if clinic else self._without_place(),
            )

        self._requester.send(lambda session: clinics(session, hospital, open_only=False), known)

    def _without_place(self) -> None:
        if self._place is None:
            self.exit()

    def _go_to(self, hospital: str, clinic: str) -> None:
        self._zone = next(ZoneInfo(each["time_zone"]) for each in self._hospitals if each["code"] == hospital)
        with_names = self._place.with_names if self._place else False
        self._queue = None
        self._place = Place(hospital, clinic, with_names)
        self._requester.follow(self._place)

    def action_other_clinic(self) -> None:
        """Shows another queue."""
        self._choose_hospital()

    def action_names(self) -> None:
        """Shows the patients' names, or no more."""
        if self._place is not None:
            self._place = replace(self._place, with_names=not self._place.with_names)
            self._requester.follow(self._place)

    # --- what comes in ----------------------------------------------------------------------------------

    def on_queue_read(self, event: QueueRead) -> None:
        """Shows it; says so where this console's room has come to be none of the clinic's."""
        if not self._is_shown:
            return
        rooms, before = event.queue["rooms"], self._queue
        if self._room > rooms and (before is None or before["rooms"] != rooms):
            self._say(
                self._texts(
                    "There is no room {room}; this clinic's rooms are 1 to {rooms}.",
                    room=self._room,
                    rooms=rooms,
                ),
                "yellow",
            )
        self._queue = event.queue
        self.query_one("#banner").display = False
        self.query_one("#state", Static).update(queue_view.state(event.queue, self._texts))
        summary = [
            queue_view.arrangement(event.queue, self._texts),
            queue_view.counts(event.queue, self._texts),
        ]
        self.query_one("#counts", Static).update(" · ".join(summary))
        self.query_one(QueueList).show(event.queue, self._room, self._follow)
        self._follow = None
        self._show_title()
        self._show_details()

    def on_connection_lost(self) -> None:
        """Says so until the queue is seen again."""
        if self._is_shown:
            self.query_one("#banner").display = True

    @property
    def _is_shown(self) -> bool:
        # What comes in while the console ends finds its screen taken down.
        return bool(self.query("#banner"))

    def on_place_refused(self, event: PlaceRefused) -> None:
        """Lets another queue be chosen."""
        self._place = self._queue = None
        self._say_failure(event.error)
        self._choose_hospital()

    def on_reply_received(self, event: ReplyReceived) -> None:
        """Hands the reply to what the request was sent for."""
        self._awaits_reply = False
        event.then(event.reply)

    def on_request_failed(self, event: RequestFailed) -> None:
        """Says what is wrong; where it is not known what happened, the very same request can be repeated."""
        self._awaits_reply = False
        if isinstance(event.error, OutcomeUnknown) and (
            failure_of(event.error, self._texts).exit_code == ExitCode.NO_REPLY
        ):
            self.push_screen(
                Confirm(
                    self._texts(
                        "No answer came; it may have happened. Send it again? It never happens twice."
                    ),
                    self._texts,
                ),
                lambda again: self._send(event.request, event.then) if again else None,
            )
        elif self._place is None:
            self.fault = event.error  # nothing can be shown: the same sentence as from any command
            self.exit()
        else:
            self._say_failure(event.error)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Shows what is known of the chosen ticket."""
        if event.option_list.id == "queue":
            self._show_details()

    # --- what is shown ----------------------------------------------------------------------------------

    def _show_title(self) -> None:
        if self._queue is None:
            return
        now = self._session.settings.clock().now().astimezone(self._zone)
        clock = now.strftime(self._texts(C_("clock", "%H:%M:%S")))
        mine = self._texts("Room {room}", room=self._room)
        line = title_line(self._queue, f"{mine} · {clock}", self.size.width - 2)
        # The clock may strike once more while the screen is being taken down.
        for title in self.query("#title").results(Static):
            title.update(line)

    def _show_details(self) -> None:
        self.query_one("#details", Static).update(details(self.query_one(QueueList).chosen, self._texts))

    def _say(self, sentence: str, style: str = "") -> None:
        now = self._session.settings.clock().now().astimezone(self._zone)
        clock = now.strftime(self._texts(C_("clock", "%H:%M")))
        self._messages = [Text(f"{clock} {sentence}", style=style), *self._messages][:_MESSAGES_KEPT]
        self.query_one("#message", Static).update(self._messages[0])
        self.query_one("#log", Static).update(Text("\n").join(self._messages))

    def _say_failure(self, error: BaseException) -> None:
        failure = failure_of(error, self._texts, words=CONSOLE_WORDS)
        problem = problem_text(failure.problem, self._texts, words=CONSOLE_WORDS) if failure.problem else ""
        sentence, *more = click.unstyle(failure.sentence or problem).split("\n")
        self._say(sentence, "red")
        if more:
            self.push_screen(Notice("\n".join([sentence, *more]), self._texts))

    # --- sending requests -------------------------------------------------------------------------------

    def _send(self, request: Request, then: Callable[[Any], None]) -> None:
        if self._awaits_reply:
            self._say(self._texts("Still waiting for the answer."), "yellow")
            return
        self._awaits_reply = True
        self._requester.send(request, then)
