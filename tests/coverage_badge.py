"""Draws the README's badge: the share of the code that the tests execute, read from standard input."""

import sys

_GREEN_FROM, _YELLOW_FROM = 90, 75
_GREEN, _YELLOW, _RED = "#2f7d32", "#8a6d00", "#b3261e"

_BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="112" height="20" role="img" aria-label="{label}">
  <title>{label}</title>
  <rect width="112" height="20" rx="3" fill="#444"/>
  <path d="M68 0h41a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H68z" fill="{colour}"/>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
    <text x="34" y="14">coverage</text>
    <text x="90" y="14">{percent} %</text>
  </g>
</svg>
"""


def badge(percent: int) -> str:
    """The SVG that shows this share, a whole number of percent."""
    colour = _GREEN if percent >= _GREEN_FROM else _YELLOW if percent >= _YELLOW_FROM else _RED
    return _BADGE.format(label=f"coverage: {percent} %", percent=percent, colour=colour)


if __name__ == "__main__":
    sys.stdout.write(badge(int(float(sys.stdin.read()))))
