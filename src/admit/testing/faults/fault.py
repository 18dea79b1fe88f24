"""What a fault is, and what many of them are made of.

May know: testing.answers, testing.bends, testing.issuing for a type, testing.signing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from admit.testing.answers import ENDLESS, Answer
from admit.testing.bends import Bend, Forge
from admit.testing.signing import present, signed

if TYPE_CHECKING:
    from admit.testing.issuing import Issuing

#: Another host: nothing of it may ever be asked.
ELSEWHERE = "https://elsewhere.test/"
MAINTENANCE = "<!doctype html><title>Maintenance</title><p>We are back soon."
HTML = {"Content-Type": "text/html"}
MARKUP = "<script>alert(1)</script>"
#: Of a key that the provider has and does not publish.
STRANGER = 9
HOUR, DAY = 3600, 86_400
Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that a provider may do wrong, or only oddly.

    Attributes:
        name: Stable: the place, a dot, and what is wrong there.
        explains: What the provider does, in one sentence.
        code: What must come out: an Admit error's code; None where all goes well.
        bend: How a provider in memory does it.
        asks: Authorization parameters without which the fault is none.
    """

    name: str
    explains: str
    code: str | None
    bend: Bend
    asks: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it happens: such as ``id_token``, ``keys`` or ``refresh``."""
        return self.name.partition(".")[0]


#: What is left of a name, what it explains, the code, what is bent.
Row = tuple[str, str, str | None, Mapping[str, Any]]


def faults(place: str, *rows: Row, asks: Mapping[str, str] | None = None) -> Iterator[Fault]:
    """Return the faults of one place."""
    for name, explains, code, bend in rows:
        yield Fault(
            name=f"{place}.{name}",
            explains=explains,
            code=code,
            bend=Bend(**bend),
            asks=asks or {},
        )


def answered(place: str, bends: str, *rows: tuple[str, str, str | None, Answer]) -> Iterator[Fault]:
    """Return the faults of an endpoint whose answer is all that is wrong.

    Args:
        place: Where.
        bends: The name of the answer in a bend.
        *rows: As of `faults`, with the answer.
    """
    return faults(
        place, *((name, text, code, {bends: answer}) for name, text, code, answer in rows)
    )


#: What any endpoint may do: what is left of the name, what it explains, the code, how it answers.
TRANSPORT = (
    ("silent", "{} says nothing for a minute", "provider.timeout", Answer(delay=60)),
    ("drips", "{} sends its body byte by byte", "provider.timeout", Answer(drip=0.5)),
    ("drips_headers", "{} sends its headers byte by byte", "provider.timeout",
     Answer(drip_headers=0.5)),
    ("reset", "{} resets the connection", "provider.unreachable", Answer(reset=True)),
    ("cut", "{} is cut off within its body", "provider.broken_answer", Answer(cut_after=9)),
    ("large", "{} sends two megabytes", "provider.too_large", Answer(size=2 << 20)),
    ("endless", "{} sends without an end", "provider.too_large", Answer(size=ENDLESS)),
    ("gzip", "{} compresses, which was not asked", None, Answer(gzip=True)),
    ("gzip_bomb", "{} sends 300 megabytes, compressed", "provider.too_large",
     Answer(gzip=True, size=300 << 20)),
    ("status_500", "{} answers 500", "provider.unavailable", Answer(status=500)),
    ("status_503", "{} answers 503 with a page for people", "provider.unavailable",
     Answer(status=503, body=MAINTENANCE, headers=HTML)),
    ("status_429", "{} answers 429 with Retry-After", "provider.rate_limited",
     Answer(status=429, headers={"Retry-After": "90"})),
)  # fmt: skip


def transport(place: str, bends: str, what: str, **more: Any) -> Iterator[Fault]:  # noqa: ANN401 - of a bend
    """Return what may happen to any exchange.

    Args:
        place: Where.
        bends: The name of the answer in a bend.
        what: The endpoint, at the beginning of a sentence.
        **more: What else is bent, for the endpoint to be asked at all.
    """
    return faults(
        place,
        *(
            (name, text.format(what), code, {bends: answer, **more})
            for name, text, code, answer in TRANSPORT
        ),
    )


def members(**laid: object) -> Answer:
    """Return what lays members over the endpoint's own document; three dots remove one."""

    def change(document: Document) -> Document:
        return {name: value for name, value in {**document, **laid}.items() if value is not ...}

    return Answer(change=change)


def resigned(change: Callable[[Mapping[str, Any], Issuing], Mapping[str, Any]]) -> Forge:
    """Return what signs claims with those that *change* lays over them; None removes one."""

    def forge(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
        return signed(header, present({**claims, **change(claims, provider)}), provider)

    return forge


def laid(claims: Mapping[str, Any]) -> Forge:
    """Return what signs claims with *claims* laid over them; None removes one."""
    return resigned(lambda _claims, _provider: claims)


def shifted(seconds: int, *names: str) -> Forge:
    """Return what signs claims whose times are so many seconds later."""
    return resigned(lambda claims, _: {name: claims[name] + seconds for name in names})
