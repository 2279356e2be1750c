"""Writes down what was found: the table in docs/waiting-time.md, between two markers, and its chart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calibration.findings import Findings
from calibration.observer import Moment

_DOCS = Path(__file__).parents[1] / "docs"

HEADINGS = (
    "family",
    "rooms",
    "estimates",
    "held",
    "at registration",
    "at look-up",
    "too early / late",
    "ours",
    "(a)",
    "(a) / rooms",
    "(b)",
    "(c)",
)

HABIT_HEADINGS = (
    "family",
    "rooms",
    "estimates",
    "held",
    "missed",
    "width / wait",
    "ours",
    "(a)",
    "(a) / rooms",
    "(b)",
    "(c)",
    "(d)",
    "held / missed, where it is off",
)

MOMENT_HEADINGS = ("family", "rooms", *Moment)

_RIVAL_NAMES = {
    "per_room": "(a) people ahead × configured mean, divided by the rooms",
    "last_wait": "(c) the wait of the last patient called",
    "last_services": "(d) people ahead × median of the last ten services, divided by the rooms",
}
_OURS_COLOUR, _RIVAL_COLOURS, _BAND_COLOUR = "#1f6f8b", ("#d08c60", "#9a9a9a", "#b9a44c"), "#dcebf0"
_INCHES_PER_FAMILY = 0.235


def row(found: Findings) -> list[str]:
    """One family's line: shares in per cent, errors in minutes."""
    shares = (found.coverage, found.coverage_at_registration, found.coverage_at_look_up)
    return [
        found.family.name,
        str(found.family.rooms),
        str(found.predictions),
        *(f"{share:.1%}" for share in shares),
        f"{found.early:.0%} / {found.late:.0%}",
        *_errors(found)[: len(HEADINGS) - 7],
    ]


def habit_row(found: Findings) -> list[str]:
    """The line of a family of habits."""
    off = (f"{moment} {each.held:.0%} / {each.missed:.0%}" for moment, each in found.moments_off.items())
    return [
        found.family.name,
        str(found.family.rooms),
        str(found.predictions),
        f"{found.coverage:.0%}",
        f"{found.early:.0%}",
        f"{found.width:.1f}",
        *_errors(found),
        "; ".join(off),
    ]


def moments_row(found: Findings) -> list[str]:
    """What held, was missed and how wide it was in each moment of which there are enough estimates."""
    cells = [
        f"{each.held:.0%} / {each.missed:.0%} / {each.width:.1f}" if each.is_enough else ""
        for each in found.by_moment.values()
    ]
    return [found.family.name, str(found.family.rooms), *cells]


def _errors(found: Findings) -> list[str]:
    return [f"{error:.1f}" for error in (found.error, *found.rivals.values())]


def write_report(laws: Sequence[Findings], habits: Sequence[Findings], run: str) -> None:
    """Writes the tables, below what was run, and the chart again; raises OSError."""
    path = _DOCS / "waiting-time.md"
    text = put(path.read_text(), "calibration", table(run, HEADINGS, [row(each) for each in laws]))
    text = put(text, "habits", table(run, HABIT_HEADINGS, [habit_row(each) for each in habits]))
    text = put(text, "moments", table(run, MOMENT_HEADINGS, [moments_row(each) for each in habits]))
    path.write_text(text)
    draw(laws, habits, _DOCS / "waiting-time.svg")


def put(text: str, name: str, content: str) -> str:
    """`content` between the two markers of this name, whatever stood there."""
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{content}\n{end}{after}"


def table(run: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, below what was run."""
    lines = [headings, ["---", *["--:"] * (len(headings) - 1)], *rows]
    return "\n".join(["", run, "", *("| " + " | ".join(line) + " |" for line in lines), ""])


def draw(laws: Sequence[Findings], habits: Sequence[Findings], path: Path) -> None:
    """Draws each family's coverage, of habits also in each moment, and its errors beside the closest rivals',
    to an SVG file; raises OSError."""
    import matplotlib as mpl  # takes half a second to load, and only this needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "antrean"  # the same figures give the same file
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    groups = [("Queueing laws", laws), ("Staff with habits", habits)]
    count = len(laws) + len(habits)
    figure, rows = pyplot.subplots(
        *(len(groups), 2),
        figsize=(11, count * _INCHES_PER_FAMILY + 2.4),
        sharex="col",
        sharey="row",
        height_ratios=[len(found) for _, found in groups],
        layout="constrained",
    )
    for (name, found), (held, errors) in zip(groups, rows, strict=True):
        _draw_held(held, found)
        _draw_errors(errors, found)
        held.set_title(f"{name}: held, in per cent", loc="left", fontsize=11)
        errors.set_title("Mean error, in minutes", loc="left", fontsize=11)
        for axes in (held, errors):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#eeeeee", zorder=0)
            axes.tick_params(labelsize=9, labelbottom=True)
    handles = [each for axes in rows[-1] for each in axes.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower right", ncols=2, frameon=False, fontsize=9)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _draw_held(axes: Any, found: Sequence[Findings]) -> None:
    axes.axvspan(75, 85, color=_BAND_COLOUR)
    axes.axvline(80, color="white")
    moments = [
        (100 * held.held, place)
        for place, each in enumerate(found)
        if each.family.habits is not None
        for held in each.by_moment.values()
        if held.is_enough
    ]
    if moments:
        axes.scatter(*zip(*moments, strict=True), color=_OURS_COLOUR, marker="|", s=22, label="one moment")
    axes.scatter([100 * each.coverage for each in found], range(len(found)), color=_OURS_COLOUR, zorder=2)
    axes.set_xlim(65, 95)
    axes.set_yticks(range(len(found)), [f"{each.family.name} · {each.family.rooms}" for each in found])
    axes.set_ylim(len(found) - 0.4, -0.6)


def _draw_errors(axes: Any, found: Sequence[Findings]) -> None:
    for colour, (rival, name) in zip(_RIVAL_COLOURS, _RIVAL_NAMES.items(), strict=True):
        errors = [each.rivals[rival] for each in found]
        axes.scatter(errors, range(len(found)), color=colour, marker="D", s=16, label=name)
    axes.scatter(
        [each.error for each in found], range(len(found)), color=_OURS_COLOUR, label="ours", zorder=2
    )
    axes.set_xlim(left=0)
