"""The screen: its tables, what comes in, and its keys."""

import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import tzinfo
from io import StringIO
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from admin_cli.screens.dead_letters import OBSTACLES
from admin_cli.top.advice import advice_of
from admin_cli.top.freshness import Freshness
from admin_cli.top.keys import BOUND, HELP, KEYS, described, help_text
from admin_cli.top.once import ALL_WELL
from admin_cli.top.picture import LetterPicture, Missing, Picture, dead_letters_in
from admin_cli.top.readers import NO_DATABASE, BrokerReader, clinic_reader, read_letters, retry_letter
from admin_cli.top.sections import BAD, GOOD, WARNS, Section, rows_of, tab_of, title_of
from admin_cli.top.sources import JobEnded, Part, PartFailed, PartRead, Source
from admin_cli.top.table import Table
from common.clock import SystemClock
from common.domain.catalog import CODE_PATTERN
from common.errors import AntreanError
from common.settings import Settings
from common.terminal.screens import DIALOGS_CSS
from common.terminal.screens.form import Field, Form
from common.terminal.screens.key_bar import KeyBar
from common.terminal.screens.lines import line_with_end
from common.terminal.screens.questions import Confirm, Notice
from common.words.moments import CLOCK_WITH_SECONDS
from common.words.texts import Texts

_READ_SECONDS: Final = 5.0
"""The broker's own statistics are that old."""

_SAID_SECONDS: Final = 15.0
_ADVICE_SHOWN_MAX: Final = 3
_WIDE_COLUMNS_MIN: Final = 100
_TALL_LINES_MIN: Final = 36
"""From this size on, all tables are on the screen at once."""

_MARK_STYLES: Final = {GOOD: "green", WARNS: "yellow", BAD: "bold red"}

Failing = Callable[[Exception], str]
"""Puts an error into words."""


class TopFailed(Exception):
    """The screen has ended by a fault in it."""


def run_top(settings: Settings, texts: Texts, hospital: str | None, failing: Failing) -> None:
    """Shows the screen until it is left; raises what went wrong, and TopFailed for a fault in it."""
    app = Top(settings, texts, hospital, failing)
    # A fault makes Textual print a traceback with the values of local variables.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app.run()
    if app.fault is not None:
        raise app.fault
    if app.return_code:
        raise TopFailed


