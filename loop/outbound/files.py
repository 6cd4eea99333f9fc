"""The live version as a file, alone or in a git repository: written atomically, and only when it changed (idempotent).

Whoever reads the file sees the version before or the version after, never half of one; a machine that dies leaves one
of the two.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from loop.errors import RatchetError
from loop.records import Bundle, Version

_SECONDS = 60
"""A git command that takes longer has failed."""
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE")
"""Variables that would have git work in another repository than the folder's."""
_NOBODY = ("-c", "user.name=Ratchet", "-c", "user.email=ratchet@localhost")
"""Who commits where git knows nobody, as in a fresh container."""
_NEW_MODE = 0o644


def live_text(version: Version, bundle: Bundle) -> str:
    """A live version as every door gives it out: who, which, and its content under `bundle`; keys in order."""
    told = {
        "agent": version.agent,
        "number": version.number,
        "digest": version.digest,
        "released_at": version.released_at.isoformat() if version.released_at else None,
        "bundle": bundle.model_dump(mode="json"),
    }
    return json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_file(path: Path, text: str) -> bool:
    """Put the text in place of what the file holds; whether it was another. Who may read it stays. Raises OSError."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (FileNotFoundError, UnicodeDecodeError):
        pass
    mode = path.stat().st_mode & 0o777 if path.exists() else _NEW_MODE
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(mode)
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    _settle(path.parent)
    return True


def commit_file(folder: Path, name: str, text: str, *, message: str, is_pushed: bool) -> bool:
    """Write a file of a git repository and commit it alone; whether there was anything to commit.

    Whatever else is staged there stays as it is, and hooks do not run. Raises OSError, RatchetError.
    """
    write_file(folder / name, text)
    _git(folder, "add", "--", name)
    has_changed = bool(_git(folder, "status", "--porcelain", "--", name).strip())
    if has_changed:
        _git(folder, *_identity(folder), "commit", "--quiet", "--no-verify", "-m", message, "--", name)
    if is_pushed:
        _git(folder, "push", "--quiet")
    return has_changed


def _identity(folder: Path) -> tuple[str, ...]:
    """Git's own, where it has one."""
    try:
        _git(folder, "var", "GIT_COMMITTER_IDENT")
    except RatchetError:
        return _NOBODY
    return ()


def _git(folder: Path, *arguments: str) -> str:
    verb = next(one for one in arguments if one != "-c" and "=" not in one)
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            ["git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", *arguments],  # noqa: S607 - the operator's git
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env=environment | _QUIET,
        )
    except FileNotFoundError:
        raise RatchetError("git is not installed here.", remedy="Install it, or have a plain file written.") from None
    except subprocess.TimeoutExpired:
        raise RatchetError(f"git {verb} did not end in {_SECONDS} seconds.") from None
    except subprocess.CalledProcessError as error:
        raise RatchetError(
            f"git {verb} failed (exit code {error.returncode}).",
            remedy=f"Try it in that folder: git {verb}",
        ) from None
    return done.stdout


def _settle(folder: Path) -> None:
    """Have the new name survive a power cut; where folders cannot be synced, it is as good as the system makes it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
