"""The client's side of a WebSocket (RFC 6455) on a connection that the core has upgraded. No extensions."""

import base64
import hashlib
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import IO

from .errors import AnswerBrokenError

_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


def handshake(protocols: Iterable[str]) -> tuple[dict[str, str], str]:
    """The headers of the request, and the ``Sec-WebSocket-Accept`` that belongs to them."""
    key = base64.b64encode(os.urandom(16)).decode()
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode(), usedforsecurity=False).digest()).decode()
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    offered = ", ".join(protocols)
    return ({**headers, "Sec-WebSocket-Protocol": offered} if offered else headers), accept


class PeerSocket:
    """An open WebSocket. ``send`` and iterating may run in two threads, of each one."""

    def __init__(self, sock: socket.socket, reader: IO[bytes], close: Callable[[], None], protocol: str | None, max_message: int) -> None:
        self.sock = sock
        """The upgraded connection, for code that brings its own frames. Read from ``reader``, which may hold bytes already."""
        self.reader = reader
        self.protocol = protocol
        """That the peer's app chose, or None."""
        self._release = close
        self._max = max_message
        self._is_closing = False

    def send(self, message: str | bytes) -> None:
        """Sends text or bytes as one message."""
        if isinstance(message, str):
            self._write(_TEXT, message.encode())
        else:
            self._write(_BINARY, message)

    def receive(self) -> str | bytes | None:
        """The next message: text, bytes, or None if the peer's app has closed the connection in order.

        :raises AnswerBrokenError: The connection broke off, or what came is no WebSocket, or too large.
        """
        kind, message = 0, bytearray()
        while True:
            is_last, opcode, payload = self._read()
            if opcode == _CLOSE:
                self.close(payload[:2])
                return None
            if opcode == _PING:
                self._write(_PONG, payload)
            elif opcode != _PONG:
                if (opcode == 0) != (kind != 0) or opcode > _BINARY:
                    raise self._broken("a frame is out of order")
                kind = kind or opcode
                message += payload
                if len(message) > self._max:
                    raise self._broken(f"a message has more than {self._max} bytes")
                if is_last:
                    return self._text(bytes(message)) if kind == _TEXT else bytes(message)

    def __iter__(self) -> Iterator[str | bytes]:
        while (message := self.receive()) is not None:
            yield message

    def close(self, code: bytes = b"\x03\xe8") -> None:
        """Says goodbye (1000) and ends the connection."""
        try:
            if not self._is_closing:
                self._is_closing = True
                self._write(_CLOSE, code)
        except AnswerBrokenError:
            pass
        finally:
            self._release()

    def __enter__(self) -> "PeerSocket":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _write(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        size = bytes([128 | length]) if length < 126 else struct.pack("!BH", 254, length) if length < 1 << 16 else struct.pack("!BQ", 255, length)
        mask = os.urandom(4)
        stretched = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")).to_bytes(length, "big")
        try:
            self.sock.sendall(bytes([128 | opcode]) + size + mask + masked)
        except (OSError, ValueError) as error:
            raise self._broken("the connection broke off") from error

    def _read(self) -> tuple[bool, int, bytes]:
        first, second = self._exactly(2)
        is_last, opcode, length = first > 127, first & 15, second
        if first & 0x70 or second > 127 or (opcode >= _CLOSE and (not is_last or length > 125)) or opcode not in (0, 1, 2, 8, 9, 10):
            raise self._broken("a frame is malformed")
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        if length > self._max:
            raise self._broken(f"a message has more than {self._max} bytes")
        return is_last, opcode, self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        try:
            read = self.reader.read(length)
        except (OSError, ValueError) as error:
            raise self._broken("the connection broke off") from error
        if len(read) < length:
            raise self._broken("the connection broke off")
        return read

    def _text(self, message: bytes) -> str:
        try:
            return message.decode()
        except UnicodeDecodeError as error:
            raise self._broken("a text is not UTF-8") from error

    def _broken(self, what: str) -> AnswerBrokenError:
        self._release()
        return AnswerBrokenError("answer_broken", f"The WebSocket ended: {what}.")
