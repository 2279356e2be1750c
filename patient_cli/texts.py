"""What `antrean` says to a patient beyond what every command line says."""

from typing import Final

from common.terminal.texts import SHARED_TEXTS, TextTable

TEXTS: Final[TextTable] = {
    **SHARED_TEXTS,
    # --- help -------------------------------------------------------------------------------------------
    "help.antrean": (
        "Antrean rumah sakit: ambil nomor, pantau sampai dipanggil. Tanpa perintah (di terminal): menu.",
        "Hospital queues: take a number, follow it until called. Without a command, on a terminal: a menu.",
    ),
    "help.hospitals": ("Daftar rumah sakit.", "List the hospitals."),
    "help.clinics": ("Daftar poli sebuah rumah sakit.", "List the clinics of a hospital."),
    "help.register": ("Ambil nomor antrean untuk hari ini.", "Take a number for today."),
    "help.status": ("Lihat tiket menurut kodenya.", "Show tickets by their codes."),
    "help.tickets": (
        "Lihat semua tiket yang pernah Anda ambil, dengan statusnya sekarang.",
        "Show every ticket you took, with its status now.",
    ),
    "help.cancel": ("Batalkan sebuah tiket.", "Give a ticket up."),
    "help.watch": ("Pantau sebuah tiket sampai dipanggil.", "Follow a ticket until it is called."),
    "help.open": ("Hanya poli yang sedang buka.", "Only the clinics that are open now."),
    "help.interval": ("Jeda antarpemeriksaan dalam detik (3).", "Seconds between two looks (3)."),
    # --- what stands for a value, by the name of its parameter ------------------------------------------
    "metavar.code": ("KODE", "CODE"),
    "metavar.codes": ("KODE", "CODE"),
    "metavar.interval": ("DETIK", "SECONDS"),
    # --- hints ------------------------------------------------------------------------------------------
    "hint.codes": ("Lihat daftar kodenya dengan: {command}", "See the codes with: {command}"),
    "hint.status": ("Lihat statusnya dengan: {command}", "See its status with: {command}"),
    # --- tickets ----------------------------------------------------------------------------------------
    "ticket.keep_code": (
        "Simpan kode tiket ini. Pantau dengan: {command}",
        "Keep this ticket code. Follow it with: {command}",
    ),
    "ticket.follow_new": ("Pantau tiket baru dengan: {command}", "Follow the new ticket with: {command}"),
    "ticket.none": (
        "Belum ada tiket yang Anda ambil dari sini. Ambil nomor dengan: {command}",
        "You took no ticket from here yet. Take a number with: {command}",
    ),
    "ticket.unknown": (
        "Sudah tidak ada di sistem: {tickets}.",
        "Not known to the system any more: {tickets}.",
    ),
    # --- tables -----------------------------------------------------------------------------------------
    "table.hospital_code": ("RS", "Hospital"),
    "table.city": ("Kota", "City"),
    "table.open_clinics": ("Poli buka", "Open clinics"),
    "table.hours": ("Buka", "Open"),
    "table.wait": ("Tunggu", "Wait"),
    "table.quota_left": ("Sisa kuota", "Left"),
    "table.now_serving": ("Dilayani", "Serving"),
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
    "watch.ahead": ("{people} di depan Anda", "{people} ahead"),
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
        "Nomor {number} sudah dipanggil, tetapi Anda tidak hadir; hubungi petugas poli {clinic}.",
        "Number {number} was called and you were not there; speak to the staff of clinic {clinic}.",
    ),
    "watch.transferred": (
        "Tiket {number} dipindahkan; pantau tiket barunya dengan:\n  {command}",
        "Ticket {number} was transferred; follow the new one with:\n  {command}",
    ),
    "watch.moved": (
        "Tiket {number} dipindahkan. Nomor baru: {new_number} di poli {clinic}, {date}; kode tiket {code}.",
        "Ticket {number} was transferred. New number: {new_number} in clinic {clinic}, {date}; code {code}.",
    ),
    "watch.expired": (
        "Tiket {number} kedaluwarsa: hari pelayanannya sudah berakhir.",
        "Ticket {number} expired: its service day is over.",
    ),
    "watch.ended": ("Tiket {number}: {status}.", "Ticket {number}: {status}."),
    "watch.lost": (
        "Koneksi terputus; mencoba lagi. Nomor Anda tetap aman.",
        "The connection is lost; trying again. Your number is safe.",
    ),
    "watch.back": ("Sudah tersambung kembali.", "Connected again."),
    "watch.stop_hint": (
        "Ctrl-C untuk berhenti memantau; nomor Anda tetap berlaku",
        "Ctrl-C stops following; your number stays valid",
    ),
    # --- the menu ---------------------------------------------------------------------------------------
    "menu.title": ("ANTREAN RUMAH SAKIT", "HOSPITAL QUEUES"),
    "menu.register": ("Ambil nomor antrean", "Take a number"),
    "menu.look_up": ("Lihat status dengan kode tiket", "Look a ticket up by its code"),
    "menu.watch": ("Pantau tiket sampai dipanggil", "Follow a ticket until it is called"),
    "menu.cancel": ("Batalkan tiket", "Give a ticket up"),
    "menu.all": ("Lihat status semua antrean saya", "Show the status of all my tickets"),
    "menu.quit": ("Keluar", "Quit"),
    "menu.pick_hospital": ("Pilih rumah sakit", "Choose a hospital"),
    "menu.pick_clinic": ("Pilih poli di {hospital}", "Choose a clinic of {hospital}"),
    "menu.pick_ticket": ("Kode tiket (kosongkan untuk kembali)", "Ticket code (empty: back)"),
    "menu.bad_code": (
        "Kode tiket terdiri dari dua belas huruf dan angka, misalnya 7K3F-9QXM-2T5R.",
        "A ticket code has twelve letters and digits, such as 7K3F-9QXM-2T5R.",
    ),
    "menu.sure": ("Batalkan tiket ini? [y/t]", "Give this ticket up? [y/n]"),
    "menu.bye": ("Sampai jumpa. Semoga lekas sembuh.", "Goodbye. Get well soon."),
    # --- failures on this side --------------------------------------------------------------------------
    "failure.register_unknown": (
        "Pendaftaran ini mungkin sudah diterima. Ulangi dengan aman (tidak akan terdaftar dua kali):",
        "The registration may have been taken. Repeat it safely (it is never carried out twice):",
    ),
    "failure.cancel_unknown": (
        "Tiket ini mungkin sudah dibatalkan. Lihat dengan:",
        "The ticket may have been cancelled. See it with:",
    ),
    "note.book_damaged": (
        "Catatan tiket rusak dan dipindahkan ke {path}; catatan baru dibuat.",
        "The record of your tickets was damaged and moved to {path}; a new one is begun.",
    ),
    "note.book_unreadable": (
        "Catatan tiket di {path} tidak dapat dibaca.",
        "The record of your tickets in {path} cannot be read.",
    ),
    "note.book_unusable": (
        "Tiket tidak dapat dicatat di {path}; catat sendiri kodenya.",
        "The ticket could not be recorded in {path}; write its code down.",
    ),
}
