"""What the clips say, by their names; `static/words.js` says announcements with these names."""

from collections.abc import Mapping
from string import ascii_lowercase
from typing import Final

_INDONESIAN_NUMBERS: Final = (
    "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh",
    "sebelas", "belas", "puluh", "seratus", "ratus", "seribu", "ribu",
)  # fmt: skip

_ENGLISH_NUMBERS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty",
    "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand",
)  # fmt: skip

_OF_ROOM_NAMES: Final = (
    "ruang", "poli", "klinik", "loket", "lantai", "gedung", "anak", "bedah", "dalam", "gigi", "gizi",
    "jantung", "jiwa", "kandungan", "kebidanan", "kulit", "mata", "mulut", "paru", "penyakit", "periksa",
    "pemeriksaan", "rehabilitasi", "medik", "saraf", "tindakan", "umum", "urologi", "ortopedi", "dan",
)  # fmt: skip
"""Words of which names of rooms are made. Another word is said where a recording of it is there."""

SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "id": {
        "nomor-antrean": "nomor antrean",
        "silakan-ke": "silakan ke",
        "silakan-lihat-layar": "silakan lihat layar",
        "tht": "t h t",
        **{word: word for word in (*ascii_lowercase, *_INDONESIAN_NUMBERS, *_OF_ROOM_NAMES)},
    },
    "en": {
        "queue-number": "queue number",
        "please-go-to": "please go to",
        "please-see-the-screen": "please see the screen",
        "room": "room",
        **{letter: letter.upper() for letter in ascii_lowercase},
        **{word: word for word in _ENGLISH_NUMBERS},
    },
}
"""By language and name of a clip, what espeak-ng says."""
