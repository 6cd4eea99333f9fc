"""The importers that come with the package, one TOML file each; data of the program, read once."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from loop.collect.files.importers import Importer, importer_from
from loop.errors import InvalidInput


@lru_cache(maxsize=1)
def shipped_importers() -> Mapping[str, Importer]:
    """By name."""
    found = (one for one in files(__name__).iterdir() if one.name.endswith(".toml"))
    named = {one.name.removesuffix(".toml"): one.read_text(encoding="utf-8") for one in found}
    return MappingProxyType(
        {name: importer_from(tomllib.loads(text), name=name) for name, text in sorted(named.items())}
    )


def importer(name: str) -> Importer:
    """By name. Raises InvalidInput listing the names."""
    found = shipped_importers().get(name)
    if found is None:
        raise InvalidInput(
            "There is no importer of that name.",
            field="importer",
            remedy=f"Importers: {', '.join(shipped_importers())}.",
        )
    return found


def text_of(name: str) -> str:
    """The file of an importer, to begin one's own with. Raises InvalidInput."""
    return files(__name__).joinpath(f"{importer(name).name}.toml").read_text(encoding="utf-8")
