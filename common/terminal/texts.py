"""What both `antrean` and `antrean-desk` say, in Indonesian and English side by side; each adds its own."""

from collections.abc import Mapping
from typing import Final

from common.settings import Language
from common.terminal.usage_texts import USAGE_TEXTS

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")

TextTable = Mapping[str, tuple[str, str]]
"""Texts by their keys, in the order of LANGUAGES; words in braces stand for values."""

SHARED_TEXTS: Final[TextTable] = {
    **USAGE_TEXTS,
    # --- help -------------------------------------------------------------------------------------------
    "help.mrn": (
        "Nomor rekam medis; di terminal ditanyakan bila tidak ditulis.",
        "Medical record number; asked for on a terminal where it is left out.",
    ),
    "help.name": (
        "Nama lengkap pasien; ditanyakan juga.",
        "The patient's full name; asked for, too.",
    ),
    "help.dob": (
        "Tanggal lahir, hari dahulu: 31-01-1990, 31/1/1990, 31.01.1990, atau 1990-01-31; ditanyakan juga.",
        "Date of birth: 1990-01-31, or day first 31-01-1990, 31/1/1990, 31.01.1990; asked for, too.",
    ),
    "help.register_request_id": (
        "Ulangi pendaftaran yang belum terjawab dengan ID permintaannya; tidak akan terdaftar dua kali.",
        "Repeat a registration that got no answer, by its request id; it is never carried out twice.",
    ),
    "help.verbose": (
        "Tampilkan lama setiap jawaban (ke stderr).",
        "Write how long each reply took to standard error.",
    ),
    # --- what stands for a value, by the name of its parameter ------------------------------------------
    "metavar.mrn": ("NOMOR", "NUMBER"),
    "metavar.name": ("NAMA", "NAME"),
    "metavar.dob": ("TANGGAL", "DATE"),
    "metavar.request_id": ("ID", "ID"),
    # --- usage errors -----------------------------------------------------------------------------------
    "usage.encoding": ("Tulis perintah dalam UTF-8.", "Write the command in UTF-8."),
    "usage.date_of_birth": (
        "Tanggal lahir tidak valid; tulis seperti 31-01-1990, 31/01/1990, atau 1990-01-31.",
        "Write a real date of birth as 1990-01-31, 31-01-1990 or 31/01/1990 (day first).",
    ),
    "usage.day_first": (
        "Tulis hari dahulu, lalu bulan, misalnya 31-12-1990.",
        "Write the day first, then the month, such as 31-12-1990.",
    ),
    "usage.year": (
        "Tulis tahun dengan empat angka, misalnya 31-01-1990.",
        "Write the year with four digits, such as 1990-01-31.",
    ),
    "usage.register_missing": (
        "{missing} belum diisi; hanya di terminal data ditanyakan.",
        "{missing} is missing; only on a terminal is it asked for.",
    ),
    # --- hints ------------------------------------------------------------------------------------------
    "hint.known_codes": ("Kode yang ada: {codes}.", "The codes are: {codes}."),
    # --- moments ----------------------------------------------------------------------------------------
    "moment.clock": ("%H.%M", "%H:%M"),
    "moment.clock_seconds": ("%H.%M.%S", "%H:%M:%S"),
    "moment.days": (
        "Senin Selasa Rabu Kamis Jumat Sabtu Minggu",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    ),
    "moment.months": (
        "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
        "January February March April May June July August September October November December",
    ),
    "moment.date": ("{day}, {number} {month} {year}", "{day}, {number} {month} {year}"),
    "moment.short_date": ("{number} {month} {year}", "{number} {month} {year}"),
    "moment.brief": ("{day} {number} {month} {clock} {zone}", "{day} {number} {month} {clock} {zone}"),
    "moment.at": ("{date} pukul {clock} {zone}", "{date} at {clock} {zone}"),
    "moment.soon": ("sebentar lagi, sekitar pukul {at} {zone}", "shortly, around {at} {zone}"),
    "moment.about": ("sekitar pukul {at} {zone}", "around {at} {zone}"),
    "moment.estimate": (
        "sekitar pukul {at} {zone}, antara {earliest} dan {latest}",
        "around {at} {zone}, between {earliest} and {latest}",
    ),
    "moment.perhaps_not_today": ("mungkin tidak hari ini", "perhaps not today"),
    "moment.under_a_minute": ("< 1 menit", "< 1 min"),
    "moment.minutes": ("{minutes} menit", "{minutes} min"),
    "moment.hours": ("{hours} jam {minutes} mnt", "{hours} h {minutes} min"),
    "moment.many_days": ("{days} hari", "{days} days"),
    # --- tickets ----------------------------------------------------------------------------------------
    "status.waiting": ("menunggu", "waiting"),
    "status.called": ("dipanggil", "called"),
    "status.in_service": ("sedang dilayani", "being served"),
    "status.served": ("selesai dilayani", "served"),
    "status.cancelled": ("dibatalkan", "cancelled"),
    "status.no_show": ("tidak hadir saat dipanggil", "not there when called"),
    "status.transferred": ("dipindahkan", "transferred"),
    "status.expired": ("kedaluwarsa", "expired"),
    "ticket.in_one_line": (
        "{number} {status} · {hospital} · {clinic} · kode tiket {code}",
        "{number} {status} · {hospital} · {clinic} · ticket code {code}",
    ),
    "ticket.code": ("Kode tiket", "Ticket code"),
    "ticket.status": ("Status", "Status"),
    "ticket.now_serving": ("Sedang dilayani", "Now serving"),
    "ticket.people_ahead": ("Di depan Anda", "Ahead of you"),
    "ticket.people": ("{count} orang", "{count} people"),
    "ticket.person": ("1 orang", "1 person"),
    "ticket.nobody": ("tidak ada, berikutnya giliran Anda", "nobody, you are next"),
    "ticket.estimate": ("Perkiraan dipanggil", "Expected call"),
    "ticket.called_at": ("Dipanggil", "Called"),
    "ticket.transferred_to": ("Tiket baru", "New ticket"),
    "ticket.called_at_value": ("pukul {clock}", "at {clock}"),
    # --- tables -----------------------------------------------------------------------------------------
    "table.code": ("Kode", "Code"),
    "table.hospital": ("Rumah sakit", "Hospital"),
    "table.clinic": ("Poli", "Clinic"),
    "table.waiting": ("Menunggu", "Waiting"),
    "table.number": ("Nomor", "Number"),
    # --- the menu ---------------------------------------------------------------------------------------
    "menu.back": ("Kembali", "Back"),
    "menu.choice": ("Pilihan", "Choice"),
    "menu.bad_choice": ("Pilih salah satu nomor di atas.", "Choose one of the numbers above."),
    "menu.mrn": ("Nomor rekam medis (kosongkan untuk kembali)", "Medical record number (empty: back)"),
    "menu.name": ("Nama lengkap (kosongkan untuk kembali)", "Full name (empty: back)"),
    "menu.dob": (
        "Tanggal lahir, misalnya 31-01-1990 (kosongkan untuk kembali)",
        "Date of birth, for example 1990-01-31 (empty: back)",
    ),
    "menu.again": ("Kirim ulang permintaan yang sama? [y/t]", "Try the same request again? [y/n]"),
    # --- problems, by their codes -----------------------------------------------------------------------
    "problem.invalid_request": ("Data belum benar.", "The request is not right yet."),
    "problem.unknown_request": (
        "Permintaan ini tidak dikenal oleh sistem rumah sakit; perbarui program antrean.",
        "The hospital does not know this request; update the program antrean.",
    ),
    "problem.message_too_large": ("Data yang diisi terlalu panjang.", "What you entered is too long."),
    "problem.hospital_not_found": (
        "Rumah sakit tidak ditemukan.",
        "There is no such hospital.",
    ),
    "problem.clinic_not_found": (
        "Poli tidak ditemukan di rumah sakit ini.",
        "There is no such clinic in this hospital.",
    ),
    "problem.clinic_closed": ("Poli ini sedang tutup.", "This clinic is closed now."),
    "problem.quota_reached": (
        "Kuota poli ini untuk hari ini sudah habis.",
        "This clinic's quota for today is used up.",
    ),
    "problem.already_registered": (
        "Anda sudah terdaftar di poli ini hari ini; berikut tiket Anda.",
        "You are already registered in this clinic today; this is your ticket.",
    ),
    "problem.medical_record_mismatch": (
        "Data tidak cocok dengan nomor rekam medis; periksa kembali atau tanyakan ke loket pendaftaran.",
        "This does not match the medical record number; check it, or ask at the registration desk.",
    ),
    "problem.request_id_reused": (
        "ID permintaan itu sudah dipakai untuk data lain; daftar tanpa --request-id.",
        "That request id was used for other entries; register without --request-id.",
    ),
    "problem.request_expired": (
        "Permintaan ini terlambat sampai dan tidak diproses; kirim ulang.",
        "The request was under way for too long and was not carried out; send it again.",
    ),
    "problem.clock_behind": (
        "Jam komputer ini terlambat {duration}, sehingga permintaan tidak diproses; perbaiki jamnya, lalu"
        " kirim ulang.",
        "This computer's clock is {duration} slow, so the request was not carried out; set it right, then"
        " send it again.",
    ),
    "problem.ticket_not_found": (
        "Tiket dengan kode itu tidak ditemukan; periksa kembali kodenya.",
        "There is no ticket with that code; check it.",
    ),
    "problem.these_tickets_not_found": (
        "Tiket dengan kode {codes} tidak ditemukan; periksa kembali kodenya.",
        "There is no ticket with the code {codes}; check it.",
    ),
    "problem.not_cancellable": (
        "Tiket ini tidak dapat dibatalkan lagi.",
        "This ticket cannot be given up any more.",
    ),
    "problem.not_permitted_now": ("Tindakan ini tidak dapat dilakukan sekarang.", "This cannot be done now."),
    "problem.busy": (
        "Sistem sedang sibuk; coba beberapa saat lagi.",
        "The system is very busy; try again in a minute.",
    ),
    "problem.temporarily_unavailable": (
        "Sistem sedang tidak tersedia; coba beberapa saat lagi.",
        "The system cannot answer now; try again in a minute.",
    ),
    "problem.internal_error": (
        "Terjadi kesalahan pada sistem rumah sakit; coba lagi atau hubungi petugas.",
        "Something went wrong in the hospital's system; try again, or ask the staff.",
    ),
    "problem.next_opening": ("Buka lagi {moment}.", "It opens again on {moment}."),
    # --- what is wrong with a field ---------------------------------------------------------------------
    "field.hospital": ("Rumah sakit", "Hospital"),
    "field.clinic": ("Poli", "Clinic"),
    "field.medical_record_number": ("Nomor rekam medis", "Medical record number"),
    "field.name": ("Nama", "Name"),
    "field.date_of_birth": ("Tanggal lahir", "Date of birth"),
    "field.ticket_code": ("Kode tiket", "Ticket code"),
    "field.ticket_codes": ("Kode tiket ke-{position}", "Ticket code no. {position}"),
    "rule.hospital": (
        "2 sampai 10 huruf dan angka, misalnya RSHS",
        "2 to 10 letters and digits, such as RSHS",
    ),
    "rule.clinic": ("2 sampai 10 huruf dan angka, misalnya GIG", "2 to 10 letters and digits, such as GIG"),
    "rule.medical_record_number": ("1 sampai 20 huruf dan angka", "1 to 20 letters and digits"),
    "rule.name": ("berisi huruf, paling panjang 100 karakter", "has letters, and at most 100 characters"),
    "rule.date_of_birth": (
        "tanggal yang benar, dalam 130 tahun terakhir",
        "a day of the calendar, within the last 130 years",
    ),
    "rule.ticket_code": (
        "dua belas huruf dan angka, misalnya 7K3F-9QXM-2T5R",
        "twelve letters and digits, such as 7K3F-9QXM-2T5R",
    ),
    "rule.ticket_codes": (
        "dua belas huruf dan angka, misalnya 7K3F-9QXM-2T5R",
        "twelve letters and digits, such as 7K3F-9QXM-2T5R",
    ),
    # --- failures on this side --------------------------------------------------------------------------
    "failure.no_broker_known": (
        "Sistem antrean tidak ditemukan: jalankan `{start}`, atau isi ANTREAN_AMQP_URL.",
        "No queue system was found: start one with `{start}`, or set ANTREAN_AMQP_URL.",
    ),
    "failure.broker_unavailable": (
        "Sistem antrean tidak dapat dihubungi; coba beberapa saat lagi.",
        "The queue system cannot be reached; try again in a minute.",
    ),
    "failure.no_queue": (
        "Server tidak memiliki antrean untuk permintaan ini; beri tahu pengelola sistem.",
        "The server has no queue for this request; tell its operators.",
    ),
    "refusal.user": (
        "Broker di {where} menolak pengguna ini; periksa pengguna dan kata sandi dalam ANTREAN_AMQP_URL.",
        "The broker at {where} refused the user; check user and password in ANTREAN_AMQP_URL.",
    ),
    "refusal.vhost": (
        "Virtual host itu tidak ada di broker {where}, atau tertutup bagi pengguna ini; periksa bagian akhir"
        " ANTREAN_AMQP_URL.",
        "The broker at {where} has no such virtual host for this user; check the end of ANTREAN_AMQP_URL.",
    ),
    "refusal.permission": (
        "Broker di {where} tidak mengizinkan pengguna ini mengirim permintaan; periksa pengguna dalam"
        " ANTREAN_AMQP_URL.",
        "The broker at {where} does not let this user send requests; check the user in ANTREAN_AMQP_URL.",
    ),
    "refusal.full": (
        "Broker di {where} sedang tidak menerima koneksi baru; coba beberapa saat lagi.",
        "The broker at {where} takes no further connections now; try again in a minute.",
    ),
    "refusal.encryption": (
        "Broker di {where} tidak memakai TLS; periksa amqps:// dan nomor port dalam ANTREAN_AMQP_URL.",
        "The broker at {where} does not speak TLS; check amqps:// and the port in ANTREAN_AMQP_URL.",
    ),
    "refusal.certificate": (
        "Sertifikat broker di {where} tidak dipercaya oleh komputer ini; periksa ssl_options dalam"
        " ANTREAN_AMQP_URL.",
        "The broker's certificate at {where} is not trusted here; check ssl_options in ANTREAN_AMQP_URL.",
    ),
    "refusal.protocol": (
        "{where} tidak menjawab sebagai broker; periksa port dan TLS (amqps://) dalam ANTREAN_AMQP_URL.",
        "{where} does not answer as a broker; check port and TLS (amqps://) in ANTREAN_AMQP_URL.",
    ),
    "refusal.not_set_up": (
        "Broker di {where} belum disiapkan untuk Antrean; beri tahu pengelola sistem.",
        "The broker at {where} is not set up for Antrean; tell its operators.",
    ),
    "failure.no_reply": (
        "Sistem tidak menjawab hingga batas waktu; coba beberapa saat lagi.",
        "No answer came in time; try again in a minute.",
    ),
    "failure.unanswered": ("Sistem tidak menjawab hingga batas waktu.", "No answer came in time."),
    "failure.interrupted": ("Dihentikan.", "Stopped."),
    "failure.not_printed": (
        "Hasilnya tidak dapat ditulis ke keluaran standar ({reason}).",
        "The result could not be written to standard output ({reason}).",
    ),
    "failure.done": ("Yang sudah dikerjakan:", "What has been done:"),
    "failure.unexpected": (
        "Terjadi kesalahan yang tidak terduga ({kind}); ulangi dengan --verbose untuk rinciannya.",
        "Something unexpected went wrong ({kind}); repeat with --verbose for the details.",
    ),
    "failure.unexpected_change": (
        "Terjadi kesalahan yang tidak terduga ({kind}); periksa dahulu hasilnya (antrean atau tiket) sebelum"
        " mengulang.",
        "Something unexpected went wrong ({kind}); check the result (queue or ticket) before you repeat it.",
    ),
}


class _WithComma(float):
    """A number as it is written in Indonesian."""

    def __format__(self, form: str) -> str:
        return super().__format__(form).replace(".", ",")


class Texts:
    """The texts of a table in one language: `texts("problem.busy")`, with values for the words in braces."""

    def __init__(self, table: TextTable, language: Language) -> None:
        self.language = language
        self._table = table
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        text = self._table[key][self._column]
        if self.language == "id":
            values = {name: _WithComma(v) if isinstance(v, float) else v for name, v in values.items()}
        return text.format(**values) if values else text

    def __contains__(self, key: object) -> bool:
        return key in self._table
