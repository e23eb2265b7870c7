"""The registry that tests/Api.Tests/Sdk starts, and the receiving apps that its cores forward to."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps import Received, Servers
from peerregistry import Portal


@dataclass
class Registry:
    """Two mutual Portals: ours calls, the peer's apps run in this process."""

    core: str
    their_core: str
    self: dict[str, str]
    peer: dict[str, str]
    silent: str
    apps: dict[str, dict[str, Any]]
    received: dict[str, Received] = field(default_factory=dict)

    def portal(self, app: str, **options: Any) -> Portal:
        return Portal(self.apps[app]["token"], self.core, **options)


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    described = os.environ.get("SDK_REGISTRY")
    if not described:
        pytest.skip("no registry: ./test ScriptSdkTests starts one")
    registry = Registry(**json.loads(described))
    with Servers() as servers:
        for name, app in registry.apps.items():
            framework = name.partition("-")[0]
            registry.received[name] = servers.start(framework, app["port"], Portal(app["their_token"], registry.their_core))
        yield registry
