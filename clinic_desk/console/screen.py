"""What the console shows, and what comes in: a queue, its state, answers and failures."""

from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, Final

import click
from rich.text import Text
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import OptionList, Static

from clinic_desk import queue_view
from clinic_desk.console.connection import Connection
from clinic_desk.console.dialogs.history import HistoryScreen
from clinic_desk.console.keys.table import ALL_KEYS, bar_keys, described
from clinic_desk.console.queue_list import QueueList
from clinic_desk.console.requester import (
    ConnectionLost,
    Otherwise,
    Place,
    PlaceRefused,
    QueueRead,
    ReplyReceived,
    Request,
    Requester,
    RequestFailed,
    Then,
)
from clinic_desk.console.side import Side
from clinic_desk.history_view import History
from clinic_desk.problem_words import CONSOLE_WORDS
from clinic_desk.queue_view import Queue
from clinic_desk.session import DeskSession
from clinic_desk.signed_in import SignedInUser
from common.errors import BrokerRefused
from common.exit_codes import ExitCode
from common.terminal.failures import OutcomeUnknown, failure_of
from common.terminal.problem_text import problem_text
from common.terminal.screens import DIALOGS_CSS
from common.terminal.screens.key_bar import KeyBar
from common.terminal.screens.lines import line_with_end
from common.terminal.screens.questions import Confirm, Notice
from common.translation import C_
from common.words.texts import Texts

_MESSAGES_KEPT: Final = 50
_WIDE_COLUMNS_MIN: Final = 100
_TALL_LINES_MIN: Final = KeyBar.LOW_HEIGHT_MAX + 1
"""Of a screen with room for all that can stand beside the queue; see desk.tcss."""


