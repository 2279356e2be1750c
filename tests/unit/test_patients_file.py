"""Files of patients, as hospitals export them."""

import io

import pytest

from admin_cli.patients_file import LineFault, PatientLine, read_patients
from admin_cli.registry_errors import NotReadable
from common.domain.partial_dates import PartialDate

SITI = ("00123456", PartialDate(1990, 1, 31), None)


def read(content: bytes) -> list[PatientLine]:
    return list(read_patients(io.BytesIO(content)))


@pytest.mark.parametrize(
    "content",
    [
        b"00-12-34-56,1990-01-31\n",
        b"00123456;31/01/1990\r\n",
        b"00.12.34.56\t31-1-1990",
        b'"00123456","1990-01-31"\n',
        b"\xef\xbb\xbf00123456,1990-01-31\n",
        b"00123456 , 1990-01-31 00:00:00\n",
        b"00123456,1990-01-31T00:00:00,Siti Aminah\n",
        b"00123456,31 Januari 1990\n",
        b"00123456;31-Jan-1990 00:00:00;Siti Aminah\n",
        b"00123456;31/01/1990 0.00.00\n",
        b"00123456;31011990\n",
    ],
)
def test_a_patient_is_read_in_each_of_these_forms(content: bytes) -> None:
    assert read(content) == [PatientLine(1, *SITI)]


@pytest.mark.parametrize(("written", "born"), [(b"1990", (1990,)), (b"01/1990", (1990, 1))])
def test_a_date_of_birth_may_be_known_in_part(written: bytes, born: tuple[int, ...]) -> None:
    assert read(b"00123456," + written) == [PatientLine(1, "00123456", PartialDate(*born))]


@pytest.mark.parametrize(
    "header",
    [
        "name;date_of_birth;medical_record_number",
        "Nama;Tanggal Lahir;No. RM",
        "nama;tgl_lahir;MRN",
    ],
)
def test_the_first_line_may_name_the_columns(header: str) -> None:
    content = f"{header}\nSutomo, S.E.;31-01-1990;00123456\n".encode()
    assert read(content) == [PatientLine(2, *SITI)]


def test_lines_that_cannot_be_read_are_told_by_their_numbers() -> None:
    content = b"\n".join(
        [
            b"00123456,1990-01-31",
            b"",
            b"00123456,31/01/90",
            b"00123456,1990-02-30",
            b"00123456",
            b'"00123457,1990-01-31',  # and what follows is read nevertheless
            b"\xff\xfe,1990-01-31",
            b"0" * 21 + b",1990-01-31",
            b"x" * 200_000 + b",1990-01-31",
            b"\x00,1990-01-31",
            b"00123456,1990-01-31",
        ]
    )
    found = read(content)
    number, date_of_birth, division = LineFault.NUMBER, LineFault.DATE_OF_BIRTH, LineFault.DIVISION
    assert {line.number: line.fault for line in found if line.fault} == {
        3: date_of_birth,
        4: date_of_birth,
        5: date_of_birth,
        6: division,
        7: number,
        8: number,
        9: number,
        10: number,
    }
    assert [line.number for line in found if line[1:] == SITI] == [1, 11]


def test_a_long_line_does_not_become_several() -> None:
    """Wherever it would be cut, the rest of it could look like a patient."""
    long = b"1," * 40_000 + b"00123456,1990-01-31\n"
    assert [line.number for line in read(long + b"00123456,1990-01-31\n")] == [1, 2]
    assert read(long)[0].fault is LineFault.DATE_OF_BIRTH


def test_an_empty_file_names_nobody() -> None:
    assert read(b"") == []
    assert read(b"\n\n  \n") == []
    assert read(b"medical_record_number,date_of_birth\n") == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_refused_as_such(encoding: str) -> None:
    with pytest.raises(NotReadable, match="CSV UTF-8"):
        read("00123456,1990-01-31\n".encode(encoding))


def test_letters_of_another_encoding_in_other_columns_do_no_harm() -> None:
    content = "nama;no_rm;tanggal_lahir\nRené;00123456;31/01/1990\n".encode("cp1252")
    assert read(content) == [PatientLine(2, *SITI)]


def test_a_cell_with_a_line_break_is_told_on_both_lines() -> None:
    found = read(b'00123456,1990-01-31,"Jl. Merdeka\nBandung"\n00123456,1990-01-31\n')
    assert [line.fault for line in found] == [LineFault.DIVISION, LineFault.NUMBER, None]


@pytest.mark.parametrize("content", [b"No. RM\n00-12-34-56\n", b"\n00123456,\n", b"\n00123456;31/01/90\n"])
def test_the_number_alone_is_enough_where_no_date_is_asked_for(content: bytes) -> None:
    assert list(read_patients(io.BytesIO(content), with_dates=False)) == [PatientLine(2, "00123456")]
