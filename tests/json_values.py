"""Arbitrary JSON for Hypothesis, and JSON that is like some given value but for a fault or two."""

import json
from typing import Any

from hypothesis import strategies as st

# Half characters are JSON too, as escapes.
_texts = st.text(max_size=30) | st.text(st.characters(categories=["Cs", "Cf", "Cc", "Mn", "Nd"]), max_size=5)
_numbers = st.integers() | st.integers(0, 10**400) | st.floats()
_scalars = st.none() | st.booleans() | _numbers | _texts

any_json: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(_texts, children, max_size=4),
    max_leaves=12,
)
"""Values that `json` writes; not a number and infinity, which it writes too, are no JSON."""


@st.composite
def like(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """A body with the members of `good`: some of them changed, missing, there twice, or one more."""
    members: list[tuple[str, Any]] = []
    for name, value in good.items():
        fate = draw(st.sampled_from(["kept"] * 4 + ["other", "near", "missing", "twice", "renamed"]))
        if fate == "kept" or fate == "twice":
            members += [(name, value)] * (2 if fate == "twice" else 1)
        elif fate == "other":
            members.append((name, draw(any_json)))
        elif fate == "near":
            members.append((name, draw(_near(value))))
        elif fate == "renamed":
            members.append((draw(_texts), value))
    if draw(st.integers(0, 4)) == 0:
        members.append((draw(_texts), draw(any_json)))
    written = (f"{json.dumps(name)}:{json.dumps(value)}" for name, value in draw(st.permutations(members)))
    return ("{" + ",".join(written) + "}").encode()


def _near(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, list):
        return st.lists(st.sampled_from(value) | any_json, max_size=4)
    if not isinstance(value, str):
        return any_json
    places = st.integers(0, len(value))
    return st.builds(lambda at, put: value[:at] + put + value[at:], places, _texts) | st.builds(
        lambda start, end: value[start:end], places, places
    )
