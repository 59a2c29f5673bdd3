"""The operator's socket of one flight: a private socket in the state folder, open while the governor
flies."""

from collections.abc import Awaitable, Callable

from flyball.api.protocol import too_long
from flyball.compose.assembly import Cockpit
from flyball.compose.places import SECRET_FILE as SECRET_FILE
from flyball.compose.places import SOCKET as SOCKET
from flyball.compose.places import approver_file
from flyball.machine.clock import RealClock
from flyball.machine.disk import RealDisk
from flyball.machine.socket import Peer, serve
from flyball.runtime.control import Control

Shut = Callable[[], Awaitable[None]]


Explain = Callable[[str], dict[str, object] | None]


def open_plane(folder: str, explain: Explain | None = None) -> Callable[[Cockpit], Awaitable[Shut]]:
    """What opens the plane of a cockpit; it returns what shuts it."""

    async def open_it(cockpit: Cockpit) -> Shut:
        disk = RealDisk(folder)
        secret = disk.read(SECRET_FILE).decode().strip() if disk.exists(SECRET_FILE) else ""

        def approver(name: str) -> str:
            path = approver_file(name)
            return disk.read(path).decode().strip() if disk.exists(path) else ""

        control = Control(cockpit.flight, secret, RealClock().now, explain or (lambda _: None), approver)
        control.sensors = cockpit.sensors
        if cockpit.kill_file is not None:
            control.killed = cockpit.kill_file.there

        async def handle(line: bytes, peer: Peer) -> bytes:
            return await control.handle(line, peer.uid)

        server = await serve(f"{folder}/{SOCKET}", handle, too_long=too_long())

        async def shut() -> None:
            control.give_up()
            await server.close()

        return shut

    return open_it
