"""Who types, as the record has it."""

import getpass
import os
import pwd

import pytest

from concertato.cli.identity import account, speaking
from concertato.errors import RequestError


def test_the_account_is_that_of_the_process_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "the_boss")
    assert getpass.getuser() == "the_boss"
    own = account()
    assert own.user == pwd.getpwuid(os.getuid()).pw_name != "the_boss"
    assert own.established == "operating-system account"


def test_the_groups_of_the_account_are_its_roles() -> None:
    import grp

    assert grp.getgrgid(os.getgid()).gr_name in account().roles


def test_who_speaks_for_somebody_else_is_in_the_record() -> None:
    ann = speaking("ann", ["role:risk_officer", "clerk"])
    assert (ann.user, ann.roles) == ("ann", ["risk_officer", "clerk"])
    assert ann.established == f"asserted on the command line by {account().user}"


def test_a_role_that_is_claimed_is_asserted_too_and_takes_the_place_of_the_groups() -> None:
    own = speaking(None, ["risk_officer"])
    assert (own.user, own.roles) == (account().user, ["risk_officer"])
    assert own.established.startswith("asserted")


def test_who_claims_nothing_is_the_account() -> None:
    assert speaking(None, None) == account()


@pytest.mark.parametrize(
    ("user", "roles"), [("", None), (" ", None), ("user:", None), (None, [""]), ("ann", ["role:"])]
)
def test_nobody_can_speak_for_nobody(user: str | None, roles: list[str] | None) -> None:
    with pytest.raises(RequestError, match=r"expected --(as|role) to name somebody"):
        speaking(user, roles)
