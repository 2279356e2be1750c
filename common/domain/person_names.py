"""When two ways of writing a name are the same person's: a key that both have in common.

A name is kept as it was typed. The key only answers whether somebody who gives the same medical record number
and date of birth has typed the name of its holder: on another keyboard, with or without a title.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from common.domain.partial_dates import PartialDate

_APOSTROPHES = "'`´‘’‚‛′‵＇ʹʻʼʽʾʿˈˊˋꞌ"
_WITHOUT_APOSTROPHES = str.maketrans("", "", _APOSTROPHES)
# Letters whose stroke or missing dot is no combining mark in Unicode.
_PLAIN_LETTERS = str.maketrans("øđłħŧı", "odlhti")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ADDRESSES = _set("""
    ny nyonya tn tuan nn nona an by bayi bpk bp bapak pak ibu bu sdr sdri saudara saudari
    h hj haji hajah hajjah kh ust dr drg drh drs dra ir prof ns pdt
""")
"""Titles and forms of address before a name, and after it behind a comma or with a full stop."""

_BABIES, _MOTHERS = _set("by bayi"), _set("ny nyonya")

_ADDRESSES_AFTER = _set("ny tn nn bpk sdr sdri hj dr drg drh drs dra prof")
"""Those that are no name even where they stand behind one without any sign."""

_DEGREES = _set("""
    sh se st sp sag sak sap sars sds sfarm sgz shum sikom sip sk sked skeb skel skep skes skh skm skom smb
    spd spdi spsi spt ssn ssi ssos sst ssy stp str strkep strkeb strkes strgz sth
    mm mh mt ma mag mak map mars mbiomed meng mepid mfarm mgizi mhum mkeb mkep mkes mkom mpd mpdi mps mpsi msi
    msc mba mph phd ba bsc lc apt ners
    amd amdak amdfarm amdgz amdkeb amdkep amdkes amdkom amdrad amdrmik amk amkeb amkep
    spa span spand spb spba spbo spbp spbs spbtkv spdv spemk spf spjp spk spkfr spkg spkj spkk spkp spkga spkm
    spm spmk spn spog spok sport spot spp sppa sppd spperio sppk sppm sppros sprad sprm sps sptht
    spthtkl spthtbkl spu
""")
"""Academic degrees, without their full stops: `M.Kes.` is `mkes`."""

_DEGREES_WITH_VOWELS = _set("""
    se skep sked skeb skom ssos ssi mkes mkep mkom msi mba
    amd amk amdkep amdkeb amkeb
""")
"""Those that are no name even without any sign; what has no vowel is none either."""

_DEGREE_WORDS_MAX = 4
_VOWEL = re.compile("[aeiouy]")


class _Word(NamedTuple):
    """A word in lower case; whether a full stop ends it, and whether a comma or a bracket stands before."""

    text: str
    is_stopped: bool
    is_set_off: bool


def folded_name(name: str) -> str:
    """The key of a name: its letters and digits in lower case, without accents, spaces, signs and titles.

    Two names with one key are the same person's, if the other data are. Folding a key gives that key. It is
    empty only for an empty name: of a name that consists of nothing but titles or signs, these are the key.
    """
    words = [*_words(_lower(name))]
    own = "".join(word.text for word in _without_titles(words))
    return own or "".join(word.text for word in words) or "".join(name.casefold().split()) or name


def folded_letters(text: str) -> str:
    """Letters and digits of a name, or of a part of one, as `folded_name` has them; titles stay.

    What is a part of a name stays a part of it, however the two are written. Empty where there are none."""
    if text.isascii():  # most names, in a tenth of the time
        return "".join(filter(str.isalnum, text.casefold()))
    return "".join(word.text for word in _words(_lower(text)))


class Person(Protocol):
    """Who gives a medical record number, or holds a ticket with it."""

    @property
    def patient_name(self) -> str:
        """The name, as it was typed."""

    @property
    def date_of_birth(self) -> PartialDate:
        """The date of birth, as far as it was given."""


def is_same_person(one: Person, other: Person) -> bool:
    """Whether two who give one medical record number are the same person."""
    return one.date_of_birth == other.date_of_birth and (
        folded_name(one.patient_name) == folded_name(other.patient_name)
    )


def _lower(name: str) -> str:
    # Twice, since a compatibility form may decompose to capital letters.
    once = unicodedata.normalize("NFKD", name.translate(_WITHOUT_APOSTROPHES)).casefold()
    return unicodedata.normalize("NFKD", once).casefold().translate(_PLAIN_LETTERS)


def _words(text: str) -> Iterator[_Word]:
    letters, is_set_off = "", False
    for character in f"{text} ":
        kind = unicodedata.category(character)
        if kind[0] in "LNM":
            # Marks of some scripts are vowels; those that sit above or below a letter are accents.
            letters += "" if unicodedata.combining(character) else character
        elif kind == "Pd" or character in _APOSTROPHES:
            continue
        else:
            if letters:
                yield _Word(letters, character == ".", is_set_off)
                letters, is_set_off = "", False
            is_set_off = is_set_off or not (character.isspace() or character == ".")


def _without_titles(words: list[_Word]) -> list[_Word]:
    """The words of the name itself: none, where all are titles."""
    while words and (count := _title_words_after(words)):
        words = words[:-count]
    if len(words) > 2 and words[0].text in _BABIES and words[1].text in _MOTHERS:
        # The baby of a woman of that name, who is somebody else.
        return [_Word("byny", True, False), *words[2:]]
    while words and (count := _title_words_before(words)):
        words = words[count:]
    return words


def _title_words_before(words: list[_Word]) -> int:
    """How many of the first words are one title."""
    first, second = words[0], words[1] if len(words) > 1 else None
    if first.text == "an" and not first.is_stopped and second is not None and second.text.startswith("n"):
        return 0  # the article of An Nisa, not a child's form of address
    if first.is_stopped and second is not None and f"{first.text}{second.text}" == "kh":
        return 2
    return int(first.text in _ADDRESSES)


def _title_words_after(words: list[_Word]) -> int:
    """How many of the last words are one title."""
    last = words[-1]
    for count in range(min(_DEGREE_WORDS_MAX, len(words)), 1, -1):
        parts = words[-count:]
        if all(part.is_stopped for part in parts[:-1]) and "".join(part.text for part in parts) in _DEGREES:
            return count
    if last.text in _DEGREES:
        is_plain = last.is_set_off or not _VOWEL.search(last.text) or last.text in _DEGREES_WITH_VOWELS
        return int(is_plain)
    if last.text in _ADDRESSES:
        # One letter with a full stop is an initial.
        is_marked = last.is_set_off or (last.is_stopped and len(last.text) > 1)
        return int(is_marked or last.text in _ADDRESSES_AFTER)
    return 0
