"""Makes a few applications to try the workflow with: `python make_rows.py`. The same ones each time."""

import json
import random
import sys
from pathlib import Path

from agents import ACCOUNT, EMPLOYMENT, GUARANTOR, HISTORY, HOUSING, OTHER_PLANS, PROPERTY, PURPOSE, SAVINGS

FILE = Path(__file__).parent / "out" / "rows.jsonl"

CHOICES = {
    "checking_account": ACCOUNT,
    "credit_history": HISTORY,
    "purpose": PURPOSE,
    "savings": SAVINGS,
    "employment": EMPLOYMENT,
    "guarantor": GUARANTOR,
    "property": PROPERTY,
    "other_plans": OTHER_PLANS,
    "housing": HOUSING,
}


def application(number: int, chance: random.Random) -> dict:
    """Answers by chance; how it ended leans on the points of the answers, as it did for the real ones."""
    answers = {name: chance.choice(list(points)) for name, points in CHOICES.items()}
    points = sum(CHOICES[name][answer] for name, answer in answers.items())
    return {
        "application_id": f"EX-{number:04}",
        **answers,
        "duration_months": chance.choice([6, 12, 18, 24, 36, 48]),
        "amount": chance.randrange(500, 12_000, 50),
        "installment_rate": chance.randint(1, 4),
        "residence_years": chance.randint(1, 4),
        "age": chance.randint(19, 75),
        "existing_credits": chance.randint(1, 4),
        "job": chance.choice(["skilled", "unskilled_resident", "management"]),
        "dependants": chance.randint(1, 2),
        "telephone": chance.random() < 0.4,
        "good": points + chance.randint(-15, 25) > 0,
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    chance = random.Random(1994)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("".join(json.dumps(application(number + 1, chance)) + "\n" for number in range(count)))
    print(f"{count} applications in {FILE}")


if __name__ == "__main__":
    main()
