"""The catalogue of what a provider may do wrong: each fault by its name.

`MemoryProvider.commit` commits one in the next sign-in. ``docs/reference/faults.md`` lists them.

May know: the modules of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from admit.testing.faults.endpoints import token, userinfo
from admit.testing.faults.fault import Fault
from admit.testing.faults.id_token_claims import id_token_claims
from admit.testing.faults.id_token_form import id_token_form
from admit.testing.faults.later import logout_token, refresh
from admit.testing.faults.metadata import discovery, keys
from admit.testing.faults.response import response

__all__ = ["FAULTS", "Fault"]

#: Each fault by its name, in the order of a sign-in.
FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            *discovery(),
            *response(),
            *token(),
            *id_token_form(),
            *id_token_claims(),
            *keys(),
            *userinfo(),
            *refresh(),
            *logout_token(),
        )
    }
)
