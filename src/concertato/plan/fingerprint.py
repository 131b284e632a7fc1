"""What makes two plans the same plan: the bytes of the canonical definition, kept under their SHA-256."""

from hashlib import sha256

import msgspec

from concertato.definition.dump import to_document
from concertato.definition.model import Definition


def canonical(definition: Definition) -> bytes:
    """The definition as JSON text, without what is as it would be anyway. The author's order of fields is kept."""
    return msgspec.json.encode(to_document(definition))


def fingerprint(document: bytes) -> str:
    """The name of a canonical definition in the journal."""
    return sha256(document).hexdigest()
