"""What `antrean-admin check-integrity` says: each finding with what to do, in Indonesian and in English."""

from typing import Final

INTEGRITY_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "integrity.clean": (
        "Tidak ada yang salah: {clinic_days} hari poli, {tickets} tiket, {journal} kejadian, dan"
        " {refusals} penolakan diperiksa.",
        "Nothing is wrong: {clinic_days} clinic-days, {tickets} tickets, {journal} events and {refusals}"
        " refusals were checked.",
    ),
    "integrity.findings": (
        "Temuan: {findings}. Diperiksa: {clinic_days} hari poli, {tickets} tiket, {journal} kejadian,"
        " {refusals} penolakan.",
        "Findings: {findings}. Checked: {clinic_days} clinic-days, {tickets} tickets, {journal} events,"
        " {refusals} refusals.",
    ),
    "integrity.cut_short": (
        "Masih ada temuan serupa yang tidak ditampilkan; perbaiki yang ini dahulu, lalu periksa lagi.",
        "There are more findings of these kinds; correct these first, then check again.",
    ),
    "integrity.numbers": (
        "{where}: nomor seharusnya 1 sampai {last_number} (last_number), tetapi ada {tickets} tiket"
        " dengan {numbers} nomor berbeda, dari {smallest} sampai {largest}. Ada baris yang hilang atau"
        " diubah dari luar Antrean: kembalikan dari cadangan.",
        "{where}: numbers should be 1 to {last_number} (last_number), but there are {tickets} tickets"
        " with {numbers} different numbers, from {smallest} to {largest}. Rows were lost or changed from"
        " outside Antrean: put them back from a backup.",
    ),
    "integrity.counter": (
        "{where}: clinic_days.{counter} berisi {stored}, padahal menurut tiket dan jurnal {found}."
        " Hentikan semua proses worker dan isi dengan {found}.",
        "{where}: clinic_days.{counter} is {stored}, but tickets and journal say {found}. Stop the"
        " workers and set it to {found}.",
    ),
    "integrity.stuck": (
        "{where}: masih ada {patients} pasien, tetapi next_change_at kosong, sehingga antrean ini tidak"
        " akan bergerak. Isi next_change_at dengan waktu sekarang; ticker melanjutkannya.",
        "{where}: there are still {patients} patients, but next_change_at is empty, so this queue will"
        " not move. Set next_change_at to the present moment; the tickers do the rest.",
    ),
    "integrity.moments": (
        "{where}: {tickets} tiket memiliki called_at atau ended_at yang tidak cocok dengan statusnya. Ada"
        " baris yang diubah dari luar Antrean: kembalikan dari cadangan, atau isi waktunya dari jurnal.",
        "{where}: {tickets} tickets have a called_at or ended_at that does not fit their status. Rows"
        " were changed from outside Antrean: put them back from a backup, or take the moments from the"
        " journal.",
    ),
    "integrity.sequences": (
        "{where}: jurnal seharusnya berisi kejadian 1 sampai {last_sequence} (last_sequence), tetapi"
        " berisi {events} baris dengan {sequences} urutan berbeda, dari {smallest} sampai {largest}."
        " Kembalikan baris yang hilang dari cadangan atau dari stream antrean.journal.",
        "{where}: the journal should hold events 1 to {last_sequence} (last_sequence), but holds {events}"
        " rows with {sequences} different sequences, from {smallest} to {largest}. Put the missing rows"
        " back from a backup, or from the stream antrean.journal.",
    ),
    "integrity.transition": (
        "{where}: kejadian {sequence}, {event} nomor {number}, tidak mungkin terjadi sesudah {before}."
        " Tanyakan kepada poli bagaimana keadaan sebenarnya, dan laporkan baris ini bersama log saat itu.",
        "{where}: event {sequence}, {event} of number {number}, cannot come after {before}. Ask the"
        " clinic how it really stands, and report this line with the logs of that time.",
    ),
    "integrity.status": (
        "{where}: nomor {number} berstatus {status}, tetapi kejadian terakhirnya di jurnal {event}. Ada"
        " baris yang hilang atau diubah dari luar Antrean: samakan statusnya dengan jurnal, atau"
        " kembalikan dari cadangan.",
        "{where}: number {number} is {status}, but its last event in the journal is {event}. Rows were"
        " lost or changed from outside Antrean: set the status to what the journal says, or put them back"
        " from a backup.",
    ),
    "integrity.no_ticket": (
        "{where}: nomor {number} tercatat di jurnal, tetapi tiketnya tidak ada. Kembalikan dari cadangan;"
        " bila tidak ada, pasiennya harus mendaftar lagi.",
        "{where}: number {number} is in the journal, but there is no such ticket. Put it back from a"
        " backup; without one, the patient has to register again.",
    ),
    "integrity.called_back": (
        "{where}: nomor {number} dipanggil sesudah nomor {before}. Laporkan baris ini bersama log saat itu.",
        "{where}: number {number} was called after number {before}. Report this line with the logs of"
        " that time.",
    ),
    "integrity.two_active": (
        "{where}: seorang pasien memegang {tickets} tiket aktif, nomor {smallest} sampai {largest}."
        " Tanyakan mana yang dipakai, dan batalkan yang lain.",
        "{where}: one patient holds {tickets} active tickets, numbers {smallest} to {largest}. Ask which"
        " of them counts, and cancel the others.",
    ),
    "integrity.one_room": (
        "{where}: {tickets} tiket berada di ruang {room}, nomor {smallest} sampai {largest}. Tanyakan"
        " kepada poli siapa yang ada di sana; antrean pulih sendiri sesudah mereka selesai.",
        "{where}: {tickets} tickets are in room {room}, numbers {smallest} to {largest}. Ask the clinic"
        " who is there; the queue mends itself when they are done.",
    ),
    "integrity.two_tickets": (
        "{where}: nomor {number} hanya salah satu tiket dari permintaan {cause_id}, yang berhak atas satu"
        " tiket. Tanyakan mana yang dipakai, dan batalkan yang lain.",
        "{where}: number {number} is only one of the tickets of request {cause_id}, which is due one"
        " ticket. Ask which of them counts, and cancel the others.",
    ),
    "integrity.transferred": (
        "{where}: nomor {number} ({status}) tidak cocok dengan tiket penggantinya: tiket itu tidak ada,"
        " milik pasien lain, atau tidak seharusnya ada. Tanyakan di mana pasien menunggu; daftarkan lagi"
        " jika tidak di mana pun, dan laporkan baris ini.",
        "{where}: number {number} ({status}) does not fit the ticket that it names as the new one, which is"
        " missing, another patient's, or should not be. Ask where the patient waits, register them again if"
        " nowhere, and report this line.",
    ),
    "integrity.two_events": (
        "{where}: kejadian {sequence} memakai id {cause_id}.{ordinal} bersama kejadian lain. Batasan unik"
        " tabel journal hilang: kembalikan basis data dari cadangan.",
        "{where}: event {sequence} shares its id {cause_id}.{ordinal} with another. The unique constraint"
        " of the table journal is gone: restore the database from a backup.",
    ),
    "integrity.refused": (
        "{where}: permintaan {cause_id} ditolak ({code}), tetapi juga dikerjakan untuk nomor {number}."
        " Beri tahu pasien bahwa nomor itu berlaku, dan laporkan baris ini.",
        "{where}: request {cause_id} was refused ({code}), but was also carried out for number {number}."
        " Tell the patient that this number counts, and report this line.",
    ),
}
