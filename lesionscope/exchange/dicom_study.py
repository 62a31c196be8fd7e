"""The released photos of a study as DICOM, each with its outline and its measurements."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

from pydicom.dataset import Dataset

from lesionscope.core.study_data import RecordedMeasurement, StudyData
from lesionscope.exchange.dicom_measured import outline_dataset, report_dataset
from lesionscope.exchange.dicom_photo import photo_dataset
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.imaging.resize import resized_mask


def dicom_files(
    data: StudyData,
    picture: Callable[[int], bytes],
    masks: Callable[[int], Mapping[str, bytes]],
) -> Iterator[tuple[str, bytes]]:
    """Yield the DICOM files of a study.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    picture : callable
        Returns the released picture of a photo.
    masks : callable
        Returns the masks of a measurement, as PNG by key.

    Yields
    ------
    (str, bytes)
        For each released photo ``PSEUDONYM/visit/photo_N.dcm``, and of its newest measurement
        ``outline_N.dcm`` (where there is a lesion) and ``measured_N.dcm``.
    """
    for release in data.releases:
        photo = data.photo_of[release.photo_id]
        folder = f"{data.pseudonym(photo.visit_id)}/day{data.study_day(photo.visit_id):04d}"
        image = photo_dataset(data, photo, picture(photo.id))
        yield f"{folder}/photo_{photo.id}.dcm", _bytes(image)
        measured = data.measured_of.get(photo.id)
        if measured is not None:
            for name, made in _measured(data, measured, image, masks(measured.id)):
                yield f"{folder}/{name}_{photo.id}.dcm", _bytes(made)


def _measured(
    data: StudyData, one: RecordedMeasurement, image: Dataset, masks: Mapping[str, bytes]
) -> Iterator[tuple[str, Dataset]]:
    evidence = [image]
    if "lesion" in masks:
        lesion = resized_mask(mask_from_png(masks["lesion"]), (image.Rows, image.Columns))
        if lesion.any():
            evidence.append(outline_dataset(data, one, image, lesion))
            yield "outline", evidence[-1]
    yield "measured", report_dataset(data, one, image, evidence)


def _bytes(made: Dataset) -> bytes:
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()
