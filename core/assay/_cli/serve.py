"""`assay serve`."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from importlib.util import find_spec

import click

from assay._cli.score import mapping, read_reward
from assay.errors import ConfigError

__all__ = ["command"]


@click.command("serve")
@click.option("--reward", "rewards", multiple=True, required=True, help="As for `assay score`.")
@click.option("--map", "maps", multiple=True, metavar="INPUT=COLUMN", help="Where an input is found, as a dotted path.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Any but a loopback address needs a token.")
@click.option("--port", default=8100, show_default=True)
@click.option("--token", envvar="ASSAY_TOKEN", help="What each request must bear; better given as ASSAY_TOKEN.")
@click.option("--max-body", default=64 * 2**20, show_default=True, help="Bytes that a request may have.")
@click.option("--concurrency", default=4, show_default=True, help="Requests that are scored at a time.")
@click.option("--missing", type=float, help="The reward /get_reward gives where none could be given.")
def command(
    rewards: Sequence[str], maps: Sequence[str], host: str, port: int, token: str | None, max_body: int,
    concurrency: int, missing: float | None,
) -> None:  # fmt: skip
    """Answer over HTTP: POST /score, POST /get_reward as OpenRLHF asks, /healthz, /metrics."""
    lacking = [name for name in ("starlette", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if lacking:
        raise ConfigError(f"serving needs {', '.join(lacking)}: pip install 'assay[serve]'")
    if token is None and not _is_loopback(host):
        raise ConfigError(f"{host} can be reached from elsewhere; give a token (ASSAY_TOKEN), or serve on 127.0.0.1")
    import uvicorn

    from assay._scoring.scorer import Scorer
    from assay._serve import application

    with Scorer(read_reward(rewards)) as scorer:
        served = application(
            scorer, columns=mapping(maps), token=token, max_body=max_body, concurrency=concurrency, missing=missing
        )
        click.echo(f"assay: serving on http://{host}:{port}", err=True)
        uvicorn.run(served, host=host, port=port, log_level="warning")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
