import pytest

from lesionscope.core.evidence import Certainty, Citation, Fact


def test_a_fact_that_was_read_says_where() -> None:
    with pytest.raises(ValueError, match="citation"):
        Fact("n = 98", Certainty.READ)
    with pytest.raises(ValueError, match="citation"):
        Fact("n = 98", Certainty.RESTATED)
    fact = Fact("n = 98", Certainty.READ, Citation("Carroll et al. 2008", "PMID 18067478"))
    assert str(fact) == "n = 98 [read in the source; Carroll et al. 2008 (PMID 18067478)]"


def test_a_fact_from_memory_shows_that_it_is_not_verified() -> None:
    assert "not verified" in str(Fact("remission is 5 or less", Certainty.UNVERIFIED))
