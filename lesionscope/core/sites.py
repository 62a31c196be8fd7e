"""Body sites: the fifteen CDASI locations, the hand section, and the photo views that show them.

The locations and their order are those of the CDASI version 2 form. The share of the
body surface that each one covers is a proposal of this project: it splits the adult
Lund-Browder regions, and small sites may be off by half.

References
----------
Yassaee et al. 2010, Br J Dermatol 162:669-73 (CDASI version 2).
Lund-Browder adult regional percentages, restated in public burn-triage code.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Site(StrEnum):
    """A place on the body that a photo can be assigned to."""

    SCALP = "scalp"
    MALAR = "malar"
    PERIORBITAL = "periorbital"
    REST_OF_FACE = "rest_of_face"
    V_NECK = "v_neck"
    POSTERIOR_NECK = "posterior_neck"
    UPPER_BACK_SHOULDERS = "upper_back_shoulders"
    REST_BACK_BUTTOCKS = "rest_back_buttocks"
    ABDOMEN = "abdomen"
    LATERAL_UPPER_THIGH = "lateral_upper_thigh"
    REST_LEG_FEET = "rest_leg_feet"
    ARM = "arm"
    MECHANICS_HAND = "mechanics_hand"
    DORSUM_HANDS = "dorsum_hands"
    GOTTRON_NOT_HANDS = "gottron_not_hands"
    GOTTRON_HANDS = "gottron_hands"
    ANTERIOR_CHEST = "anterior_chest"
    OTHER = "other"


class Side(StrEnum):
    """Which side of the body a photo shows; sites of both sides are counted apart."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline or both"


@dataclass(frozen=True)
class SiteFacts:
    """One body site as the forms and the reports name it.

    Attributes
    ----------
    site : Site
        The site described.
    label : str
        Short label for people.
    bsa_percent : float
        Share of the whole body surface, both sides together, in percent.
    cdasi_number : int or None
        Position on the CDASI form, 1 to 15; None outside the fifteen rows.
    """

    site: Site
    label: str
    bsa_percent: float
    cdasi_number: int | None


# Percentages: proposal of this project, a split of the Lund-Browder adult regions; they sum to 99
# without the 1 % of the genitalia, which no CDASI row names.
_FACTS = (
    SiteFacts(Site.SCALP, "Scalp", 3.5, 1),
    SiteFacts(Site.MALAR, "Malar area", 0.8, 2),
    SiteFacts(Site.PERIORBITAL, "Periorbital", 0.5, 3),
    SiteFacts(Site.REST_OF_FACE, "Rest of the face", 2.2, 4),
    SiteFacts(Site.V_NECK, "V area of the neck (front)", 3.0, 5),
    SiteFacts(Site.POSTERIOR_NECK, "Posterior neck", 1.0, 6),
    SiteFacts(Site.UPPER_BACK_SHOULDERS, "Upper back and shoulders", 7.5, 7),
    SiteFacts(Site.REST_BACK_BUTTOCKS, "Rest of back and buttocks", 11.5, 8),
    SiteFacts(Site.ABDOMEN, "Abdomen", 6.5, 9),
    SiteFacts(Site.LATERAL_UPPER_THIGH, "Lateral upper thigh", 3.0, 10),
    SiteFacts(Site.REST_LEG_FEET, "Rest of leg and feet", 35.2, 11),
    SiteFacts(Site.ARM, "Arm", 12.2, 12),
    SiteFacts(Site.MECHANICS_HAND, "Mechanic's hand", 2.5, 13),
    SiteFacts(Site.DORSUM_HANDS, "Dorsum of hands (not over joints)", 1.9, 14),
    SiteFacts(Site.GOTTRON_NOT_HANDS, "Gottron's, not on hands", 2.6, 15),
    SiteFacts(Site.GOTTRON_HANDS, "Gottron's, hands", 0.6, None),
    SiteFacts(Site.ANTERIOR_CHEST, "Chest below the V (no CDASI row)", 4.5, None),
    SiteFacts(Site.OTHER, "Other or not stated", 0.0, None),
)

FACTS: dict[Site, SiteFacts] = {facts.site: facts for facts in _FACTS}
"""Every site with its label, share of the body surface and place on the form."""

CDASI_LOCATIONS: tuple[Site, ...] = tuple(
    facts.site for facts in _FACTS if facts.cdasi_number is not None
)
"""The fifteen rows of the CDASI form, in the order of the form."""


HAND_SITES: tuple[Site, ...] = (Site.DORSUM_HANDS, Site.GOTTRON_HANDS)
"""Two locations that one photo of the backs of the hands is for."""

SMALL_SITE_PERCENT = 4.0
"""A site below this share of the body surface is small."""


def share_of_body(site: Site, sides: Collection[Side]) -> float:
    """Return what share of the body surface a site has, on the sides given.

    Parameters
    ----------
    site : Site
        The site.
    sides : collection of Side
        The sides photographed; one of a pair is half of the site.

    Returns
    -------
    float
        Percent; 0 for skin without a site.

    Examples
    --------
    >>> share_of_body(Site.ARM, {Side.LEFT}), share_of_body(Site.ARM, {Side.LEFT, Side.RIGHT})
    (6.1, 12.2)
    """
    whole = FACTS[site].bsa_percent
    one_side = len(set(sides)) == 1 and Side.MIDLINE not in sides
    return whole / 2 if one_side else whole


def site_share_sd_of_log(site: Site) -> float:
    """Return how uncertain the share of a site is, as a standard deviation of its log.

    A proposal of this project, as the shares are: small sites may be off by half, large ones,
    which follow the Lund-Browder regions, by a fifth (both at 90 %).
    """
    return 0.25 if FACTS[site].bsa_percent < SMALL_SITE_PERCENT else 0.11


