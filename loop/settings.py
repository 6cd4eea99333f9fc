"""Typed settings, from the environment (`RATCHET_…`) or a `.env` file in the working folder."""

import os
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def data_folder() -> Path:
    """Where this user's data lives when nothing else is said: the platform's customary place."""
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return root / "ratchet"


def _default_database() -> str:
    return f"sqlite:///{data_folder() / 'ratchet.db'}"


class Settings(BaseSettings):
    """Read once, by `loop.wiring` or `loop.cli`. Every field is documented in the README."""

    model_config = SettingsConfigDict(env_prefix="RATCHET_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(default_factory=_default_database)
    """`sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`."""
    host: str = "127.0.0.1"
    """Address the screens listen on. Another than loopback takes `sign_in` and `allowed_hosts`."""
    sign_in: Literal["", "accounts", "oidc"] = ""
    """How people sign in. Empty: nobody does; one person runs everything on loopback, let in by a one-time link."""
    allowed_hosts: str = ""
    """Names under which screens and API are reached, by comma, such as `desk.example.org`; loopback always is."""
    public_url: str = ""
    """Where people open the screens, such as `https://desk.example.org`. Empty: on loopback, on the port."""
    insecure_http: bool = False
    """Whether people may sign in over plain HTTP from other machines: whoever listens on the way reads passwords."""
    trusted_proxy: str = ""
    """Addresses or networks of the proxies in front, by comma: what they say of who connected to them is believed."""
    oidc_metadata_url: str = ""
    """The provider's discovery document: `https://…/.well-known/openid-configuration`."""
    oidc_client_id: str = ""
    """What this desk is called at the provider."""
    oidc_client_secret: SecretStr = SecretStr("")
    """The secret the provider gave it."""
    oidc_name: str = "your organisation"
    """Stands on the button: Sign in with …"""
    oidc_claim: str = "groups"
    """The claim that holds what a person belongs to."""
    oidc_roles: str = ""
    """Which of it gives which role, by comma: `desk-admins=admin,support=corrector`. Empty: roles are given here."""
    oidc_follows_token: bool = True
    """Whether a sign-in ends when the provider's word does, if that is earlier than `session_hours`."""
    cookie_secret: SecretStr = SecretStr("")
    """Signs what a browser keeps while it is at the provider, 32 characters or more; the same for every process."""
    session_hours: float = Field(default=8.0, gt=0, le=24 * 30)
    """Hours after which a sign-in ends."""
    idle_minutes: float = Field(default=30.0, gt=0)
    """Minutes after which it ends when nothing is done."""
    port: int = Field(default=8501, ge=1, le=65535)
    api_port: int = Field(default=8502, ge=1, le=65535)
    """Port of `ratchet api`; beside the screens the API is on their port."""
    model: str = ""
    """LiteLLM name of the model that drafts instruction edits, such as `openai/gpt-4o-mini`. Empty: none."""
    model_base_url: str = ""
    """OpenAI-compatible endpoint, when the model is not at its provider's usual address."""
    model_api_key: SecretStr = SecretStr("")
    """Key for the model; the provider's own variable works too."""
    model_timeout: float = Field(default=60.0, gt=0)
    """Seconds one model call may take."""
    model_concurrency: int = Field(default=8, ge=1, le=256)
    """Model calls at a time."""
    outbound: Path | None = None
    """The operator's file of addresses that may be called: agents' endpoints, webhooks, files, git folders. None:
    `outbound.json` in your data folder."""
    upstreams: str = "openai=https://api.openai.com/v1,anthropic=https://api.anthropic.com"
    """Providers the gateway sends calls on to, by comma, `NAME=ADDRESS` as a client's base URL. The first is taken
    where nothing else says which; `anthropic` is taken for `/v1/messages`."""
    upstream_keys: SecretStr = SecretStr("")
    """The operator's keys for them, by comma, `NAME=KEY`: sent where a client brings no key of its own."""
    upstream_private: bool = False
    """Whether names of providers may lead to private addresses, as in a network of your own."""
    gateway_untouched: str = ""
    """Agents, by comma, whose calls the gateway records and never changes, whatever version is live."""
    operator: str = ""
    """Name written into decisions while sign-in is off. Empty: the name of the operating system's user."""
    turn_seconds: float = Field(default=5.0, gt=0)
    """Least pause between two turns of the worker."""
    worker_dead_seconds: float = Field(default=10.0, gt=0)
    """Silence after which a worker counts as dead and the others take its work over."""
    journal_key: SecretStr = SecretStr("")
    """Key that signs the journal, 32 characters or more; several by comma: the first signs, all verify. Empty: on
    SQLite one in your data folder, made when it is first needed. `off`: not signed."""
    anchors: str = "file"
    """Where the journal is anchored, by comma: `file`, `file:PATH`, `git:FOLDER`, `https://…`; `off`: nowhere."""
    notify_webhook: SecretStr = SecretStr("")
    """Address of an incoming webhook, as Slack and Mattermost give out, that is told what people should hear."""
    notify_private: bool = False
    """Whether the webhook's name may lead to an address of a private network."""
    notify_mail: str = ""
    """Mail addresses, by comma, that get the digest. Takes `smtp` and `notify_from`."""
    notify_from: str = ""
    """Sender of the digest, such as `ratchet@example.org`."""
    notify_minutes: float = Field(default=15.0, ge=0)
    """Minutes a mail waits for more to go with it. High stakes, alarms and what was taken back do not wait."""
    notify_on: str = ""
    """What is told, by comma: waits, high, released, taken_back, alarm, no_worker. Empty: all of it."""
    smtp: SecretStr = SecretStr("")
    """Mail server: `smtps://USER:PASSWORD@HOST`, `smtp+starttls://…`, or `smtp://127.0.0.1` on this machine."""
    importers: str = ""
    """Folder with importers of your own for `ratchet import`, one TOML file each. Empty: none."""
    seed: int = 0
    """Seed of every draw the loop makes."""
    kill_at: str = ""
    """Tests only: die without warning at this checkpoint."""

    def address(self, port: int | None = None) -> str:
        """Where people open the screens: the public address, else on this machine. `port`: another than ours."""
        return self.public_url.rstrip("/") or self.local_address(port)

    def local_address(self, port: int | None = None) -> str:
        """Where the screens are opened on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port if port is None else port}"
