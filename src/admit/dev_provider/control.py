"""The control API, for tests and scripts: ``/__dev/``. Okta has nothing like it.

May know: config, provider, faults, deliveries, orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Final

from flask import Response, jsonify, request

from admit.dev_provider.config import client_from_json
from admit.dev_provider.deliveries import Delivery
from admit.dev_provider.faults import FAULTS
from admit.dev_provider.orders import send_logout_token, send_universal_logout
from admit.dev_provider.provider import LONGEST_TOKEN_SECONDS, Provider

Command = Callable[[Provider], Response]
MOST_TIMES: Final = 1000
MOST_SECONDS: Final = 10 * 365 * 86400
MOST_SLOW_SECONDS: Final = 600


def control(provider: Provider, command: str) -> Response:
    """Answer a command.

    A page of another site can make a browser post here; its ``Origin`` gives it away.
    """
    if request.headers.get("Origin", provider.config.url) != provider.config.url:
        return _problem(403, "Requests of other sites are refused.")
    if request.method == "GET":
        return _shown(provider, command)
    name, _, argument = command.partition("/")
    if name == "fault" and argument:
        return _arm(provider, argument)
    action = COMMANDS.get(command)
    return action(provider) if action else _problem(404, "There is no such command.")


def _rotate(provider: Provider) -> Response:
    provider.rotate()
    return _shown(provider, "state")


def _reset(provider: Provider) -> Response:
    provider.reset()
    return _shown(provider, "state")


def _shown(provider: Provider, command: str) -> Response:
    if command == "faults":
        left = provider.faults.left()
        rows = {
            name: {"explains": explains, "armed": left.get(name, 0)}
            for name, explains in FAULTS.items()
        }
        return jsonify(rows)
    if command == "counts":
        return jsonify(requests=dict(provider.counts), grants=dict(provider.grants))
    if command == "deliveries":
        settled = provider.deliveries.settled() if "wait" in request.args else False
        sent = [asdict(delivery) for delivery in provider.deliveries.recent()]
        return jsonify(settled=settled, sent=sent)
    if command == "state":
        return jsonify(
            issuers=[server.issuer for server in provider.servers.values()],
            requests=dict(provider.counts),
            grants=dict(provider.grants),
            armed=provider.faults.left(),
            clients=list(provider.clients),
            users=[user.login for user in provider.users],
            sessions=len(provider.sessions),
        )
    return _problem(404, "There is no such page.")


def _arm(provider: Provider, name: str) -> Response:
    times = _number("times", 1, MOST_TIMES)
    if times is None:
        return _problem(400, f"times: expected a number from 0 to {MOST_TIMES}")
    if name not in FAULTS:
        return _problem(404, "There is no such fault; see GET /__dev/faults.")
    provider.faults.arm(name, times)
    return jsonify(armed=provider.faults.left())


def _forward(provider: Provider) -> Response:
    seconds = _number("seconds", 0, MOST_SECONDS)
    if seconds is None:
        return _problem(400, f"seconds: expected a number from 0 to {MOST_SECONDS}")
    provider.forward(seconds)
    return jsonify(now=provider.now())


def _access_token_lifetime(provider: Provider) -> Response:
    seconds = _number("seconds", 0, LONGEST_TOKEN_SECONDS)
    if not seconds:
        return _problem(400, f"seconds: expected a number from 1 to {LONGEST_TOKEN_SECONDS}")
    provider.access_token_seconds = seconds
    return jsonify(seconds=seconds)


def _slow(provider: Provider) -> Response:
    seconds = _number("seconds", 0, MOST_SLOW_SECONDS)
    if seconds is None:
        return _problem(400, f"seconds: expected a number from 0 to {MOST_SLOW_SECONDS}")
    provider.slow_seconds = seconds
    return jsonify(seconds=seconds)


def _ordered(order: Callable[[Provider, Mapping[str, str]], Delivery]) -> Command:
    def command(provider: Provider) -> Response:
        try:
            return jsonify(asdict(order(provider, request.args.to_dict())))
        except (LookupError, TypeError, ValueError) as problem:
            return _problem(400, str(problem.args[0] if problem.args else problem))

    return command


def _number(name: str, missing: int, most: int) -> int | None:
    text = request.args.get(name, str(missing))
    sound = text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most
    return int(text) if sound else None


def _register(provider: Provider) -> Response:
    try:
        client = client_from_json(request.get_json(silent=True))
    except ValueError as problem:
        return _problem(400, str(problem))
    provider.register(client)
    return jsonify(client_id=client.client_id)


def _problem(status: int, message: str) -> Response:
    response = jsonify(problem=message)
    response.status_code = status
    return response


COMMANDS: Final[dict[str, Command]] = {
    "access-token-lifetime": _access_token_lifetime,
    "clients": _register,
    "forward": _forward,
    "logout-token": _ordered(send_logout_token),
    "reset": _reset,
    "rotate": _rotate,
    "slow": _slow,
    "universal-logout": _ordered(send_universal_logout),
}
