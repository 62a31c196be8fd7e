import pytest

from lesionscope.core.people import RIGHTS, Act, Patient, Role, may


@pytest.mark.parametrize("name", ["", "Jane Doe", "../x", "-1", "a" * 33, "ä1", "x\n"])
def test_a_pseudonym_holds_no_personal_data(name: str) -> None:
    with pytest.raises(ValueError, match="pseudonym"):
        Patient(1, name)


@pytest.mark.parametrize("name", ["DEMO-01", "1", "site.03_17"])
def test_study_identifiers_are_pseudonyms(name: str) -> None:
    assert Patient(1, name).pseudonym == name


def test_every_role_has_its_rights_and_only_readers_sign() -> None:
    assert set(RIGHTS) == set(Role)
    signing = {role for role in Role if may(role, Act.SIGN_READING)}
    assert signing == {Role.OWNER, Role.CLINICIAN}
    unlocking = {role for role in Role if may(role, Act.GRANT_UNLOCK)}
    assert unlocking == {Role.OWNER, Role.DATA_MANAGER}
    exporting = {role for role in Role if may(role, Act.EXPORT)}
    assert exporting == {Role.OWNER, Role.CLINICIAN, Role.DATA_MANAGER}
    writing = set(Act) - {Act.READ_RECORD, Act.READ_AUDIT}
    assert not RIGHTS[Role.MONITOR] & writing


def test_an_adjudicator_knows_the_cases_and_nothing_of_the_record() -> None:
    assert RIGHTS[Role.ADJUDICATOR] == {Act.READ_CASES, Act.SETTLE_CASES}


def test_the_owner_may_do_everything() -> None:
    assert RIGHTS[Role.OWNER] == set(Act)
