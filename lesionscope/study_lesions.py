"""The lesions behind signed answers, cut out again from the photos of a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.measurement import Item
from lesionscope.core.people import Reader
from lesionscope.core.reading import AnswerOrigin
from lesionscope.exchange.measurement_json import measurement_from
from lesionscope.looked import crop_of, lesion_behind
from lesionscope.model.taught import NOT_SIGNED, STORED, TaughtLesions
from lesionscope.pipeline import read_photo
from lesionscope.scoring.field_suggestions import place_of
from lesionscope.store.store import Store


def taught_lesions(
    store: Store, by: Reader, answers: Sequence[ConfirmedAnswer]
) -> tuple[TaughtLesions, int]:
    """Cut out the lesion that each signed answer rests on.

    An answer is about the worst lesion of a place of the body. Its lesion is taken to be the one
    that the suggestion rests on: where a reader overrode the suggestion because of another lesion,
    the answer is laid on the wrong one.

    Parameters
    ----------
    store : Store
        The record; only read.
    by : Reader
        Who asks.
    answers : sequence of ConfirmedAnswer
        From `lesionscope.store.learning.Learning.confirmed_answers`.

    Returns
    -------
    taught : TaughtLesions
        In the order of photos; a lesion that several readings speak of comes once for each.
    left_out : int
        Answers whose lesion or photo is not there any more.
    """
    by_photo: dict[tuple[int, int], list[ConfirmedAnswer]] = defaultdict(list)
    left_out = 0
    for answer in answers:
        if answer.photo_id is None or answer.measurement_id is None:
            left_out += 1
        else:
            by_photo[answer.photo_id, answer.measurement_id].append(answer)
    crops: list[NDArray[np.float16]] = []
    levels: list[list[int]] = []
    patients: list[int] = []
    seen: list[list[bool]] = []
    for (photo_id, measurement_id), group in sorted(by_photo.items()):
        made = {each.id: each for each in store.measurements(by, photo_id)}[measurement_id]
        found = measurement_from(made.document, store.measurement_files(by, made.id))
        photo = read_photo(store.original(by, photo_id))
        rows: dict[tuple[int, int], int] = {}
        for answer in group:
            site, item = place_of(answer.key)
            lesion = lesion_behind(found, site, item)
            if lesion is None:
                left_out += 1
                continue
            place = (answer.reading_id, lesion.label)
            if place not in rows:
                rows[place] = len(crops)
                crop = crop_of(photo, found, lesion)[0]
                crops.append(crop[list(STORED)].astype(np.float16))
                levels.append([NOT_SIGNED] * len(Item))
                seen.append([False] * len(Item))
                patients.append(answer.patient_id)
            column = list(Item).index(answer.item)
            levels[rows[place]][column] = answer.answer
            seen[rows[place]][column] = answer.origin is not AnswerOrigin.ENTERED
    none = np.zeros((0, len(STORED), 1, 1), np.float16)
    return TaughtLesions(
        np.stack(crops) if crops else none,
        np.array(levels, dtype=np.int64).reshape(-1, len(Item)),
        np.array(patients, dtype=np.int64),
        np.array(seen, dtype=bool).reshape(-1, len(Item)),
    ), left_out
