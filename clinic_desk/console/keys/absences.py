"""The key that says that this console's room, or the whole clinic, is away, or back."""

from clinic_desk import queue_view
from clinic_desk.actions import Desk
from clinic_desk.console.acting import ActingApp
from clinic_desk.console.dialogs.forms import absence_form
from common.terminal.screens.questions import Choose
from common.words.absences import REASONS

_CLINIC = "clinic"
"""What stands for the whole clinic, where a room is a number."""


class AbsenceKeys(ActingApp):
    """Who is away, why and until when."""

    def action_away(self) -> None:
        """Asks who is away, or back."""
        queue, texts, desk = self._queue, self._texts, self._desk
        assert queue is not None
        names = {_CLINIC: texts("The whole clinic")}
        if self._room <= queue["rooms"]:
            names = {str(self._room): queue_view.room_name(queue, self._room, texts), **names}
        away = {str(each["room"] or _CLINIC) for each in queue.get("absences") or ()}
        choices = [
            *((f"back {who}", texts("{who}: back", who=name)) for who, name in names.items() if who in away),
            *((f"away {who}", texts("{who}: away", who=name)) for who, name in names.items()),
        ]

        def chosen(choice: str | None) -> None:
            if choice is None:
                return
            what, who = choice.split()
            room = None if who == _CLINIC else int(who)
            if what == "back":
                self._do(desk.back(room))
            else:
                self._ask_why(desk, room, names[who])

        self.push_screen(Choose(texts("Who is away, or back?"), choices, texts), chosen)

    def _ask_why(self, desk: Desk, room: int | None, name: str) -> None:
        texts = self._texts
        reasons = [(reason, texts(words)) for reason, words in REASONS.items()]

        def chosen(reason: str | None) -> None:
            if reason is None:
                return
            form = absence_form(texts, f"{name}: {texts(REASONS[reason])}", self._now(), self._zone)
            self.push_screen(form, lambda answers: filled_in(reason, answers))

        def filled_in(reason: str, answers: dict[str, object] | None) -> None:
            if answers is not None:
                until = answers.get("until")
                self._do(desk.away(reason, room, None if until is None else str(until)))

        self.push_screen(Choose(texts("Why? Patients read it."), reasons, texts), chosen)
