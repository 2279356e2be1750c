"""Opening hours as one line of text."""

from common.domain.opening_hours import WEEKDAYS
from common.words.texts import Texts


def hours_in_words(hours: dict[str, list[str]], texts: Texts) -> str:
    """Such as `Sen-Kam 08:00-15:00; Jum 08:00-11:30, 13:00-15:00`: neighbouring days alike are one."""
    names = dict(zip(WEEKDAYS, texts("Mon Tue Wed Thu Fri Sat Sun").split(), strict=True))
    spans: list[tuple[list[str], list[str]]] = []
    for day in WEEKDAYS:
        sessions = hours.get(day, [])
        if spans and spans[-1][1] == sessions:
            spans[-1][0].append(names[day])
        else:
            spans.append(([names[day]], sessions))
    words = [
        f"{days[0] if len(days) == 1 else f'{days[0]}-{days[-1]}'} {', '.join(sessions)}"
        for days, sessions in spans
        if sessions
    ]
    return "; ".join(words) or texts("never open")
