"""Messages between the worker and the processes that run the user's code: JSON, each with its length before it."""

import json
import select
import socket
import struct
import threading
from typing import Any

HEADER = struct.Struct("!I")

Message = dict[str, Any]


class Channel:
    """One end of a socket pair. Any thread may send; one thread receives."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Message) -> bool:
        """Whether the other end is still there to get it."""
        body = json.dumps(message).encode()
        try:
            with self._sending:
                self._connection.sendall(HEADER.pack(len(body)) + body)
        except OSError:
            return False
        return True

    def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; None if none came within `timeout` seconds. Raises EOFError when the other end is gone."""
        if timeout is not None and not self._readable(timeout):
            return None
        (length,) = HEADER.unpack(self._read(HEADER.size))
        try:
            message: Any = json.loads(self._read(length))
        except ValueError as error:
            raise EOFError("the other end sent what is no message") from error
        if not isinstance(message, dict) or "kind" not in message:
            raise EOFError("the other end sent what is no message")
        found: Message = message
        return found

    def close(self) -> None:
        self._connection.close()

    def abandon(self) -> None:
        """In a forked child: the connection is its parent's, and so is whoever held the lock while forking."""
        self._sending = threading.Lock()
        self._connection.close()

    def _readable(self, timeout: float) -> bool:
        poll = select.poll()
        poll.register(self._connection, select.POLLIN | select.POLLHUP)
        return bool(poll.poll(timeout * 1000))

    def _read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            try:
                part = self._connection.recv(min(size, 1 << 16))
            except OSError as error:
                raise EOFError("the connection was lost") from error
            if not part:
                raise EOFError("the other end is gone")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
