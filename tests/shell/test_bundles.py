"""Versions over HTTP: what is live, whether it changed, as soon as it does, and content by digest; or none at all."""

import threading
import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from loop import desk, wiring
from loop.records import ALL_VERBS, Bundle
from loop.serve import bundles
from loop.serve.app import make_app
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding
