"""`ratchet up`, `ratchet demo`, `ratchet worker`: the processes a person starts."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import tomllib
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

import click

import dashboard
from loop import wiring
from loop.cli.opening import opened, read_settings
from loop.demo import story
from loop.errors import InvalidInput, RatchetError
from loop.settings import Settings

_FIRST_LOOK_SECONDS = 60


@click.command("up")
@click.option("--port", type=int, help="Port to listen on; RATCHET_PORT or 8501 when left out.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--no-worker", is_flag=True, help="Screens only; run `ratchet worker` elsewhere.")
def up_command(port: int | None, no_browser: bool, no_worker: bool) -> None:
    """Start screens, health check and worker on one loopback port, and open the browser."""
    settings = read_settings()
    with opened(settings) as session:
        session.database.agents()  # fail here, with a sentence, rather than on a page
    sys.exit(_serve(settings, port=port, opens_browser=not no_browser, has_worker=not no_worker))


@click.command("demo")
@click.option("--headless", is_flag=True, help="Build the workspace and stop; no server.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same demo.")
@click.option("--port", type=int, help="Port to listen on; RATCHET_PORT or 8501 when left out.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--fresh", is_flag=True, help="Throw the demo workspace away and build it again.")
def demo_command(headless: bool, as_json: bool, seed: int, port: int | None, no_browser: bool, fresh: bool) -> None:
    """Build a labelled demo workspace, run the loop through three months, and open the screens on it."""
    settings = read_settings()
    settings = settings.model_copy(update={"database_url": story.database_url(settings)})

    def build() -> None:
        click.echo("Building the demo: three months of an invented support desk (about a minute) …", err=True)
        with opened(settings) as session:
            summary = story.build(settings, session.database, seed=seed, fresh=fresh or headless, now=wiring.utc_now())
        click.echo(json.dumps(summary.model_dump(mode="json")) if as_json else summary.words)

    if headless:
        build()
    else:
        sys.exit(_serve(settings, port=port, opens_browser=not no_browser, has_worker=True, first=build))


@click.command("worker")
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
def worker_command(parent: int | None) -> None:
    """Do the loop's work until stopped: turns, tests, approvals. On PostgreSQL as many as you like share it."""
    settings = read_settings()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if parent is not None:
        threading.Thread(target=_follow, args=(parent, stop), daemon=True).start()
    from loop.jobs import Pace, Worker

    with opened(settings) as session:
        worker = Worker(
            settings.database_url,
            parts=wiring.desks(settings, session.database),
            agents=session.database,
            clock=wiring.utc_now,
            report=click.echo,
            deliver=wiring.rounds(settings, session.database, report=click.echo, pause=stop.wait),
            pace=Pace(turn_seconds=settings.turn_seconds, dead_seconds=settings.worker_dead_seconds),
        )
        worker.work(stop)
    # What is still running is left to the next worker: nothing waits for a model's answer on the way out.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _follow(parent: int, stop: threading.Event) -> None:
    """Stop when the process that started this one is gone, so that none is left behind."""
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()


def _serve(
    settings: Settings,
    *,
    port: int | None,
    opens_browser: bool,
    has_worker: bool,
    first: Callable[[], None] | None = None,
) -> int:
    """Run the screens until they end or Ctrl+C. `first` is done while they start, before anybody is sent there."""
    chosen = settings.port if port is None else port
    if settings.host not in ("127.0.0.1", "localhost", "::1"):
        raise InvalidInput(
            "Sign-in does not exist yet, so the screens listen on this machine only.",
            field="RATCHET_HOST",
            remedy="Set it to 127.0.0.1.",
        )
    _check_port(settings.host, chosen)
    environment = os.environ | _environment(settings)
    children = [
        subprocess.Popen(  # noqa: S603 - our own interpreter, our own script
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                str(Path(dashboard.__file__).with_name("asgi.py")),
                f"--server.address={settings.host}",
                f"--server.port={chosen}",
                *_look(),
            ],
            env=environment,
        )
    ]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if first is not None:
            first()
        if has_worker:
            command = [sys.executable, "-m", "loop.cli", "worker", "--parent", str(os.getpid())]
            children.append(subprocess.Popen(command, env=environment))  # noqa: S603 - our own module
        address = f"http://{settings.host}:{chosen}"
        if opens_browser:
            threading.Thread(target=_open_when_ready, args=(address,), daemon=True).start()
        click.echo(f"Ratchet is at {address} (stop with Ctrl+C)")
        return children[0].wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
        for child in children:
            _reap(child)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Being told to stop ends like Ctrl+C, so that the children are told too."""
    raise KeyboardInterrupt


def _reap(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()


def _environment(settings: Settings) -> Mapping[str, str]:
    """What the children must agree on with us, whatever folder they start in."""
    return {"RATCHET_DATABASE_URL": settings.database_url}


def _look() -> list[str]:
    """The look of the screens as options, so that it is the same from any working folder and from a wheel."""
    beside = Path(dashboard.__file__).parent
    for path in (beside / "config.toml", beside.parent / ".streamlit" / "config.toml"):
        if path.is_file():
            return list(_flags(tomllib.loads(path.read_text(encoding="utf-8"))))
    raise RatchetError("The look of the screens is missing.", remedy="Install ratchet-loop again.")


def _flags(table: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flags(value, f"{prefix}{key}.")
        elif prefix == "server." and isinstance(value, list):
            yield from (f"--{prefix}{key}={one}" for one in value)  # one flag each; a list would be one odd host name
        elif f"{prefix}{key}" not in ("server.address", "server.port"):
            yield f"--{prefix}{key}={json.dumps(value) if isinstance(value, bool | list) else value}"


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise InvalidInput(
                f"Port {port} is taken.", field="--port", remedy="Choose another, such as --port 8601."
            ) from None


def _open_when_ready(address: str) -> None:
    for _ in range(_FIRST_LOOK_SECONDS * 4):
        try:
            with urlopen(f"{address}/healthz", timeout=1):  # noqa: S310 - our own loopback address
                webbrowser.open(address)
                return
        except (URLError, OSError):
            threading.Event().wait(0.25)
