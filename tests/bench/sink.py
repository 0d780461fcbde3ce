"""A mail server that takes everything: pipelining, as little work as can be. `python -m tests.bench.sink PORT` prints what it took at the end."""

import asyncio
import signal
import sys
import time

HELLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n"
ANSWERS = {b"EHLO": HELLO, b"HELO": b"250 sink\r\n", b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n", b"RSET": b"250 ok\r\n", b"NOOP": b"250 ok\r\n"}  # fmt: skip


class Session(asyncio.Protocol):
    """One connection: commands in whatever pieces they come."""

    taken = 0
    accepted: dict[bytes, float] = {}  # when the mail to an address was taken

    def connection_made(self, transport):
        self.transport, self.buffer, self.content = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.buffer += data
        answers = []
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.content else b"\r\n")
            if end < 0:
                break
            if self.content:
                self.buffer, self.content = self.buffer[end + 5 :], False
                Session.taken += 1
                Session.accepted.setdefault(self.to, time.perf_counter())
                answers.append(b"250 taken\r\n")
                continue
            line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
            verb = line[:4].upper()
            if verb == b"RCPT":
                self.to = line.partition(b"<")[2].partition(b">")[0]
            if verb == b"DATA":
                self.content = True
                answers.append(b"354 go on\r\n")
            elif verb == b"QUIT":
                answers.append(b"221 bye\r\n")
                self.transport.write(b"".join(answers))
                self.transport.close()
                return
            else:
                answers.append(ANSWERS.get(verb, b"500 what\r\n"))
        if answers:
            self.transport.write(b"".join(answers))


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, lambda: over.done() or over.set_result(None))
    server = await loop.create_server(Session, "127.0.0.1", port)
    print("ready", flush=True)
    await over
    server.close()
    print(Session.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
