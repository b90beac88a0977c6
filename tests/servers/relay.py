"""Stands between a client and its server, and may meddle with what one says to the other."""

import asyncio
from contextlib import suppress
from typing import Self


class Relay:
    """Passes everything on to `to_port` and back; subclasses meddle. `link` tells connections apart."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._links = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def asked(self, link: int, data: bytes) -> None:
        """The client said `data`, which the server has not heard yet."""

    async def may_answer(self, link: int) -> bool:
        """Whether the client hears what the server just said; if not, the connection ends."""
        return True

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._links += 1
        link = self._links
        answers, questions = await asyncio.open_connection("127.0.0.1", self._to_port)
        back = asyncio.create_task(self._pass_back(link, answers, writer))
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                self.asked(link, data)
                questions.write(data)
        questions.close()
        await back

    async def _pass_back(self, link: int, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while (data := await answers.read(65_536)) and await self.may_answer(link):
                writer.write(data)
        writer.close()
