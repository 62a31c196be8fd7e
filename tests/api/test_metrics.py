"""Counts as Prometheus reads them."""

from lesionscope.apart.desk import Desk
from lesionscope.api.metrics import Metrics


def test_histogram_is_cumulative_and_answers_are_counted_by_status() -> None:
    metrics = Metrics()
    for seconds in (0.2, 0.9, 4.0, 500.0):
        metrics.measured(seconds)
    for _ in range(2):
        metrics.answered("POST", "/api/v1/measure", 422)
    lines = metrics.text(Desk(1)).splitlines()
    assert 'lesionscope_measure_seconds_bucket{le="0.5"} 1' in lines
    assert 'lesionscope_measure_seconds_bucket{le="1"} 2' in lines
    assert 'lesionscope_measure_seconds_bucket{le="120"} 3' in lines
    assert 'lesionscope_measure_seconds_bucket{le="+Inf"} 4' in lines
    assert "lesionscope_measure_seconds_count 4" in lines
    route = 'method="POST",route="/api/v1/measure",status="422"'
    assert f"lesionscope_http_requests_total{{{route}}} 2" in lines
    assert all(line.startswith(("# ", "lesionscope_")) for line in lines)
