"""Settings with which the screens do not start: each would let a stranger, or a program, press Approve."""

from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from dashboard.door.hosts import allowed, origin_of
from loop.errors import InvalidInput
from loop.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECRET_LEAST = 32
"""Characters of the secret that signs what a browser keeps while it is at the provider."""


class Danger(NamedTuple):
    """One setting that is refused."""

    option: str
    why: str
    remedy: str = ""


def refuse(found: Sequence[Danger]) -> None:
    """Raises InvalidInput for the first."""
    if found:
        one = found[0]
        raise InvalidInput(
            f"The screens do not start with this setting of {one.option}: {one.why}.",
            field=one.option,
            remedy=one.remedy,
        )


def dangers(option: Callable[[str], object], settings: Settings) -> list[Danger]:
    """What is wrong with Streamlit's options and our settings; empty when all is well."""
    return [*_of_streamlit(option), *of_settings(option("server.address"), settings)]


def of_settings(address: object, settings: Settings) -> list[Danger]:
    """The same of ours alone, before anything is started. `address`: where the screens would listen."""
    return [*_of_listening(address, settings), *_of_signing_in(settings)]


def _of_streamlit(option: Callable[[str], object]) -> Iterator[Danger]:
    if option("server.enableAgentApi"):
        yield Danger("server.enableAgentApi", "it lets a program press every button")
    if not option("server.enableCORS"):
        yield Danger("server.enableCORS", "other web pages could then talk to this one")
    if not option("server.enableXsrfProtection"):
        yield Danger("server.enableXsrfProtection", "other web pages could then send files here")
    if option("server.trustedUserHeaders"):
        yield Danger("server.trustedUserHeaders", "anybody could then claim to be anybody")
    if option("server.baseUrlPath"):
        yield Danger("server.baseUrlPath", "the door knows the desk's own addresses only as they are without it")
    hosts = option("server.allowedHosts")
    if not isinstance(hosts, list | tuple) or not hosts or "*" in hosts:
        yield Danger("server.allowedHosts", "any name on the internet could then lead to this desk")


def _of_listening(address: object, settings: Settings) -> Iterator[Danger]:
    names = allowed(settings)
    if any("*" in one or "/" in one or "@" in one or " " in one for one in names):
        yield Danger("RATCHET_ALLOWED_HOSTS", "each is a name, exactly as it stands in the address bar")
    if settings.public_url and not origin_of(settings.public_url).startswith(("https://", "http://")):
        yield Danger("RATCHET_PUBLIC_URL", "it is no address", "Such as https://desk.example.org")
    if not all(_is_network(one) for one in settings.trusted_proxy.split(",") if settings.trusted_proxy):
        yield Danger(
            "RATCHET_TRUSTED_PROXY", "each is an address or a network", "Such as 10.0.0.7 or 172.18.0.0/16, by comma"
        )
    if address in LOOPBACK:
        return
    if not settings.sign_in:
        yield Danger(
            "server.address",
            f"without sign-in it must be one of {', '.join(LOOPBACK)}",
            "Set RATCHET_SIGN_IN to accounts or oidc, or RATCHET_HOST to 127.0.0.1.",
        )
    if not names and not settings.public_url:
        yield Danger(
            "RATCHET_ALLOWED_HOSTS",
            "an address that others reach needs the names they reach it by",
            "Such as RATCHET_ALLOWED_HOSTS=desk.example.org",
        )
    if not settings.insecure_http and not origin_of(settings.public_url).startswith("https://"):
        yield Danger(
            "RATCHET_PUBLIC_URL",
            "people would sign in over plain HTTP, and whoever listens on the way reads what they type",
            "Put HTTPS in front and name its address, or say RATCHET_INSECURE_HTTP=1.",
        )


def _is_network(text: str) -> bool:
    try:
        return ip_network(text.strip()).prefixlen > 0
    except ValueError:
        return False


def unsigned(settings: Settings) -> list[Danger]:
    """Where people sign in and nothing tells their rows from those that somebody else put into the database."""
    from loop import wiring  # with the database: only where people sign in

    if not settings.sign_in or wiring.journal_keys(settings).name:
        return []
    why = "without a key whoever can write to the database signs in as anybody"
    remedy = "Make one, and give it to every machine: python -c 'import secrets; print(secrets.token_hex(32))'"
    return [Danger("RATCHET_JOURNAL_KEY", why, remedy)]


def _of_signing_in(settings: Settings) -> Iterator[Danger]:
    yield from unsigned(settings)
    if settings.sign_in != "oidc":
        return
    from loop import desk  # with every stage: only where people sign in by a provider
    from loop.llm.address import is_this_machine

    for name in ("oidc_metadata_url", "oidc_client_id"):
        if not getattr(settings, name):
            yield Danger(f"RATCHET_{name.upper()}", "sign-in by a provider needs it")
    for name in ("oidc_metadata_url", "public_url"):
        url = str(getattr(settings, name))
        is_here = is_this_machine(urlsplit(url).hostname or "")
        if url and not url.startswith("https://") and not is_here and not settings.insecure_http:
            yield Danger(f"RATCHET_{name.upper()}", "a provider that is not on this machine is asked over HTTPS only")
    try:
        desk.read_roles(settings.oidc_roles)
    except InvalidInput as error:
        yield Danger(error.field, error.message[:-1].lower(), error.remedy)
    secret = settings.cookie_secret.get_secret_value()
    if len(secret) < SECRET_LEAST:
        yield Danger(
            "RATCHET_COOKIE_SECRET",
            f"it has {SECRET_LEAST} characters or more",
            "Make one: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
