"""What a CDASI total means: published cut-offs, changes that matter, and what is known of it.

Kept apart from the form: the form is right or wrong, a cut-off is one study's finding.
"""

from __future__ import annotations

from lesionscope.core.bands import Band, BandScheme
from lesionscope.core.change import ImportantChange, ResponderRule
from lesionscope.core.evidence import Certainty, Citation, Fact

YASSAEE_2010 = Citation("Yassaee et al. 2010, Br J Dermatol 162:669-73", "PMID 19863510")
ANYANWU_2015 = Citation("Anyanwu et al. 2015, Br J Dermatol 173:969-74", "PMID 25994337")
WOLSTENCROFT_2018 = Citation("Wolstencroft et al. 2018, JAMA Dermatol 154:44-51", "PMID 29114741")
GORESHI_2012 = Citation("Goreshi et al. 2012, J Invest Dermatol 132:1117-24", "PMID 22217740")
TIAO_2017_ADULT = Citation("Tiao et al. 2017, Br J Dermatol 176:423-30", "PMID 28004387")
TIAO_2017_CHILD = Citation("Tiao et al. 2017, Br J Dermatol 177:1086-92", "PMID 28421601")
DAZUKIBART_2025 = Citation("Dazukibart phase 2, Lancet 2025;405:137-46", "PMID 39798982")
FORM_COPY = Citation("Public electronic case report form that restates the version 2 form")
"""Its wording serves as evidence of the fields; its scoring code is wrong (see the tests)."""

ACTIVITY_BANDS = (
    BandScheme(
        "cdasi-stanford",
        "Stanford, mild up to 14",
        (Band("mild", 0, 14), Band("moderate or severe", 14, 100, open_low=True)),
        Certainty.READ,
        ANYANWU_2015,
        "n = 106; 14 or less characterized mild disease.",
    ),
    BandScheme(
        "cdasi-pennsylvania",
        "Pennsylvania, 19",
        (
            Band("mild", 0, 19, open_high=True),
            Band("at the cut-off", 19, 19),
            Band("moderate or severe", 19, 100, open_low=True),
        ),
        Certainty.READ,
        ANYANWU_2015,
        "n = 93; 19 told mild from moderate and severe; the abstract leaves its own side open.",
    ),
    BandScheme(
        "cdasi-remission-5",
        "Remission, up to 5",
        (Band("remission", 0, 5), Band("not in remission", 5, 100, open_low=True)),
        Certainty.UNVERIFIED,
        WOLSTENCROFT_2018,
        "The abstract names remission and gives no number.",
    ),
)
"""Severity by two centres that disagree, and remission, which only a study can adopt."""

IMPORTANT_ACTIVITY_CHANGES = (
    ImportantChange(
        4, "Pennsylvania", Certainty.READ, ANYANWU_2015, "2 cm on the physician's global scale"
    ),
    ImportantChange(
        5, "Stanford", Certainty.READ, ANYANWU_2015, "2 cm on the physician's global scale"
    ),
)

ACTIVITY_RESPONDERS = (ResponderRule("cdasi-responder-40", 40, Certainty.UNVERIFIED),)

FACTS_KNOWN = (
    Fact("version 2 has three activity and two damage measures", Certainty.READ, YASSAEE_2010),
    Fact(
        "versions 1 and 2 correlate with rho 0.99 (total), 1.00 (activity), 1.00 (damage); "
        "20 patients, one rater",
        Certainty.READ,
        YASSAEE_2010,
    ),
    Fact(
        "the maxima 100 and 32 follow from these items and not from the variants seen (damage 47 "
        "with poikiloderma 0 to 2, activity 101 with ulceration doubled); they were not read in a "
        "primary text",
        Certainty.ARITHMETIC,
    ),
    Fact("of a location the most severe lesion is scored, item by item", Certainty.UNVERIFIED),
    Fact(
        "activity ran from 0 to 47 (median 17) in Pennsylvania and 0 to 48 (median 21) in Stanford",
        Certainty.READ,
        ANYANWU_2015,
    ),
    Fact(
        "the two centres' figures may differ because of disease severity or of how raters used "
        "the external scale",
        Certainty.READ,
        ANYANWU_2015,
    ),
    Fact("a trial called 14 and more moderate to severe", Certainty.READ, DAZUKIBART_2025),
    Fact(
        "a cohort began at 12; 28 of 74 reached remission in 3 years",
        Certainty.READ,
        WOLSTENCROFT_2018,
    ),
    Fact("a published cut-off between moderate and severe", Certainty.NOT_FOUND),
    Fact(
        "of an activity of 7 at baseline, an important change of 4 or 5 points is 57 or 71 %",
        Certainty.ARITHMETIC,
    ),
    Fact(
        "10 dermatologists, 14 patients: reliability and responsiveness above the CAT-BM's; it "
        "takes about 1.5 minutes longer",
        Certainty.READ,
        GORESHI_2012,
    ),
    Fact(
        "mean activity of dermatologists, rheumatologists and neurologists 21.0, 21.8, 20.8; mean "
        "damage 5.3, 7.0, 4.8",
        Certainty.READ,
        TIAO_2017_ADULT,
    ),
    Fact("in children it takes 5.4 minutes, the CAT-BM 3.1", Certainty.READ, TIAO_2017_CHILD),
    Fact("a numeric intraclass correlation, so none is given", Certainty.NOT_FOUND),
    Fact(
        "it has no term for area: one lesion and a wholly red back score the same; it is never "
        "derived from body surface",
        Certainty.ARITHMETIC,
    ),
    Fact(
        "the form has no row for the chest below the V; ask the study's trainer",
        Certainty.RESTATED,
        FORM_COPY,
    ),
)
