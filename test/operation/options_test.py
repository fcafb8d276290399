# SPDX-License-Identifier: Apache-2.0
"""What the binary says of itself and of options it does not take."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from freshet_server import run_freshet  # noqa: E402

USAGE = 2


def expect(code, text, *args):
    result = run_freshet(*args)
    assert result.returncode == code, result.stderr
    assert text in result.stdout + result.stderr
    assert len(result.stderr.splitlines()) <= 1, "one clear sentence"


def test_version_and_help():
    expect(0, "freshet ", "--version")
    expect(0, "--dbpath", "serve", "--help")


def test_unknown_options_are_refused():
    expect(USAGE, "unknown or unsupported option '--auth'", "serve", "--auth")
    expect(USAGE, "--port", "serve", "--port", "99999")
    expect(USAGE, "", "sing")


def test_limits_that_are_fixed_are_refused():
    expect(USAGE, "'documentBytesMax' is fixed at 16777216",
           "serve", "--setParameter", "documentBytesMax=1000000")


def test_configuration_file(tmp_path):
    file = tmp_path / "freshet.conf"
    file.write_text("net:\n  port: 0\nsecurity:\n  authorization: enabled\n")
    expect(USAGE, f"{file}:4: unknown or unsupported key 'security.authorization'",
           "serve", "--config", file)
