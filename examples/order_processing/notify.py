"""Told of every task for people, a line each in out/notices.txt: `CONCERTATO_HOOK_COMMAND="python …/notify.py"`."""

import json
import sys
from pathlib import Path

FILE = Path(__file__).parent / "out" / "notices.txt"


def main() -> None:
    notice = json.load(sys.stdin)
    data = notice["data"]
    FILE.parent.mkdir(parents=True, exist_ok=True)
    with FILE.open("a", encoding="utf-8") as file:
        file.write(f"{notice['type']}: {data['title']} (for {', '.join(data['to'])}, {data['outcome'] or 'open'})\n")


if __name__ == "__main__":
    main()
