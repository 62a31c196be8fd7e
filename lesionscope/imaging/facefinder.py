"""Find faces, and propose what to cover of them before a photo is shown to a blinded reader.

What is proposed is a start: a person looks at the picture, moves the masks and decides. A face that
is not found is not covered, so nothing is ever released by this alone.

References
----------
Bazarevsky et al. 2019, BlazeFace, arXiv:1907.05047; the full-range network of MediaPipe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.deidentify import MaskRectangle
from lesionscope.imaging.handnets import FACES, PhotoPyramid, answers_of

_SIDE, _CELLS = 192, 48
_SCORE = 0.5
_SAME = 0.3
_MOST = 6
# In distances between the eyes: how far a mask reaches beyond what it covers.
_EYES_SIDE, _EYES_UP, _EYES_DOWN = 0.75, 0.50, 0.35
_LID = 0.05
_FACE_SIDE, _CHIN = 0.95, 1.20


@dataclass(frozen=True, eq=False)
class Face:
    """One face in a photo.

    Attributes
    ----------
    score : float
        Certainty, 0 to 1.
    box : tuple of float
        x0, y0, x1, y1 in pixels of the photo.
    eyes : ndarray of shape (2, 2), float64
        x, y of the two eyes in pixels.
    nose, mouth : tuple of float
        x, y of the tip of the nose and of the middle of the mouth.
    """

    score: float
    box: tuple[float, float, float, float]
    eyes: NDArray[np.float64]
    nose: tuple[float, float]
    mouth: tuple[float, float]

    @property
    def between_eyes(self) -> float:
        """Distance between the eyes in pixels; at least a fifth of the face where one is hidden."""
        seen = float(np.linalg.norm(self.eyes[0] - self.eyes[1]))
        return max(seen, 0.2 * (self.box[2] - self.box[0]))


def find_faces(rgb: NDArray[np.uint8]) -> tuple[Face, ...]:
    """Find faces in an upright photo.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo, sRGB.

    Returns
    -------
    tuple of Face
        Surest first, at most six.
    """
    height, width = rgb.shape[:2]
    side = max(height, width)
    # The network sees a square; the photo lies in its middle, black around it.
    scale = side / _SIDE
    offset = np.array([(width - side) / 2, (height - side) / 2])
    to_photo = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
    answers = answers_of(FACES, PhotoPyramid(rgb).crop(to_photo, _SIDE))
    boxes, scores = _by_width(answers)
    chance = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    cells = (np.stack(np.meshgrid(np.arange(_CELLS), np.arange(_CELLS)), axis=-1) + 0.5) / _CELLS
    centres = cells.reshape(-1, 2) * _SIDE
    found: list[Face] = []
    for index in np.argsort(-chance):
        if chance[index] < _SCORE or len(found) == _MOST:
            break
        face = _face(boxes[index], centres[index], float(chance[index]), (scale, offset))
        if all(_overlap(face.box, other.box) < _SAME for other in found):
            found.append(face)
    return tuple(found)


def face_masks(
    faces: tuple[Face, ...], shape: tuple[int, int], *, keep_eyelids: bool = False
) -> tuple[MaskRectangle, ...]:
    """Propose masks over the eyes and the lower face.

    Parameters
    ----------
    faces : tuple of Face
        From `find_faces`.
    shape : tuple of int
        Height and width of the photo.
    keep_eyelids : bool
        Leave the upper lids free, where the heliotrope sign is read: only what lies below the
        middle of the eyes is covered then.

    Returns
    -------
    tuple of MaskRectangle
        Two for each face; the cheeks beside the nose stay free for the malar area.
    """
    masks = []
    for face in faces:
        unit = face.between_eyes
        left, right = float(face.eyes[:, 0].min()), float(face.eyes[:, 0].max())
        top, bottom = float(face.eyes[:, 1].min()), float(face.eyes[:, 1].max())
        up = -_LID * unit if keep_eyelids else _EYES_UP * unit
        reach = _EYES_SIDE * unit
        masks.append((left - reach, top - up, right + reach, bottom + _EYES_DOWN * unit))
        below = (face.nose[1] + face.mouth[1]) / 2
        x, half = face.mouth[0], _FACE_SIDE * unit
        masks.append((x - half, below, x + half, max(face.box[3], face.mouth[1] + _CHIN * unit)))
    return tuple(rect for mask in masks if (rect := _within(mask, shape)) is not None)


def _by_width(
    answers: dict[str, NDArray[np.float32]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tell boxes (16 numbers each) from scores (1) by their shape, whatever they are called."""
    flat = {array.shape[-1]: array.reshape(-1, array.shape[-1]) for array in answers.values()}
    return flat[16], flat[1][:, 0]


def _face(
    raw: NDArray[np.float32],
    centre: NDArray[np.float64],
    score: float,
    placed: tuple[float, NDArray[np.float64]],
) -> Face:
    scale, offset = placed
    middle = (raw[:2] + centre) * scale + offset
    half = np.abs(raw[2:4]) * scale / 2
    points = (raw[4:].reshape(6, 2) + centre) * scale + offset
    return Face(
        score,
        (
            float(middle[0] - half[0]),
            float(middle[1] - half[1]),
            float(middle[0] + half[0]),
            float(middle[1] + half[1]),
        ),
        np.asarray(points[:2], dtype=np.float64),
        (float(points[2, 0]), float(points[2, 1])),
        (float(points[3, 0]), float(points[3, 1])),
    )


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return shared / max(sum(areas) - shared, 1e-6)


def _within(
    mask: tuple[float, float, float, float], shape: tuple[int, int]
) -> MaskRectangle | None:
    height, width = shape
    left, right = (min(max(x / width, 0.0), 1.0) for x in (mask[0], mask[2]))
    top, bottom = (min(max(y / height, 0.0), 1.0) for y in (mask[1], mask[3]))
    return MaskRectangle(left, top, right, bottom) if left < right and top < bottom else None
