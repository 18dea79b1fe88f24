"""For tests: a provider in memory or on a socket, and the contract of session stores.

The public names, and what to do with them:

    provider = MemoryProvider()                        # is the `Http` port: SignIn(app, http=...)
    provider.claims["groups"] = ["staff"]              # for good; so header, userinfo, metadata ...
    provider.bend(claims={"nonce": "other"})           # the next sign-in alone; so header, alg, key
    provider.bend(forge=lambda header, claims, provider: "a.b.c")     # the whole ID Token
    provider.bend(token=Answer(status=503, headers={"Retry-After": "90"}))
    provider.bend(keys=Answer(delay=60), response={"state": ["a", "b"]})
    provider.commit("id_token.alg_none")               # one of FAULTS, in the next sign-in
    url = provider.callback(authorization_request)     # where the browser is sent back to
    with serving(provider) as provider: ...            # on a socket; provider.issuer is its URL
    provider.requests["/v1/token"], provider.received[-1].form, provider.secrets    # what happened
    app.config.from_mapping(SETTINGS)                  # for an application without any
    class TestMine(SessionStoreContract): ...          # for a store of your own

May know: stores, and the modules of this package.
"""

from __future__ import annotations

from admit.stores.memory import MemoryStore
from admit.testing.answers import ENDLESS, Answer
from admit.testing.bends import Bend, Received
from admit.testing.contract import SessionStoreContract
from admit.testing.faults import FAULTS, Fault
from admit.testing.provider import MemoryProvider
from admit.testing.server import serving
from admit.testing.settings import SETTINGS

__all__ = [
    "ENDLESS",
    "FAULTS",
    "SETTINGS",
    "Answer",
    "Bend",
    "Fault",
    "MemoryProvider",
    "MemoryStore",
    "Received",
    "SessionStoreContract",
    "serving",
]
