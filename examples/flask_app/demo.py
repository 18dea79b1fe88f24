"""`make demo`: the sample app and a sign-in provider, together, on this machine alone."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

from werkzeug.serving import make_server

from admit.dev_provider.config import CLIENT_ID, CLIENT_SECRET

HERE = Path(__file__).parent
ADMIT = Path(sys.executable).with_name("admit")
#: Seconds; so short that one can watch a token being renewed.
ACCESS_TOKEN_LIFETIME = 60


def main() -> None:
    """Start both, say where they are, and stop both on Ctrl-C."""
    options = read_options()
    # The app is on localhost, the provider on 127.0.0.1: to a browser two sites, as in real life.
    app_url, issuer = (
        f"http://localhost:{options.port}",
        f"http://127.0.0.1:{options.provider_port}/oauth2/default",
    )
    if options.port == options.provider_port:
        sys.exit("The app and the provider need two ports.")
    check_is_free("localhost", options.port, "--port")
    check_is_free("127.0.0.1", options.provider_port, "--provider-port")
    os.environ |= {
        "ADMIT_ISSUER": issuer,
        "ADMIT_CLIENT_ID": CLIENT_ID,
        "ADMIT_CLIENT_SECRET": CLIENT_SECRET,
        "ADMIT_BASE_URL": app_url,
        # With offline_access the provider gives a refresh token, for new access tokens.
        "ADMIT_SCOPE": "openid profile email groups offline_access",
        "ADMIT_UNIVERSAL_LOGOUT_PATH": "/universal-logout",
        # An app that people use has one key, which outlives its restarts.
        "ADMIT_SECRET_KEYS": secrets.token_urlsafe(32),
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        run(options.port, options.provider_port, app_url, issuer)
    except KeyboardInterrupt:
        print("\nStopped.")


def run(port: int, provider_port: int, app_url: str, issuer: str) -> None:
    """Make the store, start the provider, and serve the app until somebody stops it."""
    with TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as folder:
        os.environ["ADMIT_SESSIONS"] = f"sqlite:///{Path(folder) / 'sessions.db'}"
        # Once for each database: it makes the table.
        subprocess.run([ADMIT, "store", "create"], check=True, stdout=subprocess.DEVNULL)
        provider = start_provider(provider_port, app_url)
        try:
            wait_for(provider, provider_port)
            serve(port, issuer)
        finally:
            provider.terminate()
            provider.wait()


def read_options() -> argparse.Namespace:
    """Read the command line; make passes ``PORT`` and ``PROVIDER_PORT`` by the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    environ = os.environ
    parser.add_argument("--port", type=int, default=environ.get("PORT", "5000"))
    parser.add_argument("--provider-port", type=int, default=environ.get("PROVIDER_PORT", "9400"))
    return parser.parse_args()


def check_is_free(host: str, port: int, option: str) -> None:
    """End with a clear word when something else listens on *port*."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        sys.exit(
            f"Port {port} cannot be used: {os.strerror(error.errno or 0)}.\n"
            f"Stop what listens there (on macOS 5000 may be AirPlay), or choose another port:\n"
            f"  make demo {'PORT' if option == '--port' else 'PROVIDER_PORT'}={port + 1}"
        )


def start_provider(port: int, app_url: str) -> subprocess.Popen[bytes]:
    """Start `admit provider` as a process of its own, which knows this app."""
    return subprocess.Popen(
        [
            *(ADMIT, "provider", "--port", str(port)),
            *("--redirect-uri", f"{app_url}/authorization-code/callback"),
            *("--post-logout-redirect-uri", app_url),
            *("--initiate-login-uri", f"{app_url}/signin"),
            *("--backchannel-logout-uri", f"{app_url}/backchannel-logout"),
            *("--frontchannel-logout-uri", f"{app_url}/frontchannel-logout"),
            *("--universal-logout-uri", f"{app_url}/universal-logout"),
            *("--access-token-lifetime", str(ACCESS_TOKEN_LIFETIME)),
        ],
        stdout=subprocess.DEVNULL,
    )


def wait_for(provider: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the provider listens."""
    for _ in range(200):
        if provider.poll() is not None:
            sys.exit("The provider did not start: see its message above.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("The provider did not start within ten seconds.")


def serve(port: int, issuer: str) -> None:
    """Serve the app until somebody stops it."""
    sys.path.insert(0, str(HERE))
    from app import app  # noqa: PLC0415 - it reads the environment, which is set by now

    # Error pages tell the developer's side too.
    app.debug = True
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("localhost", port, app, threaded=True)
    print(
        f"\n  Open        http://localhost:{port}\n"
        f"  Provider    {urljoin(issuer, '/')} has tiles, and buttons that sign users out.\n"
        "  Sessions    are in SQLite, in a temporary file: `admit store create` made its table.\n"
        "  Sign in as  alice, bob, carol or erin; the password is the name and -password,\n"
        "              such as alice-password. dave exists, but may not use this app.\n"
        f"  Tokens      end after {ACCESS_TOKEN_LIFETIME} seconds: see the page Session.\n"
        "  Stop        Ctrl-C\n",
        flush=True,
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
