"""Settings: what is read from where, and each mistake with its fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from admit.client_auth import ClientSecretBasic, ClientSecretPost, NoAuthentication
from admit.config import NAMES, read_settings
from admit.config_reader import read_okta_env
from admit.errors import ConfigurationError, Problem
from admit.settings import Settings

KEY = "rY3x-TkW0uV9qZsLb2NfHcJ7mPdEgA5oXiC8yQ4w"
GOOD: dict[str, Any] = {
    "issuer": "https://acme.okta.com/oauth2/default",
    "client_id": "0oa1client",
    "client_secret": "s3cret-of-0oa1",
    "base_url": "https://app.example.com",
    "secret_keys": [KEY],
}


def read(**changes: Any) -> Settings:
    return read_settings({**GOOD, **changes}, {}, {})


def problems_of(arguments: dict[str, Any], config: dict[str, Any] | None = None) -> list[Problem]:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(arguments, config or {}, {})
    assert caught.value.code == "config.invalid"
    assert caught.value.status == 500
    return list(caught.value.problems)


def problem_of(**changes: Any) -> Problem:
    """Return the one problem of settings that are good but for *changes*."""
    (problem,) = problems_of({**GOOD, **changes})
    assert all(str(problem).split(":", 1))
    return problem


def test_four_settings_and_a_key_are_enough() -> None:
    settings = read()
    client = settings.client
    assert client.issuer == "https://acme.okta.com/oauth2/default"
    assert client.client_id == "0oa1client"
    assert client.authentication == ClientSecretBasic("s3cret-of-0oa1")
    assert client.redirect_uri == "https://app.example.com/authorization-code/callback"
    assert client.post_logout_redirect_uri == "https://app.example.com"
    assert client.scope == ("openid", "profile", "email")
    assert client.response_mode == "query"
    assert client.id_token_signed_response_alg == "RS256"
    assert (client.leeway, client.userinfo, client.claims) == (60, "auto", ("name", "email"))
    assert settings.secret_keys == (KEY,)
    assert (settings.idle_timeout, settings.absolute_timeout) == (3600, 43_200)
    assert settings.protect_all is False


def test_no_secret_is_shown() -> None:
    settings = read()
    assert KEY not in repr(settings)
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(settings.client)


def test_arguments_win_over_the_application_and_that_over_the_environment(tmp_path: Path) -> None:
    okta_env = tmp_path / ".okta.env"
    okta_env.write_text("ISSUER=https://file.okta.com\nCLIENT_ID=file\nCLIENT_SECRET=file-secret\n")
    arguments = {"issuer": "https://argument.example.com", "base_url": "https://app.example.com"}
    config = {"ADMIT_ISSUER": "https://config.example.com", "ADMIT_CLIENT_ID": "config-id",
              "SECRET_KEY": KEY}  # fmt: skip
    environ = {"ADMIT_CLIENT_ID": "environ-id", "OKTA_OAUTH2_CLIENT_SECRET": "environ-secret"}
    client = read_settings(arguments, config, environ, okta_env=okta_env).client
    assert client.issuer == "https://argument.example.com"
    assert client.client_id == "config-id"
    assert client.authentication == ClientSecretBasic("environ-secret")


def test_all_may_come_from_oktas_file(tmp_path: Path) -> None:
    okta_env = tmp_path / ".okta.env"
    okta_env.write_text(
        "# made by the command line\nexport ISSUER='https://acme.okta.com/oauth2/default' # ours\n"
        'CLIENT_ID="0oa1"\nexport CLIENT_SECRET=a=b#c # a note\nnonsense\n#CLIENT_ID=other\n'
    )
    assert read_okta_env(okta_env).values == {
        "OKTA_OAUTH2_ISSUER": "https://acme.okta.com/oauth2/default",
        "OKTA_OAUTH2_CLIENT_ID": "0oa1",
        "OKTA_OAUTH2_CLIENT_SECRET": "a=b#c",
    }
    arguments = {"base_url": "https://app.example.com", "secret_keys": [KEY]}
    client = read_settings(arguments, {}, {}, okta_env=okta_env).client
    assert client.issuer == "https://acme.okta.com/oauth2/default"
    assert client.authentication == ClientSecretBasic("a=b#c")


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    for path in (None, tmp_path / "missing", tmp_path):
        assert read_okta_env(path).values == {}


def test_a_problem_in_oktas_file_is_told_with_the_file(tmp_path: Path) -> None:
    okta_env = tmp_path / ".okta.env"
    okta_env.write_text("CLIENT_ID={clientId}\n")
    rest = {name: value for name, value in GOOD.items() if name != "client_id"}
    with pytest.raises(ConfigurationError) as caught:
        read_settings(rest, {}, {}, okta_env=okta_env)
    assert caught.value.problems[0].setting == "CLIENT_ID in .okta.env"


def test_a_slip_in_oktas_file_is_told_too(tmp_path: Path) -> None:
    okta_env = tmp_path / ".okta.env"
    okta_env.write_text("ADMIT_ISUER=https://acme.okta.com\n")
    with pytest.raises(ConfigurationError, match=r"Did you mean ADMIT_ISSUER in \.okta\.env"):
        read_settings(GOOD, {}, {}, okta_env=okta_env)


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({"issuer": "acme-admin.okta.com"}, "Use https://acme.okta.com/oauth2/default"),
        ({"issuer": "acme.okta.com/oauth2/aus1"}, "Use https://acme.okta.com/oauth2/aus1."),
        ({"issuer": "https://acme.okta.com.okta.com/oauth2/default"}, "Use acme.okta.com."),
        ({"issuer": "https://acme.okta.com/oauth2/v1/authorize"}, "Use https://acme.okta.com."),
        ({"issuer": "https://acme.okta.com/oauth2/default#"}, "Remove it."),
        ({"client_id": "YOUR_CLIENT_ID"}, "Client Credentials"),
        ({"client_id": "0oa..."}, "Client Credentials"),
        ({"client_id": "0oa abc"}, "Client Credentials"),
        ({"client_id": 5}, "Give a string."),
        ({"scope": "'openid profile'"}, "Remove the quotes."),
        ({"protect_all": "'true'"}, "Remove the quotes."),
        ({"leeway": '"60"'}, "Remove the quotes."),
        ({"public": "'/health'"}, "Remove the quotes."),
        ({"protect_all": "perhaps"}, "Use true or false."),
        ({"ca_file": "/no/such.pem"}, "Name a PEM file"),
        ({"ca_file": __file__}, "Name a PEM file"),
    ],
)
def test_each_slip_has_one_problem_with_its_fix(given: dict[str, Any], fix: str) -> None:
    assert fix in problem_of(**given).fix


def test_every_setting_may_be_given(tmp_path: Path) -> None:
    ca_file = str(tmp_path / "own.pem")
    trustme.CA().cert_pem.write_to_path(ca_file)
    values: dict[str, Any] = {
        **GOOD,
        "scope": "openid, groups",
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256",
        "response_mode": "form_post",
        "authorization_parameters": {"prompt": "login"},
        "userinfo": "never",
        "claims": "email",
        "groups_claim": "roles",
        "leeway": "0",
        "protect_all": "yes",
        "public": ["/health"],
        "sign_in_path": "/in",
        "sign_out_path": "/out",
        "callback_path": "/back",
        "signed_out_path": "/bye",
        "after_sign_in": "/home?x=1",
        "idle_timeout": 60,
        "absolute_timeout": "120",
        "cookie_name": "my_app",
        "http_timeout": 5,
        "ca_file": ca_file,
        "stale_limit": "300",
        "breaker_failures": 0,
        "breaker_seconds": "60",
        "sessions": "redis://:secret@host/0",
        "access_tokens": "no",
        "end_session_method": "get",
        "backchannel_logout_path": "/back-logout",
        "frontchannel_logout_path": "/front-logout",
        "universal_logout_path": "/all-logout",
        "health_path": "/healthz",
    }
    assert values.keys() | {"okta_domain", "okta_authorization_server"} == set(NAMES)
    settings = read_settings(values, {}, {})
    client = settings.client
    assert client.scope == ("openid", "groups")
    assert client.authentication == ClientSecretPost("s3cret-of-0oa1")
    assert client.id_token_signed_response_alg == "ES256"
    assert client.response_mode == "form_post"
    assert client.authorization_parameters == {"prompt": "login"}
    assert (client.userinfo, client.claims, client.leeway) == ("never", ("email",), 0)
    assert client.redirect_uri == "https://app.example.com/back"
    assert client.post_logout_redirect_uri == "https://app.example.com/bye"
    assert (settings.protect_all, settings.public) == (True, ("/health",))
    assert (settings.sign_in_path, settings.sign_out_path) == ("/in", "/out")
    assert settings.after_sign_in == "/home?x=1"
    assert (settings.idle_timeout, settings.absolute_timeout) == (60, 120)
    assert (settings.cookie_name, settings.groups_claim) == ("my_app", "roles")
    assert (settings.http_timeout, settings.ca_file) == (5.0, ca_file)
    assert settings.sessions == "redis://:secret@host/0"
    assert (settings.access_tokens, settings.end_session_method) == (False, "get")
    assert settings.backchannel_logout_path == "/back-logout"
    assert settings.frontchannel_logout_path == "/front-logout"
    assert settings.universal_logout_path == "/all-logout"
    assert (settings.stale_limit, settings.health_path) == (300, "/healthz")
    assert (settings.breaker_failures, settings.breaker_seconds) == (0, 60)
    assert "secret" not in repr(settings)


def test_a_store_keeps_tokens_and_cookies_do_not() -> None:
    assert not read().access_tokens
    stored = read(sessions="sqlite:///sessions.db", scope="openid offline_access")
    assert (stored.access_tokens, stored.are_stored) == (True, True)
    own = read_settings({**GOOD, "scope": "openid offline_access"}, {}, {}, own_store=True)
    assert (own.access_tokens, own.are_stored, own.sessions) == (True, True, "own")


def test_the_same_names_work_in_the_environment() -> None:
    environ = {f"ADMIT_{name.upper()}": str(value) for name, value in GOOD.items()}
    environ["ADMIT_SECRET_KEYS"] = KEY
    environ["ADMIT_PROTECT_ALL"] = "1"
    settings = read_settings({}, {}, environ)
    assert settings.client == read().client
    assert settings.protect_all is True


@pytest.mark.parametrize(
    ("changes", "issuer"),
    [
        ({"okta_domain": "acme.okta.com"}, "https://acme.okta.com/oauth2/default"),
        ({"okta_domain": "https://acme.okta.com/"}, "https://acme.okta.com/oauth2/default"),
        (
            {"okta_domain": "acme.okta.com", "okta_authorization_server": "aus1"},
            "https://acme.okta.com/oauth2/aus1",
        ),
        (
            {"okta_domain": "acme.okta.com", "okta_authorization_server": ""},
            "https://acme.okta.com",
        ),
    ],
)
def test_an_okta_domain_stands_for_an_issuer(changes: dict[str, Any], issuer: str) -> None:
    assert read(issuer=None, **changes).client.issuer == issuer


def test_an_issuer_wins_over_the_okta_domain_beside_it() -> None:
    assert read(okta_domain="acme.okta.com").client.issuer == GOOD["issuer"]
    with pytest.raises(ConfigurationError, match="another org's"):
        read(okta_domain="other.okta.com")


def test_the_first_place_wins_whichever_of_the_two_it_names() -> None:
    arguments = {name: value for name, value in GOOD.items() if name != "issuer"}
    environ = {"OKTA_OAUTH2_ISSUER": "https://dev.okta.com/oauth2/default"}
    settings = read_settings({**arguments, "okta_domain": "prod.okta.com"}, {}, environ)
    assert settings.client.issuer == "https://prod.okta.com/oauth2/default"


def test_a_whole_issuer_may_stand_where_the_domain_is_asked() -> None:
    arguments = {name: value for name, value in GOOD.items() if name != "issuer"}
    issuer = "https://acme.okta.com/oauth2/aus1"
    assert read_settings({**arguments, "okta_domain": issuer}, {}, {}).client.issuer == issuer


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("issuer", "https://YOUR-DOMAIN.okta.com/oauth2/default"),
        ("client_id", "..."),
        ("client_secret", "xxxx"),
        ("sign_in_path", "/signin?x=1"),
        ("after_sign_in", "/signin"),
        ("after_sign_in", "/signout?a=b"),
        ("base_url", "http://localhost:5000/a;Domain=evil"),
        ("base_url", "https://\u4f8b.jp"),
    ],
)
def test_what_would_fail_later_is_told_now(setting: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{setting: value})
    assert [problem.setting for problem in caught.value.problems] == [setting]


@pytest.mark.parametrize(
    "key", ["{aB3$" + "k9Lm2Pq8Rt5Vx1Zc4Nf7Hj" * 2, "exchange-aB3k9Lm2Pq8Rt5Vx1Zc4Nf7Hj"]
)
def test_a_random_key_is_no_placeholder_whatever_letters_it_has(key: str) -> None:
    assert read(secret_keys=[key]).secret_keys == (key,)


def test_a_service_of_kubernetes_named_admit_is_no_setting() -> None:
    environ = {"ADMIT_SERVICE_HOST": "10.0.0.1", "ADMIT_PORT_80_TCP_ADDR": "10.0.0.1"}
    assert read_settings(GOOD, {}, environ).client.client_id == GOOD["client_id"]
    with pytest.raises(ConfigurationError, match="ADMIT_SERVICE_HOST"):
        read_settings(GOOD, environ, {})


def test_a_developers_machine_needs_no_https() -> None:
    settings = read(base_url="http://localhost:5000")
    assert settings.client.redirect_uri == "http://localhost:5000/authorization-code/callback"
    assert settings.client.response_mode == "query"


def test_what_is_just_enough_is_taken() -> None:
    settings = read(idle_timeout=600, absolute_timeout=600, secret_keys="abcdefgh" * 4)
    assert settings.idle_timeout == settings.absolute_timeout
    assert len(settings.secret_keys[0]) == 32
    assert (settings.groups_claim, settings.cookie_name) == ("groups", "admit")


def test_nothing_at_all_names_each_thing_that_is_missing() -> None:
    found = problems_of({})
    assert {problem.setting for problem in found} == {
        "ADMIT_ISSUER",
        "ADMIT_CLIENT_ID",
        "ADMIT_CLIENT_SECRET",
        "ADMIT_BASE_URL",
        "ADMIT_SECRET_KEYS",
    }
    assert all("missing" in problem.wrong and problem.fix for problem in found)


def test_all_problems_come_at_once_in_one_text() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({**GOOD, "issuer": "", "client_id": "", "leeway": 9999}, {}, {})
    text = str(caught.value)
    assert "3 problems" in text
    assert text.count("\n  - ") == 3


@pytest.mark.parametrize("name", ["issuer", "client_id", "client_secret", "base_url"])
@pytest.mark.parametrize("value", ["", "   ", None, "{yourOktaDomain}", "${CLI_OKTA_X}", "<x>", 7])
def test_what_is_needed_must_be_there_and_no_placeholder(name: str, value: object) -> None:
    found = problems_of({**GOOD, name: value})
    assert {problem.setting.lower().removeprefix("admit_") for problem in found} == {name}
    assert not any("s3cret" in str(problem) for problem in found)


@pytest.mark.parametrize(
    ("changes", "setting", "word"),
    [
        ({"isuer": "x"}, "isuer", "issuer"),
        ({"entirely_wrong": "x"}, "entirely_wrong", "Remove"),
        ({"issuer": " https://acme.okta.com/v1/authorize "}, "issuer", "/v1/authorize"),
        ({"client_id": "'0oa1'"}, "client_id", "quotes"),
        ({"client_secret": "0oa1client"}, "client_secret", "client id"),
        ({"scope": "profile"}, "scope", "openid"),
        ({"scope": ""}, "scope", "openid"),
        ({"scope": "openid offline_access"}, "scope", "ADMIT_SESSIONS to a store"),
        (
            {"scope": "openid offline_access", "sessions": "redis://h", "access_tokens": "no"},
            "scope",
            "Leave ADMIT_ACCESS_TOKENS out",
        ),
        ({"access_tokens": "yes"}, "access_tokens", "ADMIT_SESSIONS to a store"),
        ({"backchannel_logout_path": "/b"}, "backchannel_logout_path", "ADMIT_SESSIONS to a store"),
        ({"frontchannel_logout_path": "/f"}, "frontchannel_logout_path", "ADMIT_SESSIONS to a"),
        ({"universal_logout_path": "/u"}, "universal_logout_path", "ADMIT_SESSIONS to a store"),
        (
            {"universal_logout_path": "u", "sessions": "redis://h"},
            "universal_logout_path",
            "/universal-logout",
        ),
        ({"backchannel_logout_path": "/signin", "sessions": "redis://h"}, "ADMIT_*_PATH", "own"),
        ({"end_session_method": "put"}, "end_session_method", "post"),
        ({"scope": 7}, "scope", "words"),
        ({"token_endpoint_auth_method": "magic"}, "token_endpoint_auth_method", "client_secret"),
        ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg", "RS256"),
        ({"id_token_signed_response_alg": "HS256"}, "id_token_signed_response_alg", "RS256"),
        ({"response_mode": "fragment"}, "response_mode", "form_post"),
        ({"userinfo": "often"}, "userinfo", "auto"),
        ({"leeway": 301}, "leeway", "300"),
        ({"leeway": -1}, "leeway", "0 to 300"),
        ({"leeway": "soon"}, "leeway", "soon"),
        ({"leeway": True}, "leeway", "True"),
        ({"idle_timeout": 7200, "absolute_timeout": 3600}, "idle_timeout", "absolute"),
        ({"idle_timeout": 59}, "idle_timeout", "60"),
        ({"http_timeout": 0}, "http_timeout", "1 to 60"),
        ({"stale_limit": 299}, "stale_limit", "300 to 604800"),
        ({"breaker_failures": 101}, "breaker_failures", "0 to 100"),
        ({"breaker_seconds": 0}, "breaker_seconds", "1 to 300"),
        ({"protect_all": "perhaps"}, "protect_all", "true or false"),
        ({"claims": [1]}, "claims", "words"),
        ({"public": {"a": 1}}, "public", "words"),
        ({"cookie_name": "a b"}, "cookie_name", "letters"),
        ({"cookie_name": "x" * 33}, "cookie_name", "letters"),
        ({"authorization_parameters": {"state": "x"}}, "authorization_parameters", "state"),
        ({"authorization_parameters": {"request_uri": "x"}}, "authorization_parameters", "request"),
        ({"authorization_parameters": {"max_age": 5}}, "authorization_parameters", "max_age"),
        ({"authorization_parameters": {"max_age": "x"}}, "authorization_parameters", "max_age"),
        ({"authorization_parameters": "prompt=login"}, "authorization_parameters", "mapping"),
        ({"callback_path": "callback"}, "callback_path", "plain path"),
        ({"callback_path": "//callback"}, "callback_path", "plain path"),
        ({"sign_in_path": "https://x"}, "sign_in_path", "plain path"),
        ({"sign_in_path": "/a b"}, "sign_in_path", "plain path"),
        ({"after_sign_in": "/\u00fc"}, "after_sign_in", "plain path"),
        ({"after_sign_in": "//evil.example"}, "after_sign_in", "plain path"),
        ({"sign_in_path": "/x", "sign_out_path": "/x"}, "ADMIT_*_PATH", "one path"),
        ({"callback_path": "/"}, "ADMIT_*_PATH", "one path"),
        (
            {"base_url": "http://localhost:5000", "response_mode": "form_post"},
            "response_mode",
            "https",
        ),
    ],
)
def test_a_mistake_is_told_with_its_setting_and_its_fix(
    changes: dict[str, Any], setting: str, word: str
) -> None:
    problem = problem_of(**changes)
    assert problem.setting == setting
    assert word in f"{problem.wrong} {problem.fix}"


def test_a_long_path_with_a_typing_error_is_told_at_once() -> None:
    assert problem_of(callback_path="/" + "a" * 200 + ":").setting == "callback_path"


def test_a_public_client_needs_no_secret() -> None:
    client = read(client_secret=None, token_endpoint_auth_method="none").client
    assert client.authentication == NoAuthentication()


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ([], "missing"),
        ("", "missing"),
        ("dev", "fewer than 32"),
        ([KEY, "short"], "fewer than 32"),
        ("a" * 64, "placeholder"),
        ("change-me-change-me-change-me-change-me", "placeholder"),
        ("{your-secret-key-of-at-least-32-chars}", "placeholder"),
        (7, "words"),
    ],
)
def test_a_key_that_is_missing_or_weak_is_told_and_not_shown(keys: object, word: str) -> None:
    found = problems_of({**GOOD, "secret_keys": keys})
    assert any(word in problem.wrong for problem in found)
    assert all(KEY not in str(problem) and "change-me" not in str(problem) for problem in found)


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ({"SECRET_KEY": KEY}, (KEY,)),
        ({"SECRET_KEY": KEY.encode()}, (KEY,)),
        ({"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": [KEY[::-1]]}, (KEY, KEY[::-1])),
        ({"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": (KEY[::-1].encode(),)}, (KEY, KEY[::-1])),
        ({"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": None}, (KEY,)),
    ],
)
def test_the_frameworks_key_and_its_predecessors_serve_where_we_have_none(
    config: dict[str, Any], keys: tuple[str, ...]
) -> None:
    rest = {name: value for name, value in GOOD.items() if name != "secret_keys"}
    assert read_settings(rest, config, {}).secret_keys == keys


@pytest.mark.parametrize("fallbacks", [7, "a-single-string-and-no-list-of-them", {"a": 1}, True])
def test_predecessors_that_are_no_list_are_told(fallbacks: object) -> None:
    rest = {name: value for name, value in GOOD.items() if name != "secret_keys"}
    config = {"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": fallbacks}
    (problem,) = problems_of(rest, config)
    assert problem.setting == "SECRET_KEY_FALLBACKS"
    assert "list" in problem.wrong + problem.fix
    assert "a-single" not in str(problem)


def test_our_keys_win_over_the_frameworks() -> None:
    settings = read_settings(GOOD, {"SECRET_KEY": "dev"}, {})
    assert settings.secret_keys == (KEY,)


def test_names_that_are_not_ours_are_left_alone() -> None:
    config: dict[Any, Any] = {"DEBUG": True, "ADMITTED": 1, 7: 8, "SECRET_KEY": None}
    assert read_settings(GOOD, config, {"HOME": "/root"}).client.client_id == "0oa1client"
