"""Every sentence that an operator reads, in Indonesian and in English side by side."""

from typing import Final

from admin_cli.doctor.texts import DOCTOR_TEXTS
from admin_cli.integrity_texts import INTEGRITY_TEXTS
from common.terminal.texts import Texts

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- help -------------------------------------------------------------------------------------------
    "help.antrean_admin": (
        "Alat operator Antrean: basis data, katalog, broker.",
        "The operators' tool of Antrean: database, catalog, broker.",
    ),
    "help.migrate": (
        "Perbarui basis data ke skema terbaru.",
        "Bring the database to the newest schema.",
    ),
    "help.catalog": ("Rumah sakit dan poli.", "Hospitals and clinics."),
    "help.catalog_apply": (
        "Terapkan berkas katalog TOML, seluruhnya atau tidak sama sekali, dan tampilkan perubahannya.",
        "Apply a catalog file in TOML, all of it or nothing, and show what changed.",
    ),
    "help.catalog_show": ("Tampilkan katalog yang berlaku.", "Show the catalog in force."),
    "help.if_empty": (
        "Jangan ubah apa pun bila katalog sudah terisi.",
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
    "help.mode": ("Izin akses berkas itu (0600).", "That file's permissions (0600)."),
    "help.dead_letters": (
        "Pesan gagal (dead letter): tidak dapat diproses (antrean.dead). Disebut menurut ID dari `list`.",
        "Messages that could not be processed (antrean.dead). Named by their id from `list`.",
    ),
    "help.dead_letters_list": (
        "Tampilkan pesan gagal, tanpa data pasien. Semuanya tetap di tempatnya.",
        "List the dead letters, without patients' data. All stay where they are.",
    ),
    "help.dead_letters_show": (
        "Tampilkan satu pesan gagal, tanpa data pasien kecuali dengan --reveal.",
        "Show one dead letter, without the patient's data unless asked with --reveal.",
    ),
    "help.dead_letters_retry": (
        "Kirim ulang permintaan, lalu hapus dari pesan gagal. ID dan waktu kirimnya tetap: yang sudah"
        " dikerjakan tidak dikerjakan dua kali, dan pendaftaran yang lebih lama dari 15 menit tidak mendapat"
        " nomor lagi. Jawabannya tidak dikirim kepada siapa pun.",
        "Send requests again, then remove them from the dead letters. They keep their id and the time when"
        " they were sent: what was done is not done twice, and a registration older than 15 minutes gets no"
        " number any more. Nobody is sent the answer.",
    ),
    "help.dead_letters_drop": (
        "Hapus pesan gagal untuk selamanya.",
        "Remove dead letters for ever.",
    ),
    "help.letters_limit": (
        "Jumlah pesan yang dibaca paling banyak (1000).",
        "Read so many letters at most (1000).",
    ),
    "help.letters_all": ("Semua pesan gagal.", "All dead letters."),
    "help.reveal": (
        "Tampilkan juga isi dan semua properti, DENGAN DATA PASIEN.",
        "Also show body and all properties, WITH THE PATIENT'S DATA.",
    ),
    "help.yes": ("Langsung hapus tanpa bertanya.", "Do not ask first."),
    "help.republish": (
        "Terbitkan ulang kejadian dari jurnal, persis seperti semula (ID yang sama), ke antrean.events."
        " WAKTU: ISO 8601 dengan selisih zona (2026-11-23T08:00:00+07:00), atau berapa lama lalu: 90s, 30m,"
        " 2h, 1d.",
        "Publish events of the journal again, exactly as they were (same ids), to antrean.events. TIME: ISO"
        " 8601 with an offset (2026-11-23T08:00:00+07:00), or how long ago: 90s, 30m, 2h, 1d.",
    ),
    "help.since": (
        "Kejadian yang dicatat pada saat ini atau sesudahnya. Wajib.",
        "Events that were recorded at this time or later. Required.",
    ),
    "help.until": ("... dan sebelum saat ini.", "... and before this time."),
    "help.republish_clinic": (
        "Hanya poli ini, misalnya RSHS/GIG; boleh diulang.",
        "Only this clinic, such as RSHS/GIG; may be repeated.",
    ),
    "help.republish_dry_run": ("Hanya hitung.", "Only count."),
    "help.check_integrity": (
        "Periksa seluruh basis data tanpa mengubahnya: nomor, tiket, penghitung, dan jurnal harus cocok.",
        "Check the whole database, changing nothing: numbers, tickets, counters and journal have to agree.",
    ),
    "help.verbose": (
        "Bila terjadi kesalahan program: tampilkan letaknya.",
        "Where this program is at fault, show where.",
    ),
    # --- what stands for a value, by the name of its parameter ------------------------------------------
    "metavar.clinics": ("RS/POLI", "HOSPITAL/CLINIC"),
    "metavar.file": ("BERKAS", "FILE"),
    "metavar.ids": ("ID", "ID"),
    "metavar.letter_id": ("ID", "ID"),
    "metavar.limit": ("JUMLAH", "COUNT"),
    "metavar.mode": ("IZIN", "MODE"),
    "metavar.output": ("BERKAS", "FILE"),
    "metavar.since": ("WAKTU", "TIME"),
    "metavar.until": ("WAKTU", "TIME"),
    # --- usage errors -----------------------------------------------------------------------------------
    "usage.no_file": ("Berkas {path} tidak ditemukan.", "There is no file {path}."),
    "usage.not_writable": (
        "{path} tidak dapat ditulis; periksa folder dan izin aksesnya.",
        "{path} cannot be written: check its folder and their permissions.",
    ),
    "usage.file_mode": ("Tulis izin akses berkas seperti 0640.", "Write the file's permissions as 0640."),
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
        "Skema basis data diperbarui dari {before} ke {after}.",
        "The database's schema was brought from {before} to {after}.",
    ),
    "catalog.not_empty": (
        "Katalog sudah terisi; tidak ada yang diubah.",
        "There is a catalog already; nothing was changed.",
    ),
    "catalog.empty": (
        "Katalog masih kosong. Isi dengan: antrean-admin catalog apply BERKAS",
        "The catalog is empty. Fill it with: antrean-admin catalog apply FILE",
    ),
    "catalog.clinic": (
        "ruang {rooms}, kuota {quota}, {mean:g} ± {spread:g} menit, mode {mode}; {hours}",
        "rooms {rooms}, quota {quota}, {mean:g} ± {spread:g} minutes, mode {mode}; {hours}",
    ),
    "catalog.day_ends": ("; hari pelayanan berakhir {time}", "; service day ends at {time}"),
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
    "field.day_ends_at": ("hari pelayanan berakhir", "service day ends at"),
    "field.rooms": ("ruang", "rooms"),
    "field.daily_quota": ("kuota harian", "daily quota"),
    "field.mean_service_seconds": ("rata-rata layanan (menit)", "mean service (minutes)"),
    "field.service_spread_seconds": ("simpangan layanan (menit)", "service spread (minutes)"),
    "field.mode": ("mode", "mode"),
    "field.priority_age": ("usia prioritas", "priority age"),
    "field.priority_ratio": ("pasien prioritas per pasien reguler", "priority patients per regular one"),
    "weekdays": ("Sen Sel Rab Kam Jum Sab Min", "Mon Tue Wed Thu Fri Sat Sun"),
    "never_open": ("tidak pernah buka", "never open"),
    "broker.declared": (
        "Exchange, antrean, dan binding sudah dideklarasikan.",
        "Exchanges, queues and bindings are declared.",
    ),
    "broker.definitions_written": ("{path} ditulis.", "{path} was written."),
    "letter.id": ("ID", "id"),
    "letter.request": ("permintaan", "request"),
    "letter.request_id": ("ID permintaan", "request id"),
    "letter.sent": ("dikirim", "sent"),
    "letter.died": ("mati", "died"),
    "letter.queue": ("antrean", "queue"),
    "letter.reason": ("alasan", "reason"),
    "letter.content_type": ("jenis isi", "content type"),
    "letter.bytes": ("byte", "bytes"),
    "letter.retry": ("kirim ulang", "retry"),
    "letter.can_be_retried": ("dapat", "possible"),
    "reason.rejected": ("ditolak oleh proses worker", "rejected by a worker"),
    "reason.expired": ("kedaluwarsa dalam antrean", "expired in the queue"),
    "reason.maxlen": ("antrean penuh", "the queue was full"),
    "reason.delivery_limit": (
        "terlalu sering gagal (batas pengiriman)",
        "failed too often (delivery limit)",
    ),
    "obstacle.tick": (
        "ini kejadian, bukan permintaan; tick berikutnya menggantikannya, jadi hapus saja (drop)",
        "an event is no request, and the next tick does what this one would have done: drop it",
    ),
    "obstacle.look_up": (
        "peminta sudah tidak menunggu jawaban, jadi hapus saja (drop)",
        "whoever looked something up waits no more: drop it",
    ),
    "obstacle.unknown_request": (
        "antreannya tidak mengenal permintaan seperti ini, jadi hapus saja (drop)",
        "its queue knows no such request: drop it",
    ),
    "obstacle.no_request_id": (
        "tanpa ID permintaan yang sah tidak ada yang menerimanya, jadi hapus saja (drop)",
        "nobody takes it without a valid request id: drop it",
    ),
    "obstacle.age_unknown": (
        "tidak diketahui kapan dikirim, dan pendaftaran lama tidak boleh mendapat nomor hari ini, jadi hapus"
        " saja (drop)",
        "nobody knows when it was sent, and an old registration must not get today's number: drop it",
    ),
    "changes.minutes": ("{minutes:.4g}", "{minutes:.4g}"),
    "dead_letters.none": ("Tidak ada pesan gagal.", "There are no dead letters."),
    "dead_letters.more": (
        "Masih ada {count} pesan gagal lagi; --limit membaca lebih banyak.",
        "There are {count} more dead letters; --limit reads more.",
    ),
    "dead_letters.retried": ("Dikirim ulang: {count}.", "Sent again: {count}."),
    "dead_letters.dropped": ("Dihapus: {count}.", "Dropped: {count}."),
    "dead_letters.confirm": (
        "Hapus {count} pesan gagal untuk selamanya? [y/t]",
        "Drop {count} dead letters for ever? [y/n]",
    ),
    "dead_letters.none_dropped": ("Tidak ada yang dihapus.", "Nothing was dropped."),
    "dead_letters.yes_needed": (
        "Konfirmasi hanya dapat diminta di terminal: tambahkan --yes.",
        "A confirmation can be asked for on a terminal only: add --yes.",
    ),
    "dead_letters.which": (
        "Sebutkan ID pesan, atau semuanya dengan --all.",
        "Name letters by id, or all of them with --all.",
    ),
    "dead_letters.left": (
        "Tidak dikirim ulang ({ids}): {why}.",
        "Not sent again ({ids}): {why}.",
    ),
    "dead_letters.not_found": (
        "Tidak ditemukan di antara pesan gagal: {ids}; lihat antrean-admin dead-letters list.",
        "Not among the dead letters: {ids}; see antrean-admin dead-letters list.",
    ),
    "republish.progress": ("{count} kejadian, sampai {last}", "{count} events, up to {last}"),
    "republish.none": (
        "Tidak ada kejadian yang dicatat dalam waktu itu.",
        "No event was recorded in that time.",
    ),
    "republish.done": (
        "Diterbitkan ulang: {count} kejadian, dicatat {first} sampai {last}.",
        "Published again: {count} events, recorded from {first} to {last}.",
    ),
    "republish.counted": (
        "Akan diterbitkan ulang: {count} kejadian, dicatat {first} sampai {last} (--dry-run).",
        "Would be published again: {count} events, recorded from {first} to {last} (--dry-run).",
    ),
    "republish.empty_range": ("--until harus sesudah --since.", "--until has to be after --since."),
    "republish.no_moment": (
        "{option}: {text} bukan waktu yang valid; tulis seperti 2026-11-23T08:00:00+07:00, atau 2h untuk"
        " dua jam lalu.",
        "{option}: {text} is no time; write it as 2026-11-23T08:00:00+07:00, or 2h for two hours ago.",
    ),
    "republish.unknown_clinic": (
        "{clinic} tidak ada dalam katalog; tulis seperti RSHS/GIG.",
        "{clinic} is not in the catalog; write it as RSHS/GIG.",
    ),
    # --- failures ---------------------------------------------------------------------------------------
    "failure.unexpected_change": (
        "Terjadi kesalahan yang tidak terduga ({kind}); periksa dahulu hasilnya sebelum mengulang.",
        "Something unexpected went wrong ({kind}); check the result before you repeat it.",
    ),
    "failure.schema": ("Skema basis data tidak cocok: {reason}", "{reason}"),
    "failure.database": ("Basis data tidak dapat dipakai: {reason}", "{reason}"),
    "failure.broker": ("RabbitMQ tidak dapat dipakai: {reason}", "{reason}"),
    "failure.busy": ("Belum dapat dilakukan: {reason}", "{reason}"),
    "failure.go_on": (
        "Yang pasti sudah diterbitkan: {count}. Lanjutkan dengan: {command}",
        "Published for certain: {count}. Go on with: {command}",
    ),
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
    **INTEGRITY_TEXTS,
    **DOCTOR_TEXTS,
}


class TableTexts(Texts):
    """Until everything here is in the catalogs: what is still a key of TEXTS."""

    def __call__(self, message: str, **values: object) -> str:
        if message in TEXTS:
            return self._filled_in(TEXTS[message][self.language == "en"], values)
        return super().__call__(message, **values)
