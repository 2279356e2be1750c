"""What the doctor says, in Indonesian and in English side by side; `.do` is what to do."""

from typing import Final

from admin_cli.doctor.broker_texts import BROKER_TEXTS

DOCTOR_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "help.doctor": (
        "Periksa broker, proses worker, basis data, dan jam; setiap temuan menyebut apa yang perlu dilakukan."
        " Selesai dengan 1 bila ada yang gagal.",
        "Check broker, workers, database and clocks; each finding says what to do. Ends with 1 where any"
        " check failed.",
    ),
    "doctor.status.ok": ("baik", "ok"),
    "doctor.status.warning": ("perhatian", "warning"),
    "doctor.status.failed": ("gagal", "failed"),
    "doctor.well": (
        "Antrean bekerja: {ok} baik, {warning} perlu perhatian, tidak ada yang gagal.",
        "Antrean works: {ok} ok, {warning} to look at, none failed.",
    ),
    "doctor.ill": (
        "{failed} gagal, {warning} perlu perhatian, {ok} baik.",
        "{failed} failed, {warning} to look at, {ok} ok.",
    ),
    "doctor.settings": ("Tidak dapat diperiksa: {reason}", "Cannot be checked: {reason}"),
    "doctor.settings.do": ("Perbaiki pengaturan itu.", "Correct that setting."),
    **BROKER_TEXTS,
    # --- workers ----------------------------------------------------------------------------------------
    "doctor.workers.unknown": (
        "Belum diperiksa: broker tidak terjangkau.",
        "Not checked: the broker cannot be reached.",
    ),
    "doctor.workers.unknown.do": ("Perbaiki broker lebih dahulu.", "Mend the broker first."),
    "doctor.workers.blocked": (
        "Jawaban proses worker belum diperiksa: broker tidak menerima pesan.",
        "The workers' answers were not checked: the broker takes no messages.",
    ),
    "doctor.workers.blocked.do": ("Perbaiki broker lebih dahulu.", "Mend the broker first."),
    "doctor.workers.none": (
        "Tidak ada antrean-{worker} yang mengambil dari {queue}.",
        "No antrean-{worker} consumes {queue}.",
    ),
    "doctor.workers.none.do": (
        "Jalankan antrean-{worker}, paling sedikit dua; bila berakhir sendiri, lognya menyebut sebabnya.",
        "Start antrean-{worker}, at least two; where it ends by itself, its log says why.",
    ),
    "doctor.workers.no_spare": (
        "Hanya satu antrean-{worker} yang bekerja.",
        "Only one antrean-{worker} is at work.",
    ),
    "doctor.workers.no_spare.do": (
        "Jalankan satu lagi, agar ada gantinya.",
        "Start one more, so that there is a spare.",
    ),
    "doctor.workers.consuming": (
        "antrean-{worker} yang bekerja: {count}.",
        "antrean-{worker} at work: {count}.",
    ),
    "doctor.workers.answers": (
        "antrean-{worker} menjawab {count} jenis permintaan, paling lama dalam {milliseconds} ms.",
        "antrean-{worker} answers {count} kinds of requests, the slowest in {milliseconds} ms.",
    ),
    "doctor.workers.silent": (
        "antrean-{worker} tidak menjawab {request} dalam {seconds:g} detik.",
        "antrean-{worker} did not answer {request} within {seconds:g} seconds.",
    ),
    "doctor.workers.silent.do": (
        "Lihat log antrean-{worker}: `store unavailable` berarti basis data, `link lost` berarti broker;"
        " mulai ulang yang diam.",
        "Look at the logs of antrean-{worker}: `store unavailable` means the database, `link lost`"
        " the broker; restart one that is silent.",
    ),
    "doctor.workers.not_taken": (
        "{request} tidak sampai ke antrean-{worker}: {reason}",
        "{request} does not reach antrean-{worker}: {reason}",
    ),
    "doctor.workers.not_taken.do": (
        "Deklarasikan dengan pengguna deploy (antrean-admin broker declare), dan periksa izin peminta.",
        "Declare as the user deploy (antrean-admin broker declare), and check the permissions of those who"
        " ask.",
    ),
    "doctor.workers.unwell": (
        "antrean-{worker} menjawab {request} dengan {code}.",
        "antrean-{worker} answers {request} with {code}.",
    ),
    "doctor.workers.unwell.do": (
        "Lihat log antrean-{worker}.",
        "Look at the logs of antrean-{worker}.",
    ),
    # --- database ---------------------------------------------------------------------------------------
    "doctor.database.answers": (
        "{product} menjawab dalam {milliseconds} ms.",
        "{product} answers in {milliseconds} ms.",
    ),
    "doctor.database.unavailable": ("Basis data tidak dapat dipakai: {reason}", "{reason}"),
    "doctor.database.unavailable.do": (
        "Nyalakan basis data, lihat lognya, dan periksa ANTREAN_DATABASE_URL. Proses worker menunggunya"
        " dengan sendirinya.",
        "Start the database, look at its log, and check ANTREAN_DATABASE_URL. The workers wait for it by"
        " themselves.",
    ),
    "doctor.database.no_file": ("Berkas basis data {file} tidak ada.", "There is no database file {file}."),
    "doctor.database.no_file.do": (
        "Periksa ANTREAN_DATABASE_URL; basis data baru dibuat oleh: antrean-admin migrate",
        "Check ANTREAN_DATABASE_URL; a new database is made by: antrean-admin migrate",
    ),
    "doctor.database.standby": (
        "PostgreSQL ini hanya salinan (standby) dan tidak menerima perubahan.",
        "This PostgreSQL is a standby and takes no changes.",
    ),
    "doctor.database.standby.do": (
        "Arahkan ANTREAN_DATABASE_URL ke server utama, atau jadikan server ini utama (pg_promote()).",
        "Point ANTREAN_DATABASE_URL at the primary, or promote this server (pg_promote()).",
    ),
    "doctor.database.writable": ("Basis data menerima perubahan.", "The database takes changes."),
    "doctor.durability.right": (
        "Yang sudah disimpan tetap ada bila listrik padam.",
        "What was committed survives a power failure.",
    ),
    "doctor.durability.risky": (
        "Yang sudah disimpan dapat hilang bila listrik padam: {settings}.",
        "What was committed can be lost in a power failure: {settings}.",
    ),
    "doctor.durability.risky.do": (
        "Kembalikan pengaturan itu ke nilai bawaan basis data.",
        "Set these back to the database's defaults.",
    ),
    "doctor.disk.right": (
        "Sisa ruang disk di {folder}: {free} GiB.",
        "Free disk space in {folder}: {free} GiB.",
    ),
    "doctor.disk.full": (
        "Disk hampir penuh: tersisa {free} GiB di {folder}.",
        "The disk is nearly full: {free} GiB are left in {folder}.",
    ),
    "doctor.disk.full.do": (
        "Kosongkan disk itu: tanpa ruang tidak ada pendaftaran.",
        "Make room on that disk: without any, nobody can register.",
    ),
    "doctor.privacy.right": (
        "Berkas basis data hanya dapat dibaca pemiliknya.",
        "Only its owner can read the database file.",
    ),
    "doctor.privacy.exposed": (
        "Data pasien dapat dibaca pengguna lain di komputer ini: {files}",
        "Other users of this machine can read patients' data: {files}",
    ),
    "doctor.privacy.exposed.do": (
        "Sebagai pemilik berkas itu: chmod 600 {files}",
        "As the owner of these files: chmod 600 {files}",
    ),
    "doctor.schema.right": ("Skemanya {revision}, yang terbaru.", "Its schema is {revision}, the newest."),
    "doctor.schema.wrong": ("Skema basis data tidak cocok: {reason}", "{reason}"),
    "doctor.schema.wrong.do": (
        "Hentikan semua proses worker, buat salinan cadangan, lalu: antrean-admin migrate",
        "Stop the workers, make a backup, then: antrean-admin migrate",
    ),
    "doctor.catalog.there": ("Poli dalam katalog: {clinics}.", "Clinics in the catalog: {clinics}."),
    "doctor.catalog.empty": ("Katalog masih kosong.", "The catalog is empty."),
    "doctor.catalog.empty.do": (
        "Isi dengan: antrean-admin catalog apply BERKAS",
        "Fill it with: antrean-admin catalog apply FILE",
    ),
    "doctor.lag.none": ("Ticker tidak terlambat.", "The tickers are not late."),
    "doctor.lag.behind": (
        "Poli yang menunggu ticker: {queues}, paling lama {minutes} menit.",
        "Clinics that wait for a ticker: {queues}, the longest for {minutes} minutes.",
    ),
    "doctor.lag.behind.do": (
        "Jalankan atau tambah antrean-ticker dan lihat lognya; bila ticker bekerja, periksa broker.bindings.",
        "Start antrean-ticker, or more of them, and look at their logs; where they work, see"
        " broker.bindings.",
    ),
    # --- clocks -----------------------------------------------------------------------------------------
    "doctor.clocks.right": (
        "Jam server ({server}) sama dengan jam komputer ini.",
        "The server's clock ({server}) agrees with this machine's.",
    ),
    "doctor.clocks.apart": (
        "Jam server ({server}) berbeda {seconds} detik dari jam komputer ini.",
        "The server's clock ({server}) and this machine's are {seconds} seconds apart.",
    ),
    "doctor.clocks.apart.do": (
        "Nyalakan NTP di kedua komputer: pendaftaran yang tampak lebih lama dari 15 menit ditolak, dan nomor"
        " hari baru mulai pada akhir hari pelayanan.",
        "Run NTP on both machines: a registration that seems older than 15 minutes is refused, and a new"
        " day's numbers begin at the end of the service day.",
    ),
    "doctor.clocks.simulated": (
        "Jam simulasi sedang dipakai: {now}.",
        "A simulated clock is in use: {now}.",
    ),
    "doctor.clocks.simulated.do": (
        "Hapus ANTREAN_CLOCK_STARTS_AT, ANTREAN_CLOCK_STARTED_AT, dan ANTREAN_CLOCK_SPEED bila ini rumah"
        " sakit yang sebenarnya.",
        "Remove ANTREAN_CLOCK_STARTS_AT, ANTREAN_CLOCK_STARTED_AT and ANTREAN_CLOCK_SPEED where this is a"
        " real hospital.",
    ),
}
