"""What the doctor says of the broker: its queues, policies, bindings and permissions."""

from typing import Final

BROKER_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "doctor.broker.answers": (
        "RabbitMQ {version} menjawab dalam {milliseconds} ms.",
        "RabbitMQ {version} answers in {milliseconds} ms.",
    ),
    "doctor.broker.unavailable": ("RabbitMQ tidak dapat dipakai: {reason}", "{reason}"),
    "doctor.broker.unavailable.do": (
        "Nyalakan RabbitMQ dan lihat lognya; periksa ANTREAN_AMQP_URL dan jaringannya. Yang lain tentang"
        " broker belum diperiksa.",
        "Start RabbitMQ and look at its log; check ANTREAN_AMQP_URL and the network. The rest of the broker"
        " was not checked.",
    ),
    "doctor.alarm.none": ("Broker menerima pesan.", "The broker takes messages."),
    "doctor.alarm.blocked": (
        "Broker tidak menerima pesan: {reason}.",
        "The broker takes no messages: {reason}.",
    ),
    "doctor.alarm.blocked.do": (
        "Beri broker lebih banyak memori atau ruang disk; `rabbitmq-diagnostics alarms` menyebut node mana.",
        "Give the broker more memory or disk space; `rabbitmq-diagnostics alarms` says on which node.",
    ),
    "doctor.alarm.memory": ("Node {node} kehabisan memori.", "Node {node} is short of memory."),
    "doctor.alarm.memory.do": (
        "Tambah memori node itu, atau cari antrean yang menumpuk:"
        " rabbitmqctl list_queues name messages memory",
        "Give that node more memory, or find the queue that grows:"
        " rabbitmqctl list_queues name messages memory",
    ),
    "doctor.alarm.disk": (
        "Node {node} kehabisan ruang disk: tersisa {free} GiB.",
        "Node {node} is short of disk space: {free} GiB are left.",
    ),
    "doctor.alarm.disk.do": (
        "Kosongkan disk node itu; broker menerima pesan lagi dengan sendirinya.",
        "Make room on that node's disk; the broker takes messages again by itself.",
    ),
    "doctor.message_size.right": (
        "Pesan di atas {bytes} byte ditolak.",
        "Messages of more than {bytes} bytes are refused.",
    ),
    "doctor.message_size.large": (
        "Broker menerima pesan di atas {bytes} byte.",
        "The broker takes messages of more than {bytes} bytes.",
    ),
    "doctor.message_size.large.do": (
        "Tulis max_message_size = {bytes} di rabbitmq.conf dan mulai ulang broker"
        " (common/messaging/rabbitmq.conf).",
        "Write max_message_size = {bytes} into rabbitmq.conf and restart the broker"
        " (common/messaging/rabbitmq.conf).",
    ),
    "doctor.message_size.small": (
        "Broker menolak pesan {bytes} byte, yang masih sah bagi Antrean.",
        "The broker refuses messages of {bytes} bytes, which Antrean allows.",
    ),
    "doctor.message_size.small.do": (
        "Naikkan max_message_size di rabbitmq.conf (65536) dan mulai ulang broker.",
        "Raise max_message_size in rabbitmq.conf (65536) and restart the broker.",
    ),
    "doctor.message_size.unknown": (
        "Batas panjang pesan belum diperiksa: pengguna ini tidak boleh mengirim ke antrean.patient.",
        "The limit of a message's size was not checked: this user may not send to antrean.patient.",
    ),
    "doctor.message_size.unknown.do": (
        "Jalankan dengan pengguna deploy di ANTREAN_AMQP_URL.",
        "Run this with the user deploy in ANTREAN_AMQP_URL.",
    ),
    "doctor.frame_size.right": (
        "Frame di atas {bytes} byte ditolak.",
        "Frames of more than {bytes} bytes are refused.",
    ),
    "doctor.frame_size.large": (
        "Broker menerima frame sampai {found} byte: satu pesan dengan header bersarang dapat menyibukkannya"
        " berdetik-detik.",
        "The broker takes frames of up to {found} bytes: one message with nested headers can keep it busy for"
        " seconds.",
    ),
    "doctor.frame_size.large.do": (
        "Tulis frame_max = {bytes} di rabbitmq.conf dan mulai ulang broker (common/messaging/rabbitmq.conf).",
        "Write frame_max = {bytes} into rabbitmq.conf and restart the broker"
        " (common/messaging/rabbitmq.conf).",
    ),
    "doctor.topology.right": (
        "{exchanges} exchange dan {queues} antrean sesuai.",
        "{exchanges} exchanges and {queues} queues are as they should be.",
    ),
    "doctor.topology.missing": ("Tidak ada: {names}.", "Missing: {names}."),
    "doctor.topology.missing.do": (
        "Deklarasikan dengan pengguna deploy: antrean-admin broker declare",
        "Declare them as the user deploy: antrean-admin broker declare",
    ),
    "doctor.topology.different": (
        "{item} berbeda dari yang seharusnya: {detail}",
        "{item} is not what it should be: {detail}",
    ),
    "doctor.topology.different.do": (
        "Hentikan semua proses worker, kosongkan dan hapus {item} di broker, lalu:"
        " antrean-admin broker declare",
        "Stop the workers, empty and delete {item} at the broker, then: antrean-admin broker declare",
    ),
    "doctor.topology.unknown": (
        "Ada, tetapi jenisnya belum diperiksa: {names}.",
        "There, but their types were not checked: {names}.",
    ),
    "doctor.topology.unknown.do": (
        "Jalankan dengan pengguna deploy di ANTREAN_AMQP_URL.",
        "Run this with the user deploy in ANTREAN_AMQP_URL.",
    ),
    "doctor.queues.right": (
        "Semua antrean jauh dari batasnya; menunggu dikerjakan: {messages}.",
        "All queues are far from their limits; waiting to be worked on: {messages}.",
    ),
    "doctor.queues.filling": (
        "{queue} hampir penuh: {messages} dari {limit} pesan.",
        "{queue} is nearly full: {messages} of {limit} messages.",
    ),
    "doctor.queues.filling.do": (
        "Tambah proses worker, dan lihat lognya: basis data yang lambat adalah sebab yang lazim.",
        "Start more workers, and look at their logs: a slow database is the usual reason.",
    ),
    "doctor.queues.full": (
        "{queue} penuh ({messages} pesan): permintaan ditolak sebagai `busy`.",
        "{queue} is full ({messages} messages): requests are refused as `busy`.",
    ),
    "doctor.queues.full.do": (
        "Tambah proses worker, dan lihat lognya: basis data yang lambat adalah sebab yang lazim.",
        "Start more workers, and look at their logs: a slow database is the usual reason.",
    ),
    "doctor.queues.filling_aside": (
        "{queue} hampir penuh: {messages} dari {limit} pesan.",
        "{queue} is nearly full: {messages} of {limit} messages.",
    ),
    "doctor.queues.filling_aside.do": (
        "Kosongkan: antrean-admin dead-letters list, lalu retry atau drop; sebabnya ada di log proses"
        " worker.",
        "Make room: antrean-admin dead-letters list, then retry or drop; the workers' logs tell the cause.",
    ),
    "doctor.queues.full_aside": (
        "{queue} penuh ({messages} pesan): yang harus disisihkan tetap dipegang proses worker.",
        "{queue} is full ({messages} messages): what has to be set aside stays with the workers.",
    ),
    "doctor.queues.full_aside.do": (
        "Kosongkan: antrean-admin dead-letters list, lalu retry atau drop; sebabnya ada di log proses"
        " worker.",
        "Make room: antrean-admin dead-letters list, then retry or drop; the workers' logs tell the cause.",
    ),
    "doctor.dead_letters.none": ("Tidak ada pesan gagal (dead letter).", "There are no dead letters."),
    "doctor.dead_letters.some": (
        "Pesan yang tidak dapat diproses (antrean.dead): {messages}.",
        "Messages that could not be processed (antrean.dead): {messages}.",
    ),
    "doctor.dead_letters.some.do": (
        "Lihat: antrean-admin dead-letters list",
        "Look at them: antrean-admin dead-letters list",
    ),
    # --- management API, permissions --------------------------------------------------------------------
    "doctor.management.unknown": ("Belum diperiksa.", "Not checked."),
    "doctor.management.unknown.do": (
        "Isi ANTREAN_MANAGEMENT_URL (http://deploy:SANDI@host:15672/) dan nyalakan plugin"
        " rabbitmq_management.",
        "Set ANTREAN_MANAGEMENT_URL (http://deploy:PASSWORD@host:15672/) and enable the plugin"
        " rabbitmq_management.",
    ),
    "doctor.management.unavailable": ("API manajemen tidak dapat dipakai: {reason}", "{reason}"),
    "doctor.management.unavailable.do": (
        "Nyalakan plugin rabbitmq_management, periksa ANTREAN_MANAGEMENT_URL, dan beri penggunanya tag"
        " monitoring.",
        "Enable the plugin rabbitmq_management, check ANTREAN_MANAGEMENT_URL, and give its user the tag"
        " monitoring.",
    ),
    "doctor.bindings.right": ("{count} binding sesuai.", "{count} bindings are as they should be."),
    "doctor.bindings.missing": ("Binding tidak ada: {bindings}", "Bindings are missing: {bindings}"),
    "doctor.bindings.missing.do": (
        "Deklarasikan dengan pengguna deploy: antrean-admin broker declare",
        "Declare them as the user deploy: antrean-admin broker declare",
    ),
    "doctor.bindings.foreign": (
        "Binding yang bukan dari Antrean ini: {bindings}",
        "Bindings that are not this Antrean's: {bindings}",
    ),
    "doctor.bindings.foreign.do": (
        "Lepaskan bila sisa versi lama (rabbitmqctl list_bindings menampilkan semuanya).",
        "Remove them where an older version left them (rabbitmqctl list_bindings shows all).",
    ),
    "doctor.policies.right": (
        "Kebijakan {count} antrean sesuai.",
        "The policies of {count} queues are as they should be.",
    ),
    "doctor.policies.wrong": (
        "Kebijakan {queue} berbeda, dengan yang seharusnya dalam kurung: {details}.",
        "The policy of {queue} is different, with what it should be in brackets: {details}.",
    ),
    "doctor.policies.wrong.do": (
        "Tulis berkas: antrean-admin broker definitions --output BERKAS, lalu muat: rabbitmqctl"
        " import_definitions BERKAS. Kebijakan lain yang cocok dengan antrean ini dan prioritasnya lebih"
        " tinggi perlu dihapus.",
        "Write the file: antrean-admin broker definitions --output FILE, and load it: rabbitmqctl"
        " import_definitions FILE. Remove another policy that matches this queue with a higher priority.",
    ),
    "doctor.permissions.right": (
        "Izin setiap peran sudah sesuai: {roles}.",
        "These may do exactly what they need: {roles}.",
    ),
    "doctor.permissions.too_much": (
        "{role} boleh lebih dari yang perlu: {faults}",
        "{role} may do more than it needs: {faults}",
    ),
    "doctor.permissions.too_much.do": (
        "Atur izin {role} seperti dalam docs/operations.md: rabbitmqctl set_permissions {role} ...",
        "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions {role} ...",
    ),
    "doctor.permissions.too_little": (
        "{role} tidak boleh yang diperlukannya: {faults}",
        "{role} may not do what it needs: {faults}",
    ),
    "doctor.permissions.too_little.do": (
        "Atur izin {role} seperti dalam docs/operations.md: rabbitmqctl set_permissions {role} ...",
        "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions {role} ...",
    ),
    "doctor.permissions.wrong": (
        "Izin {role} berbeda, dengan yang seharusnya dalam kurung: {details}.",
        "The permissions of {role} are different, with what they should be in brackets: {details}.",
    ),
    "doctor.permissions.wrong.do": (
        "Atur izin {role} seperti dalam docs/operations.md: rabbitmqctl set_permissions {role} ...",
        "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions {role} ...",
    ),
    "doctor.permissions.no_user": (
        "Pengguna {role} tidak ada atau tidak punya izin.",
        "The user {role} is missing or has no permissions.",
    ),
    "doctor.permissions.no_user.do": (
        "Muat pengguna dan izin: antrean-admin broker definitions --output BERKAS, lalu rabbitmqctl"
        " import_definitions BERKAS",
        "Load users and permissions: antrean-admin broker definitions --output FILE, then rabbitmqctl"
        " import_definitions FILE",
    ),
    "doctor.permissions.refused": (
        "{role} tidak dapat masuk: {reason}",
        "{role} cannot log in: {reason}",
    ),
    "doctor.permissions.refused.do": (
        "Samakan sandinya: rabbitmqctl change_password {role} SANDI, atau perbaiki sandi yang"
        " dikenal di sini.",
        "Make the passwords the same: rabbitmqctl change_password {role} PASSWORD, or correct the one known"
        " here.",
    ),
    "doctor.permissions.untried": (
        "Izin belum diperiksa: broker tidak dapat dipakai sekarang.",
        "Permissions were not checked: the broker cannot be used now.",
    ),
    "doctor.permissions.untried.do": ("Perbaiki broker lebih dahulu.", "Mend the broker first."),
    "doctor.permissions.unknown": (
        "Izin belum diperiksa: {roles}.",
        "Permissions were not checked: {roles}.",
    ),
    "doctor.permissions.unknown.do": (
        "Isi {passwords}, atau ANTREAN_MANAGEMENT_URL dengan pengguna bertag administrator. Setiap peran"
        " memerlukan pengguna sendiri.",
        "Set {passwords}, or ANTREAN_MANAGEMENT_URL with a user who has the tag administrator. Each role"
        " needs a user of its own.",
    ),
}
