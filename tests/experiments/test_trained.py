"""The networks that come with the course do what their record says of them, by one call each."""

import numpy as np
import pytest
import torch

from attention_course import records
from attention_course.data import translation as tr
from attention_course.experiments import squeeze_and_excitation as surfaces_lesson
from attention_course.measuring import translators


@pytest.fixture(scope="module")
def structure():
    """Sentences of a structure that training did not show."""
    return tr.chapter_splits()[1]["structure"]


@pytest.mark.parametrize(("kind", "language"), translators.RECORDS)
def test_a_trained_translator_translates_as_recorded(structure, kind, language):
    model = translators.trained(kind, language)
    assert not model.training
    record = records.load(translators.RECORDS[kind, language])
    asked = [tr.make_pair(pair.meaning, language) for pair in structure]
    _, exact = translators.translate(model, asked, language)
    settings = {"kind": kind} | ({"language": language} if "language" in record.settings[0] else {})
    assert abs(100 * exact.mean() - record.numbers(0, **settings)["structure_exact"]) < 3


def test_a_translator_that_was_not_kept_is_told():
    for which in (("plain", "French"), ("transformer", "Chinese"), ("nothing", "French")):
        with pytest.raises(ValueError, match=f"attention into French.*not '{which[0]}'"):
            translators.trained(*which)


@pytest.mark.parametrize(("gate", "defect", "steps"), surfaces_lesson.KEPT)
def test_a_trained_classifier_names_surfaces_as_recorded(gate, defect, steps):
    model = surfaces_lesson.trained(gate, defect)
    _, y_test, sets, _ = surfaces_lesson.data()
    with torch.no_grad():
        right = 100 * np.mean(model(sets[defect][1]).argmax(1).numpy() == y_test)
    record = records.load("squeeze_and_excitation.networks")
    assert abs(right - record.numbers(0, gate=gate, defect=defect, steps=steps)["right"]) < 3


def test_a_classifier_that_was_not_kept_is_told():
    with pytest.raises(records.RecordError, match="keeps no parameters"):
        surfaces_lesson.trained("none", "fixed")
