"""Tables of cases as text: what is given, and indented below it what is told; lines that are too long go on below."""


def cases(table: str) -> list[tuple[str, str]]:
    """The pairs of a table; its pairs stand apart by an empty line."""
    pairs = []
    for block in table.strip("\n").split("\n\n"):
        lines = block.splitlines()
        given = [line for line in lines if not line.startswith("    ")]
        told = [line.strip() for line in lines if line.startswith("    ")]
        pairs.append((" ".join(given), " ".join(told)))
    return pairs
