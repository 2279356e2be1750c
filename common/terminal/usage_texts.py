"""What every command line says about how it is used: help, placeholders for values, and usage errors."""

from collections.abc import Mapping
from typing import Final

USAGE_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    # --- help -------------------------------------------------------------------------------------------
    "help.json": ("Tampilkan sebagai JSON.", "Print JSON."),
    "help.lang": ("Bahasa: id atau en.", "Language: id or en."),
    "help.version": ("Tampilkan versi.", "Print the version."),
    "help.help": ("Tampilkan bantuan ini.", "Show this help."),
    "help.usage": ("Penggunaan", "Usage"),
    "help.options": ("Opsi", "Options"),
    "help.commands": ("Perintah", "Commands"),
    "help.example": ("Contoh: {command}", "Example: {command}"),
    "help.not_installed": ("tidak terpasang", "not installed"),
    # --- what stands for a value, by the name of its parameter ------------------------------------------
    "metavar.options": ("OPSI", "OPTIONS"),
    "metavar.command": ("PERINTAH [ARGUMEN]...", "COMMAND [ARGUMENTS]..."),
    "metavar.hospital": ("RUMAH_SAKIT", "HOSPITAL"),
    "metavar.clinic": ("POLI", "CLINIC"),
    # --- usage errors -----------------------------------------------------------------------------------
    "usage.missing": ("{name} belum diisi.", "{name} is missing."),
    "usage.no_such_option": ("Tidak ada opsi {name}.", "There is no option {name}."),
    "usage.no_such_command": ("Tidak ada perintah {name}.", "There is no command {name}."),
    "usage.bad_value": ("Nilai {name} tidak valid.", "The value for {name} cannot be used."),
    "usage.did_you_mean": ("Maksud Anda: {names}?", "Did you mean: {names}?"),
    "usage.choose": ("Pilih salah satu: {choices}.", "Choose one of: {choices}."),
    "usage.number_between": (
        "Tulis bilangan dari {lowest} sampai {highest}.",
        "Write a number from {lowest} to {highest}.",
    ),
    "usage.number_from": ("Tulis bilangan mulai dari {lowest}.", "Write a number from {lowest} on."),
    "usage.whole_number": ("Tulis bilangan bulat, misalnya 2.", "Write a whole number, such as 2."),
    "usage.uuid": (
        "Tulis ID permintaan persis seperti dalam pesan yang memberikannya.",
        "Write the request id just as the message gave it.",
    ),
    "usage.needs_value": (
        "Nilai {name} belum diisi, atau opsi ini tidak memakai nilai.",
        "The value for {name} is missing, or this option takes none.",
    ),
    "usage.not_both": (
        "{one} dan {other} tidak dapat dipakai bersama; pilih salah satu.",
        "{one} and {other} cannot be used together; choose one.",
    ),
    "usage.unreadable": (
        "Argumen perintah ini kurang atau berlebih.",
        "This command has a word too many or too few.",
    ),
    "usage.help_hint": ("Bantuan: {command}", "Help: {command}"),
    # --- settings that cannot be used -------------------------------------------------------------------
    "settings.url": ("{variable} tidak valid; tulis {example}", "{variable} cannot be used: write {example}"),
    "settings.choice": (
        "{variable} tidak valid; pilih salah satu: {choices}.",
        "{variable} cannot be used: choose one of {choices}.",
    ),
    "settings.number": (
        "{variable} tidak valid; tulis angka dari {lowest} sampai {highest}.",
        "{variable} cannot be used: write a number from {lowest} to {highest}.",
    ),
    "settings.moment": (
        "{variable} tidak valid; tulis waktu dengan selisih zonanya, misalnya 2026-11-23T08:00:00+07:00.",
        "{variable} cannot be used: write a moment with its offset, such as 2026-11-23T08:00:00+07:00.",
    ),
    "settings.clock": (
        "ANTREAN_CLOCK_STARTS_AT tidak valid; jam itu sudah melewati akhir kalender.",
        "ANTREAN_CLOCK_STARTS_AT cannot be used: this clock has left the calendar.",
    ),
    "settings.no_broker": (
        "Broker belum diketahui; jalankan `{start}`, atau isi ANTREAN_AMQP_URL.",
        "No broker is known: start one with `{start}`, or set ANTREAN_AMQP_URL.",
    ),
    "settings.no_database": (
        "Basis data belum diketahui; isi ANTREAN_DATABASE_URL, atau jalankan `{start}`.",
        "No database is known: set ANTREAN_DATABASE_URL, or start one by `{start}`.",
    ),
    "settings.env_file": (
        "Berkas .env tidak dapat dibaca; simpan sebagai teks UTF-8.",
        "The file .env cannot be read: it must be a text in UTF-8.",
    ),
    "settings.stack_file": (
        "{path} tidak dapat dibaca; hentikan sistem lokal lalu jalankan lagi.",
        "{path} cannot be read: stop the local stack and start it again.",
    ),
    "settings.passwords": (
        "Kata sandi pengguna broker belum diisi: {names}.",
        "Set the passwords of the broker's users: {names}.",
    ),
    # --- questions --------------------------------------------------------------------------------------
    "menu.yes": ("y ya", "y yes"),
    "menu.no": ("t tidak n", "n no"),
    "menu.yes_or_no": ("Jawab y (ya) atau t (tidak).", "Answer y (yes) or n (no)."),
}
