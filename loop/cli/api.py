"""`ratchet api`: the endpoints for programs as a process of their own, without screens."""

import click

from loop.cli.opening import opened, read_settings


@click.command("api")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; RATCHET_API_PORT or 8502 when left out.")
def api_command(host: str, port: int | None) -> None:
    """Take interactions and feedback from programs that hold a key. `ratchet up` does so too, on its own port."""
    settings = read_settings()
    with opened(settings) as session:
        session.database.agents()  # fail here, with a sentence
    import uvicorn

    from loop.serve.app import make_app

    chosen = settings.api_port if port is None else port
    if host not in ("127.0.0.1", "localhost", "::1"):
        click.echo("Keys and texts travel in the clear here: put a proxy with TLS in front.", err=True)
    click.echo(f"The API is at http://{host}:{chosen}/api/openapi.json (stop with Ctrl+C)")
    uvicorn.run(
        make_app(lambda: settings),
        host=host,
        port=chosen,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # nobody is known by an address
        ws="none",
        timeout_keep_alive=30,
    )
