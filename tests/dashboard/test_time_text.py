import numpy as np

from fleet.dashboard.time_text import cell_time, hour_text, moment_text, readable
from fleet.domain.clock import moment

HOUR = np.datetime64("2025-09-06T07", "h")


def test_all_texts_of_a_time_have_one_format():
    assert hour_text(HOUR) == moment_text(moment(HOUR)) == readable("2025-09-06T07:00Z") == "06 Sep 2025 07:00 UTC"


def test_a_sentence_keeps_its_words_and_its_dates_without_a_time():
    assert readable("At 2025-09-06T07:59:58Z, since 2025-09-06.") == "At 06 Sep 2025 07:59 UTC, since 2025-09-06."


def test_a_cell_holds_a_time_that_sorts():
    assert cell_time(HOUR) < cell_time(HOUR + 1)
    assert cell_time(None) is None
