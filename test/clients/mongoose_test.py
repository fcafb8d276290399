# SPDX-License-Identifier: Apache-2.0
"""The newest Mongoose, as an application uses it."""
import os
from pathlib import Path

from conftest import TOOLS


def test_mongoose(server, start):
    # Node finds packages beside the program, so the program is copied beside the packages.
    program = TOOLS / "node" / f"mongoose-{os.getpid()}.mjs"
    program.write_text((Path(__file__).parent / "mongoose.mjs").read_text())
    try:
        assert start("node", program, server.uri).rest(120) == ["done"]
    finally:
        program.unlink()
