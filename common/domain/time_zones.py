"""How time zones are called by people."""

from datetime import datetime, timedelta

_WORDS = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Ujung_Pandang": "WITA",
    "Asia/Jayapura": "WIT",
}
_BY_OFFSET = {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}


def zone_word(moment: datetime, zone: str | None = None) -> str:
    """WIB, WITA or WIT in the zones (IANA names) of Indonesia, elsewhere the moment's offset: `UTC+0800`.

    Where nobody says which zone it is, the moment is taken as one in Indonesia.
    """
    offset = moment.utcoffset() or timedelta()
    word = _WORDS.get(zone) if zone is not None else _BY_OFFSET.get(offset)
    return word or f"UTC{moment:%z}"
