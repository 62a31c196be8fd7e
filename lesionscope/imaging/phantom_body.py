"""Drawn bodies: limbs, trunks, faces and hands as unions of capsules with a rounded height."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.phantom_skin import Array, smooth_noise

Mask = NDArray[np.bool_]

_APART = 0.75
"""Middle to middle of two hands beside each other, in units of the scale of the view."""


@dataclass(frozen=True, eq=False)
class Body:
    """A drawn body in the frame of a photo.

    Attributes
    ----------
    height : ndarray of shape (H, W), float32
        Height over the background in pixels, 0 where there is no body.
    skin : ndarray of shape (H, W), bool
        Body that is not hair.
    palm, lips : ndarray of shape (H, W), float32
        How much of each pixel is palm or lip, 0 to 1.
    hair : ndarray of shape (H, W), bool
        Hair, brows and the slit of a closed eye.
    joints : tuple of (x, y, radius)
        Finger joints in pixels, from the knuckle outwards, three to a finger.
    """

    height: Array
    skin: Mask
    palm: Array
    lips: Array
    hair: Mask
    joints: tuple[tuple[float, float, float], ...]


def _capsule(
    shape: tuple[int, int], a: NDArray[np.float64], b: NDArray[np.float64], ra: float, rb: float
) -> Array:
    """Return the height of a tapered capsule over the plane, 0 outside; points are (x, y)."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    axis = (b - a).astype(np.float32)
    length = float(axis @ axis) + 1e-6
    along = np.clip(((cols - a[0]) * axis[0] + (rows - a[1]) * axis[1]) / length, 0, 1)
    gap = np.hypot(cols - a[0] - along * axis[0], rows - a[1] - along * axis[1])
    radius = ra + (rb - ra) * along
    return np.asarray(np.sqrt(np.clip(radius**2 - gap**2, 0, None)), dtype=np.float32)


def draw_body(rng: np.random.Generator, shape: tuple[int, int]) -> Body:
    """Draw a close-up, limbs, a trunk, a face or two hands; often with a hand laid on it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    Body
    """
    kind = rng.choice(["close", "limb", "trunk", "face", "hands"], p=[0.2, 0.22, 0.24, 0.14, 0.20])
    side = float(max(shape))
    filling = kind == "hands" and rng.random() < 0.6  # one of the hands fills the frame
    low, high = 0.8, 2.6
    if kind == "hands":  # two of them need room beside each other
        low, high = (1.5, 3.2) if filling else (0.8, 1.5)
    scale = side * float(np.exp(rng.uniform(np.log(low), np.log(high))))
    centre = np.array([rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7)]) * side
    if filling:
        beside = 0.5 * _APART * float(rng.choice([-1.0, 1.0]))
        centre += scale * np.array([beside, rng.uniform(0.0, 0.2)])
    height = np.zeros(shape, np.float32)
    palm = np.zeros(shape, np.float32)
    lips = np.zeros(shape, np.float32)
    hair = np.zeros(shape, bool)
    joints: list[tuple[float, float, float]] = []
    if kind == "close":
        height += side * (1 + 0.05 * smooth_noise(rng, shape, side * 0.6))
    elif kind == "limb":
        height = _limbs(rng, shape, centre, scale)
    elif kind == "trunk":
        height = _trunk(rng, shape, centre, scale)
    elif kind == "face":
        height, lips, hair = _face(rng, shape, centre, scale)
    hands = 2 if kind == "hands" else int(rng.random() < 0.55 and kind != "close")
    for number in range(hands):
        size = scale * rng.uniform(0.25, 0.45) if kind == "hands" else scale * rng.uniform(0.1, 0.2)
        at = centre + rng.normal(0, 0.28, 2) * scale
        if kind == "hands":
            at = centre + np.array([(number - 0.5) * scale * _APART, 0.0])
        turn = rng.normal(0, 0.3) if kind == "hands" else rng.uniform(-np.pi, np.pi)
        own, own_joints = _hand(rng, shape, at, size, turn)
        base = cv2.GaussianBlur(height, (0, 0), max(size * 0.2, 1))
        on_top = own > 0
        height = np.where(on_top, own + base + 0.3 * size, height)
        if kind != "hands" and rng.random() < 0.7:
            soft = cv2.GaussianBlur(on_top.astype(np.float32), (0, 0), 1.5)
            palm = np.maximum(palm, soft)
        else:
            joints += own_joints
    if rng.random() < 0.5:  # no body is a union of straight capsules
        height, palm, lips, hair = _bent(rng, shape, height, palm, lips, hair)
    return Body(height, (height > 0) & ~hair, palm, lips, hair, tuple(joints))


