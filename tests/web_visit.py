"""A visitor of the pages: the application over a store of a test, asked as somebody at this machine, or as a role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import pytest
import sqlalchemy as sa
from httpx import Response
from starlette.testclient import TestClient

from crawler.config import Config
from crawler.source import Source
from crawler.web.app import make_app
from crawler.web.context import WebContext
from crawler.web.rate_limit import RateLimit
from crawler.web.visitor import Role, Visitor
from tests.press_room import MORNING, OUTLETS


class PageVisitor:
    """Asks for pages, and sends the forms that it finds on them."""

    def __init__(
        self,
        engine: sa.Engine,
        registry: Mapping[str, Source] = OUTLETS,
        config: Config | None = None,
        *,
        now: datetime = MORNING,
    ) -> None:
        self.context = WebContext(
            engine=engine,
            registry=registry,
            config=config or Config(),
            clock=lambda: now,
            limits=RateLimit(),
            local=True,
        )
        self.client = TestClient(
            make_app(self.context),
            base_url="http://127.0.0.1",
            client=("127.0.0.1", 50_000),
            raise_server_exceptions=False,
        )

    def get(self, path: str, status: int = 200) -> str:
        """The page, which must be answered so."""
        answer = self.ask(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def ask(self, path: str) -> Response:
        """The answer as it comes, without following it anywhere."""
        return self.client.get(path, follow_redirects=False)

    def send(self, page: str, action: str, fields: Mapping[str, object] | None = None) -> Response:
        """Send a form of a page to where it goes, as a browser would: with the page's token."""
        text = self.get(page)
        token = re.search(r'name="form_token" value="([^"]+)"', text)
        assert token is not None and f'action="{action}"' in text, f"no form for {action} on {page}"
        return self.client.post(
            action, data={"form_token": token[1], **(fields or {})}, follow_redirects=False
        )


def as_role(role: Role, monkeypatch: pytest.MonkeyPatch, address: str = "nguoi.doc@lamha.example") -> None:
    """Let everybody who asks be a person with this role."""
    monkeypatch.setattr("crawler.web.visitor._recognised", lambda request: Visitor(role, address))
