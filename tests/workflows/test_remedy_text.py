from support.entries import FIRST

from fleet.domain.remedy import Change
from fleet.ledger.records import RemedyRecord
from fleet.workflows.remedy_text import remedies_text


def test_a_job_that_does_not_allow_the_region_must_be_submitted_again_with_it():
    less, other = (
        RemedyRecord(change=change, region=region, start_utc=FIRST, less_mw=less_mw, later_h=0)
        for change, region, less_mw in ((Change.LESS_POWER, "oslo", 0.8), (Change.OTHER_REGION, "dallas", 0.0))
    )
    assert remedies_text([less, other], {"dallas": "Dallas"}) == (
        "0.8 MW less (oslo from 20 May 01:00 UTC), or another region, if the job is submitted again with it "
        "(Dallas from 20 May 01:00 UTC)"
    )
