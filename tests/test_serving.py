import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
import weakref
from pathlib import Path

import pytest

from lesionscope import serving
from lesionscope.serving import CannotServe, address_of, check_free


@pytest.fixture
def port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def test_free_port_passes_and_stays_free(port: int) -> None:
    check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)


def test_taken_port_is_said_with_what_to_do(port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(CannotServe) as refused:
            check_free("127.0.0.1", port)
    assert f"Port {port} is in use" in str(refused.value)
    assert address_of("127.0.0.1", port) in str(refused.value)
    assert f"--port {port + 1}" in str(refused.value)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_host_that_is_not_of_this_machine_is_refused(host: str, port: int) -> None:
    with pytest.raises(CannotServe):
        check_free(host, port)


def test_app_answers_where_it_says_and_ends_when_told(tmp_path: Path, port: int) -> None:
    call = "from lesionscope.cli import app; raise SystemExit(app())"
    server = subprocess.Popen(
        [sys.executable, "-c", call, "serve", "--port", str(port), "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"LESIONSCOPE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stdout is not None
        said = [server.stdout.readline() for _ in range(4)]
        assert f"http://127.0.0.1:{port}" in said[1]
        assert "owner's account" in said[2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10) as page:
            assert page.status == 200
        server.send_signal(signal.SIGTERM)
        start = time.monotonic()
        server.wait(timeout=20)
        assert time.monotonic() - start < 20
    finally:
        server.kill()
        server.wait()
    check_free("127.0.0.1", port)


def test_no_page_waits_until_all_memory_was_looked_through() -> None:
    kept = Path(__file__).parents[1] / ".streamlit" / "config.toml"
    assert tomllib.loads(kept.read_text("utf-8"))["runner"]["postScriptGC"] is False
    assert serving._settings("127.0.0.1", 8501, ())["runner.postScriptGC"] is False


def test_what_ended_sessions_leave_behind_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        pass

    monkeypatch.setattr(serving, "TIDY_SECONDS", 0.01)
    gc.disable()  # what goes, goes because somebody looked
    try:
        session = Session()
        session.itself = session
        left = weakref.ref(session)
        del session
        assert left() is not None
        threading.Thread(target=serving._tidy, daemon=True).start()
        until = time.monotonic() + 60
        while left() is not None and time.monotonic() < until:
            time.sleep(0.01)
        assert left() is None
    finally:
        gc.enable()
