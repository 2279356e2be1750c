"""What `antrean-desk` says to staff beyond, or other than, what every command line says."""

from typing import Final

from common.terminal.texts import SHARED_TEXTS, TextTable

TEXTS: Final[TextTable] = {
    **SHARED_TEXTS,
    # --- help -------------------------------------------------------------------------------------------
    "help.antrean_desk": (
        "Meja poli: jalankan antrean. Tanpa perintah, di terminal: layar petugas.",
        "The clinic's desk: run the queue. Without a command, on a terminal: the live console.",
    ),
    "help.console": (
        "Layar petugas: antrean yang terus diperbarui, satu tombol untuk setiap tindakan.",
        "The live console: the queue as it moves, one key for each action.",
    ),
    "help.queue": (
        "Lihat siapa yang di ruang, menunggu, dan tidak hadir.",
        "Show who is in the rooms, waits, or did not come.",
    ),
    "help.next": (
        "Selesaikan pasien di ruang itu, lalu panggil berikutnya.",
        "Complete who is in the room, and call the next.",
    ),
    "help.recall": ("Panggil sekali lagi.", "Call once more."),
    "help.start": ("Pasien sudah datang; layanan mulai.", "The patient has come; service begins."),
    "help.complete": ("Layanan selesai.", "The service is over."),
    "help.no_show": ("Pasien yang dipanggil tidak hadir.", "The called patient did not come."),
    "help.reinstate": (
        "Yang tadi tidak hadir kini datang dan menunggu lagi.",
        "A no-show has come after all and waits again.",
    ),
    "help.priority": (
        "Beri atau cabut prioritas pasien yang menunggu.",
        "Give a waiting patient priority, or take it back.",
    ),
    "help.transfer": ("Pindahkan pasien ke poli lain.", "Send a patient to another clinic."),
    "help.desk_register": (
        "Daftarkan pasien di loket; data yang tidak ditulis akan ditanyakan.",
        "Register a patient at the counter; what is left out is asked for.",
    ),
    "help.open_clinic": ("Buka poli.", "Open the clinic."),
    "help.close_clinic": ("Tutup poli untuk pendaftaran.", "Close the clinic to registrations."),
    "help.rooms": ("Jumlah ruang yang melayani mulai sekarang.", "Rooms serving from now on."),
    "help.mode": (
        "Antrean digerakkan jam (clock) atau petugas (desk).",
        "Let the clock or the desk move the queue.",
    ),
    "help.report": (
        "Laporan satu hari, untuk satu atau semua poli.",
        "What one clinic, or all, did on a day.",
    ),
    "help.names": ("Tampilkan juga nama pasien.", "Show the patients' names, too."),
    "help.room": ("Ruang yang memanggil. Wajib.", "The room that calls. Required."),
    "help.console_room": ("Ruang layar ini (1).", "This console's room (1)."),
    "help.reason": (
        "Alasan: age lansia, disability disabilitas, pregnancy hamil, infant bayi; none mencabutnya.",
        "Why: age, disability, pregnancy, infant; none takes it back.",
    ),
    "help.register_priority": ("Alasan prioritas.", "Why the patient has priority."),
    "help.to": ("Kode poli tujuan. Wajib.", "Code of the other clinic. Required."),
    "help.until": (
        "Sampai pukul berapa waktu setempat (14:00), atau waktu ISO 8601; tanpa ini: sampai akhir hari.",
        "Until when by the hospital's clocks (14:00), or in ISO 8601; without it: the end of the day.",
    ),
    "help.state_reason": ("Sebabnya, untuk dicatat.", "Why, for the record."),
    "help.drain": ("Yang menunggu tetap dipanggil.", "Those who wait are still called."),
    "help.cancel_waiting": (
        "Tiket yang menunggu dibatalkan.",
        "The tickets of those who wait are cancelled.",
    ),
    "help.report_date": ("Tanggal; tanpa ini hari ini.", "The day; today without it."),
    "help.report_hours": ("Juga per jam pendaftaran.", "Also by the hour of registration."),
    "help.report_csv": ("CSV per jam, untuk lembar kerja.", "CSV by the hour, for spreadsheets."),
    "help.operator": (
        "Nama petugas yang dicatat (ANTREAN_OPERATOR; atau nama masuk komputer).",
        "Who you are, for the record (ANTREAN_OPERATOR; else the login name).",
    ),
    "help.request_id": (
        "Ulangi tindakan yang tidak terjawab, dengan nomor permintaannya; tidak akan terjadi dua kali.",
        "Repeat an action that got no answer, by its request id; it never happens twice.",
    ),
    # --- usage errors -----------------------------------------------------------------------------------
    "usage.number": (
        "Tulis nomor tiket poli ini sebagai 17 atau GIG-017.",
        "Write the number of a ticket of this clinic as 17 or GIG-017.",
    ),
    "usage.until": (
        "Tulis waktu sebagai 14:00 atau 2026-11-23T14:00.",
        "Write the time as 14:00 or 2026-11-23T14:00.",
    ),
    "usage.date": (
        "Tulis tanggal yang benar sebagai 31-01-2026 atau 2026-01-31.",
        "Write a real date as 2026-01-31 or 31-01-2026.",
    ),
    "usage.patient_missing": (
        "Berikan --mrn, --name, dan --dob; hanya di terminal data ditanyakan.",
        "Give --mrn, --name and --dob; they are asked for on a terminal only.",
    ),
    "usage.no_terminal": (
        "Layar petugas memerlukan terminal; untuk skrip pakailah antrean-desk queue.",
        "The console needs a terminal; in scripts use antrean-desk queue.",
    ),
    # --- the queue --------------------------------------------------------------------------------------
    "queue.in_rooms": ("Di ruang", "In the rooms"),
    "queue.waiting": ("Menunggu, menurut urutan panggilan", "Waiting, in the order of calls"),
    "queue.no_shows": ("Tidak hadir", "No-shows"),
    "queue.no_show": ("tidak hadir", "not there"),
    "queue.room": ("Ruang {room}", "Room {room}"),
    "queue.rooms": ("{count} ruang", "{count} rooms"),
    "queue.one_room": ("1 ruang", "1 room"),
    "queue.free": ("kosong", "free"),
    "queue.more": ("... dan {count} lagi", "... and {count} more"),
    "queue.counts": (
        "menunggu {waiting} ({priority} prioritas) · selesai {served}",
        "{waiting} waiting ({priority} priority) · {served} served",
    ),
    "state.open": ("buka menurut jadwal", "open by its hours"),
    "state.closed": ("tutup menurut jadwal", "closed by its hours"),
    "state.forced_open": ("DIBUKA petugas", "OPENED by staff"),
    "state.forced_closed": ("DITUTUP petugas", "CLOSED by staff"),
    "state.until": ("sampai {moment}", "until {moment}"),
    "mode.clock": ("digerakkan jam", "moved by the clock"),
    "mode.desk": ("digerakkan petugas", "moved by the desk"),
    "lane.regular": ("umum", "regular"),
    "priority.age": ("lansia", "elderly"),
    "priority.disability": ("disabilitas", "disability"),
    "priority.pregnancy": ("hamil", "pregnant"),
    "priority.infant": ("bayi", "infant"),
    # --- what an action has changed ---------------------------------------------------------------------
    "done.ticket_registered": ("{number} terdaftar.", "{number} is registered."),
    "done.ticket_prioritised": ("{number} kini di jalur: {lane}.", "{number} is in this lane now: {lane}."),
    "done.ticket_called": ("{number} dipanggil.", "{number} is called."),
    "done.ticket_called_to_room": (
        "{number} dipanggil ke ruang {room}.",
        "{number} is called to room {room}.",
    ),
    "done.ticket_recalled": ("{number} dipanggil lagi.", "{number} is called again."),
    "done.ticket_started": ("{number} mulai dilayani.", "{number} is being served."),
    "done.ticket_served": ("{number} selesai dilayani.", "{number} has been served."),
    "done.ticket_no_show": ("{number} tidak hadir.", "{number} did not come."),
    "done.ticket_reinstated": ("{number} menunggu lagi.", "{number} waits again."),
    "done.ticket_transferred": ("{number} dipindahkan ke poli lain.", "{number} goes to another clinic."),
    "done.ticket_cancelled": ("{number} dibatalkan.", "{number} is cancelled."),
    "done.ticket_expired": ("{number} kedaluwarsa.", "{number} has expired."),
    "done.clinic_opened": ("Poli {clinic} dibuka.", "Clinic {clinic} is open."),
    "done.clinic_closed": ("Poli {clinic} ditutup.", "Clinic {clinic} is closed."),
    "done.clinic_rooms_changed": (
        "Jumlah ruang poli {clinic} diubah.",
        "Clinic {clinic} has other rooms now.",
    ),
    "done.clinic_mode_changed": ("Mode poli {clinic} diubah.", "Clinic {clinic} is in another mode now."),
    # --- the report -------------------------------------------------------------------------------------
    "report.clinic": ("Poli", "Clinic"),
    "report.hour": ("Jam", "Hour"),
    "report.registered": ("Daftar", "Registered"),
    "report.served": ("Dilayani", "Served"),
    "report.no_shows": ("Tak hadir", "No-shows"),
    "report.cancelled": ("Batal", "Cancelled"),
    "report.transferred": ("Pindah", "Transferred"),
    "report.expired": ("Kedaluwarsa", "Expired"),
    "report.wait_median": ("Tunggu median", "Wait median"),
    "report.wait_p90": ("Tunggu p90", "Wait p90"),
    "report.service_median": ("Layanan median", "Service median"),
    "report.service_p90": ("Layanan p90", "Service p90"),
    "report.nothing": ("Tidak ada poli untuk dilaporkan.", "There is no clinic to report on."),
    # --- problems, where staff do other things about them than patients ---------------------------------
    "problem.unknown_request": (
        "Sistem tidak mengenal permintaan ini; samakan versi antrean-desk dengan versi sistem.",
        "The system does not know this request; bring antrean-desk to the version of the system.",
    ),
    "problem.hospital_not_found": (
        "Rumah sakit itu tidak ada; kodenya terlihat di antrean-desk tanpa perintah.",
        "There is no such hospital; antrean-desk without a command shows the codes.",
    ),
    "problem.clinic_not_found": (
        "Poli itu tidak ada di rumah sakit ini; kodenya terlihat di antrean-desk tanpa perintah.",
        "There is no such clinic in this hospital; antrean-desk without a command shows the codes.",
    ),
    "problem.clinic_closed": (
        "Poli itu sedang tutup; bila memang harus, buka dengan: antrean-desk open",
        "That clinic is closed now; if it has to be, open it with: antrean-desk open",
    ),
    "problem.quota_reached": (
        "Kuota poli itu untuk hari ini sudah habis.",
        "That clinic's quota for today is used up.",
    ),
    "problem.already_registered": (
        "Pasien ini sudah terdaftar di poli itu hari ini; inilah tiketnya.",
        "This patient is already registered in that clinic today; this is the ticket.",
    ),
    "problem.medical_record_mismatch": (
        "Data ini tidak cocok dengan nomor rekam medis; periksa kartu pasien.",
        "This does not match the medical record number; check the patient's card.",
    ),
    "problem.request_id_reused": (
        "Nomor permintaan itu sudah dipakai untuk tindakan lain; ulangi tanpa --request-id.",
        "That request id was used for another action; repeat without --request-id.",
    ),
    "problem.request_expired": (
        "Permintaan ini terlalu lama di jalan dan tidak dijalankan; lihat antreannya, lalu ulangi.",
        "The request was under way for too long and was not carried out; look at the queue, then repeat.",
    ),
    "problem.ticket_not_found": (
        "Poli ini tidak memberikan nomor itu hari ini; periksa nomornya.",
        "This clinic gave out no such number today; check the number.",
    ),
    "problem.not_permitted_now": (
        "Ini tidak dapat dilakukan sekarang. {detail}",
        "This cannot be done now. {detail}",
    ),
    "problem.internal_error": (
        "Terjadi kesalahan pada sistem; coba lagi atau hubungi pengelola sistem.",
        "Something went wrong in the system; try again, or tell its operators.",
    ),
    # --- why something is not permitted now -------------------------------------------------------------
    "reason.clock_mode": (
        "Antrean ini digerakkan jam; alihkan dulu dengan: antrean-desk mode ... desk",
        "The clock moves this queue; switch it first with: antrean-desk mode ... desk",
    ),
    "reason.nobody_waiting": ("Tidak ada yang menunggu.", "Nobody is waiting."),
    "reason.room_not_serving": (
        "Ruang itu tidak melayani; tambah dulu dengan: antrean-desk rooms",
        "That room is not serving; add rooms first with: antrean-desk rooms",
    ),
    "reason.ticket_status": (
        "Status tiket itu tidak mengizinkannya; lihat dengan: antrean-desk queue",
        "The ticket's status does not allow it; see it with: antrean-desk queue",
    ),
    "reason.same_clinic": (
        "Pasien sudah di antrean poli ini; pilih poli lain.",
        "The patient is in this clinic's queue; choose another clinic.",
    ),
    "reason.already_so": ("Sudah demikian; tidak ada yang diubah.", "It is so already; nothing was changed."),
    "reason.holds_another": (
        "Pasien ini memegang tiket lain di poli itu; pakai tiket itu, atau batalkan dulu.",
        "This patient holds another ticket there; use that one, or cancel it first.",
    ),
    # --- what is wrong with a field ---------------------------------------------------------------------
    "field.operator": ("Nama petugas", "Operator's name"),
    "field.number": ("Nomor tiket", "Ticket number"),
    "field.room": ("Ruang", "Room"),
    "field.rooms": ("Jumlah ruang", "Rooms"),
    "field.until": ("Sampai", "Until"),
    "field.reason": ("Sebab", "Reason"),
    "field.to_clinic": ("Poli tujuan", "The other clinic"),
    "field.priority": ("Prioritas", "Priority"),
    "field.mode": ("Mode", "Mode"),
    "field.service_date": ("Tanggal", "Date"),
    "rule.operator": (
        "ada hurufnya, paling panjang 100 karakter; berikan dengan --operator",
        "has letters, and at most 100 characters; give it with --operator",
    ),
    "rule.number": ("bilangan dari 1", "a number from 1"),
    "rule.room": ("1 sampai 50", "1 to 50"),
    "rule.rooms": ("1 sampai 50", "1 to 50"),
    "rule.until": ("waktu dalam 31 hari mendatang", "a moment in the next 31 days"),
    "rule.reason": ("paling panjang 200 karakter, satu baris", "at most 200 characters, on one line"),
    "rule.to_clinic": (
        "2 sampai 10 huruf dan angka, misalnya INT",
        "2 to 10 letters and digits, such as INT",
    ),
    "rule.priority": ("age, disability, pregnancy, atau infant", "age, disability, pregnancy or infant"),
    "rule.mode": ("clock atau desk", "clock or desk"),
    "rule.service_date": ("hari yang ada dalam kalender", "a day of the calendar"),
    # --- failures on this side --------------------------------------------------------------------------
    "failure.action_unknown": (
        "Tindakan ini mungkin sudah terjadi. Ulangi dengan aman (tidak akan terjadi dua kali):",
        "It may have happened. Repeat it safely (it never happens twice):",
    ),
}
