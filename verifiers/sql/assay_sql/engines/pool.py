"""Keeps connections open between queries."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from assay_sql.result import QueryError

__all__ = ["Pool"]

Connection = TypeVar("Connection")


class Pool(Generic[Connection]):
    """Connections of one kind to one database, each lent to one borrower at a time.

    Args:
        connect: opens one.
        close: closes one; what it raises is ignored.
        alive: whether an idle one can still be used.
        size: how many idle ones are kept.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        close: Callable[[Connection], object],
        alive: Callable[[Connection], bool] = lambda _: True,
        size: int = 4,
    ) -> None:
        self._connect = connect
        self._close = close
        self._alive = alive
        self._size = size
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    def __del__(self) -> None:
        self.empty()  # of a database in memory nobody else has the connections

    @contextlib.contextmanager
    def borrow(self) -> Iterator[Connection]:
        """Lend a connection. It comes back to the pool unless the borrower's work with it fails.

        A `QueryError` is no such failure: the query is to blame, and the connection is as good as before.
        """
        connection = self._take()
        try:
            yield connection
        except QueryError:
            self._give_back(connection)
            raise
        except BaseException:
            self._discard(connection)
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Close the idle connections now, and those that are lent when they come back."""
        with self._lock:
            self._closed = True
        self.empty()

    def empty(self) -> None:
        """Close the idle connections; the next borrower gets a new one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            self._discard(connection)

    def _take(self) -> Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect()
            if self._alive(connection):
                return connection
            self._discard(connection)

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            keep = not self._closed and len(self._idle) < self._size
            if keep:
                self._idle.append(connection)
        if not keep:
            self._discard(connection)

    def _discard(self, connection: Connection) -> None:
        with contextlib.suppress(Exception):
            self._close(connection)
