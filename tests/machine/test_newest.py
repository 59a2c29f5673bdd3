"""A file kept up to date beside the loop: the newest counts, and a disk that hangs is not waited for."""

import asyncio
import threading

from flyball.machine.newest import Newest


def test_the_newest_is_written_and_what_it_overtakes_is_not() -> None:
    async def go() -> None:
        gate, written = threading.Event(), list[bytes]()

        def write(data: bytes) -> None:
            gate.wait(5)
            written.append(data)

        newest = Newest(write, patience_s=5.0)
        puts = [asyncio.ensure_future(newest.put(b"%d" % n)) for n in range(50)]
        await asyncio.sleep(0.05)
        gate.set()
        assert await asyncio.gather(*puts) == [""] * 50
        newest.close()
        assert written[-1] == b"49"
        assert len(written) <= 3

    asyncio.run(go())


def test_a_disk_that_hangs_is_waited_for_half_a_second_and_then_goes_on() -> None:
    async def go() -> None:
        gate, written = threading.Event(), list[bytes]()

        def write(data: bytes) -> None:
            gate.wait(5)
            written.append(data)

        loop = asyncio.get_running_loop()
        newest = Newest(write, patience_s=0.1)
        began = loop.time()
        assert "not answered in 0.1 s" in await newest.put(b"a")
        assert loop.time() - began < 1.0
        gate.set()
        assert await newest.put(b"b") == ""
        newest.close()
        assert written == [b"a", b"b"]

    asyncio.run(go())


def test_why_a_disk_refuses_is_told_and_the_next_contents_are_tried() -> None:
    async def go() -> None:
        wrong = [OSError(28, "No space left on device")]

        def write(data: bytes) -> None:
            if wrong:
                raise wrong.pop()

        newest = Newest(write)
        assert "No space left" in await newest.put(b"a")
        assert await newest.put(b"b") == ""
        newest.close()

    asyncio.run(go())


def test_what_was_put_before_the_end_is_written() -> None:
    async def go() -> None:
        written = list[bytes]()
        newest = Newest(written.append)
        put = asyncio.ensure_future(newest.put(b"last"))
        await asyncio.sleep(0)
        newest.close()
        assert written == [b"last"]
        assert await put == ""

    asyncio.run(go())
