"""``kcb serve``: the Flask service under gunicorn."""

from __future__ import annotations

import click

__all__ = ["serve"]


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port to listen on.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256), help="Threads of each.")
def serve(bind: str, workers: int, threads: int) -> None:
    """Serve the activation pages (stateless: run as many as you like)."""
    from gunicorn.app.base import BaseApplication

    from kc_bridge import create_app
    from kc_bridge.settings import load

    settings = load()
    create_app(settings)  # a wrong setting or an old schema is said here, once, and not by every worker

    class Server(BaseApplication):
        def load_config(self) -> None:
            options = {
                "bind": bind,
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "timeout": 60,
                "keepalive": 5,
                "max_requests": 20_000,
                "max_requests_jitter": 2_000,
                "limit_request_line": 8190,
                "control_socket_disable": True,  # nobody asked for a socket in the home directory
                "accesslog": None,  # addresses hold tokens; structlog names the route instead
            }
            for key, value in options.items():
                self.cfg.set(key, value)

        def load(self):  # type: ignore[no-untyped-def]
            return create_app(settings)

    Server().run()
