"""Signing in by an identity provider of another site, in a real browser.

`localhost` and `127.0.0.1` are two sites to a browser, so that what it sends is tested, too.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessible import assert_accessible
from tests.identity_providers import identity_provider
from tests.stand_builders import running_stand
from vitrine.people.accounts import Account, write_accounts

pytestmark = pytest.mark.browser


def test_a_browser_comes_back_signed_in(
    page: Page, tmp_path: Path, redis_url: str
) -> None:
    users = tmp_path / "users.yaml"
    eve = Account(name="eve", role="auditor", oidc="248289761001", key="0" * 64)
    write_accounts(users, [eve])
    with (
        identity_provider("localhost") as provider,
        running_stand(
            tmp_path,
            redis_url,
            users=users,
            audit_file=tmp_path / "audit.jsonl",
            **provider.oidc(),
        ) as stand,
    ):
        assert "127.0.0.1" in stand.address
        page.goto(f"{stand.address}/audit?who=eve")
        assert_accessible(page)
        page.get_by_role("link", name="identity provider").click()
        expect(page).to_have_url(f"{stand.address}/audit?who=eve")
        expect(page.get_by_role("cell", name="sign-in")).to_be_visible()
        page.reload()
        expect(page.get_by_role("cell", name="sign-in")).to_be_visible()
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert list(cookies) == ["vitrine-person"]
        assert cookies["vitrine-person"]["sameSite"] == "Strict"
