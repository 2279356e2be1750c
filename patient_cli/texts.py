"""Every sentence that a patient reads, in Indonesian and in English side by side."""

from typing import Final, Literal

Language = Literal["id", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- help -------------------------------------------------------------------------------------------
    "help.antrean": (
        "Antrean rumah sakit: ambil nomor, pantau sampai dipanggil. Tanpa perintah, di terminal: menu.",
        "Hospital queues: take a number, follow it until called. Without a command, on a terminal: a menu.",
    ),
    "help.hospitals": ("Daftar rumah sakit.", "List the hospitals."),
    "help.clinics": ("Daftar poli sebuah rumah sakit.", "List the clinics of a hospital."),
    "help.register": ("Ambil nomor antrean untuk hari ini.", "Take a number for today."),
    "help.status": ("Lihat tiket dengan kodenya.", "Show tickets by their codes."),
    "help.tickets": (
        "Lihat semua tiket yang pernah Anda ambil, dengan statusnya sekarang.",
        "Show every ticket you took, with its status now.",
    ),
    "help.cancel": ("Batalkan sebuah tiket.", "Give a ticket up."),
    "help.watch": ("Pantau sebuah tiket sampai dipanggil.", "Follow a ticket until it is called."),
    "help.open": ("Hanya poli yang sedang buka.", "Only the clinics that are open now."),
    "help.mrn": ("Nomor rekam medis. Wajib.", "Medical record number. Required."),
    "help.name": ("Nama lengkap pasien. Wajib.", "The patient's full name. Required."),
    "help.dob": (
        "Tanggal lahir, 31-01-1990 atau 1990-01-31. Wajib.",
        "Date of birth, 1990-01-31 or 31-01-1990. Required.",
    ),
    "help.request_id": (
        "Ulangi pendaftaran yang tidak terjawab, dengan nomor permintaannya; tidak akan terdaftar dua kali.",
        "Repeat a registration that got no answer, by its request id; it is never carried out twice.",
    ),
    "help.interval": ("Detik di antara dua pemeriksaan (3).", "Seconds between two looks (3)."),
    "help.json": ("Cetak JSON.", "Print JSON."),
    "help.lang": ("Bahasa: id atau en.", "Language: id or en."),
    "help.verbose": (
        "Tulis lama setiap jawaban ke standard error.",
        "Write how long each reply took to standard error.",
    ),
    "help.version": ("Cetak versi.", "Print the version."),
    "help.help": ("Tampilkan bantuan ini.", "Show this help."),
    "help.usage": ("Pemakaian", "Usage"),
    "help.options": ("Opsi", "Options"),
    "help.commands": ("Perintah", "Commands"),
    "help.example": ("Contoh: {command}", "Example: {command}"),
    # --- usage errors -----------------------------------------------------------------------------------
    "usage.missing": ("{name} belum diberikan.", "{name} is missing."),
    "usage.no_such_option": ("Tidak ada opsi {name}.", "There is no option {name}."),
    "usage.no_such_command": ("Tidak ada perintah {name}.", "There is no command {name}."),
    "usage.bad_value": ("Nilai untuk {name} tidak dapat dipakai.", "The value for {name} cannot be used."),
    "usage.needs_value": (
        "Nilai untuk {name} kurang, atau opsi itu tidak memakai nilai.",
        "The value for {name} is missing, or this option takes none.",
    ),
    "usage.unreadable": (
        "Perintah ini kelebihan atau kekurangan kata.",
        "This command has a word too many or too few.",
    ),
    "usage.encoding": ("Tulis perintah dalam UTF-8.", "Write the command in UTF-8."),
    "usage.date_of_birth": (
        "Tulis tanggal lahir yang benar sebagai 31-01-1990 atau 1990-01-31.",
        "Write a real date of birth as 1990-01-31 or 31-01-1990.",
    ),
    "usage.help_hint": ("Bantuan: {command} --help", "Help: {command} --help"),
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
    "moment.estimate": (
        "sekitar pukul {at} {zone}, antara {earliest} dan {latest}",
        "around {at} {zone}, between {earliest} and {latest}",
    ),
    "moment.under_a_minute": ("< 1 menit", "< 1 min"),
    "moment.minutes": ("{minutes} menit", "{minutes} min"),
    "moment.hours": ("{hours} jam {minutes} mnt", "{hours} h {minutes} min"),
    # --- tickets ----------------------------------------------------------------------------------------
    "status.waiting": ("menunggu", "waiting"),
    "status.called": ("dipanggil", "called"),
    "status.in_service": ("sedang dilayani", "being served"),
    "status.served": ("selesai dilayani", "served"),
    "status.cancelled": ("dibatalkan", "cancelled"),
    "status.no_show": ("tidak hadir saat dipanggil", "not there when called"),
    "status.transferred": ("dipindahkan ke poli lain", "transferred to another clinic"),
    "status.expired": ("kedaluwarsa", "expired"),
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
    "ticket.keep_code": (
        "Simpan kode tiket ini. Pantau dengan: {command}",
        "Keep this ticket code. Follow it with: {command}",
    ),
    "ticket.none": (
        "Belum ada tiket yang Anda ambil dari sini. Ambil nomor dengan: antrean register",
        "You took no ticket from here yet. Take a number with: antrean register",
    ),
    "ticket.unknown": (
        "Tidak dikenal lagi oleh sistem: {tickets}.",
        "Not known to the system any more: {tickets}.",
    ),
    # --- tables -----------------------------------------------------------------------------------------
    "table.code": ("Kode", "Code"),
    "table.hospital": ("Rumah sakit", "Hospital"),
    "table.hospital_code": ("RS", "Hospital"),
    "table.city": ("Kota", "City"),
    "table.open_clinics": ("Poli buka", "Open clinics"),
    "table.clinic": ("Poli", "Clinic"),
    "table.hours": ("Buka", "Open"),
    "table.waiting": ("Menunggu", "Waiting"),
    "table.wait": ("Tunggu", "Wait"),
    "table.quota_left": ("Sisa", "Left"),
    "table.now_serving": ("Dilayani", "Serving"),
    "table.number": ("Nomor", "Number"),
    "table.date": ("Tanggal", "Date"),
    "table.people_ahead": ("Di depan", "Ahead"),
    "table.call": ("Dipanggil", "Call"),
    "table.open_until": ("{opens}–{closes}", "{opens}–{closes}"),
    "table.open": ("buka", "open"),
    "table.closed": ("tutup", "closed"),
    "table.closed_until": ("tutup, buka {moment}", "closed, opens {moment}"),
    "table.no_clinic": ("Tidak ada poli untuk ditampilkan.", "There is no clinic to show."),
    "table.no_hospital": ("Belum ada rumah sakit dalam sistem.", "There is no hospital in the system yet."),
    # --- watching ---------------------------------------------------------------------------------------
    "watch.ahead": ("di depan {people}", "{people} ahead"),
    "watch.next": ("berikutnya giliran Anda", "you are next"),
    "watch.now_serving": ("sedang dilayani {number}", "now serving {number}"),
    "watch.called": (
        "Nomor {number} dipanggil. Silakan menuju poli {clinic}.",
        "Number {number} is called. Please go to clinic {clinic}.",
    ),
    "watch.in_service": ("Nomor {number} sedang dilayani.", "Number {number} is being served."),
    "watch.served": ("Nomor {number} sudah selesai dilayani.", "Number {number} has been served."),
    "watch.cancelled": ("Tiket {number} dibatalkan.", "Ticket {number} was cancelled."),
    "watch.no_show": (
        "Nomor {number} sudah dipanggil dan Anda tidak hadir; hubungi petugas poli {clinic}.",
        "Number {number} was called and you were not there; speak to the staff of clinic {clinic}.",
    ),
    "watch.transferred": (
        "Tiket ini dipindahkan ke poli lain; pantau tiket barunya.",
        "This ticket was transferred to another clinic; follow the new one.",
    ),
    "watch.expired": (
        "Tiket {number} kedaluwarsa: hari pelayanannya sudah berakhir.",
        "Ticket {number} expired: its service day is over.",
    ),
    "watch.ended": ("Tiket {number}: {status}.", "Ticket {number}: {status}."),
    "watch.lost": (
        "Sambungan terputus; mencoba lagi. Nomor Anda tetap aman.",
        "The connection is lost; trying again. Your number is safe.",
    ),
    "watch.back": ("Tersambung kembali.", "Connected again."),
    "watch.stop_hint": (
        "Ctrl-C berhenti memantau; nomor Anda tetap berlaku",
        "Ctrl-C stops following; your number stays valid",
    ),
    # --- the menu ---------------------------------------------------------------------------------------
    "menu.title": ("ANTREAN RUMAH SAKIT", "HOSPITAL QUEUES"),
    "menu.register": ("Ambil nomor antrean", "Take a number"),
    "menu.look_up": ("Lihat status dengan kode tiket", "Look a ticket up by its code"),
    "menu.watch": ("Pantau tiket sampai dipanggil", "Follow a ticket until it is called"),
    "menu.cancel": ("Batalkan tiket", "Give a ticket up"),
    "menu.all": ("Lihat semua status antrian", "Show the status of all my tickets"),
    "menu.quit": ("Keluar", "Quit"),
    "menu.back": ("Kembali", "Back"),
    "menu.choice": ("Pilihan", "Choice"),
    "menu.bad_choice": ("Pilih salah satu nomor di atas.", "Choose one of the numbers above."),
    "menu.pick_hospital": ("Pilih rumah sakit", "Choose a hospital"),
    "menu.pick_clinic": ("Pilih poli di {hospital}", "Choose a clinic of {hospital}"),
    "menu.pick_ticket": ("Kode tiket (kosong: kembali)", "Ticket code (empty: back)"),
    "menu.mrn": ("Nomor rekam medis (kosong: kembali)", "Medical record number (empty: back)"),
    "menu.name": ("Nama lengkap (kosong: kembali)", "Full name (empty: back)"),
    "menu.dob": (
        "Tanggal lahir, misalnya 31-01-1990 (kosong: kembali)",
        "Date of birth, for example 1990-01-31 (empty: back)",
    ),
    "menu.bad_code": (
        "Kode tiket terdiri dari dua belas huruf dan angka, misalnya 7K3F-9QXM-2T5R.",
        "A ticket code has twelve letters and digits, such as 7K3F-9QXM-2T5R.",
    ),
    "menu.sure": ("Batalkan tiket ini? [y/t]", "Give this ticket up? [y/n]"),
    "menu.again": ("Coba lagi permintaan yang sama? [y/t]", "Try the same request again? [y/n]"),
    "menu.yes": ("y ya", "y yes"),
    "menu.no": ("t tidak n", "n no"),
    "menu.yes_or_no": ("Jawab y (ya) atau t (tidak).", "Answer y (yes) or n (no)."),
    "menu.bye": ("Sampai jumpa. Semoga lekas sembuh.", "Goodbye. Get well soon."),
    # --- problems, by their codes -----------------------------------------------------------------------
    "problem.invalid_request": ("Permintaan ini belum benar.", "The request is not right yet."),
    "problem.unknown_request": (
        "Rumah sakit tidak mengenal permintaan ini; perbarui program antrean.",
        "The hospital does not know this request; update the program antrean.",
    ),
    "problem.message_too_large": ("Isian terlalu panjang.", "What you entered is too long."),
    "problem.hospital_not_found": (
        "Rumah sakit itu tidak ada; lihat kodenya dengan: antrean hospitals",
        "There is no such hospital; see the codes with: antrean hospitals",
    ),
    "problem.clinic_not_found": (
        "Poli itu tidak ada di rumah sakit ini; lihat kodenya dengan: antrean clinics",
        "There is no such clinic in this hospital; see the codes with: antrean clinics",
    ),
    "problem.clinic_closed": ("Poli ini sedang tutup.", "This clinic is closed now."),
    "problem.quota_reached": (
        "Kuota poli ini untuk hari ini sudah habis.",
        "This clinic's quota for today is used up.",
    ),
    "problem.already_registered": (
        "Anda sudah terdaftar di poli ini hari ini; inilah tiket Anda.",
        "You are already registered in this clinic today; this is your ticket.",
    ),
    "problem.medical_record_mismatch": (
        "Data ini tidak cocok dengan nomor rekam medis; periksa lagi atau tanyakan ke loket pendaftaran.",
        "This does not match the medical record number; check it, or ask at the registration desk.",
    ),
    "problem.request_id_reused": (
        "Nomor permintaan itu sudah dipakai untuk isian lain; daftar tanpa --request-id.",
        "That request id was used for other entries; register without --request-id.",
    ),
    "problem.request_expired": (
        "Permintaan ini terlalu lama di jalan dan tidak dijalankan; kirim lagi.",
        "The request was under way for too long and was not carried out; send it again.",
    ),
    "problem.ticket_not_found": (
        "Tidak ada tiket dengan kode itu; periksa kembali kodenya.",
        "There is no ticket with that code; check it.",
    ),
    "problem.these_tickets_not_found": (
        "Tidak ada tiket dengan kode {codes}; periksa kembali kodenya.",
        "There is no ticket with the code {codes}; check it.",
    ),
    "problem.not_cancellable": (
        "Tiket ini tidak dapat dibatalkan lagi; lihat statusnya dengan: antrean status",
        "This ticket cannot be given up any more; see its status with: antrean status",
    ),
    "problem.not_permitted_now": ("Ini tidak dapat dilakukan sekarang.", "This cannot be done now."),
    "problem.busy": (
        "Sistem sedang sangat sibuk; coba lagi sebentar lagi.",
        "The system is very busy; try again in a minute.",
    ),
    "problem.temporarily_unavailable": (
        "Sistem sedang tidak dapat menjawab; coba lagi sebentar lagi.",
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
    "rule.name": ("ada hurufnya, dan paling panjang 100 karakter", "has letters, and at most 100 characters"),
    "rule.date_of_birth": (
        "hari yang ada dalam kalender, dalam 130 tahun terakhir",
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
    "failure.settings": ("Pengaturan tidak dapat dipakai: {reason}", "A setting cannot be used: {reason}"),
    "failure.no_broker_known": (
        "Sistem antrean tidak ditemukan: jalankan `make up`, atau isi ANTREAN_AMQP_URL.",
        "No queue system was found: start one with `make up`, or set ANTREAN_AMQP_URL.",
    ),
    "failure.broker_unavailable": (
        "Sistem antrean tidak dapat dihubungi; coba lagi sebentar lagi.",
        "The queue system cannot be reached; try again in a minute.",
    ),
    "failure.no_reply": (
        "Tidak ada jawaban pada waktunya; coba lagi sebentar lagi.",
        "No answer came in time; try again in a minute.",
    ),
    "failure.unanswered": ("Tidak ada jawaban pada waktunya.", "No answer came in time."),
    "failure.interrupted": ("Dihentikan.", "Stopped."),
    "failure.register_unknown": (
        "Pendaftaran ini mungkin sudah diterima. Ulangi dengan aman (tidak akan terdaftar dua kali):",
        "The registration may have been taken. Repeat it safely (it is never carried out twice):",
    ),
    "failure.cancel_unknown": (
        "Tiket ini mungkin sudah dibatalkan. Lihat dengan:",
        "The ticket may have been cancelled. See it with:",
    ),
    "failure.unexpected": (
        "Terjadi kesalahan yang tidak terduga ({kind}); ulangi dengan --verbose untuk rinciannya.",
        "Something unexpected went wrong ({kind}); repeat with --verbose for the details.",
    ),
    "note.book_damaged": (
        "Catatan tiket rusak dan dipindahkan ke {path}; catatan baru dimulai.",
        "The record of your tickets was damaged and moved to {path}; a new one is begun.",
    ),
    "note.book_unreadable": (
        "Catatan tiket di {path} tidak dapat dibaca.",
        "The record of your tickets in {path} cannot be read.",
    ),
    "note.book_unusable": (
        "Tiket tidak dapat dicatat di {path}; tulis sendiri kodenya.",
        "The ticket could not be recorded in {path}; write its code down.",
    ),
}


class Texts:
    """The texts in one language: `texts("problem.busy")`, with values for the words in braces."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        text = TEXTS[key][self._column]
        return text.format(**values) if values else text

    def __contains__(self, key: object) -> bool:
        return key in TEXTS
