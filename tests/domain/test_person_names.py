"""The key by which two ways of writing a name are one person's."""

from itertools import chain, combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.domain.person_names import folded_letters, folded_name

SAME = """
Mu'minah | Mu’minah | Mu‘minah | Muʼminah | Mu`minah | Mu´minah | Muʿminah | Muminah | MU'MINAH
Mu'minah | Ny. Mu'minah | Ny Muminah | NY.MU’MINAH | Mu'minah, Ny. | MUMINAH NY | Nyonya Mu'minah
Siti Aminah | Siti-Aminah | SITI AMINAH | Siti  Aminah | SitiAminah | Siti. Aminah | Siti, Aminah
Sri Wati | Sdri. Sri Wati | Hj. Sri Wati | Ibu Hj Sri Wati | Nn. Sri Wati | An. Sri Wati | An Sri Wati
Sri Yuni | dr. Sri Yuni, Sp.A | Dra. Sri Yuni, M.Kes. | Sri Yuni S.H. | Sri Yuni, SH, MH | Sri Yuni M.Kes
Sri Ayu | Sri Ayu, A.Md.Keb. | Sri Ayu Amd | Sri Ayu, S. Kep., Ners | Prof.Dr.dr.Sri Ayu | Sri Ayu, A.Md
Sri Dewi | Sri Dewi (Ny) | Sri Dewi, An. | By. Sri Dewi | Sri Dewi, S.E., M.M. | Sri Dewi SE | By Sri Dewi
Ahmad Yani | H. Ahmad Yani | H.Ahmad Yani | Tn. H. Ahmad Yani | K.H. Ahmad Yani | Ahmad Yani, H.
Budi Utomo | Ir. Budi Utomo | Drs. Budi Utomo | drg Budi Utomo | Sdr Budi Utomo | Bpk. Budi Utomo
Rani Putri | Rani Putri, Ph.D. | Rani Putri, Ns.
René Müller | Rene Muller | Rene\u0301 Mu\u0308ller | RENE MÜLLER | Ｒｅｎｅ Ｍｕｌｌｅｒ
Nur'aini | Nur Aini | Nuraini | Nur-Aini | Nur–Aini | Nur‑Aini
M. Ali | M Ali | M.Ali
An Nisa | An-Nisa | Annisa | An'nisa
By. Ny. Aminah | By Ny Aminah | Bayi Ny. Aminah | Bayi Nyonya Aminah | BY.NY.AMINAH
"""

DIFFERENT = """
Siti Aminah | Siti Amina | Siti Aminah S | Aminah | Siti | Ahmad | Ahmad H. | Muhammad | M. Ahmad | Nisa
An Nisa | By. Ny. Aminah | Ny. | Tn. | H. | S.H. | Ny. Tn. | Dr | Lie An | Lie | Pasien 1 | Pasien 2
สม | สี | राम | रम
王 | 李 | ʼ | ʻ
"""


def _names(text: str) -> list[list[str]]:
    return [line.split(" | ") for line in text.strip().splitlines()]


NAMES = st.text(max_size=30)
WORDS = ["Ny.", "ny", "H.", "An", "An.", "dr.", "S.H.", ", SE", "By", "M.", "Kes", "D", "r", "'", "-", "Siti"]
TITLED = st.lists(st.sampled_from(WORDS)).map(" ".join)


@pytest.mark.parametrize("ways", _names(SAME), ids=lambda ways: ways[0])
def test_ways_of_writing_one_name_have_one_key(ways: list[str]) -> None:
    assert {folded_name(way) for way in ways} == {folded_name(ways[0])}


@pytest.mark.parametrize(("one", "other"), [*combinations(chain(*_names(DIFFERENT)), 2)])
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert folded_name(one) != folded_name(other)


@given(NAMES | TITLED)
@example("ℋ")
@example("İ")
@example("ß")
@example("D. r.")
def test_folding_a_key_gives_that_key(name: str) -> None:
    key = folded_name(name)
    assert folded_name(key) == key


@given(NAMES | TITLED)
def test_only_an_empty_name_has_an_empty_key(name: str) -> None:
    assert bool(folded_name(name)) is bool(name)


@given(NAMES | TITLED)
def test_case_spaces_and_the_form_of_normalisation_do_not_count(name: str) -> None:
    assert folded_name(f" {name} ") == folded_name(name) or not name.strip()
    assert folded_name(name.replace(" ", "  ")) == folded_name(name) or not name.strip()


@given(NAMES, st.integers(0, 30), st.integers(0, 30))
def test_a_part_of_a_name_is_found_in_it_however_both_are_written(name: str, begin: int, end: int) -> None:
    part = name[begin:end]
    assert folded_letters(part) in folded_letters(name)


@given(st.text(st.characters(max_codepoint=127)))
def test_accents_of_a_name_are_no_letters(name: str) -> None:
    accented = "".join(f"{letter}\u0301" for letter in name)
    assert folded_letters(name) == folded_letters(accented)


@pytest.mark.parametrize("part", ["siti", "SITI AM", "  aminah", "ámi", "ny.", "nysiti"])
def test_letters_alone_decide_titles_among_them(part: str) -> None:
    assert folded_letters(part) in folded_letters("Ny. Siti Aminah")
