"""Pictograms of the standard photographs, drawn as SVG: what is to be in the frame, and where.

A figure of lines with round ends; the part that is asked for is dark, and corners show the frame.
The patient's left lies at the right of a figure seen from the front.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from lesionscope.core.schedule import Shot
from lesionscope.core.sites import Side

WIDTH, HEIGHT = 120, 160
"""Size of a pictogram in its own units."""
_SKIN, _EDGE, _ASKED, _FRAME = "#e3e8ec", "#58656f", "#17607a", "#a85b00"

POSES: dict[str, str] = {
    "face": "Eyes closed, hair back, no glasses. From the front, at eye height.",
    "scalp": "Head bowed, hair parted. From above.",
    "v_neck": "Collar open, chin up. Chin to mid-chest.",
    "nape": "Hair up, head bowed. From behind, hairline to shoulder blades.",
    "back": "Arms hanging. From behind, neck to buttocks.",
    "abdomen": "Standing, arms away. Ribs to groin.",
    "thigh": "Standing, turned to the side. Hip to knee.",
    "leg": "Standing, turned a little. Knee to toes.",
    "arm": "Arm away from the body, outer side to the camera. Shoulder to wrist.",
    "joints": "Bent a little. One photo for each: elbow, knee, ankle.",
    "hands": "Both flat on a plain cloth, fingers apart. From straight above.",
    "palms": "Both open, palms up, the side of the index finger visible.",
}
"""How the patient stands and what is in the frame, for each standard view. A proposal of this
project; a study's imaging manual comes first."""

Points = Sequence[tuple[float, float]]

_ARM: Points = ((79, 45), (88, 70), (93, 94))
_THIGH: Points = ((67, 92), (69, 116))
_SHIN: Points = ((69, 116), (70, 148), (76, 152))
_TORSO = "M43 41 Q60 34 77 41 L74 84 Q60 92 46 84 Z"
_NAPE = "M54 26 H66 L67 36 Q74 38 77 41 L76 52 Q60 56 44 52 L43 41 Q46 38 53 36 Z"
_V_OF_NECK = "M52 37 H68 L62 60 Q60 64 58 60 Z"
_BELLY = "M46 66 Q60 62 74 66 L74 84 Q60 92 46 84 Z"
_JOINTS: Points = ((88, 70), (69, 116), (70, 144))

_FRAMES: dict[str, tuple[float, float, float, float]] = {
    "v_neck": (40, 28, 80, 68),
    "nape": (38, 20, 82, 60),
    "back": (36, 30, 84, 96),
    "abdomen": (38, 58, 82, 96),
    "thigh": (58, 82, 82, 124),
    "leg": (58, 108, 84, 157),
    "arm": (70, 36, 104, 102),
}
_FROM_BEHIND = ("nape", "back")


def pictogram_tag(shot: Shot, width: int) -> str:
    """Return the pictogram of a shot as a tag for `st.html`, named for those who do not see it.

    An image and no inline SVG, which Streamlit strips; and none of `st.image`, which a tap opens
    over the whole screen.

    Parameters
    ----------
    shot : Shot
        A standard view and, where it matters, a side.
    width : int
        Width on the page, in pixels.
    """
    data = base64.b64encode(pictogram(shot).encode()).decode()
    return (
        f'<img src="data:image/svg+xml;base64,{data}" width="{width}" '
        f'height="{round(width * HEIGHT / WIDTH)}" alt="Pictogram: {shot.label()}">'
    )


def pictogram(shot: Shot) -> str:
    """Draw what a photographer is asked for.

    Parameters
    ----------
    shot : Shot
        A standard view and, where it matters, a side.

    Returns
    -------
    str
        A whole SVG document.
    """
    closeups = {"face": _face, "scalp": _scalp, "hands": _both_hands, "palms": _both_palms}
    body = closeups[shot.view]() if shot.view in closeups else _figure(shot)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" stroke-linecap="round" stroke-linejoin="round">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#ffffff"/>{body}</svg>'
    )


def _figure(shot: Shot) -> str:
    """Draw the whole body from the front or from behind, with the part that is asked for."""
    behind = shot.view in _FROM_BEHIND
    parts = [_body(), "" if behind else _small_face()]
    frame = _FRAMES.get(shot.view)  # the joints have none: each is a photo of its own
    asked = _asked(shot.view) + (_corners(*frame) if frame else "")
    # The parts are drawn on the patient's left, at the right of a figure seen from the front.
    mirrored = shot.side is Side.RIGHT
    parts.append(_mirror(asked) if mirrored else asked)
    if shot.side is not None:
        x = 12 if mirrored else WIDTH - 12
        parts.append(_words(x, 20, "R" if mirrored else "L", size=18))
    parts.append(_words(16, HEIGHT - 8, "back" if behind else "front", size=9))
    return "".join(parts)


def _asked(view: str) -> str:
    if view == "joints":
        return "".join(f'<circle cx="{x}" cy="{y}" r="8" fill="{_ASKED}"/>' for x, y in _JOINTS)
    limbs = {"arm": (_ARM, 10), "thigh": (_THIGH, 14), "leg": (_SHIN, 11)}
    if view in limbs:
        points, width = limbs[view]
        return _line(points, width, _ASKED)
    areas = {"v_neck": _V_OF_NECK, "nape": _NAPE, "back": _TORSO, "abdomen": _BELLY}
    return f'<path d="{areas[view]}" fill="{_ASKED}"/>'


