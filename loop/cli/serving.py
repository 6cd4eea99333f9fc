"""`ratchet up`, `ratchet demo`, `ratchet worker`: the processes a person starts."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

import click

import dashboard
from dashboard.door.dangers import of_settings, refuse
from dashboard.door.hosts import host_names
from loop import wiring
from loop.cli.opening import opened, read_settings
from loop.cli.supervising import FROZEN, Keeper
from loop.errors import InvalidInput, RatchetError
from loop.records.health import frozen_after
from loop.serve.orphan import PARENT, follow
from loop.settings import Settings

_FIRST_LOOK_SECONDS = 60
_LOOK_SECONDS = 0.2
"""Between two looks at the processes that were started."""


@click.command("up")
@click.option("--port", type=int, help="Port to listen on; RATCHET_PORT or 8501 when left out.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--no-worker", is_flag=True, help="Screens only; run `ratchet worker` elsewhere.")
def up_command(port: int | None, no_browser: bool, no_worker: bool) -> None:
    """Start screens, health check and worker on one port, of this machine alone unless people sign in."""
    settings = read_settings()
    with opened(settings) as session:
        session.database.agents()  # fail here, with a sentence, rather than on a page
        if settings.notify_webhook.get_secret_value() or settings.notify_mail:
            wiring.notifier(settings, session.database, report=click.echo)
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
    from loop.demo import story

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


@click.command("open")
@click.option("--port", type=int, help="Port the screens listen on; RATCHET_PORT or 8501 when left out.")
@click.option("--demo", is_flag=True, help="Open the demo workspace.")
@click.option("--no-browser", is_flag=True, help="Print the link only.")
def open_command(port: int | None, demo: bool, no_browser: bool) -> None:
    """Print a link that opens the running screens once, and open it in the browser."""
    from loop.demo import story

    settings = read_settings()
    if settings.sign_in:
        raise InvalidInput("People sign in here.", field="RATCHET_SIGN_IN", remedy="Let them in: ratchet people invite")
    if demo:
        settings = settings.model_copy(update={"database_url": story.database_url(settings)})
    link = one_time_link(settings, settings.address(port))
    click.echo(link)
    if not no_browser:
        webbrowser.open(link)


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
        follow(parent, stop.set, until=stop)
    from loop.errands import make_errands
    from loop.jobs import Pace, Worker

    with opened(settings) as session:
        worker = Worker(
            settings.database_url,
            parts=wiring.desks(settings, session.database),
            agents=session.database,
            clock=wiring.utc_now,
            report=click.echo,
            deliver=wiring.rounds(settings, session.database, report=click.echo, pause=stop.wait),
            errands=make_errands(settings, session.database, report=click.echo),
            pace=Pace(turn_seconds=settings.turn_seconds, dead_seconds=settings.worker_dead_seconds),
        )
        worker.work(stop)
    # What is still running is left to the next worker: nothing waits for a model's answer on the way out.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


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
    refuse(of_settings(settings.host, settings))
    _check_port(settings.host, chosen)
    environment = os.environ | _environment(settings) | {PARENT: str(os.getpid())}
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
                *(f"--server.allowedHosts={name}" for name in host_names(settings)),
            ],
            env=environment,
        )
    ]
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "loop.cli", "worker", "--parent", str(os.getpid())]
        children.append(subprocess.Popen(command, env=environment))  # noqa: S603 - our own module
        return children[-1]

    try:
        if first is not None:
            first()
        address = settings.address(chosen)
        link = address if settings.sign_in else one_time_link(settings, address)
        if opens_browser:
            threading.Thread(target=_open_when_ready, args=(settings.local_address(chosen), link), daemon=True).start()
        once = "" if settings.sign_in else "; the link opens it once, for another: ratchet open"
        click.echo(f"Ratchet is at {link} (stop with Ctrl+C{once})")
        if settings.sign_in == "accounts" and settings.public_url and not settings.trusted_proxy:
            click.echo("Wrong passwords count as from one address: name your proxy in RATCHET_TRUSTED_PROXY.", err=True)
        sys.stdout.flush()
        return _kept(children[0], start, settings=settings) if has_worker else children[0].wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
        for child in children:
            _reap(child)


def _kept(screens: subprocess.Popen[bytes], start: Callable[[], subprocess.Popen[bytes]], *, settings: Settings) -> int:
    """Wait for the end of the screens, and keep a worker running meanwhile."""
    with opened(settings) as session:
        keeper = Keeper(
            start,
            silence=lambda: session.database.health.silence().seconds,
            report=lambda line: click.echo(line, err=True),
            frozen_seconds=frozen_after(settings.worker_dead_seconds, least=FROZEN),
        )
        while screens.poll() is None:
            keeper.look()
            time.sleep(_LOOK_SECONDS)
    return screens.returncode


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
    secret = settings.cookie_secret.get_secret_value()
    shared = {"STREAMLIT_SERVER_COOKIE_SECRET": secret} if secret else {}
    # The server believes what the proxies it trusts say of who asks, and by itself whatever runs on this machine.
    trusted = {"FORWARDED_ALLOW_IPS": settings.trusted_proxy}
    return {"RATCHET_DATABASE_URL": settings.database_url} | shared | trusted


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


def one_time_link(settings: Settings, address: str) -> str:
    """A link that opens the screens once, for whoever runs them."""
    from loop import desk

    with opened(settings) as session:
        token = desk.operator_link(
            session.database.people, actor=wiring.operator(settings), clock=wiring.utc_now, token=wiring.new_token
        )
    return f"{address}/open?link={token}"


def _open_when_ready(local: str, link: str) -> None:
    for _ in range(_FIRST_LOOK_SECONDS * 4):
        try:
            with urlopen(f"{local}/healthz", timeout=1):  # noqa: S310 - our own address
                webbrowser.open(link)
                return
        except (URLError, OSError):
            threading.Event().wait(0.25)
