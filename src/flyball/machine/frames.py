"""Frames on a pipe: four bytes of big-endian length, then that many bytes. Both ends bound what they hold."""

from typing import Final

HEADER: Final = 4
MAX_FRAME: Final = 256 * 1024  # bytes; what announces more is not one of ours


def pack(frame: bytes) -> bytes:
    """The frame with its length in front. ValueError when it is longer than MAX_FRAME."""
    if len(frame) > MAX_FRAME:
        raise ValueError(f"a frame of {len(frame)} bytes; at most {MAX_FRAME} fit (send it in parts)")
    return len(frame).to_bytes(HEADER, "big") + frame


class Splitter:
    """Puts frames together again from whatever pieces arrive. Holds at most one read and one frame."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes off the pipe."""
        self._held += data

    def take(self, most: int) -> list[bytes]:
        """Up to `most` whole frames. ValueError when a length is announced that no frame of ours has."""
        frames: list[bytes] = []
        at = 0
        while len(frames) < most and len(self._held) - at >= HEADER:
            length = int.from_bytes(self._held[at : at + HEADER], "big")
            if length > MAX_FRAME:
                if frames:
                    break  # first what was whole; the next call says what is wrong
                raise ValueError(f"announced a frame of {length} bytes; at most {MAX_FRAME} are allowed")
            if len(self._held) - at - HEADER < length:
                break
            frames.append(bytes(self._held[at + HEADER : at + HEADER + length]))
            at += HEADER + length
        del self._held[:at]
        return frames
