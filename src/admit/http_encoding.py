"""A body that comes compressed all the same, as some gateways send it, decompressed up to a limit.

May know: errors.
"""

from __future__ import annotations

import zlib

from admit.errors import ProviderError, shown

#: Names of the encodings that are understood (RFC 9110 8.4.1).
GZIP, DEFLATE = frozenset({"gzip", "x-gzip"}), "deflate"
#: What `zlib` calls them: 15 bits of window, the wrapper of gzip added, or none at all.
GZIP_BITS, ZLIB_BITS, RAW_BITS = 31, 15, -15
METHOD, DEFLATED, CHECK = 0x0F, 8, 31


def decoded(body: bytes, encoding: str, most: int) -> bytes:
    """Return *body* without its encoding. No more than *most* bytes are ever made of it.

    Args:
        body: As it came.
        encoding: The value of ``Content-Encoding``.
        most: Bytes that the result may have.

    Raises:
        ProviderError: ``provider.too_large``; ``provider.broken_answer`` for another encoding, for
            several, and for what does not decompress to its end.

    Spec: RFC 9110 8.4.
    """
    name = encoding.strip().lower()
    if name == "identity":
        return body
    if name in GZIP:
        bits = GZIP_BITS
    elif name == DEFLATE:
        bits = ZLIB_BITS if _has_wrapper(body) else RAW_BITS
    else:
        raise ProviderError(
            "provider.broken_answer", f"the body is encoded by {shown(name)}, which was not asked"
        )
    stream = zlib.decompressobj(bits)
    try:
        plain = stream.decompress(body, most + 1)
    except zlib.error:
        raise ProviderError("provider.broken_answer", "the body does not decompress") from None
    if len(plain) > most:
        raise ProviderError("provider.too_large", f"the answer is longer than {most} bytes")
    if not stream.eof or stream.unused_data:
        raise ProviderError("provider.broken_answer", "the compressed body was cut off, or goes on")
    return plain


def _has_wrapper(body: bytes) -> bool:
    """Tell whether a deflated body has zlib's wrapper, as it must; some servers leave it out.

    Spec: RFC 1950 2.2.
    """
    return body[0] & METHOD == DEFLATED and int.from_bytes(body[:2], "big") % CHECK == 0