def _bent(
    rng: np.random.Generator,
    shape: tuple[int, int],
    height: Array,
    palm: Array,
    lips: Array,
    hair: Mask,
) -> tuple[Array, Array, Array, Mask]:
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    reach = max(shape) * rng.uniform(0.01, 0.05)
    dx = cols + reach * smooth_noise(rng, shape, max(shape) * 0.35)
    dy = rows + reach * smooth_noise(rng, shape, max(shape) * 0.35)

    def moved(values: Array) -> Array:
        out = cv2.remap(values, dx, dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.float32)

    return moved(height), moved(palm), moved(lips), moved(hair.astype(np.float32)) > 0.5


def _limbs(
    rng: np.random.Generator, shape: tuple[int, int], centre: NDArray[np.float64], scale: float
) -> Array:
    height = np.zeros(shape, np.float32)
    turn = rng.uniform(0, np.pi)
    for number in range(int(rng.choice([1, 2], p=[0.65, 0.35]))):
        heading = turn + rng.normal(0, 0.15)
        ahead = np.array([np.cos(heading), np.sin(heading)])
        beside = np.array([-ahead[1], ahead[0]])
        at = centre + beside * number * scale * rng.uniform(0.35, 0.6)
        bend = rng.normal(0, 0.5)
        second = np.array([np.cos(heading + bend), np.sin(heading + bend)])
        wide = scale * rng.uniform(0.10, 0.30)
        elbow = at
        upper = _capsule(shape, elbow - ahead * scale, elbow, wide * rng.uniform(1, 1.4), wide)
        lower = _capsule(shape, elbow, elbow + second * scale, wide, wide * rng.uniform(0.5, 0.9))
        height = np.maximum(height, np.maximum(upper, lower))
    return height


def _trunk(
    rng: np.random.Generator, shape: tuple[int, int], centre: NDArray[np.float64], scale: float
) -> Array:
    up = np.array([rng.normal(0, 0.12), -1.0])
    across = np.array([1.0, up[0]])
    wide = scale * rng.uniform(0.22, 0.3)
    height = _capsule(
        shape, centre - up * scale * 0.6, centre + up * scale * 0.25, wide, wide * 1.1
    )
    height *= rng.uniform(0.35, 0.8)
    neck = centre + up * scale * 0.5
    parts = [_capsule(shape, neck, neck + up * scale * 0.4, wide * 0.45, wide * 0.42)]
    for sign in (-1.0, 1.0):
        shoulder = centre + up * scale * 0.3 + across * sign * wide * 0.95
        parts.append(_capsule(shape, neck, shoulder, wide * 0.35, wide * 0.42))
        swing = rng.uniform(-0.2, 0.9)
        down = np.array([np.sin(swing) * sign, np.cos(swing)])
        arm = shoulder + down * scale * 0.75
        parts.append(_capsule(shape, shoulder, arm, wide * 0.4, wide * rng.uniform(0.2, 0.3)))
    return np.asarray(np.maximum.reduce([height, *parts]), dtype=np.float32)


