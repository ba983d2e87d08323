"""People sign in by an identity provider: a real one, on this machine."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.identity_providers import (
    CLIENT,
    IdentityProvider,
    identity_provider,
    make_key,
)
from tests.sign_in_builders import PASSWORD, kept_password, noted
from tests.stand_builders import Running, running_stand
from vitrine.people.accounts import Account, write_accounts
from vitrine.web.oidc import Flow
from vitrine.web.people import ADDRESS_FREE, SESSION_S
from vitrine.web.provider_sign_in import FLOW_S, MOST, Flows

PAGE = {"Accept": "text/html"}
KEY = "0" * 64
FAILED = [("unknown", "failed sign-in", "stand")]


def write_users(folder: Path) -> Path:
    """Write `eve`, known by subject, `dan`, by e-mail, and `ada`, who has a password."""
    path = folder / "users.yaml"
    accounts = [
        Account(name="eve", role="operator", oidc="248289761001", key=KEY),
        Account(name="dan", role="auditor", oidc="Dan@mall.example", key=KEY),
        Account(name="ada", role="operator", password=kept_password(PASSWORD)),
    ]
    write_accounts(path, accounts)
    return path


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def stand(
    tmp_path: Path, redis_url: str, provider: IdentityProvider
) -> Iterator[Running]:
    with running_stand(
        tmp_path,
        redis_url,
        users=write_users(tmp_path),
        audit_file=tmp_path / "audit.jsonl",
        **provider.oidc(),
    ) as stand:
        stand.http.headers.update(PAGE)
        yield stand


def begin(http: httpx.Client, next_address: str = "/live?from=mail") -> str:
    """Return where the provider sends the browser back to."""
    answer = http.get("/sign-in/provider", params={"next": next_address})
    assert answer.status_code == 303, answer.text
    answer = httpx.get(answer.headers["Location"])
    assert answer.status_code == 302
    returned: str = answer.headers["Location"]
    return returned


def sign_in(http: httpx.Client) -> httpx.Response:
    return http.get(begin(http))


def test_who_has_an_account_comes_back_signed_in(
    stand: Running, provider: IdentityProvider, tmp_path: Path
) -> None:
    http = stand.http
    locked = http.get("/live?from=mail")
    assert "/sign-in/provider?next=%2Flive%3Ffrom%3Dmail" in locked.text
    answer = sign_in(http)
    assert answer.status_code == 200
    assert answer.headers["Refresh"] == "0; url=/live?from=mail"
    cookies = answer.headers.get_list("Set-Cookie")
    person = next(each for each in cookies if each.startswith("vitrine-person=eve:"))
    for part in ("HttpOnly", "SameSite=strict", f"Max-Age={SESSION_S}"):
        assert part in person
    assert "vitrine-return" not in http.cookies
    assert http.get("/live").status_code == 200
    assert "signed in as <code>eve</code>" in http.get("/sign-in").text
    assert noted(tmp_path / "audit.jsonl") == [("eve", "sign-in", "stand")]
    ((authorization, form),) = provider.token_requests
    assert base64.b64decode(authorization.split()[1]).decode() == (
        "vitrine%20of%20the%20mall:a%20secret%3A%20with%20signs%20%25%20%26%20%2B"
    )
    assert form["client_id"] == CLIENT


def test_the_provider_is_asked_by_code_with_pkce_and_a_lax_short_cookie(
    stand: Running,
) -> None:
    answer = stand.http.get("/sign-in/provider")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("vitrine-return=")
    for part in ("HttpOnly", "SameSite=lax", f"Max-Age={FLOW_S}"):
        assert part in cookie
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["tenant"] == ["1"]
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{stand.address}/sign-in/return"]
    assert asked["state"] != asked["nonce"]
    by_tls = stand.http.get("/sign-in/provider", headers={"X-Forwarded-Proto": "https"})
    assert by_tls.headers["Set-Cookie"].startswith("__Host-vitrine-return=")
    assert "redirect_uri=https%3A%2F%2F" in by_tls.headers["Location"]


def test_an_address_of_e_mail_counts_where_the_provider_verified_it(
    stand: Running, provider: IdentityProvider, tmp_path: Path
) -> None:
    provider.subject = "somebody"
    for verified, status in ((None, 403), (False, 403), ("true", 403), (True, 200)):
        provider.claims = {"email": "dan@Mall.example", "email_verified": verified}
        assert sign_in(stand.http).status_code == status
    assert noted(tmp_path / "audit.jsonl")[-1] == ("dan", "sign-in", "stand")
    assert stand.http.get("/live").status_code == 403


def test_who_has_no_account_is_told_what_to_do(
    stand: Running, provider: IdentityProvider, tmp_path: Path
) -> None:
    provider.subject = "<nobody>"
    answer = sign_in(stand.http)
    assert answer.status_code == 403
    assert "vitrine users add NAME --role ROLE --oidc &lt;nobody&gt;" in answer.text
    assert "vitrine-person" not in stand.http.cookies
    assert noted(tmp_path / "audit.jsonl") == FAILED


@pytest.mark.parametrize(
    "faults",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another program"}},
        {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
        {"claims": {"aud": None}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1_700_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"sub": None}},
        pytest.param({"signs": make_key()}, id="signs-with-a-key-of-its-own"),
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"answers": 500},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_token_that_proves_nothing_opens_nothing(
    stand: Running,
    provider: IdentityProvider,
    tmp_path: Path,
    faults: dict[str, Any],
) -> None:
    for name, value in faults.items():
        setattr(provider, name, value)
    answer = sign_in(stand.http)
    assert answer.status_code == 502
    assert "Sign in again from the beginning" in answer.text
    assert "vitrine-person" not in stand.http.cookies
    assert stand.http.get("/live").status_code == 401
    assert noted(tmp_path / "audit.jsonl") == FAILED


def test_a_token_for_several_programs_is_good_where_it_was_made_for_this_one(
    stand: Running, provider: IdentityProvider
) -> None:
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert sign_in(stand.http).status_code == 200


def test_returns_that_nobody_began_do_not_fill_the_audit_log(
    stand: Running, tmp_path: Path
) -> None:
    for _ in range(ADDRESS_FREE + 1):
        answer = stand.http.get("/sign-in/return", params={"state": "s", "code": "c"})
        assert answer.status_code == 400
    for _ in range(5):
        answer = stand.http.get("/sign-in/return", params={"state": "s", "code": "c"})
        assert answer.status_code == 429
    assert noted(tmp_path / "audit.jsonl") == FAILED * (ADDRESS_FREE + 1)


def test_a_state_is_good_once_and_in_its_own_browser(
    stand: Running, tmp_path: Path
) -> None:
    http = stand.http
    returned = begin(http)
    cookie = {"Cookie": f"vitrine-return={http.cookies['vitrine-return']}"}
    with httpx.Client(base_url=stand.address, headers=PAGE) as other:
        assert other.get(returned).status_code == 400
        begin(other)
        assert other.get(returned).status_code == 400
    assert http.get(returned).status_code == 200
    with httpx.Client(base_url=stand.address, headers=PAGE) as thief:
        again = thief.get(returned, headers=cookie)
        assert again.status_code == 400
        assert "This sign-in has ended" in again.text
        assert thief.get("/sign-in/return").status_code == 400
    signed_in = [("eve", "sign-in", "stand")]
    expected = FAILED * 2 + signed_in + FAILED * 2
    assert noted(tmp_path / "audit.jsonl") == expected


def test_a_refusal_of_the_provider_is_told(stand: Running) -> None:
    begin(stand.http)
    state = stand.http.cookies["vitrine-return"]
    query = {"state": state, "error": "access_denied"}
    answer = stand.http.get("/sign-in/return", params=query)
    assert answer.status_code == 403
    assert "The identity provider let nobody in" in answer.text


def test_signing_in_leads_to_no_other_server(stand: Running) -> None:
    returned = begin(stand.http, "https://evil.example/")
    assert stand.http.get(returned).headers["Refresh"] == "0; url=/"


def test_attempts_that_come_to_nothing_are_limited(stand: Running) -> None:
    statuses = []
    for _ in range(ADDRESS_FREE + 2):
        statuses.append(stand.http.get("/sign-in/provider").status_code)  # noqa: PERF401
    assert statuses == [303] * (ADDRESS_FREE + 1) + [429]


def test_passwords_go_on_beside_it_and_are_not_of_those_accounts(
    stand: Running,
) -> None:
    for name, status in (("ada", 303), ("eve", 401)):
        form = {"name": name, "password": PASSWORD, "next": "/"}
        assert stand.http.post("/sign-in", data=form).status_code == status


def test_a_provider_that_is_away_is_told(tmp_path: Path, redis_url: str) -> None:
    with ExitStack() as stack:
        with identity_provider() as provider:
            stand = stack.enter_context(
                running_stand(
                    tmp_path,
                    redis_url,
                    users=write_users(tmp_path),
                    **provider.oidc(),
                )
            )
            returned = begin(stand.http)
        back = stand.http.get(returned, headers=PAGE)
        assert back.status_code == 502
        assert "the provider does not answer" in back.text
        assert stand.http.get("/sign-in/provider").status_code == 502
        assert "Sign in by the identity provider" in stand.http.get("/sign-in").text


def test_a_provider_of_another_name_is_refused(
    stand: Running, provider: IdentityProvider
) -> None:
    provider.address = "https://evil.example"
    answer = stand.http.get("/sign-in/provider")
    assert answer.status_code == 502
    assert "another name than VITRINE_OIDC_ISSUER" in answer.text


def test_without_a_provider_the_routes_say_so(tmp_path: Path, redis_url: str) -> None:
    with running_stand(tmp_path, redis_url, users=write_users(tmp_path)) as stand:
        for path in ("/sign-in/provider", "/sign-in/return"):
            assert stand.http.get(path).status_code == 404
        assert "identity provider" not in stand.http.get("/sign-in").text


def test_sign_ins_that_have_begun_are_few_and_end() -> None:
    now_s = 0.0
    flows = Flows(lambda: now_s)
    first = Flow("/", "")
    flows.add(first)
    for _ in range(MOST):
        flows.add(Flow("/", ""))
    assert flows.take(first.state) is None
    late = Flow("/", "")
    flows.add(late)
    now_s = FLOW_S
    assert flows.take(late.state) is None
