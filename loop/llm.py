"""Language models behind one verb, through LiteLLM. Imported only when the first call is made.

Endpoints come from the operator's settings only, never from a version, a proposal or a row. A key goes to the
one endpoint or provider it was given for, over HTTPS (or to this machine), and no redirect is followed.
What is raised names the failure, never the key or the prompt.
"""

import ipaddress
import logging
import os
import re
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from loop.errors import InvalidInput, ModelFailed
from loop.settings import Settings

RETRIES = 2
"""Further tries after a failure that may pass: timeouts, lost connections, 408, 409, 429 and 5xx."""
FIRST_PAUSE = 0.5
"""Seconds before the second try; four times as long before the third."""
LONGEST_PAUSE = 20.0
"""Seconds a server's Retry-After is honoured for, at most."""

_NAME = re.compile(r"[A-Za-z0-9][\w.@:+-]*(/[\w.@:+-]+)*", re.ASCII)
_PASSING = frozenset({408, 409, 425, 429})
_TIMEOUT = frozenset({"Timeout", "APITimeoutError", "TimeoutException"})
_UNREACHABLE = frozenset({"ConnectError", "NetworkError", "RemoteProtocolError"})
_importing = threading.Lock()


class LiteLLMModel:
    """One model at one endpoint (`loop.ports.Model`). Safe to call from many threads."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str = "",
        api_key: SecretStr | None = None,
        timeout: float = 60.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`name`: LiteLLM's, such as `openai/gpt-4o-mini`. Nothing is contacted yet.

        `base_url`: an OpenAI-compatible endpoint; the name after `openai/` is sent to it as it stands.
        `timeout`: seconds one try may take. `pause`: waits between tries.
        Raises InvalidInput for a name or an address that is not allowed.
        """
        self._name = _checked_name(name)
        self._base_url = checked_endpoint(base_url) if base_url else ""
        self._api_key = api_key.get_secret_value() if api_key else ""
        self._timeout = timeout
        self._pause = pause
        self._client: Any = None
        self._making_client = threading.Lock()

    @property
    def name(self) -> str:
        """LiteLLM's name of the model."""
        return self._name

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        """The reply as text, after up to three tries. Raises ModelFailed, also for an empty or a cut reply."""
        request = {
            "messages": [dict(message) for message in messages],
            "temperature": temperature,
            "max_tokens": max_tokens,
            **self._endpoint(),
        }
        for tries_left in range(RETRIES, -1, -1):
            try:
                return _text_of(_litellm().completion(**request))
            except ModelFailed:
                raise
            except Exception as error:  # LiteLLM raises whatever its providers raise
                if not tries_left or not _may_pass(error):
                    raise _failure(error, self._name) from None
                self._pause(_pause_before_next(error, RETRIES - tries_left))
        raise AssertionError("the last try returns or raises")

    def _endpoint(self) -> dict[str, Any]:
        common = {"timeout": self._timeout, "num_retries": 0, "max_retries": 0, "drop_params": True}
        if not self._base_url:
            return {**common, "model": self._name, **({"api_key": self._api_key} if self._api_key else {})}
        model = self._name.removeprefix("openai/")
        return {**common, "model": model, "custom_llm_provider": "openai", "client": self._own_client()}

    def _own_client(self) -> Any:
        """Talks to the endpoint and to nobody else: no redirects, and no proxy on the way to this machine."""
        with self._making_client:
            if self._client is None:
                _litellm()
                import httpx
                import openai

                self._client = openai.OpenAI(
                    api_key=self._api_key or "none",
                    base_url=self._base_url,
                    timeout=self._timeout,
                    max_retries=0,
                    http_client=httpx.Client(
                        follow_redirects=False,
                        timeout=self._timeout,
                        trust_env=not _is_this_machine(urlsplit(self._base_url).hostname or ""),
                    ),
                )
            return self._client

    def close(self) -> None:
        """Let go of open connections. The model can still be used."""
        with self._making_client:
            if self._client is not None:
                self._client.close()
                self._client = None


def model_from(settings: Settings) -> LiteLLMModel | None:
    """The model of the settings; None when none is configured. Raises InvalidInput."""
    return model_named(settings.model, settings) if settings.model else None


def model_named(name: str, settings: Settings) -> LiteLLMModel:
    """A model a version names, at the endpoint of the settings. Raises InvalidInput.

    The key of the settings goes along only to the endpoint of the settings, or to the provider of the
    configured model; any other provider uses the key in its own environment variable.
    """
    is_same_provider = _provider(name) == _provider(settings.model)
    return LiteLLMModel(
        name,
        base_url=settings.model_base_url,
        api_key=settings.model_api_key if settings.model_base_url or is_same_provider else None,
        timeout=settings.model_timeout,
    )


