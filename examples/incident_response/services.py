"""The services of a small shop, simulated in one JSON file. Run it to see them: `python services.py`.

Nothing sleeps: each look at a service is a minute later there. What a service suffers from shows at once; when the
cause is gone, its errors halve from look to look. `python services.py mend mail` is its provider coming back.
"""

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "out" / "services.json"

Service = dict[str, Any]

OPENING: dict[str, Service] = {
    "checkout": {"release": "3.4", "zone": "a", "replicas": 2, "demand": 500, "memory": 40, "provider": "up"},
    "payments": {"release": "7.2", "zone": "a", "replicas": 4, "demand": 200, "memory": 50, "provider": "up"},
    "search": {"release": "1.9", "zone": "a", "replicas": 3, "demand": 150, "memory": 97, "provider": "up"},
    "mail": {"release": "2.0", "zone": "b", "replicas": 1, "demand": 20, "memory": 30, "provider": "down"},
}

BROKEN_RELEASES = {"7.2"}
COLD_ZONES = {"search": "b"}
"""Where a service has no caches yet, and answers worse than anywhere else."""

DEMAND_PER_REPLICA = 100


def look(name: str) -> dict[str, Any]:
    """What its instruments show, a minute after the last look."""
    services = _read()
    service = services[name]
    causes = _errors(name, service)
    service["errors"] = max(causes, round(service["errors"] / 2, 1))
    _write(services)
    return {
        "service": name,
        "errors_percent": service["errors"],
        "load_percent": 100 * service["demand"] // (service["replicas"] * DEMAND_PER_REPLICA),
        "memory_percent": service["memory"],
        "release": service["release"],
        "zone": service["zone"],
        "replicas": service["replicas"],
    }


def change(change_id: str, name: str, **settings: object) -> Service:
    """Set something of a service. The same id is one change, however often it is asked for. Gives what was before."""
    services = _read()
    service = services[name]
    if change_id not in service["changes"]:
        service["changes"][change_id] = {setting: service[setting] for setting in settings}
        service |= settings
        _write(services)
    before: Service = service["changes"][change_id]
    return before


def log(name: str) -> list[str]:
    """Its last lines, which tell more than its instruments."""
    service = _read()[name]
    lines = {
        "overloaded": service["demand"] > service["replicas"] * DEMAND_PER_REPLICA,
        f"NullPointer in release {service['release']}": service["release"] in BROKEN_RELEASES,
        "garbage collector at work": service["memory"] > 90,
        "provider does not answer": service["provider"] == "down",
    }
    return [line for line, holds in lines.items() if holds]


def _errors(name: str, service: Service) -> float:
    """How many in a hundred requests fail by what is wrong now."""
    capacity = service["replicas"] * DEMAND_PER_REPLICA
    return max(
        60.0 if COLD_ZONES.get(name) == service["zone"] else 0.0,
        round(100 * max(0, service["demand"] - capacity) / service["demand"], 1),
        35.0 if service["release"] in BROKEN_RELEASES else 0.0,
        25.0 if service["memory"] > 90 else 0.0,
        40.0 if service["provider"] == "down" else 0.0,
    )


def _read() -> dict[str, Service]:
    if FILE.exists():
        services: dict[str, Service] = json.loads(FILE.read_text(encoding="utf-8"))
        return services
    return {name: {**service, "errors": 0.0, "changes": {}} for name, service in OPENING.items()}


def _write(services: dict[str, Service]) -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(services, indent=1), encoding="utf-8")


def main() -> None:
    if sys.argv[1:2] == ["mend"] and len(sys.argv) == 3:
        change("by hand", sys.argv[2], provider="up")
    for name in OPENING:
        service = _read()[name]
        shown = ("release", "zone", "replicas", "memory", "provider", "errors")
        print(f"{name:9}", *(f"{setting} {service[setting]!s:5}" for setting in shown))


if __name__ == "__main__":
    main()