def _face(
    rng: np.random.Generator, shape: tuple[int, int], centre: NDArray[np.float64], scale: float
) -> tuple[Array, Array, Mask]:
    head = scale * rng.uniform(0.16, 0.3)
    tall = rng.uniform(0.25, 0.5) * head
    top, chin = centre - np.array([0, tall]), centre + np.array([rng.normal(0, 0.1) * head, tall])
    height = _capsule(shape, top, chin, head, head * rng.uniform(0.75, 0.95))
    neck = _capsule(shape, chin, chin + np.array([0, head * 2]), head * 0.5, head * 0.6) * 0.6
    below = chin + np.array([0, head * 1.6])
    chest = _capsule(
        shape, below - np.array([head * 1.3, 0]), below + np.array([head * 1.3, 0]), head, head
    )
    nose = _capsule(shape, centre, centre + np.array([0, head * 0.4]), head * 0.1, head * 0.17)
    body = np.maximum.reduce([height + nose * (height > 0), neck, chest * 0.5])
    lips = np.zeros(shape, np.float32)
    mouth = centre + np.array([0, head * 0.75])
    axes = (max(1, int(head * 0.3)), max(1, int(head * 0.09)))
    cv2.ellipse(lips, (int(mouth[0]), int(mouth[1])), axes, 0, 0, 360, 1.0, -1)
    lips = np.asarray(cv2.GaussianBlur(lips, (0, 0), max(head * 0.03, 0.6)), np.float32)
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    hair = np.zeros(shape, bool)
    line = top[1] - head * rng.uniform(0.1, 0.7)
    if rng.random() < 0.7:
        wave = line + head * 0.1 * smooth_noise(rng, shape, head * 0.4)
        hair = (rows < wave) & (body > 0)
    for sign in (-1, 1):  # brows and the slit of the closed eye
        eye = centre + np.array([sign * head * 0.42, -head * 0.05])
        for lift, thick in ((-0.25, 0.035), (0.0, 0.012)):
            at = (int(eye[0]), int(eye[1] + lift * head))
            arc = np.zeros(shape, np.uint8)
            size = (max(1, int(head * 0.24)), max(1, int(head * 0.06)))
            cv2.ellipse(arc, at, size, 0, 185, 355, 1, max(1, round(thick * head)))
            hair |= (arc > 0) & (rng.random() < 0.9)
    return np.asarray(body, np.float32), lips, hair


def _hand(
    rng: np.random.Generator,
    shape: tuple[int, int],
    at: NDArray[np.float64],
    size: float,
    turn: float,
) -> tuple[Array, list[tuple[float, float, float]]]:
    """Draw a flat hand of about `size` from wrist to middle fingertip, with a forearm."""

    def place(x: float, y: float) -> NDArray[np.float64]:
        c, s = np.cos(turn), np.sin(turn)
        return at + size * np.array([c * x - s * y, s * x + c * y])

    mirror = float(rng.choice([-1.0, 1.0]))
    parts = [
        _capsule(shape, place(-0.09, 0.0), place(-0.12, -0.2), 0.17 * size, 0.13 * size),
        _capsule(shape, place(0.09, 0.0), place(0.12, -0.2), 0.17 * size, 0.13 * size),
    ]
    spread = rng.uniform(0.02, 0.28)
    joints = []
    for finger, reach in enumerate((0.40, 0.48, 0.44, 0.34)):
        lean = (finger - 1.5) * spread * mirror
        root = place((finger - 1.5) * 0.115 * mirror, -0.28)
        step = np.array([np.sin(lean), -np.cos(lean)])
        c, s = np.cos(turn), np.sin(turn)
        ahead = np.array([c * step[0] - s * step[1], s * step[0] + c * step[1]])
        tip = root + ahead * reach * size
        parts.append(_capsule(shape, root, tip, 0.062 * size, 0.048 * size))
        for share in (0.0, 0.45, 0.75):
            joint = root + ahead * reach * size * share
            joints.append((float(joint[0]), float(joint[1]), 0.05 * size))
    thumb = mirror * -1.0
    root, middle = place(thumb * 0.16, 0.02), place(thumb * 0.36, -0.16)
    parts.append(_capsule(shape, root, middle, 0.09 * size, 0.07 * size))
    parts.append(_capsule(shape, middle, place(thumb * 0.44, -0.36), 0.065 * size, 0.05 * size))
    far = place(rng.normal(0, 0.2), rng.uniform(0.6, 2.5))
    parts.append(_capsule(shape, place(0.0, 0.1), far, 0.15 * size, 0.2 * size))
    return np.asarray(np.maximum.reduce(parts), np.float32), joints
