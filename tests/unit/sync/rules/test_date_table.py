"""The date table: one line a rule, one verdict a day. Enrolments of N begin on 6 July N."""

from __future__ import annotations

import pytest

from tests.support.date_table import Case, cases

TABLE = """
# who has what                        | their account | on this day | state | open? | last day | looked at again | why

# Enrolled: until 31 December N+1, 23:59:59 in Paris
student 2026 | new | 2026-07-05 | SupannPrecree | shut | - | 2026-07-06 | begins on 06/07/2026
student 2026 | new | 2026-07-06 | SupannCree | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027
student 2026 | active | 2026-07-06 | SupannActif | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027
student 2026 | new | 2027-12-31 | SupannCree | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027
student 2026 | active | 2027-12-31T22:59:59+00:00 | SupannActif | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027
student 2026 | active | 2027-12-31T23:00:00+00:00 | SupannExpire | shut | 2027-12-31 | - | student, ended on 31/12/2027
student 2026 | active | 2028-01-01T04:59:00+05:00 | SupannExpire | shut | 2027-12-31 | - | student, ended on 31/12/2027
student 2026 | active | 2028-01-01T11:59:59+13:00 | SupannActif | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027
student 2026 | new | 2028-01-01 | SupannExpire | shut | 2027-12-31 | - | student, ended on 31/12/2027

# Nobody looked for five days: closed when somebody does, for the same end
student 2026 | active | 2028-01-06 | SupannExpire | shut | 2027-12-31 | - | student, ended on 31/12/2027

# 29 February, and the days on which the clock changes in Paris
staff 2027-09-01..2028-02-29 | active | 2028-02-29T22:59:59+00:00 | SupannActif | open | 2028-02-29 | 2028-03-01 | staff, until 29/02/2028
staff 2027-09-01..2028-02-29 | active | 2028-02-29T23:00:00+00:00 | SupannExpire | shut | 2028-02-29 | - | staff, ended on 29/02/2028
staff 2028-02-29.. | new | 2028-02-28 | SupannPrecree | shut | - | 2028-02-29 | begins on 29/02/2028
staff 2028-02-29.. | new | 2028-02-29 | SupannCree | open | - | - | staff, open-ended
staff 2026-09-01..2027-03-28 | active | 2027-03-28T21:59:59+00:00 | SupannActif | open | 2027-03-28 | 2027-03-29 | staff, until 28/03/2027
staff 2026-09-01..2027-03-28 | active | 2027-03-28T22:00:00+00:00 | SupannExpire | shut | 2027-03-28 | - | staff, ended on 28/03/2027
staff 2026-09-01..2027-10-31 | active | 2027-10-31T22:59:59+00:00 | SupannActif | open | 2027-10-31 | 2027-11-01 | staff, until 31/10/2027
staff 2026-09-01..2027-10-31 | active | 2027-10-31T23:00:00+00:00 | SupannExpire | shut | 2027-10-31 | - | staff, ended on 31/10/2027
staff 2027-10-31.. | active | 2027-10-30T21:59:59+00:00 | SupannPrecree | shut | - | 2027-10-31 | begins on 31/10/2027
staff 2027-10-31.. | active | 2027-10-30T22:00:00+00:00 | SupannActif | open | - | - | staff, open-ended

# Enrolled again: the later end counts, whichever record came first
student 2027; student 2026 | active | 2027-09-01 | SupannActif | open | 2028-12-31 | 2028-01-01 | student 2026/2027 and student 2027/2028, until 31/12/2028
student 2026; student 2027 | active | 2028-01-01 | SupannActif | open | 2028-12-31 | 2029-01-01 | student 2027/2028, until 31/12/2028

# Cancelled, withdrawn, excluded: from the day given, the day itself included
student 2026 cancelled 2026-09-15 | active | 2026-09-14 | SupannActif | open | 2026-09-14 | 2026-09-15 | student 2026/2027 cancelled, until 14/09/2026
student 2026 cancelled 2026-09-15 | active | 2026-09-15 | SupannExpire | shut | 2026-09-14 | - | student cancelled, ended on 14/09/2026
student 2026 cancelled 2026-07-01 | new | 2026-09-15 | SupannExpire | shut | 2026-06-30 | - | student cancelled, ended on 30/06/2026
student 2026 excluded 2027-03-01 | active | 2027-03-01 | SupannExpire | shut | 2027-02-28 | - | student excluded, ended on 28/02/2027
student 2025; student 2026 withdrawn 2026-09-15 | active | 2026-09-15 | SupannActif | open | 2026-12-31 | 2027-01-01 | student 2025/2026, until 31/12/2026

# Two affiliations: losing one closes nothing
student 2026; staff 2026-10-01..2029-09-30 | active | 2028-01-01 | SupannActif | open | 2029-09-30 | 2029-10-01 | staff, until 30/09/2029
student 2026 cancelled 2026-09-15; staff 2026-09-01..2029-09-30 | active | 2026-10-01 | SupannActif | open | 2029-09-30 | 2029-10-01 | staff, until 30/09/2029
staff 2026-01-01..2026-06-30; staff 2026-07-01.. | active | 2026-06-30 | SupannActif | open | - | 2026-07-01 | staff, open-ended
staff 2026-01-01..2026-06-30; staff 2026-07-01.. | active | 2030-01-01 | SupannActif | open | - | - | staff, open-ended
staff 2026-01-01..2026-06-30; staff 2026-09-01..2026-12-31 | active | 2026-06-01 | SupannActif | open | 2026-06-30 | 2026-07-01 | staff, until 30/06/2026
staff 2026-01-01..2026-06-30; staff 2026-09-01..2026-12-31 | active | 2026-08-01 | SupannExpire | shut | 2026-06-30 | 2026-09-01 | staff, ended on 30/06/2026
staff 2026-01-01..2026-06-30; staff 2026-09-01..2026-12-31 | active, closed 2026-06-30 on 2026-07-01 as SupannExpire | 2026-09-01 | SupannActif | open | 2026-12-31 | 2027-01-01 | staff, until 31/12/2026
guest 2026-01-15..2026-06-30 | active | 2026-07-01 | SupannExpire | shut | 2026-06-30 | - | guest, ended on 30/06/2026

# A clock that goes back opens nothing; a later end does, and so does one that has gone
student 2026 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2027-12-30 | SupannExpire | shut | 2027-12-31 | 2028-01-01 | closed after 31/12/2027: only a later end opens it again
student 2026 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2027-12-31T22:59:59+00:00 | SupannExpire | shut | 2027-12-31 | 2028-01-01 | closed after 31/12/2027: only a later end opens it again
student 2026; student 2028 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2028-09-01 | SupannActif | open | 2029-12-31 | 2030-01-01 | student 2028/2029, until 31/12/2029
guest 2026-01-15..2026-06-30; staff 2026-07-15.. | active, closed 2026-06-30 on 2026-07-01 as SupannExpire | 2026-08-01 | SupannActif | open | - | - | staff, open-ended
student 2026 cancelled 2026-09-15 | active, closed 2026-09-14 on 2026-09-15 as SupannExpire | 2026-09-10 | SupannExpire | shut | 2026-09-14 | 2026-09-15 | closed after 14/09/2026: only a later end opens it again
student 2026 | active, closed 2026-09-14 on 2026-09-15 as SupannExpire | 2026-09-20 | SupannActif | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027

# Unpaid: until the day to pay by, then the days of grace; paid again is open again
[unpaid_days = 30]
student 2026 unpaid 2026-11-30 | active | 2026-11-30 | SupannActif | open | 2026-12-30 | 2026-12-01 | student 2026/2027 unpaid, until 30/12/2026
student 2026 unpaid 2026-11-30 | active | 2026-12-01 | SupannSursis | open | 2026-12-30 | 2026-12-31 | student 2026/2027 unpaid ended on 30/11/2026, grace, until 30/12/2026
student 2026 unpaid 2026-11-30 | new | 2026-12-01 | SupannCree | open | 2026-12-30 | 2026-12-31 | student 2026/2027 unpaid ended on 30/11/2026, grace, until 30/12/2026
student 2026 unpaid 2026-11-30 | active | 2026-12-30 | SupannSursis | open | 2026-12-30 | 2026-12-31 | student 2026/2027 unpaid ended on 30/11/2026, grace, until 30/12/2026
student 2026 unpaid 2026-11-30 | active | 2026-12-31 | SupannExpire | shut | 2026-12-30 | - | student unpaid, ended on 30/12/2026
student 2026 | active, closed 2026-12-30 on 2026-12-31 as SupannExpire | 2027-01-10 | SupannActif | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027
student 2025; student 2026 unpaid 2026-11-30 | active | 2026-12-31 | SupannActif | open | 2026-12-31 | 2027-01-01 | student 2025/2026, until 31/12/2026
[unpaid_days = 0]
student 2026 unpaid 2026-11-30 | active | 2026-11-30 | SupannActif | open | 2026-11-30 | 2026-12-01 | student 2026/2027 unpaid, until 30/11/2026
student 2026 unpaid 2026-11-30 | active | 2026-12-01 | SupannExpire | shut | 2026-11-30 | - | student unpaid, ended on 30/11/2026

# Pre-admitted: no account, unless the profile gives one before the enrolment
[pre_admitted_stay_days = 30]
student 2026 pre-admitted from 2026-09-01 | new | 2026-07-01 | SupannPrecree | shut | - | 2026-10-01 | pre-admitted: an account once enrolled
student 2026 pre-admitted from 2026-09-01 | new | 2026-09-30 | SupannPrecree | shut | - | 2026-10-01 | pre-admitted: an account once enrolled
student 2026 pre-admitted from 2026-09-01 | new | 2026-10-01 | SupannExpire | shut | - | - | student pre-admitted, no right left
[pre_admitted_days = 60, pre_admitted_stay_days = 30]
student 2026 pre-admitted from 2026-09-01 | new | 2026-07-02 | SupannPrecree | shut | - | 2026-07-03 | begins on 03/07/2026
student 2026 pre-admitted from 2026-09-01 | new | 2026-07-03 | SupannCree | open | 2026-09-30 | 2026-09-01 | student 2026/2027 pre-admitted from 01/09/2026, until 30/09/2026
student 2026 pre-admitted from 2026-09-01 | active | 2026-07-03 | SupannAnticipe | open | 2026-09-30 | 2026-09-01 | student 2026/2027 pre-admitted from 01/09/2026, until 30/09/2026
student 2026 pre-admitted from 2026-09-01 | active | 2026-09-30 | SupannAnticipe | open | 2026-09-30 | 2026-10-01 | student 2026/2027 pre-admitted from 01/09/2026, until 30/09/2026
student 2026 pre-admitted from 2026-09-01 | active | 2026-10-01 | SupannExpire | shut | 2026-09-30 | - | student pre-admitted, ended on 30/09/2026
student 2026 from 2026-09-01 | active, closed 2026-09-30 on 2026-10-01 as SupannExpire | 2026-10-05 | SupannActif | open | 2027-12-31 | 2028-01-01 | student 2026/2027, until 31/12/2027

# Open before the first day, where the profile says so
[early_days.staff = 7]
staff 2026-10-01.. | new | 2026-09-23 | SupannPrecree | shut | - | 2026-09-24 | begins on 24/09/2026
staff 2026-10-01.. | new | 2026-09-24 | SupannCree | open | - | 2026-10-01 | staff from 01/10/2026, open-ended
staff 2026-10-01.. | active | 2026-09-24 | SupannAnticipe | open | - | 2026-10-01 | staff from 01/10/2026, open-ended
staff 2026-10-01.. | active | 2026-10-01 | SupannActif | open | - | - | staff, open-ended
student 2026 | new | 2026-07-05 | SupannPrecree | shut | - | 2026-07-06 | begins on 06/07/2026

# Grace after the last day, for the populations the profile names; none for who was sent away
[grace_days.staff = 30]
staff 2020-01-01..2026-06-30 | active | 2026-06-30 | SupannActif | open | 2026-07-30 | 2026-07-01 | staff, until 30/07/2026
staff 2020-01-01..2026-06-30 | active | 2026-07-01 | SupannSursis | open | 2026-07-30 | 2026-07-31 | staff ended on 30/06/2026, grace, until 30/07/2026
staff 2020-01-01..2026-06-30 | new | 2026-07-01 | SupannCree | open | 2026-07-30 | 2026-07-31 | staff ended on 30/06/2026, grace, until 30/07/2026
staff 2020-01-01..2026-06-30 | active | 2026-07-30 | SupannSursis | open | 2026-07-30 | 2026-07-31 | staff ended on 30/06/2026, grace, until 30/07/2026
staff 2020-01-01..2026-06-30 | active | 2026-07-31 | SupannExpire | shut | 2026-07-30 | - | staff, ended on 30/07/2026
staff 2020-01-01..2028-02-29 | active | 2028-03-30 | SupannSursis | open | 2028-03-30 | 2028-03-31 | staff ended on 29/02/2028, grace, until 30/03/2028
staff 2020-01-01.. excluded 2026-07-01 | active | 2026-07-01 | SupannExpire | shut | 2026-06-30 | - | staff excluded, ended on 30/06/2026
student 2026 | active | 2028-01-01 | SupannExpire | shut | 2027-12-31 | - | student, ended on 31/12/2027
# … over which a gap between two contracts closes nothing
staff 2026-01-01..2026-06-30; staff 2026-07-15..2026-12-31 | active | 2026-07-05 | SupannSursis | open | 2027-01-30 | 2026-07-15 | staff ended on 30/06/2026, grace, until 30/01/2027
staff 2026-01-01..2026-06-30; staff 2026-07-31..2026-12-31 | active | 2026-07-05 | SupannSursis | open | 2027-01-30 | 2026-07-31 | staff ended on 30/06/2026, grace, until 30/01/2027
staff 2026-01-01..2026-06-30; staff 2026-08-01..2026-12-31 | active | 2026-07-05 | SupannSursis | open | 2026-07-30 | 2026-07-31 | staff ended on 30/06/2026, grace, until 30/07/2026
# … and in which somebody enrols
staff 2020-01-01..2026-06-30; student 2026 from 2026-07-10 | active | 2026-07-10 | SupannActif | open | 2027-12-31 | 2026-07-31 | staff ended on 30/06/2026, grace and student 2026/2027, until 31/12/2027

# Purged in two stages, counted from the day it was closed, and never before
[purge_data_days = 180, purge_account_days = 365]
student 2026 | active | 2028-01-01 | SupannExpire | shut | 2027-12-31 | 2028-06-29 | student, ended on 31/12/2027
student 2026 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2028-06-28 | SupannExpire | shut | 2027-12-31 | 2028-06-29 | student, ended on 31/12/2027
student 2026 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2028-06-29 | SupannSupprDonnees | shut | 2027-12-31 | 2028-12-31 | student, ended on 31/12/2027
student 2026 | new, closed 2027-12-31 on 2028-01-01 as SupannSupprDonnees | 2028-12-30 | SupannSupprDonnees | shut | 2027-12-31 | 2028-12-31 | student, ended on 31/12/2027
student 2026 | new, closed 2027-12-31 on 2028-01-01 as SupannSupprDonnees | 2028-12-31 | SupannSupprCompte | shut | 2027-12-31 | - | student, ended on 31/12/2027
# a cancellation of years ago that is read today takes nothing away today
student 2026 cancelled 2026-09-15 | active | 2029-05-02 | SupannExpire | shut | 2026-09-14 | 2029-10-29 | student cancelled, ended on 14/09/2026
# what is erased stays so when the clock goes back
student 2026 | new, closed 2027-12-31 on 2028-01-01 as SupannSupprDonnees | 2028-03-01 | SupannSupprDonnees | shut | 2027-12-31 | 2028-12-31 | student, ended on 31/12/2027
student 2026 | new, closed 2027-12-31 on 2028-01-01 as SupannSupprDonnees | 2027-12-30 | SupannSupprDonnees | shut | 2027-12-31 | 2028-01-01 | closed after 31/12/2027: only a later end opens it again
# enrolled again while the data were there, and after: the same account, to be activated again
student 2026; student 2028 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2028-07-06 | SupannActif | open | 2029-12-31 | 2030-01-01 | student 2028/2029, until 31/12/2029
student 2026; student 2028 | new, closed 2027-12-31 on 2028-01-01 as SupannSupprDonnees | 2028-07-06 | SupannCree | open | 2029-12-31 | 2030-01-01 | student 2028/2029, until 31/12/2029
# and after the account has gone: somebody new, of whom nothing is known but the new enrolment
student 2029 | new | 2029-07-06 | SupannCree | open | 2030-12-31 | 2031-01-01 | student 2029/2030, until 31/12/2030
# whoever is already enrolled for later keeps what they had
student 2026; student 2029 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2029-07-05 | SupannExpire | shut | 2027-12-31 | 2029-07-06 | student, ended on 31/12/2027
student 2026; student 2029 | new, closed 2027-12-31 on 2028-01-01 as SupannSupprDonnees | 2029-07-05 | SupannSupprDonnees | shut | 2027-12-31 | 2029-07-06 | student, ended on 31/12/2027
# both at once, on the day after at the earliest
[purge_data_days = 1, purge_account_days = 1]
student 2026 | active | 2028-01-01 | SupannExpire | shut | 2027-12-31 | 2028-01-02 | student, ended on 31/12/2027
student 2026 | active, closed 2027-12-31 on 2028-01-01 as SupannExpire | 2028-01-02 | SupannSupprCompte | shut | 2027-12-31 | - | student, ended on 31/12/2027

# Deceased: everything is closed at once, whatever else they had, and nothing opens it again
[grace_days.student = 30, purge_data_days = 30]
student 2026 deceased 2026-11-10; staff 2020-01-01..2029-09-30 | active | 2026-11-10 | SupannExpire | shut | 2026-11-09 | 2026-12-10 | deceased
student 2026; staff 2020-01-01.. deceased 2026-11-10 | active | 2026-11-12 | SupannExpire | shut | 2026-11-09 | 2026-12-12 | deceased
student 2026 deceased 2026-11-10; student 2027 | active, closed 2026-11-09 on 2026-11-10 as SupannSupprDonnees | 2027-09-01 | SupannSupprDonnees | shut | 2026-11-09 | - | deceased
student 2026 deceased 2026-11-10 | active | 2026-11-05 | SupannExpire | shut | 2026-11-09 | 2026-12-05 | deceased
# said of the wrong one, and corrected
student 2026 | active, closed 2026-11-09 on 2026-11-10 as SupannExpire | 2026-11-12 | SupannActif | open | 2028-01-30 | 2028-01-01 | student 2026/2027, until 30/01/2028
"""

CASES = cases(TABLE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line)
def test_date_table(case: Case) -> None:
    for ties in (case.ties, case.ties[::-1]):
        assert case.found(case.judge(ties)) == case.wanted


def test_only_the_deceased_are_quiet() -> None:
    for case in CASES:
        assert case.judge().quiet is ("deceased" in case.line.partition("|")[0])


@pytest.mark.usefixtures("server_elsewhere")
def test_the_servers_zone_changes_nothing() -> None:
    assert [case.today for case in cases(TABLE)] == [case.today for case in CASES]
    assert all(case.found(case.judge()) == case.wanted for case in CASES)
