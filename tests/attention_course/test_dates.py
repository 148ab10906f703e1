import datetime
import subprocess
import sys

import numpy as np
import pytest

from attention_course.data import dates

WRITTEN = dates.make_dates(3000, seed=1)
MONTH = {name[:3].lower(): i for i, name in enumerate(dates.MONTHS, 1)}


def test_the_answer_can_be_read_from_the_spans():
    """A second reader, who sees nothing but the characters that are said to decide."""
    for date in WRITTEN:
        year, century = date.text[slice(*date.spans[3])], date.text[slice(*date.spans[0])]
        if len(century) == 2:  # a year of two digits
            assert date.spans[0] == date.spans[1] and date.spans[2][0] == date.spans[0][0]
            assert date.iso[:4] == ("19" if int(century) >= 50 else "20") + century
        else:
            assert "".join(date.text[slice(*span)] for span in date.spans[:4]) == date.iso[:4]
        assert year == date.iso[3]
        tens, ones = (date.text[slice(*span)] for span in date.spans[5:7])
        if ones.isdigit():
            assert date.iso[5:7] == (tens + ones if date.spans[5] != date.spans[6] else "0" + ones)
        else:
            assert tens == ones and MONTH[ones[:3].lower()] == int(date.iso[5:7])
        tens, ones = (date.text[slice(*span)] for span in date.spans[8:10])
        assert date.iso[8:] == (tens + ones if date.spans[8] != date.spans[9] else "0" + ones)
        assert date.spans[4] is None and date.spans[7] is None and len(date.spans) == 10


def test_weekdays_are_right_and_matter_to_nobody():
    named = 0
    for date in WRITTEN:
        first = date.text[:3].title()
        if first in {name[:3] for name in dates.WEEKDAYS}:
            named += 1
            assert dates.WEEKDAYS[datetime.date.fromisoformat(date.iso).weekday()].startswith(first)
            assert min(span[0] for span in date.spans if span) >= 3
    assert 0.15 * len(WRITTEN) < named < 0.4 * len(WRITTEN)


def test_all_forms_occur():
    texts = [date.text for date in WRITTEN]
    for sign in ("the ", "'", ".", "/", "-", ", ", "th", "st", "nd", "rd"):
        assert sum(sign in text for text in texts) > 20, sign
    assert any(text.isupper() for text in texts) and any(text.islower() for text in texts)
    assert {date.iso[5:7] for date in WRITTEN} == {f"{m:02d}" for m in range(1, 13)}
    assert {date.iso[8:] for date in WRITTEN} == {f"{d:02d}" for d in range(1, 32)}


def test_excluded_days_do_not_come_back_in_any_form():
    fresh = dates.make_dates(2000, seed=2, exclude=WRITTEN)
    assert not {date.iso for date in fresh} & {date.iso for date in WRITTEN}
    assert len({date.text for date in fresh}) == len(fresh)


def test_same_seed_same_dates():
    assert dates.make_dates(20, 3) == dates.make_dates(20, 3) != dates.make_dates(20, 4)


def test_encode():
    arrays = dates.encode(WRITTEN[:50])
    for i, date in enumerate(WRITTEN[:50]):
        assert "".join(dates.SOURCE.decode(arrays["source"][i])) == date.text
        assert "".join(dates.TARGET.decode(arrays["target"][i])) == date.iso
        for t, span in enumerate(date.spans):
            marked = np.flatnonzero(arrays["gold"][i, t])
            assert marked.tolist() == (list(range(*span)) if span else [])
    assert arrays["target"].shape == (50, 12)


def test_a_day_outside_the_hundred_years_is_refused():
    with pytest.raises(ValueError, match="1926"):
        dates.write_date(datetime.date(1926, 11, 24), np.random.default_rng(0))


def test_the_module_needs_neither_torch_nor_matplotlib():
    code = "import sys, attention_course.data.dates; print({'torch', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
