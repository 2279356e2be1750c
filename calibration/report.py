"""Writes down what was found: the table in docs/waiting-time.md, between two markers, and its chart."""

from collections.abc import Sequence
from pathlib import Path

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
}
_OURS_COLOUR, _RIVAL_COLOURS, _BAND_COLOUR = "#1f6f8b", ("#d08c60", "#9a9a9a"), "#dcebf0"
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
    draw(laws, _DOCS / "waiting-time.svg")


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


def draw(found: Sequence[Findings], path: Path) -> None:
    """Draws each family's coverage, and its errors beside the closest rivals', to an SVG file; raises
    OSError."""
    import matplotlib as mpl  # takes half a second to load, and only this needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "antrean"  # the same figures give the same file
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    figure, (held, errors) = pyplot.subplots(
        1, 2, figsize=(11, len(found) * _INCHES_PER_FAMILY + 1.4), sharey=True, layout="constrained"
    )
    rows = range(len(found))
    held.axvspan(75, 85, color=_BAND_COLOUR)
    held.axvline(80, color="white")
    held.scatter([100 * each.coverage for each in found], rows, color=_OURS_COLOUR, zorder=2)
    held.set_xlim(70, 90)
    held.set_title("Calls within the interval, in per cent", loc="left", fontsize=11)
    held.set_yticks(rows, [f"{each.family.name} · {each.family.rooms}" for each in found])
    held.invert_yaxis()
    for colour, (rival, name) in zip(_RIVAL_COLOURS, _RIVAL_NAMES.items(), strict=True):
        errors.scatter(
            [each.rivals[rival] for each in found], rows, color=colour, marker="D", s=16, label=name
        )
    errors.scatter([each.error for each in found], rows, color=_OURS_COLOUR, label="ours", zorder=2)
    errors.set_title("Mean absolute error, in minutes", loc="left", fontsize=11)
    errors.set_xlim(left=0)
    figure.legend(loc="outside lower right", ncols=3, frameon=False, fontsize=9)
    for axes in (held, errors):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#eeeeee", zorder=0)
        axes.tick_params(labelsize=9)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
