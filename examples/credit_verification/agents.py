"""The checks, the score and the three decisions. Every point has a reason that can be told to the applicant.

The points are ten times the logarithm of the odds that an application with this answer ended well, against the odds of
all, read off the German Credit data and rounded. Age, sex and origin are not looked at, though `age` is in the rows.
"""

from concertato import agent

HISTORY = {"critical": 7, "paid_till_now": -1, "past_delay": -1, "no_credits": -13, "all_paid_here": -11}
OTHER_PLANS = {"none": 1, "bank": -5, "stores": -4}
EMPLOYMENT = {"7y_or_more": 2, "4_to_7y": 4, "1_to_4y": -1, "below_1y": -5, "unemployed": -3}
HOUSING = {"own": 2, "rent": -4, "free": -5}
PROPERTY = {"real_estate": 5, "savings_or_insurance": 0, "car_or_other": 0, "unknown": -6}
SAVINGS = {"unknown": 7, "below_100": -3, "100_to_500": -1, "500_to_1000": 7, "1000_or_more": 11}
GUARANTOR = {"none": 0, "guarantor": 6, "co_applicant": -6}
ACCOUNT = {"overdrawn": -8, "below_200": -4, "200_or_more": 4, "none": 11}
PURPOSE = {"used_car": 8, "radio_tv": 4, "furniture": -1, "business": -2, "new_car": -4, "education": -6}


@agent
async def check_history(credit_history: str, existing_credits: int, other_plans: str) -> dict:
    return _check(
        (HISTORY.get(credit_history, 0), f"credit history: {credit_history}"),
        (OTHER_PLANS.get(other_plans, 0), f"other instalment plans: {other_plans}"),
        (-3 if existing_credits > 3 else 0, f"{existing_credits} credits already"),
    )


@agent
async def check_affordability(amount: int, duration_months: int, installment_rate: int) -> dict:
    per_month = amount / duration_months
    return _check(
        (_step(duration_months, [(12, 5), (24, 0), (36, -3)], beyond=-8), f"runs for {duration_months} months"),
        ({1: 2, 2: 2, 3: 0}.get(installment_rate, -2), f"instalments take income class {installment_rate} of 4"),
        (-4 if per_month > 500 else 0, f"{per_month:.0f} a month"),
    )


@agent
async def check_stability(employment: str, housing: str, residence_years: int) -> dict:
    return _check(
        (EMPLOYMENT.get(employment, 0), f"employed: {employment}"),
        (HOUSING.get(housing, 0), f"housing: {housing}"),
        (1 if residence_years == 1 else 0, f"{residence_years} years at this address"),
    )


@agent
async def check_collateral(property: str, savings: str, guarantor: str) -> dict:  # noqa: A002 - the name of the input
    return _check(
        (PROPERTY.get(property, 0), f"property: {property}"),
        (SAVINGS.get(savings, 0), f"savings: {savings}"),
        (GUARANTOR.get(guarantor, 0), f"guarantor: {guarantor}"),
    )


@agent
async def check_exposure(checking_account: str, purpose: str, amount: int) -> dict:
    return _check(
        (ACCOUNT.get(checking_account, 0), f"checking account: {checking_account}"),
        (PURPOSE.get(purpose, -3), f"purpose: {purpose}"),
        (_step(amount, [(1500, -1), (4000, 3), (8000, -2)], beyond=-8), f"amount: {amount}"),
    )


@agent
async def add_points(checks: list) -> dict:
    """The sum, and what spoke for and against, the weightiest first."""
    reasons = sorted((reason for check in checks for reason in check["reasons"]), key=lambda each: each["points"])
    return {
        "points": sum(check["points"] for check in checks),
        "against": [each["why"] for each in reasons if each["points"] < 0],
        "for": [each["why"] for each in reversed(reasons) if each["points"] > 0],
    }


@agent
async def make_offer(amount: int, duration_months: int, points: int) -> dict:
    rate = 6.9 if points >= 20 else 8.9
    return {"amount": amount, "months": duration_months, "rate_percent": rate}


@agent
async def refer_to_officer(application_id: str, against: list[str]) -> dict:
    return {"file": application_id, "look_at": against[:3]}


@agent
async def explain_refusal(against: list[str]) -> dict:
    return {"because": against[:3]}


def _check(*findings: tuple[int, str]) -> dict:
    reasons = [{"points": points, "why": why} for points, why in findings if points]
    return {"points": sum(points for points, _ in findings), "reasons": reasons}


def _step(value: int, steps: list[tuple[int, int]], beyond: int) -> int:
    return next((points for limit, points in steps if value <= limit), beyond)
