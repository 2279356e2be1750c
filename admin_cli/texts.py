"""Every sentence that an operator reads, in Indonesian and in English side by side."""

from typing import Final, Literal

Language = Literal["id", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- help -------------------------------------------------------------------------------------------
    "help.antrean_admin": (
        "Alat operator Antrean: basis data, katalog, broker.",
        "The operators' tool of Antrean: database, catalog, broker.",
    ),
    "help.migrate": (
        "Bawa basis data ke skema terbaru.",
        "Bring the database to the newest schema.",
    ),
    "help.catalog": ("Rumah sakit dan poli.", "Hospitals and clinics."),
    "help.catalog_apply": (
        "Terapkan berkas katalog TOML, seluruhnya atau tidak sama sekali, dan tampilkan perubahannya.",
        "Apply a catalog file in TOML, all of it or nothing, and show what changed.",
    ),
    "help.catalog_show": ("Tampilkan katalog yang berlaku.", "Show the catalog in force."),
    "help.if_empty": (
        "Jangan ubah apa pun bila katalog sudah ada.",
        "Change nothing where there is a catalog already.",
    ),
    "help.dry_run": ("Hanya tampilkan apa yang akan berubah.", "Only show what would change."),
    "help.retire_busy": (
        "Hentikan juga poli yang masih ada pasiennya: antreannya dihabiskan, tanpa pendaftar baru.",
        "Also retire clinics that still have patients: their queues drain, without new registrations.",
    ),
    "help.broker": ("Antrean, exchange, dan pengguna RabbitMQ.", "RabbitMQ's queues, exchanges and users."),
    "help.broker_declare": (
        "Deklarasikan exchange, antrean, dan binding di ANTREAN_AMQP_URL (pengguna deploy).",
        "Declare exchanges, queues and bindings at ANTREAN_AMQP_URL (user deploy).",
    ),
    "help.broker_definitions": (
        "Tulis berkas untuk load_definitions RabbitMQ, dengan pengguna dari ANTREAN_PASSWORD_PATIENT, ...",
        "Write a file for RabbitMQ's load_definitions, with users from ANTREAN_PASSWORD_PATIENT, ...",
    ),
    "help.output": ("Berkas yang ditulis. Wajib.", "The file to write. Required."),
    "help.mode": ("Izin berkas itu (0600).", "That file's permissions (0600)."),
    "help.json": ("Cetak JSON.", "Print JSON."),
    "help.lang": ("Bahasa: id atau en.", "Language: id or en."),
    "help.verbose": (
        "Bila program ini keliru: tampilkan di mana.",
        "Where this program is at fault, show where.",
    ),
    "help.help": ("Tampilkan bantuan ini.", "Show this help."),
    # --- done -------------------------------------------------------------------------------------------
    "migrate.created": (
        "Basis data disiapkan dengan skema {after}.",
        "The database was set up with schema {after}.",
    ),
    "migrate.unchanged": (
        "Basis data sudah memakai skema terbaru, {after}.",
        "The database already has the newest schema, {after}.",
    ),
    "migrate.changed": (
        "Skema basis data dibawa dari {before} ke {after}.",
        "The database's schema was brought from {before} to {after}.",
    ),
    "catalog.not_empty": (
        "Katalog sudah ada; tidak ada yang diubah.",
        "There is a catalog already; nothing was changed.",
    ),
    "catalog.empty": (
        "Katalog masih kosong. Isi dengan: antrean-admin catalog apply BERKAS",
        "The catalog is empty. Fill it with: antrean-admin catalog apply FILE",
    ),
    "catalog.clinic": (
        "ruang {rooms}, kuota {quota}, {mean} ± {spread} menit, mode {mode}; {hours}",
        "rooms {rooms}, quota {quota}, {mean} ± {spread} minutes, mode {mode}; {hours}",
    ),
    "changes.none": (
        "Tidak ada perubahan; poli yang tetap: {unchanged}.",
        "Nothing to change; clinics unchanged: {unchanged}.",
    ),
    "changes.counts": (
        "Poli ditambah {added}, diubah {changed}, aktif kembali {restored}, dihentikan {retired},"
        " tetap {unchanged}.",
        "Clinics added {added}, changed {changed}, restored {restored}, retired {retired},"
        " unchanged {unchanged}.",
    ),
    "changes.dry_run": ("Belum ada yang diterapkan (--dry-run).", "Nothing was applied (--dry-run)."),
    "changes.draining": (
        "Antrean yang dihabiskan tanpa pendaftar baru: {clinics}.",
        "Queues that drain without new registrations: {clinics}.",
    ),
    "changes.patients": ("pasien: {count}", "patients: {count}"),
    "changes.restored": ("aktif kembali", "restored"),
    "changes.retired": ("dihentikan", "retired"),
    "field.name": ("nama", "name"),
    "field.city": ("kota", "city"),
    "field.time_zone": ("zona waktu", "time zone"),
    "field.opening_hours": ("jam buka", "hours"),
    "field.rooms": ("ruang", "rooms"),
    "field.daily_quota": ("kuota harian", "daily quota"),
    "field.mean_service_seconds": ("rata-rata layanan (menit)", "mean service (minutes)"),
    "field.service_spread_seconds": ("simpangan layanan (menit)", "service spread (minutes)"),
    "field.mode": ("mode", "mode"),
    "weekdays": ("Sen Sel Rab Kam Jum Sab Min", "Mon Tue Wed Thu Fri Sat Sun"),
    "never_open": ("tidak pernah buka", "never open"),
    "broker.declared": (
        "Exchange, antrean, dan binding sudah dideklarasikan.",
        "Exchanges, queues and bindings are declared.",
    ),
    "broker.definitions_written": ("{path} ditulis.", "{path} was written."),
    # --- failures ---------------------------------------------------------------------------------------
    "failure.settings": ("Pengaturan tidak dapat dipakai: {reason}", "{reason}"),
    "failure.schema": ("Skema basis data tidak cocok: {reason}", "{reason}"),
    "failure.database": ("Basis data tidak dapat dipakai: {reason}", "{reason}"),
    "failure.broker": ("RabbitMQ tidak dapat dipakai: {reason}", "{reason}"),
    "failure.catalog": (
        "Berkas katalog ditolak, tidak ada yang diubah.",
        "The catalog file was refused, nothing was changed.",
    ),
    "failure.busy_clinics": (
        "Ditolak, tidak ada yang diubah: berkas tidak lagi memuat poli yang masih ada pasiennya. Tunggu"
        " sampai selesai, atau pakai --retire-busy agar antreannya dihabiskan tanpa pendaftar baru.",
        "Refused, nothing was changed: the file leaves out clinics that still have patients. Wait until they"
        " are done, or use --retire-busy to let their queues drain without new registrations.",
    ),
    "failure.unexpected": (
        "Kesalahan yang tidak terduga ({kind}). Ulangi dengan --verbose untuk melihat di mana.",
        "Unexpected error ({kind}). Repeat with --verbose to see where.",
    ),
    "failure.help_hint": ("Bantuan: {command} --help", "Help: {command} --help"),
}


class Texts:
    """The texts in one language."""

    def __init__(self, language: Language) -> None:
        self._column = LANGUAGES.index(language)

    def __call__(self, name: str, **values: object) -> str:
        return _TEXTS[name][self._column].format(**values)
