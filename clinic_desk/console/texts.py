"""What the console says otherwise than the commands: it names keys where they name commands."""

from typing import Final

from clinic_desk.texts import TEXTS
from common.terminal.texts import TextTable

CONSOLE_TEXTS: Final[TextTable] = {
    **TEXTS,
    "problem.hospital_not_found": (
        "Rumah sakit tidak ditemukan; pilih dari daftar.",
        "There is no such hospital; choose one from the list.",
    ),
    "problem.clinic_not_found": (
        "Poli tidak ditemukan di rumah sakit ini; pilih dari daftar.",
        "There is no such clinic in this hospital; choose one from the list.",
    ),
    "problem.clinic_closed": (
        "Poli itu sedang tutup; bila perlu, buka dengan tombol o di layar poli itu.",
        "That clinic is closed now; if it has to be, press o on that clinic's console to open it.",
    ),
    "problem.request_id_reused": (
        "ID permintaan itu sudah dipakai untuk tindakan lain; tekan tombolnya sekali lagi.",
        "That request id was used for another action; press the key once more.",
    ),
    "reason.clock_mode": (
        "Antrean ini dalam mode otomatis; ubah dulu dengan tombol m.",
        "The clock moves this queue; press m first to let the desk move it.",
    ),
    "reason.room_not_serving": (
        "Ruang itu sedang tidak dibuka untuk pelayanan; pilih ruang lain dengan tombol u, atau tambah ruang"
        " dengan tombol j.",
        "That room is not serving; press u to choose another, or j to add rooms.",
    ),
    "reason.ticket_status": (
        "Tindakan ini tidak dapat dilakukan pada tiket dengan status itu; pilih tiket lain dari daftar.",
        "The ticket's status does not allow it; choose another from the list.",
    ),
    "rule.operator": (
        "berisi huruf, paling panjang 100 karakter; diatur dengan ANTREAN_OPERATOR",
        "has letters, and at most 100 characters; set by ANTREAN_OPERATOR",
    ),
    "failure.unexpected": (
        "Terjadi kesalahan yang tidak terduga ({kind}); lihat dahulu antreannya, lalu coba lagi atau hubungi"
        " pengelola sistem.",
        "Something unexpected went wrong ({kind}); look at the queue first, then try again or tell the"
        " system's operators.",
    ),
}
