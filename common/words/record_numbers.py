"""How a hospital's medical record numbers are written, in words."""

from collections.abc import Mapping
from typing import Any, Final

from common.translation import N_
from common.words.texts import Texts

_FORMS: Final[Mapping[tuple[bool, bool], str]] = {
    (False, False): N_("{length} digits"),
    (True, False): N_("{length} letters and digits"),
    (False, True): N_("{length} digits; zeros in front may be left out"),
    (True, True): N_("{length} letters and digits; zeros in front may be left out"),
}
"""By whether there are letters, and whether numbers are padded with zeros."""


def record_number_form(form: Mapping[str, Any], texts: Texts) -> str:
    """A `record_number_format` of the catalog or of a problem, such as `8 digits`."""
    return texts(_FORMS[bool(form["letters"]), bool(form["padded"])], length=form["length"])
