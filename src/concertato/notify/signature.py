"""Signatures as the Standard Webhooks specification 1.0.0 has them (symmetric: HMAC-SHA256, version `v1`).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import hmac
from base64 import b64decode, b64encode

_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: `whsec_` and base64, or any other text as it is. Raises `ValueError`."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError(f"expected base64 after {_PREFIX}, got something else")
    return key


def sign(key: bytes, notice_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    signed = hmac.digest(key, b"%b.%d.%b" % (notice_id.encode(), timestamp, body), "sha256")
    return f"v1,{b64encode(signed).decode()}"