def _body() -> str:
    """Draw head, torso and limbs: every line twice, so that light parts have an edge."""
    limbs = [
        (line, width)
        for line, width in ((_ARM, 10), (_THIGH, 14), (_SHIN, 11))
        for line in (line, _flipped(line))
    ]
    edges = "".join(_line(points, width + 2, _EDGE) for points, width in limbs)
    fills = "".join(_line(points, width, _SKIN) for points, width in limbs)
    trunk = (
        f'<path d="M60 30 V40" stroke="{_EDGE}" stroke-width="12"/>'
        f'<path d="{_TORSO}" fill="{_SKIN}" stroke="{_EDGE}"/>'
        f'<path d="M60 28 V42" stroke="{_SKIN}" stroke-width="10"/>'
        f'<ellipse cx="60" cy="19" rx="11" ry="13" fill="{_SKIN}" stroke="{_EDGE}"/>'
    )
    return edges + fills + trunk


def _small_face() -> str:
    return (
        f'<path d="M55 17 h3 M62 17 h3 M57 25 h6" stroke="{_EDGE}" stroke-width="1.4" fill="none"/>'
    )


def _face() -> str:
    return (
        f'<path d="M20 150 Q24 122 50 118 L50 104 H70 L70 118 Q96 122 100 150" fill="{_SKIN}" '
        f'stroke="{_EDGE}" stroke-width="1.5"/>'
        f'<ellipse cx="60" cy="68" rx="32" ry="42" fill="{_ASKED}" stroke="{_EDGE}"/>'
        '<path d="M40 62 q7 6 14 0 M66 62 q7 6 14 0 M60 66 v14 q-4 3 -6 0 M49 92 q11 6 22 0" '
        'stroke="#ffffff" stroke-width="2.4" fill="none"/>' + _corners(18, 14, 102, 122)
    )


def _scalp() -> str:
    return (
        f'<path d="M54 26 q6 -10 12 0" fill="{_SKIN}" stroke="{_EDGE}" stroke-width="1.5"/>'
        f'<ellipse cx="26" cy="76" rx="5" ry="10" fill="{_SKIN}" stroke="{_EDGE}"/>'
        f'<ellipse cx="94" cy="76" rx="5" ry="10" fill="{_SKIN}" stroke="{_EDGE}"/>'
        f'<ellipse cx="60" cy="78" rx="34" ry="50" fill="{_ASKED}" stroke="{_EDGE}"/>'
        '<path d="M60 32 V122" stroke="#ffffff" stroke-width="2.4"/>'
        '<path d="M52 40 q-14 8 -18 26 M68 40 q14 8 18 26 M52 76 q-12 10 -14 26 '
        'M68 76 q12 10 14 26" stroke="#ffffff" stroke-width="1.2" fill="none"/>'
        + _corners(12, 14, 108, 140)
        + _words(30, HEIGHT - 8, "from above", size=9)
    )


_FINGERS: tuple[Points, ...] = (
    ((17, 80), (13, 50)),
    ((25, 78), (24, 40)),
    ((33, 78), (35, 42)),
    ((41, 82), (46, 54)),
    ((43, 104), (56, 88)),
)


def _hand(nails: bool) -> str:
    """Draw the back of a left hand with its nails, or a right palm with its creases."""
    lines = "".join(_line(points, 9, _ASKED) for points in _FINGERS)
    palm = f'<rect x="12" y="76" width="34" height="44" rx="11" fill="{_ASKED}"/>'
    wrist = _line(((29, 120), (29, 140)), 20, _ASKED)
    if nails:
        marks = "".join(
            f'<ellipse cx="{tip[0]}" cy="{tip[1]}" rx="2.4" ry="3" fill="#ffffff"/>'
            for _, tip in _FINGERS
        )
        marks += "".join(
            f'<circle cx="{x}" cy="{y}" r="2" fill="none" stroke="#ffffff"/>'
            for (x, y), _ in _FINGERS[:4]
        )
    else:
        marks = (
            '<path d="M15 92 q14 -8 28 -2 M15 100 q14 -4 26 8 M38 86 q-10 10 -8 30" '
            'stroke="#ffffff" stroke-width="1.6" fill="none"/>'
        )
    return wrist + palm + lines + marks


def _both_hands() -> str:
    left = f'<g transform="translate(-5 -10)">{_hand(nails=True)}</g>'
    return left + _mirror(left) + _corners(3, 18, 117, 134) + _names_of_hands("L", "R")


def _both_palms() -> str:
    # Turned over, each hand shows its thumb on the outer side.
    right = f'<g transform="translate(62 -10) scale(-1 1)">{_hand(nails=False)}</g>'
    return right + _mirror(right) + _corners(3, 18, 117, 134) + _names_of_hands("L", "R")


def _names_of_hands(first: str, second: str) -> str:
    return _words(30, 156, first, size=13) + _words(90, 156, second, size=13)


def _line(points: Points, width: float, colour: str) -> str:
    path = " L".join(f"{x} {y}" for x, y in points)
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _flipped(points: Points) -> Points:
    return [(WIDTH - x, y) for x, y in points]


def _mirror(drawn: str) -> str:
    return f'<g transform="translate({WIDTH} 0) scale(-1 1)">{drawn}</g>'


def _corners(left: float, top: float, right: float, bottom: float) -> str:
    """Draw the corners of a view-finder."""
    arm = 8
    ends = (
        f"M{left} {top + arm} V{top} H{left + arm}",
        f"M{right - arm} {top} H{right} V{top + arm}",
        f"M{right} {bottom - arm} V{bottom} H{right - arm}",
        f"M{left + arm} {bottom} H{left} V{bottom - arm}",
    )
    return f'<path d="{" ".join(ends)}" fill="none" stroke="{_FRAME}" stroke-width="2.4"/>'


def _words(x: float, y: float, words: str, *, size: int) -> str:
    return (
        f'<text x="{x}" y="{y}" font-family="sans-serif" font-size="{size}" font-weight="600" '
        f'text-anchor="middle" fill="{_EDGE}">{words}</text>'
    )