def checked_endpoint(url: str) -> str:
    """The address, when keys may be sent there: https, or http to this machine. Raises InvalidInput.

    Refused: other schemes, addresses with a user name, query or fragment, numbers that are not written
    as a plain IP address, and link-local addresses, behind which cloud machines keep their credentials.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("is not a web address") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _refused("may not carry a user name, a query or a fragment")
    if not host or any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in url):
        raise _refused("is not a web address")
    address = _address(host)
    if address is None and re.fullmatch(r"[0-9.]+|0[xX].*|.*\.(0[xX][0-9a-fA-F]*|[0-9]+)", host):
        raise _refused("writes an IP address in an unusual way")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if address and (mapped or address.is_link_local or address.is_multicast or address.is_unspecified):
        raise _refused("is an address that is never a model")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
        raise _refused("must begin with https://, or with http:// for this machine")
    return url.rstrip("/")


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"The model's address {why}.",
        field="model_base_url",
        remedy="Set RATCHET_MODEL_BASE_URL to something like https://host/v1 or http://127.0.0.1:11434/v1.",
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _checked_name(name: str) -> str:
    if len(name) > 200 or not _NAME.fullmatch(name):
        raise InvalidInput(
            "The model's name is not one.", field="model", remedy="Write it as LiteLLM does: openai/gpt-4o-mini."
        )
    return name


def _provider(name: str) -> str:
    """What stands before the first slash; a bare name is OpenAI's."""
    provider, slash, _ = name.partition("/")
    return provider if slash else "openai"


def _litellm() -> Any:
    """LiteLLM, quiet: no price list from the network, no telemetry, no logging of prompts."""
    with _importing:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm

        if not litellm.suppress_debug_info:
            litellm.suppress_debug_info = True
            litellm.telemetry = False
            litellm.turn_off_message_logging = True
            for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            with warnings.catch_warnings():
                # Pydantic remarks on a type of LiteLLM's when the first reply is built: build one now, unheard.
                warnings.filterwarnings("ignore", message=r"Item '\w+' on TypedDict class", category=UserWarning)
                litellm.ModelResponse()
        return litellm


def _text_of(reply: Any) -> str:
    try:
        choice = reply.choices[0]
        text, reason = choice.message.content, choice.finish_reason
    except (AttributeError, IndexError, TypeError):
        text, reason = None, None
    if reason == "length":
        raise ModelFailed("The model's reply was cut off.", remedy="Allow more tokens for a reply.")
    if not isinstance(text, str) or not text.strip():
        raise ModelFailed("The model gave an empty reply.")
    return text


def _kinds(error: BaseException) -> frozenset[str]:
    """Names of the error's classes and of those behind it: LiteLLM turns some lost connections into a status."""
    found: set[str] = set()
    behind: BaseException | None = error
    for _ in range(10):
        if behind is None:
            break
        found |= {kind.__name__ for kind in type(behind).__mro__}
        behind = behind.__cause__ or behind.__context__
    return frozenset(found)


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _may_pass(error: Exception) -> bool:
    status = _status(error)
    return not _kinds(error).isdisjoint(_TIMEOUT | _UNREACHABLE) or (
        status is not None and (status in _PASSING or 500 <= status < 600)
    )


def _pause_before_next(error: Exception, tries_done: int) -> float:
    headers = getattr(error, "litellm_response_headers", None) or {}
    asked = str(headers.get("retry-after", ""))
    if re.fullmatch(r"\d{1,5}(\.\d+)?", asked):
        return min(float(asked), LONGEST_PAUSE)
    return FIRST_PAUSE * 4.0**tries_done


def _failure(error: Exception, name: str) -> ModelFailed:
    """What happened, in our words: the provider's own may quote the prompt or the key."""
    status = _status(error)
    kinds = _kinds(error)
    if kinds & _TIMEOUT:
        return ModelFailed(f"{name} did not answer in time.", remedy="Raise RATCHET_MODEL_TIMEOUT or try again later.")
    if kinds & _UNREACHABLE:
        return ModelFailed(f"{name} cannot be reached.", remedy="Check the address and the network.")
    if status in (401, 403):
        return ModelFailed(f"{name} refused the key.", remedy="Check RATCHET_MODEL_API_KEY.")
    if status == 404:
        return ModelFailed(f"{name} is not known at its endpoint.", remedy="Check RATCHET_MODEL.")
    if status == 429:
        return ModelFailed(f"{name} is busy (429).", remedy="Lower RATCHET_MODEL_CONCURRENCY or try again later.")
    said = f"status {status}" if status is not None else type(error).__name__
    return ModelFailed(f"{name} failed ({said}).", remedy="Check the endpoint and the model's name.")
