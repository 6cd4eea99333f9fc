"""Language models behind one verb: any provider through LiteLLM, an OpenAI-compatible address directly.

Endpoints come from the operator's settings only, never from a version, a proposal or a row. A key goes to the
one endpoint or provider it was given for, over HTTPS (or to this machine), and no redirect is followed.
What is raised names the failure, never the key or the prompt.
"""

from loop.llm.address import checked_endpoint
from loop.llm.direct import DirectModel
from loop.llm.providers import LiteLLMModel
from loop.llm.retrying import LONGEST_PAUSE, checked_name
from loop.settings import Settings

__all__ = [
    "LONGEST_PAUSE",
    "DirectModel",
    "LiteLLMModel",
    "checked_endpoint",
    "checked_name",
    "model_from",
    "model_named",
]


def model_from(settings: Settings) -> DirectModel | LiteLLMModel | None:
    """The model of the settings; None when none is configured. Raises InvalidInput."""
    return model_named(settings.model, settings) if settings.model else None


def model_named(name: str, settings: Settings) -> DirectModel | LiteLLMModel:
    """A model a version names, at the endpoint of the settings. Raises InvalidInput.

    The key of the settings goes along only to the endpoint of the settings, or to the provider of the
    configured model; any other provider uses the key in its own environment variable.
    """
    if settings.model_base_url:
        return DirectModel(
            name,
            base_url=settings.model_base_url,
            api_key=settings.model_api_key,
            timeout=settings.model_timeout,
            concurrency=settings.model_concurrency,
        )
    is_same_provider = _provider(name) == _provider(settings.model)
    return LiteLLMModel(
        name,
        api_key=settings.model_api_key if is_same_provider else None,
        timeout=settings.model_timeout,
        concurrency=settings.model_concurrency,
    )


def _provider(name: str) -> str:
    """What stands before the first slash; a bare name is OpenAI's."""
    provider, slash, _ = name.partition("/")
    return provider if slash else "openai"
