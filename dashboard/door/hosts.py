"""Under which names the desk is reached, and which pages are its own."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from loop.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Hosts:
    """The `Host` headers that are ours, each with the `Origin` of its pages."""

    pages: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, settings: Settings, *, port: int) -> "Hosts":
        """Loopback on the port, the public address, and the names the operator allows."""
        pages: dict[str, tuple[str, ...]] = {f"{name}:{port}": (f"http://{name}:{port}",) for name in LOOPBACK}
        schemes = ("https", "http") if settings.insecure_http else ("https",)
        for name in allowed(settings):
            for host in (name,) if has_port(name) else (name, f"{name}:{port}"):
                pages[host] = tuple(f"{scheme}://{host}" for scheme in schemes)
        public = origin_of(settings.public_url)
        if public:
            pages[public.partition("://")[2]] = (public,)
        return cls(pages=pages)

    @property
    def names(self) -> frozenset[str]:
        """Every `Host` that is ours."""
        return frozenset(self.pages)

    def origins(self, host: str) -> tuple[str, ...]:
        """Of pages under one of the names."""
        return self.pages.get(host, ())

    def is_secure(self, host: str) -> bool:
        """Whether people reach this name by HTTPS, whatever the proxy in front of it speaks to us."""
        return any(one.startswith("https://") for one in self.origins(host)[:1])

    def cookie(self, host: str, *, port: int) -> str:
        """Name of the cookie of a sign-in: over HTTPS one that no other host of the domain can put into a browser."""
        return f"__Host-{cookie_name(port)}" if self.is_secure(host) else cookie_name(port)


def allowed(settings: Settings) -> tuple[str, ...]:
    """The names the operator allows, in lower case."""
    return tuple(one.strip().lower() for one in settings.allowed_hosts.split(",") if one.strip())


def host_names(settings: Settings) -> list[str]:
    """Names that are allowed besides loopback, without ports, as Streamlit compares them."""
    given = [*allowed(settings), origin_of(settings.public_url).partition("://")[2]]
    return sorted({urlsplit(f"//{one}").hostname or "" for one in given} - {""})


def has_port(name: str) -> bool:
    """Whether a host names its port."""
    return name.rpartition("]")[2].partition(":")[2].isdigit()


def origin_of(url: str) -> str:
    """Scheme and host of an address as browsers write them: without the scheme's own port; empty for none."""
    parsed = urlsplit(url.strip().lower())
    usual = {"http": ":80", "https": ":443"}.get(parsed.scheme, "")
    return f"{parsed.scheme}://{parsed.netloc.removesuffix(usual)}" if parsed.scheme and parsed.netloc else ""


def cookie_name(port: int) -> str:
    """Cookies ignore ports, so that of each desk on a machine names its own."""
    return f"ratchet-{port}"


def known_name(port: int) -> str:
    """Of the cookie that says somebody signed in with this browser before; it lets nobody in."""
    return f"ratchet-known-{port}"
