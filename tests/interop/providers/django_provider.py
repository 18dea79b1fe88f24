"""django-oauth-toolkit with a plain sign-in form. BASE is its own address, RP the application's."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import django
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

BASE, RP = os.environ["BASE"], os.environ["RP"]
KEY = generate_private_key(65537, 2048).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
FORM = """<h1>Peer: login</h1><form method="post">{% csrf_token %}
<label>User {{ form.username }}</label><label>Password {{ form.password }}</label>
<button>Sign in</button></form>"""
TEMPLATES = Path(tempfile.mkdtemp(prefix="django-provider-"))
(TEMPLATES / "registration").mkdir()
(TEMPLATES / "registration" / "login.html").write_text(FORM)

sys.modules["django_provider"] = sys.modules["__main__"]
settings.configure(
    SECRET_KEY="of the test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="django_provider",
    STATIC_URL="/static/",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # fast
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": TEMPLATES / "provider.sqlite3"}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [TEMPLATES],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ]
            },
        }
    ],
    LOGIN_URL="/login/",
    SESSION_COOKIE_NAME="peer_session",
    CSRF_COOKIE_NAME="peer_csrf",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": f"{BASE}/o",
        "OIDC_RSA_PRIVATE_KEY": KEY.decode(),
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 60,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 120,
        "OAUTH2_VALIDATOR_CLASS": "django_provider.Validator",
        "SCOPES": {"openid": "sign in", "profile": "name", "email": "e-mail"},
    },
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402
from waitress.server import create_server  # noqa: E402


class Validator(OAuth2Validator):
    """Adds the claims of profile and email to the ID Token."""

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        """Return what is known of the user."""
        return {"name": request.user.get_full_name(), "email": request.user.email}


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("login/", LoginView.as_view()),
]


def end_with_the_tests() -> None:
    """End when whoever started this one has ended, in whatever way."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_tests, daemon=True).start()
    call_command("migrate", verbosity=0)
    User.objects.create_user(
        "alice", "alice@example.com", "alice-pw", first_name="Alice", last_name="Example"
    )
    for client_id, skip_authorization in {"basic": True, "consent": False}.items():
        Application.objects.create(
            client_id=client_id,
            client_secret=f"{client_id} secret: 100% + a&b=c",
            client_type="confidential",
            authorization_grant_type="authorization-code",
            redirect_uris=f"{RP}/authorization-code/callback",
            post_logout_redirect_uris=RP,
            algorithm="RS256",
            skip_authorization=skip_authorization,
        )
    server = create_server(get_wsgi_application(), host="127.0.0.1", port=BASE.rpartition(":")[2])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.run()