class Top(App[None]):
    """The live picture; each part of it is read by itself, and says how old it is."""

    CSS_PATH: ClassVar = [DIALOGS_CSS, "top.tcss"]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [
        Binding(key, action, show=False, priority=key == "tab") for key, action in BOUND.items()
    ]

    def __init__(self, settings: Settings, texts: Texts, hospital: str | None, failing: Failing) -> None:
        super().__init__()
        self._settings, self._texts, self._failing = settings, texts, failing
        # How old something is does not depend on how fast a simulated clock runs.
        self._clock = SystemClock()
        self._hospital = hospital
        self._picture = Picture()
        self._active = Section.QUEUES
        self._dead_letters = 0
        self._troubles: dict[Part, str] = {}
        self._sources = self._make_sources(settings)
        self._freshness = {part: Freshness(part) for part in self._sources}
        self.fault: Exception | None = None

    def _make_sources(self, settings: Settings) -> dict[Part, Source]:
        amqp_url, post = settings.require_amqp_url(), self.post_message
        broker = BrokerReader(settings)
        sources = {
            Part.BROKER: Source(Part.BROKER, broker.read, post, _READ_SECONDS),
            Part.LETTERS: Source(Part.LETTERS, lambda: read_letters(amqp_url), post, None),
        }
        if settings.database_url is not None:
            clinics = clinic_reader(settings)
            sources[Part.DATABASE] = Source(
                Part.DATABASE, lambda: clinics(self._hospital), post, _READ_SECONDS
            )
        return sources

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="state", markup=False)
        yield Static(id="advice", markup=False)
        yield Static(id="tabs", markup=False)
        with Vertical(id="tables"):
            for place, section in enumerate(Section, 1):
                yield Table(section, place, self._texts)
        yield Static(id="missing", markup=False)
        yield Static(id="message", markup=False)
        yield KeyBar([described(each, self._texts) for each in KEYS], described(HELP, self._texts))

    def on_mount(self) -> None:
        for source in self._sources.values():
            source.start()
        self.set_interval(1, self._show_moments)
        self._choose(self._active)
        self._show()

    def on_resize(self) -> None:
        """Shows all tables where there is room for them."""
        has_room = self.size.width >= _WIDE_COLUMNS_MIN and self.size.height >= _TALL_LINES_MIN
        self.set_class(has_room, "-all")
        self.set_class(not has_room, "-one")
        for table in self.query(Table):
            table.fit(beside_others=has_room)
        self.call_after_refresh(self._show_moments)

    def on_unmount(self) -> None:
        for source in self._sources.values():
            source.close()

    # --- what comes in ----------------------------------------------------------------------------------

    def on_part_read(self, event: PartRead) -> None:
        """Shows it; dead letters are read again when there are more or fewer of them."""
        self._freshness[event.part].read(self._clock.now())
        self._troubles.pop(event.part, None)
        match event.part:
            case Part.BROKER:
                self._picture = replace(self._picture, broker=event.value)
                count = dead_letters_in(event.value.queues)
                if count != self._dead_letters:
                    self._dead_letters = count
                    self._sources[Part.LETTERS].again()
            case Part.DATABASE:
                self._picture = replace(self._picture, clinics=event.value)
            case Part.LETTERS:
                self._picture = replace(self._picture, letters=event.value)
        self._show()

    def on_part_failed(self, event: PartFailed) -> None:
        """Says so until it can be read; a fault in the program ends it."""
        if not isinstance(event.error, AntreanError):
            self.fault = event.error
            self.exit()
            return
        self._freshness[event.part].failed(self._clock.now())
        self._troubles[event.part] = self._failing(event.error)
        self._show()

    def on_job_ended(self, event: JobEnded) -> None:
        """Says what became of it."""
        if event.error is None:
            event.then(event.result)
        elif isinstance(event.error, AntreanError):
            self._say(self._failing(event.error))
        else:
            self.fault = event.error
            self.exit()

    # --- what is shown ----------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.query("#advice"):  # it is being taken down
            return
        for table in self.query(Table):
            title = title_of(table.section, self._picture, self._texts)
            table.show(rows_of(table.section, self._picture, self._texts), title)
        self._show_tabs()
        advice = Text("\n").join(self._advice())
        self.query_one("#advice", Static).update(advice)
        sentences = [self._texts(each.sentence, **each.values) for each in self._missing()]
        missing = self.query_one("#missing", Static)
        # One broker that is away is what queues and dead letters lack.
        missing.update("\n".join(dict.fromkeys([*self._troubles.values(), *sentences])))
        missing.display = bool(sentences or self._troubles)
        self._show_moments()

    def _show_tabs(self) -> None:
        """The tables by their keys, where one is on the screen at a time."""
        tabs = Text()
        for place, section in enumerate(Section, 1):
            title = tab_of(section, self._picture, self._texts)
            tabs.append(f" {place} {title} ", "reverse bold" if section is self._active else "")
        self.query_one("#tabs", Static).update(tabs)

    def _advice(self) -> list[Text]:
        found = advice_of(self._picture)
        if not found:
            known = self._picture.broker is not None and not self._troubles
            return [Text(f"{GOOD} {self._texts(ALL_WELL)}", "green")] if known else []
        shown = [self._advice_line(each.urgent, each.sentence, each.values) for each in found]
        if len(shown) > _ADVICE_SHOWN_MAX:
            more = self._texts("{count} more ...", count=len(shown) - _ADVICE_SHOWN_MAX + 1)
            shown = [*shown[: _ADVICE_SHOWN_MAX - 1], Text(f"  {more}")]
        return shown

    def _advice_line(self, urgent: bool, sentence: str, values: Any) -> Text:
        mark = BAD if urgent else WARNS
        return Text(f"{mark} {self._texts(sentence, **values)}", _MARK_STYLES[mark])

    def _missing(self) -> list[Missing]:
        broker = self._picture.broker
        lacks = [] if broker is None else [*broker.missing]
        return lacks if Part.DATABASE in self._sources else [*lacks, Missing(NO_DATABASE)]

    def _show_moments(self) -> None:
        """What changes with the clock: the time, and how old everything is."""
        if not self.query("#title"):
            return
        now = self._clock.now()
        zone: tzinfo | None = None  # the operator's own
        hospital = self._hospital or self._texts("all hospitals")
        local = self._settings.clock().now().astimezone(zone)
        clock = f"{local.strftime(self._texts(CLOCK_WITH_SECONDS))} {local:%Z}"
        line = line_with_end(["antrean-admin top", hospital], clock, self.size.width - 2)
        self.query_one("#title", Static).update(line)
        state = self.query_one("#state", Static)
        shown = [each for each in self._freshness.values() if each.is_shown]
        state.update(" · ".join(each.words(now, zone, self._texts) for each in shown))
        state.set_class(any(each.is_stale for each in self._freshness.values()), "stale")

    def _say(self, sentence: str) -> None:
        message = self.query_one("#message", Static)
        message.update(sentence)
        message.display = True
        self.set_timer(_SAID_SECONDS, self._hush)

    def _hush(self) -> None:
        for message in self.query("#message").results(Static):
            message.display = False

    # --- keys -------------------------------------------------------------------------------------------

    def action_section(self, name: str) -> None:
        """Goes to a table."""
        self._choose(Section(name))

    def action_next_section(self) -> None:
        """Goes to the next table."""
        sections = [*Section]
        self._choose(sections[(sections.index(self._active) + 1) % len(sections)])

    def _choose(self, section: Section) -> None:
        self._active = section
        for table in self.query(Table):
            table.activate(table.section is section)
        self._show_tabs()

    def action_sort(self) -> None:
        """Sorts the table by its next column."""
        self.query_one(f"#{self._active}", Table).sort_by_next()

    def action_again(self) -> None:
        """Reads everything at once."""
        for source in self._sources.values():
            source.again()

    def action_help(self) -> None:
        """Shows all keys."""
        self.push_screen(Notice(help_text(self._texts), self._texts))

    def action_hospital(self) -> None:
        """Asks for the hospital whose clinics are shown; all of them where the field is left empty."""
        texts = self._texts
        field = Field(
            "hospital",
            texts("Hospital's code, such as RSHS; empty for all"),
            _code,
            texts("A code has 2 to 10 letters and digits, such as RSHS."),
            optional=True,
            value=self._hospital or "",
        )
        self.push_screen(Form(texts("Clinics of one hospital"), [field], texts), self._filter)

    def _filter(self, answers: dict[str, object] | None) -> None:
        if answers is None:
            return
        hospital = answers.get("hospital")
        self._hospital = None if hospital is None else str(hospital)
        self._picture = replace(self._picture, clinics=None)
        if Part.DATABASE in self._sources:
            self._sources[Part.DATABASE].again()
        self._show()

    def action_retry(self) -> None:
        """Sends the chosen dead letter again, after a question."""
        self._choose(Section.LETTERS)
        chosen = self.query_one(f"#{Section.LETTERS}", Table).chosen
        letters = self._picture.letters or LetterPicture([], 0)
        letter = next((each for each in letters.letters if each.id == chosen), None)
        if letter is None:
            self._say(self._texts("Choose a dead letter with ↑ and ↓ first."))
        elif letter.obstacle is not None:
            why = self._texts(OBSTACLES[letter.obstacle])
            self._say(self._texts("Not sent again ({ids}): {why}.", ids=letter.id, why=why))
        else:
            question = self._texts(
                "Send {request} {id} again? It keeps its id and time, and nothing is done twice.",
                request=letter.name or "?",
                id=letter.id,
            )
            self.push_screen(
                Confirm(question, self._texts), lambda sure: self._retry(letter.id) if sure else None
            )

    def _retry(self, letter_id: str) -> None:
        url = self._settings.require_amqp_url()
        self._sources[Part.LETTERS].do(lambda: retry_letter(url, letter_id), self._retried)

    def _retried(self, count: int) -> None:
        self._say(self._texts("Sent again: {count}.", count=count))
        self._sources[Part.BROKER].again()


def _code(text: str) -> str:
    code = text.upper()
    if re.fullmatch(CODE_PATTERN, code) is None:
        raise ValueError(text)
    return code