_NEIGHBOURS = frozenset(
    frozenset(pair)
    for pair in (
        (Site.SCALP, Site.REST_OF_FACE),
        (Site.SCALP, Site.POSTERIOR_NECK),
        (Site.MALAR, Site.PERIORBITAL),
        (Site.MALAR, Site.REST_OF_FACE),
        (Site.PERIORBITAL, Site.REST_OF_FACE),
        (Site.REST_OF_FACE, Site.V_NECK),
        (Site.V_NECK, Site.ANTERIOR_CHEST),
        (Site.ANTERIOR_CHEST, Site.ABDOMEN),
        (Site.ANTERIOR_CHEST, Site.ARM),
        (Site.POSTERIOR_NECK, Site.UPPER_BACK_SHOULDERS),
        (Site.UPPER_BACK_SHOULDERS, Site.REST_BACK_BUTTOCKS),
        (Site.UPPER_BACK_SHOULDERS, Site.ARM),
        (Site.REST_BACK_BUTTOCKS, Site.LATERAL_UPPER_THIGH),
        (Site.ABDOMEN, Site.LATERAL_UPPER_THIGH),
        (Site.LATERAL_UPPER_THIGH, Site.REST_LEG_FEET),
        (Site.REST_LEG_FEET, Site.GOTTRON_NOT_HANDS),
        (Site.ARM, Site.GOTTRON_NOT_HANDS),
        (Site.ARM, Site.DORSUM_HANDS),
        (Site.DORSUM_HANDS, Site.GOTTRON_HANDS),
        (Site.DORSUM_HANDS, Site.MECHANICS_HAND),
        (Site.GOTTRON_HANDS, Site.MECHANICS_HAND),
    )
)


def may_share_skin(one: tuple[Site, Side], other: tuple[Site, Side]) -> bool:
    """Return whether photos of two sites may show the same skin.

    Parameters
    ----------
    one, other : tuple of Site and Side
        What each photo was taken for.

    Returns
    -------
    bool
        True for one site and for sites that border each other, unless the sides differ.

    Examples
    --------
    >>> may_share_skin((Site.ARM, Side.LEFT), (Site.UPPER_BACK_SHOULDERS, Side.MIDLINE))
    True
    >>> may_share_skin((Site.ARM, Side.LEFT), (Site.ARM, Side.RIGHT))
    False
    """
    sides = {one[1], other[1]}
    if len(sides) == 2 and Side.MIDLINE not in sides:
        return False
    return one[0] is other[0] or frozenset((one[0], other[0])) in _NEIGHBOURS


@dataclass(frozen=True)
class View:
    """A standard photograph and the sites that it is taken for.

    Attributes
    ----------
    id : str
        Stable identifier, as stored with a photo.
    label : str
        What a photographer is asked for.
    sites : tuple of Site
        The sites that this view shows; the first is proposed for the photo.
    """

    id: str
    label: str
    sites: tuple[Site, ...]


VIEWS: tuple[View, ...] = (
    View("face", "Face, front, eyes closed", (Site.MALAR, Site.PERIORBITAL, Site.REST_OF_FACE)),
    View("scalp", "Scalp, hair parted", (Site.SCALP,)),
    View("v_neck", "Neck and upper chest, front", (Site.V_NECK, Site.ANTERIOR_CHEST)),
    View("nape", "Nape and shoulders", (Site.POSTERIOR_NECK, Site.UPPER_BACK_SHOULDERS)),
    View(
        "back",
        "Whole back",
        (Site.UPPER_BACK_SHOULDERS, Site.REST_BACK_BUTTOCKS, Site.POSTERIOR_NECK),
    ),
    View("abdomen", "Abdomen, front", (Site.ABDOMEN,)),
    View("thigh", "Lateral thigh, hip to knee", (Site.LATERAL_UPPER_THIGH, Site.REST_LEG_FEET)),
    View("leg", "Leg and foot", (Site.REST_LEG_FEET,)),
    View("arm", "Arm", (Site.ARM,)),
    View("joints", "Elbow, knee or ankle", (Site.GOTTRON_NOT_HANDS,)),
    View("hands", "Backs of the hands, flat", (Site.DORSUM_HANDS, Site.GOTTRON_HANDS)),
    View("palms", "Palms and radial side of the index", (Site.MECHANICS_HAND,)),
    View("other", "Other view", (Site.OTHER,)),
)
"""The standard views, in the order of a clinic visit."""


def view_named(view_id: str) -> View:
    """Return the standard view with this identifier.

    Parameters
    ----------
    view_id : str
        One of the ids in `VIEWS`.

    Returns
    -------
    View

    Raises
    ------
    ValueError
        If no standard view has this id.

    Examples
    --------
    >>> view_named("abdomen").sites[0].value
    'abdomen'
    """
    for view in VIEWS:
        if view.id == view_id:
            return view
    raise ValueError(f"view must be one of {', '.join(v.id for v in VIEWS)}; got {view_id!r}")


def site_named(name: str) -> Site:
    """Return the site for a site id or, failing that, the first site of the view so named.

    Parameters
    ----------
    name : str
        A site id such as ``"malar"`` or a view id such as ``"face"``.

    Returns
    -------
    Site

    Raises
    ------
    ValueError
        If the name is neither.

    Examples
    --------
    >>> site_named("arm"), site_named("back")
    (<Site.ARM: 'arm'>, <Site.UPPER_BACK_SHOULDERS: 'upper_back_shoulders'>)
    """
    try:
        return Site(name)
    except ValueError:
        pass
    try:
        return view_named(name).sites[0]
    except ValueError:
        raise ValueError(
            f"site must be one of {', '.join(s.value for s in Site)}; got {name!r}"
        ) from None
