"""The chart of docs/performance.md: who answers how many requests a second."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PANELS = {
    "Registrations a second, 128 outstanding": ("registrations", "sqlite"),
    "Look-ups a second, 128 outstanding": ("lookups",),
}
_REFERENCES = ("L1 ", "L2 ", "T ", "P ")
_OURS_COLOUR, _REFERENCE_COLOUR = "#1f6f8b", "#b8b8b8"
_INCHES_PER_BAR = 0.32


def draw(scenarios: Mapping[str, Any], path: Path) -> None:
    """Draws the bars of those scenarios that there are to an SVG file; raises OSError."""
    panels = {}
    for title, names in _PANELS.items():
        bars = [tuple(bar) for name in names if name in scenarios for bar in scenarios[name]["bars"]]
        if bars:
            panels[title] = bars
    if panels:
        _draw(panels, path)


def _draw(panels: Mapping[str, list[tuple[Any, ...]]], path: Path) -> None:
    import matplotlib as mpl  # takes half a second to load, and only this needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "antrean"  # the same figures give the same file
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    heights = [len(bars) + 1.5 for bars in panels.values()]
    figure, all_axes = pyplot.subplots(
        len(panels),
        figsize=(8, sum(heights) * _INCHES_PER_BAR + 0.6),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axes, (title, bars) in zip(all_axes[:, 0], panels.items(), strict=True):
        ordered = sorted(bars, key=lambda bar: bar[1])
        names, values = [bar[0] for bar in ordered], [bar[1] for bar in ordered]
        colours = [_REFERENCE_COLOUR if name.startswith(_REFERENCES) else _OURS_COLOUR for name in names]
        drawn = axes.barh(names, values, color=colours)
        axes.bar_label(drawn, labels=[f"{value:,.0f}" for value in values], padding=3)
        axes.set_title(title, loc="left", fontsize=11)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.xaxis.set_visible(False)
        axes.margins(x=0.12)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
