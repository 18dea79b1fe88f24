"""What operators do to sessions, over a real Redis, where looking through them is a scan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployed import NEW, OLD, Deployed, key_id


@pytest.fixture(params=["redis_url", "cluster_url"])
def deployed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Deployed]:
    made = Deployed(monkeypatch, tmp_path, request.getfixturevalue(request.param))
    # Other tests use the same store.
    monkeypatch.setenv("ADMIT_CLIENT_ID", f"client of {request.node.name}".replace(" ", "-"))
    yield made
    made.close()


def test_operators_see_sessions_end_them_and_retire_their_key(deployed: Deployed) -> None:
    first = deployed.sign_in("00u1", ago=600)
    second = deployed.sign_in("00u1", ago=60)
    other = deployed.sign_in("00u2", ago=60)
    listed = deployed.run("sessions", "list", "--limit", "100000", "--json")
    found = {document["reference"]: document for document in json.loads(listed.stdout)}
    mine = [found[deployed.reference(cookie)] for cookie in (first, second, other)]
    assert {document["key_id"] for document in mine} == {key_id(OLD)}
    assert all(document["bytes"] > 100 for document in mine)
    assert mine[0]["signed_in_at"] < mine[1]["signed_in_at"]
    assert mine[0]["seconds_left"] <= 3600

    assert deployed.run("sessions", "end", deployed.reference(first)).exit_code == 0
    assert not deployed.is_alive(first)
    deployed.keys(NEW, OLD)
    assert deployed.is_alive(second)
    assert deployed.run("sessions", "end", "--user", "00u1").stdout.startswith("Ended 1 session.")
    assert not deployed.is_alive(second)

    assert deployed.run("keys", "retire", key_id(OLD)).exit_code == 1
    assert deployed.is_alive(other)
    assert deployed.run("keys", "retire", key_id(OLD), "--end-sessions").exit_code == 0
    assert not deployed.is_alive(other)
    assert deployed.run("keys", "retire", key_id(OLD)).exit_code == 0

    last = deployed.sign_in("00u3")
    assert deployed.is_alive(last)
    assert deployed.run("sessions", "end", "--all", "--yes").exit_code == 0
    assert not deployed.is_alive(last)
