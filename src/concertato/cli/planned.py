"""A definition that a person wrote in a file, compiled with every mistake raised at once."""

from pathlib import Path

from concertato.plan.model import Plan


def plan_of(file: Path) -> Plan:
    from concertato.plan.compile import compile_plan

    return compile_plan(file)
