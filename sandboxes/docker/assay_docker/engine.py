"""Docker's own client, which leaves no connection open wherever it fails."""

from __future__ import annotations

import socket
from typing import Any

import docker
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from requests.adapters import BaseAdapter

__all__ = ["Engine"]


class Engine(docker.DockerClient):
    """A client of an engine: `Engine.from_env()`, to be closed by who has made it.

    Docker's own drops its socket unclosed where no engine answers, and its connections where an engine answers
    nonsense to the first question; Python warns of each whenever it happens to be collected.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what `docker.DockerClient` takes.

        Raises:
            docker.errors.DockerException: no engine answers, or one that can't be talked to.
        """
        self.api = _API(*args, **options)


class _API(docker.APIClient):
    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            super().__init__(*args, **options)
        except BaseException:
            self.close()
            raise

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:
        if isinstance(adapter, UnixHTTPAdapter):
            adapter = _Adapter(adapter.socket_path, adapter.timeout, max_pool_size=adapter.max_pool_size)
        super().mount(prefix, adapter)


class _Adapter(UnixHTTPAdapter):
    def get_connection(self, url: str, proxies: object = None) -> UnixHTTPConnectionPool:
        with self.pools.lock:
            pool = self.pools.get(url)
            if pool is None:
                pool = self.pools[url] = _Pool(url, self.socket_path, self.timeout, maxsize=self.max_pool_size)
        return pool


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> UnixHTTPConnection:
        return _Connection(self.base_url, self.socket_path, self.timeout)


class _Connection(UnixHTTPConnection):
    def connect(self) -> None:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(self.timeout)
            line.connect(self.unix_socket)
        except BaseException:
            line.close()
            raise
        self.sock = line
