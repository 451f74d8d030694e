"""Who is logged in: of a name that anybody may type, nothing is believed."""

import pytest

from sla_engine.app.login import Machine, login

SUDO = {"SUDO_USER": "ann"}


def test_who_called_sudo_is_logged_in() -> None:
    assert login(Machine(0, SUDO, None, contained=False)) == ("login:ann", None)


def test_the_kernel_knows_better_than_a_variable() -> None:
    found = login(Machine(0, {"SUDO_USER": "bob"}, 4242, contained=False))
    assert found == ("login:uid 4242", None)


def test_a_variable_of_somebody_who_is_not_root_says_nothing() -> None:
    assert login(Machine(4242, SUDO, None, contained=False)) == ("login:uid 4242", None)


@pytest.mark.parametrize("environment", [{}, {"SUDO_USER": "root"}, {"SUDO_USER": ""}])
def test_root_may_be_anybody(environment: dict[str, str]) -> None:
    found = login(Machine(0, environment, None, contained=False))
    assert found == ("login:root", "root may be anybody")


@pytest.mark.parametrize("uid", [1, 999, 65_534, 65_532 + 10])
def test_the_account_of_a_service_is_of_no_person(uid: int) -> None:
    assert "of no person" in (login(Machine(uid, SUDO, None, contained=False)).shared or "")


def test_in_a_container_nobody_can_be_told_from_another() -> None:
    found = login(Machine(65_532, SUDO, 1000, contained=True))
    assert found.name == "login:uid 65532"
    assert found.shared == "in a container all have one login"


def test_this_process_has_a_login() -> None:
    assert login().name.startswith("login:")
    assert login().account
