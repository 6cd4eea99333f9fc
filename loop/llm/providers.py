"""Any provider LiteLLM knows. It is imported only when the first call is made."""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from loop.llm.retrying import CallFailed, checked_name, text_of, with_retries

_TIMEOUT = frozenset({"Timeout", "APITimeoutError", "TimeoutException"})
_UNREACHABLE = frozenset({"ConnectError", "NetworkError", "RemoteProtocolError"})
_importing = threading.Lock()


class LiteLLMModel:
    """One model at its provider (`loop.ports.Model`). Safe to call from many threads."""

    def __init__(
        self,
        name: str,
        *,
        api_key: SecretStr | None = None,
        timeout: float = 60.0,
        concurrency: int = 100,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`name`: LiteLLM's, such as `openai/gpt-4o-mini`. Nothing is contacted yet.

        `timeout`: seconds one try may take. `concurrency`: calls at a time, whoever calls. `pause`: waits between
        tries. Raises InvalidInput for a name that is none.
        """
        self._name = checked_name(name)
        self._api_key = api_key.get_secret_value() if api_key else ""
        self._timeout = timeout
        self._pause = pause
        self._gate = threading.BoundedSemaphore(concurrency)

    @property
    def name(self) -> str:
        """LiteLLM's name of the model."""
        return self._name

    def complete(self, messages: Sequence[Mapping[str, str]], *, temperature: float, max_tokens: int) -> str:
        """The reply as text, after up to three tries. Raises ModelFailed, also for an empty or a cut reply."""
        request = {
            "model": self._name,
            "messages": [dict(message) for message in messages],
            "temperature": temperature,
            "max_tokens": max_tokens,
            "timeout": self._timeout,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
            **({"api_key": self._api_key} if self._api_key else {}),
        }
        return with_retries(lambda: self._try(request), name=self._name, pause=self._pause)

    def _try(self, request: Mapping[str, Any]) -> str:
        try:
            with self._gate:
                reply = _litellm().completion(**request)
        except Exception as error:  # LiteLLM raises whatever its providers raise
            raise _failed(error) from None
        return text_of(reply.model_dump())


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


def _failed(error: Exception) -> CallFailed:
    kinds = _kinds(error)
    status = getattr(error, "status_code", None)
    headers = getattr(error, "litellm_response_headers", None) or {}
    return CallFailed(
        type(error).__name__,
        status=status if isinstance(status, int) else None,
        is_late=bool(kinds & _TIMEOUT),
        is_lost=bool(kinds & _UNREACHABLE),
        retry_after=str(headers.get("retry-after", "")),
    )


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
