"""The port of a web process, as its clients find it."""

import asyncio
import socket

from common.web.server import _listening


def test_parts_of_an_answer_are_sent_at_once() -> None:
    """With Nagle's algorithm, the end of an answer would wait for the client's delayed acknowledgement."""

    async def accepted_without_delay() -> bool:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            found.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(connected, sock=_listening("127.0.0.1", 0, "ANTREAN_WEB_PORT"))
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            is_without_delay = bool(await found)
            writer.close()
        return is_without_delay

    assert asyncio.run(accepted_without_delay())
