"""A server that is far away: a way to it on which everything takes its time."""

import asyncio
import tempfile
import threading
from pathlib import Path


class Far:
    """A folder with a socket that leads to the server's own; what is said arrives `delay` seconds later, either way."""

    def __init__(self, socket, delay):
        self.socket, self.delay = socket, delay

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        path = Path(self.folder.name) / Path(self.socket).name
        server = asyncio.start_unix_server(self.connected, path)
        self.server = self.loop.run_until_complete(server)
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        return self.folder.name

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
            self.loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        self.loop.close()
        self.folder.cleanup()

    async def connected(self, reader, writer):
        to_server = await asyncio.open_unix_connection(self.socket)
        await asyncio.gather(self.carry(reader, to_server[1]), self.carry(to_server[0], writer))

    async def carry(self, reader, writer):
        """Hands on what comes in, later; what comes meanwhile does not wait for what was before it."""
        under_way = asyncio.Queue()

        async def arrive():
            while (item := await under_way.get()) is not None:
                moment, data = item
                await asyncio.sleep(max(0, moment - self.loop.time()))
                writer.write(data)
                await writer.drain()
            writer.close()

        arriving = asyncio.ensure_future(arrive())
        while data := await reader.read(1 << 16):
            under_way.put_nowait((self.loop.time() + self.delay, data))
        under_way.put_nowait(None)
        await arriving
