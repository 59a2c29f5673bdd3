"""One question to a unix socket, asked without holding up the loop: for a process that asks a governor
while it has other things to do.

As `machine.socket.connect`: the listener has to be this user or root.
"""

import asyncio
import errno
import os
import socket
from typing import Final

from flyball.machine.socket import REPLY, _peer, _short

LINE: Final = 64 << 10


async def exchange(path: str, line: bytes, seconds: float) -> bytes:
    """Send a line, return the line that answers it. OSError (TimeoutError) when there is none;
    FileNotFoundError and ConnectionRefusedError before anything was said."""
    loop = asyncio.get_running_loop()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        async with asyncio.timeout(seconds):
            with _short(path) as short:
                await loop.sock_connect(sock, short)
            if _peer(sock).uid not in (0, os.geteuid()) and os.geteuid() != 0:
                raise PermissionError(errno.EACCES, "another user listens there", path)
            await loop.sock_sendall(sock, line)
            found = bytearray()
            while not found.endswith(b"\n"):
                part = await loop.sock_recv(sock, LINE)
                if not part:
                    raise ConnectionResetError(errno.ECONNRESET, "it hung up without an answer")
                found += part
                if len(found) > REPLY:
                    raise OSError(errno.EMSGSIZE, f"the answer is longer than {REPLY} bytes")
            return bytes(found)
    except TimeoutError as error:
        raise TimeoutError(errno.ETIMEDOUT, f"no answer within {seconds:g} s") from error
    finally:
        sock.close()
