"""Two processes of the app, one store, and nginx in front that takes them by turns."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from admit.dev_provider.config import CLIENT_ID, CLIENT_SECRET
from browser.conftest import Demo, new_browser
from browser.person import control, is_in, is_out, refreshes, sign_in, use_token, visit_home
from stores.conftest import postgresql_server, redis_server
from support import ROOT, free_port, needs, process

MACHINES = ("one", "two")
ADMIT = str(Path(sys.executable).with_name("admit"))
STORES = {"redis": redis_server, "postgresql": postgresql_server}


@contextmanager
def nginx(folder: Path, port: int, machines: list[int]) -> Iterator[None]:
    """Run nginx with the example's configuration, on the ports of the test."""
    # Debian keeps it where only root looks.
    program = needs(which("nginx") or "/usr/sbin/nginx", "apt-get install nginx-light brings it")
    site = (ROOT / "examples/nginx.conf").read_text()
    for written, taken in zip((8000, 8001, 8002), (port, *machines), strict=True):
        assert site.count(f"127.0.0.1:{written};") == 1
        site = site.replace(f"127.0.0.1:{written};", f"127.0.0.1:{taken};")
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr notice;\nevents {{}}\n"
        f"http {{\n  access_log off;\n{temporary}  include {folder}/site.conf;\n}}\n"
    )
    command = (program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf"))
    with process(*command, ready="start worker process"):
        yield


@pytest.fixture(scope="module", params=STORES)
def two_machines(request: pytest.FixtureRequest) -> Iterator[Demo]:
    port, provider_port, *machines = (free_port() for _ in range(4))
    url, provider = f"http://localhost:{port}", f"http://127.0.0.1:{provider_port}"
    with ExitStack() as stack:
        # Not below pytest's own folder, which only its user may enter.
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        store = stack.enter_context(STORES[request.param](folders[0], free_port()))
        subprocess.run([ADMIT, "store", "create", store], check=True, capture_output=True)
        stack.enter_context(
            process(
                *(ADMIT, "provider", "--port", str(provider_port)),
                *("--redirect-uri", f"{url}/authorization-code/callback"),
                *("--post-logout-redirect-uri", url),
                *("--backchannel-logout-uri", f"{url}/backchannel-logout"),
                ready="stop",
            )
        )
        for name, machine in zip(MACHINES, machines, strict=True):
            stack.enter_context(
                process(
                    *(sys.executable, "-m", "flask", "--app", "tests/browser/machine.py", "run"),
                    *("--port", str(machine)),
                    ready="CTRL+C",
                    MACHINE=name,
                    PYTHONPATH=os.pathsep.join(
                        [str(ROOT / "examples/flask_app"), os.environ.get("PYTHONPATH", "")]
                    ),
                    ADMIT_ISSUER=f"{provider}/oauth2/default",
                    ADMIT_CLIENT_ID=CLIENT_ID,
                    ADMIT_CLIENT_SECRET=CLIENT_SECRET,
                    ADMIT_BASE_URL=url,
                    ADMIT_SCOPE="openid profile email offline_access",
                    ADMIT_SECRET_KEYS="a-key-of-the-test-with-enough-characters",
                    ADMIT_SESSIONS=store,
                )
            )
        stack.enter_context(nginx(folders[1], port, machines))
        yield Demo(url, provider)


def machines_of(page: Page) -> list[str]:
    """Return a list that grows by the machine of each page that the browser opens."""
    # Each page is then one request, and the next one is the other machine's.
    page.context.route("**/static/*", lambda route: route.abort())
    seen: list[str] = []

    def take(response: Response) -> None:
        if name := response.headers.get("x-machine"):
            seen.append(name)

    page.context.on("response", take)
    return seen


def test_any_machine_serves_any_request(chromium: Browser, two_machines: Demo) -> None:
    demo = two_machines
    with new_browser(chromium, demo) as page, new_browser(chromium, demo) as other:
        seen = machines_of(page)
        control(demo.provider, "access-token-lifetime?seconds=1")
        sign_in(page)
        control(demo.provider, "access-token-lifetime?seconds=60")
        sign_in(other, "/profile")
        assert set(seen) == set(MACHINES)

        seen.clear()
        for name in ("Members", "Profile", "Session", "About", "Members") * 2:
            page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
            expect(page).to_have_title(re.compile(name))
            is_in(page)
        assert seen in (["one", "two"] * 5, ["two", "one"] * 5)

        page.goto("/session")
        before, end = refreshes(demo.provider), time.monotonic() + 10
        while not use_token(page):
            assert time.monotonic() < end, "it never expired"
        for _ in range(4):
            assert not use_token(page)
        assert refreshes(demo.provider) == before + 1

        page.goto("/session")
        page.get_by_role("button", name="Sign out everywhere").click()
        is_out(page)
        for _ in range(2):
            visit_home(page)
            is_out(page)
            visit_home(other)
            is_out(other)
