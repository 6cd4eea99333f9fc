"""Rules that matter are executed: imports, file sizes, documented settings, one audited place for HTML."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loop.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("dashboard", "loop", "storage")
LINES_MAX = 350
ONE_FILE = {"loop/sdk.py"}
"""What people copy beside their agents: one file on purpose, however long."""
STAGES = ("collect", "validate", "update", "evaluate", "deploy", "agent")
"""Packages that are used by their face only: what their `__init__` exports."""
STAGE_PATHS = [["loop", stage] for stage in STAGES]
HTML_FILES = {"dashboard/components/elements/markup.py"}
"""The only files that may hand HTML to the browser, and only what they escaped themselves."""


def product_files() -> Iterator[Path]:
    """Every Python file of the three packages."""
    for package in PRODUCT:
        yield from (ROOT / package).rglob("*.py")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[str]:
    """Names in `import X` statements."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_imports_go_one_way() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-1000:]


def past_the_face(path: Path) -> Iterator[str]:
    """What a file takes from a stage that the stage does not export, however it is written."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    faces: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[:2] in STAGE_PATHS)
        elif isinstance(node, ast.ImportFrom) and node.module == "loop":
            faces |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name in STAGES}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[:2] in STAGE_PATHS:
            exported = set() if node.module.count(".") > 1 else exports_of(node.module.split(".")[1])
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name not in exported)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in faces:
            stage = faces[node.value.id]
            if node.attr not in exports_of(stage):
                yield f"{stage}.{node.attr}"


def exports_of(stage: str) -> set[str]:
    return set(importlib.import_module(f"loop.{stage}").__all__)


def test_nobody_outside_a_stage_imports_past_its_face() -> None:
    offenders = {
        name_of(path): found
        for path in product_files()
        if not path.is_relative_to(ROOT / "loop") or path.relative_to(ROOT / "loop").parts[0] not in STAGES
        if (found := list(past_the_face(path)))
    }
    assert offenders == {}


@pytest.mark.parametrize(
    "written",
    [
        "from loop.validate.firewall import judge",
        "from loop.validate import firewall",
        "import loop.validate.firewall",
        "from loop import validate\nvalidate.firewall.judge",
        "from loop import validate as checks\nchecks.judge",
    ],
)
def test_a_way_past_a_face_is_found_however_it_is_written(written: str, tmp_path: Path) -> None:
    path = tmp_path / "offender.py"
    path.write_text(written, encoding="utf-8")
    assert list(past_the_face(path))
    path.write_text("from loop import validate\nfrom loop.validate import step\nvalidate.step", encoding="utf-8")
    assert not list(past_the_face(path))


def test_nobody_imports_the_package_called_loop_as_a_whole() -> None:
    offenders = [
        name_of(path)
        for path in [*product_files(), *(ROOT / "tests").rglob("*.py")]
        if any(name == "loop" for name in imports_of(path))
    ]
    assert offenders == []


def test_no_product_file_hides_a_second_idea() -> None:
    long = {
        name_of(path): lines
        for path in product_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert long.keys() <= ONE_FILE


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in product_files()
        if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(setting: str) -> None:
    assert f"`RATCHET_{setting.upper()}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_html_reaches_the_browser_through_one_audited_file() -> None:
    raw = re.compile(r"unsafe_allow_html|unsafe_allow_javascript|components\.v1|st\.html\(")
    offenders = {name_of(path) for path in product_files() if raw.search(path.read_text(encoding="utf-8"))}
    assert offenders <= HTML_FILES


def test_nothing_is_pickled() -> None:
    forbidden = {"pickle", "dill", "joblib", "cloudpickle", "marshal"}
    offenders = [name_of(path) for path in product_files() if forbidden & set(imports_of(path))]
    assert offenders == []


def test_no_public_name_begins_with_test() -> None:
    offenders = [
        f"{name_of(path)}:{node.name}"
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower().startswith("test")
    ]
    assert offenders == []


def test_no_lock_file_is_tracked() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    ).stdout.split()
    assert "pyproject.toml" in listed
    assert not {"uv.lock", "poetry.lock", "package-lock.json"} & {Path(name).name for name in listed}
