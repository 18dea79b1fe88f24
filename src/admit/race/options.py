"""What a race is to do, and what each of its workers is told.

May know: client_auth, model, settings, stores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from admit.client_auth import ClientSecretBasic
from admit.model import Client
from admit.settings import Settings
from admit.stores import Store, open_store

#: Sessions that one user has: ended together by a sign-out everywhere.
SESSIONS_OF_A_USER = 4
#: Seconds that what a race leaves in the store lives on after its end, about.
REMAINS = 120
BASE_URL = "http://localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a race is to do.

    Attributes:
        store: The URL of the store.
        workers: Processes.
        threads: Of each process.
        sessions: Alive at once.
        seconds: How long the race takes, without its beginning and its end.
        grace: Seconds for which the provider takes a refresh token again that it has replaced.
        kills: Workers that are killed in the middle of a refresh.
        opener: Opens the store; of a module's top level, as each process looks it up by its name.
    """

    store: str = field(repr=False)
    workers: int = 4
    threads: int = 4
    sessions: int = 200
    seconds: float = 30.0
    grace: float = 30.0
    kills: int = 1
    opener: Callable[[str], Store] = open_store

    @property
    def users(self) -> list[str]:
        """The users, each the ``sub`` of some sessions."""
        return sorted({user_of(slot) for slot in range(self.sessions)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker is told.

    Attributes:
        options: Of the race.
        number: Which worker it is: it starts the sessions of every so manyth slot.
        name: Which one of those with that number: a killed one has a successor.
        issuer: Where the race's own provider listens.
        client_id: New for each race, so that no session of anybody else can be met.
        client_secret: Likewise.
        secret_key: Likewise.
        folder: Where the slots and the journals are.
    """

    options: Options
    number: int
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    secret_key: str = field(repr=False)
    folder: Path

    @property
    def slots(self) -> list[int]:
        """The slots whose sessions this worker starts."""
        return list(range(self.number, self.options.sessions, self.options.workers))


def user_of(slot: int) -> str:
    """Return the ``sub`` of the user whose session is in *slot*."""
    return f"user-{slot // SESSIONS_OF_A_USER}"


def settings_of(order: Order) -> Settings:
    """Return the settings of an application that exists for one race."""
    lasting = int(order.options.seconds) + REMAINS
    return Settings(
        client=Client(
            issuer=order.issuer,
            client_id=order.client_id,
            authentication=ClientSecretBasic(order.client_secret),
            redirect_uri=f"{BASE_URL}/callback",
            post_logout_redirect_uri=BASE_URL,
            scope=("openid", "offline_access"),
            userinfo="never",
        ),
        base_url=BASE_URL,
        secret_keys=(order.secret_key,),
        idle_timeout=lasting,
        absolute_timeout=lasting,
        sessions="own",
        access_tokens=True,
    )