class QueueApp(App[None]):
    """A queue on the screen, seen from one room; what can be done there is added by the console."""

    CSS_PATH: ClassVar = [DIALOGS_CSS, "desk.tcss"]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE_COLUMNS_MIN, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL_LINES_MIN, "-tall")]
        self._session, self._texts = session, Texts(session.texts.language)
        self._wanted = (hospital, clinic)
        self._room = room
        self._requester = Requester(session, self.post_message)
        self._connection = Connection(self._texts)
        self._user: SignedInUser | None = None
        self._place: Place | None = None
        self._zone: tzinfo = UTC
        self._hospitals: list[dict[str, Any]] = []
        self._queue: Queue | None = None
        self._history: History | None = None
        self._awaits_reply = False
        self._messages: list[Text] = []
        self.fault: Exception | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="state", markup=False)
        yield Static(id="counts", markup=False)
        yield Static(id="banner", markup=False)
        with Horizontal(id="middle"):
            yield QueueList(self._texts)
            yield Side(self._texts)
        yield Static(id="message", markup=False)
        yield KeyBar(bar_keys(self._texts, lambda _roles: True), described(ALL_KEYS, self._texts))

    def on_mount(self) -> None:
        self._requester.start()
        self.set_interval(1, self._show_moments)
        self.begin()

    def on_resize(self) -> None:
        """What there is room for is read."""
        self._read_history_where_shown()

    def on_unmount(self) -> None:
        self._requester.close()

    def begin(self) -> None:
        """Finds the queue to show."""
        raise NotImplementedError

    def choose_place(self) -> None:
        """Has another queue chosen."""
        raise NotImplementedError

    # --- what comes in ----------------------------------------------------------------------------------

    def on_queue_read(self, event: QueueRead) -> None:
        """Shows it; says so where this console's room has come to be none of the clinic's."""
        self._connection.answered(self._now())
        if not self._is_shown:
            return
        rooms, before = event.queue["rooms"], self._queue
        if self._room > rooms and (before is None or before["rooms"] != rooms):
            self._say(queue_view.no_such_room(self._room, rooms, self._texts), "yellow")
        self._queue = event.queue
        summary = [
            queue_view.arrangement(event.queue, self._texts),
            queue_view.counts(event.queue, self._texts),
        ]
        self.query_one("#counts", Static).update(" · ".join(summary))
        self.query_one(QueueList).show(event.queue, self._room)
        self._show_history(event.history)
        self._show_moments()
        self._show_details()

    def on_connection_lost(self, event: ConnectionLost) -> None:
        """Says so until a reply comes; and why, where the broker refuses the user."""
        is_news = False
        if isinstance(event.error, BrokerRefused):
            is_news = self._connection.refused(self._now())
        else:
            self._connection.lost(self._now())
        if self._is_shown:
            self._show_moments()
            if is_news:
                self._say_failure(event.error)

    @property
    def _is_shown(self) -> bool:
        # What comes in while the console ends finds its screen taken down.
        return bool(self.query("#banner"))

    def on_place_refused(self, event: PlaceRefused) -> None:
        """Lets another queue be chosen."""
        self._connection.answered(self._now())
        self._place = self._queue = None
        self._say_failure(event.error)
        self.choose_place()

    def on_reply_received(self, event: ReplyReceived) -> None:
        """Hands the reply to what the request was sent for."""
        self._connection.answered(self._now())
        self._awaits_reply = False
        event.then(event.reply)

    def on_request_failed(self, event: RequestFailed) -> None:
        """Says what is wrong; where it is not known what happened, the very same request can be repeated."""
        self._awaits_reply = False
        if event.otherwise is not None:
            event.otherwise(event.error)
        elif isinstance(event.error, OutcomeUnknown) and (
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

    def _now(self) -> datetime:
        return self._session.settings.clock().now()

    def forget_queue(self) -> None:
        """What is on the screen is of another queue than the one that is read from now on, or for another
        user: it goes."""
        self._queue = None
        self._show_history(None)
        for shown in self.query("#title, #state, #counts, #details").results(Static):
            shown.update("")
        for tickets in self.query(QueueList):
            tickets.forget()

    def _show_moments(self) -> None:
        """What changes with the clock: time, state of the connection."""
        now = self._now()
        # The clock may strike once more while the screen is being taken down.
        for banner in self.query("#banner").results(Static):
            banner.display = self._connection.is_lost
            banner.update(self._connection.warning(self._zone))
        if self._queue is None:
            return
        clock = now.astimezone(self._zone).strftime(self._texts(C_("clock", "%H:%M:%S")))
        place = (self._queue["clinic_name"], self._queue["hospital_name"])
        state = (queue_view.state(self._queue, self._texts),)
        mine = " · ".join(
            [
                *([self._user.name] if self._user else []),
                queue_view.room_name(self._queue, self._room, self._texts),
            ]
        )
        width = self.size.width - 2
        lines = {
            "#title": line_with_end(place, f"{mine} · {clock}", width),
            "#state": line_with_end(state, self._connection.words(now), width),
        }
        for part, line in lines.items():
            for shown in self.query(part).results(Static):
                shown.update(line)

    def _show_details(self) -> None:
        self.query_one(Side).show_ticket(self.query_one(QueueList).chosen)

    def _show_history(self, history: History | None) -> None:
        self._history = history
        for side in self.query(Side):
            side.show_history(history)
        if isinstance(self.screen, HistoryScreen):
            self.screen.show_clinic(history)

    def _read_history_where_shown(self) -> None:
        has_room = self.size.width >= _WIDE_COLUMNS_MIN and self.size.height >= _TALL_LINES_MIN
        self._requester.read_history(has_room or isinstance(self.screen, HistoryScreen))

    def _say(self, sentence: str, style: str = "") -> None:
        clock = self._now().astimezone(self._zone).strftime(self._texts(C_("clock", "%H:%M")))
        self._messages = [Text(f"{clock} {sentence}", style=style), *self._messages][:_MESSAGES_KEPT]
        self.query_one("#message", Static).update(self._messages[0])
        self.query_one(Side).show_messages(self._messages)

    def _say_failure(self, error: BaseException) -> None:
        sentence, *more = self._failure_lines(error)
        self._say(sentence, "red")
        if more:
            lines = self._failure_lines(error, Notice.width_in(self.size.width))
            self.push_screen(Notice("\n".join(lines), self._texts))

    def _failure_lines(self, error: BaseException, width: int | None = None) -> list[str]:
        """What is said of a failure: a sentence, and what belongs to it, in lines of at most `width`."""
        failure = failure_of(error, self._texts, words=CONSOLE_WORDS)
        if isinstance(error, BrokerRefused):
            failure = self._session.failure_of(error)  # which knows as whom it was asked
        problem = problem_text(failure.problem, self._texts, width, CONSOLE_WORDS) if failure.problem else ""
        return click.unstyle(failure.sentence or problem).split("\n")

    # --- sending requests -------------------------------------------------------------------------------

    def _send(self, request: Request, then: Then, otherwise: Otherwise | None = None) -> None:
        if self._awaits_reply:
            self._say(self._texts("Still waiting for the answer."), "yellow")
            return
        self._awaits_reply = True
        self._requester.send(request, then, otherwise)
