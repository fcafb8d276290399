# SPDX-License-Identifier: Apache-2.0
"""Servers on disks that fail and under clocks that are set.

    with Faults() as faults, FreshetServer(durable=True, start=False) as server:
        faults.attach(server)
        server.start()
        faults.begin("no_space")
        ...
        faults.end("no_space")

What a fault does stands in fault_files.c; set_clock() works through fault_clock.c.
"""

import atexit
import functools
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


@functools.cache
def compiled(name):
    """The shared library built from this file, once for each run."""
    directory = Path(tempfile.mkdtemp(prefix="freshet-faults-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    library = directory / f"{name}.so"
    subprocess.run(["gcc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", library,
                    HERE / f"{name}.c"], check=True)
    return library


class Faults:
    def __init__(self):
        self._directory = Path(tempfile.mkdtemp(prefix="freshet-faults-"))
        self._clock = self._directory / "clock"
        self._clock.write_bytes(bytes(8))

    def attach(self, server):
        """Before the server starts. Faults concern its data directory."""
        libraries = f"{compiled('fault_files')}:{compiled('fault_clock')}"
        server.env.update({
            "LD_PRELOAD": libraries,
            "FAULTS": str(self._directory),
            "FAULTS_BELOW": str(server.dbpath),
            "FAULT_CLOCK": str(self._clock),
            "ASAN_OPTIONS": "verify_asan_link_order=0:" + server.env.get("ASAN_OPTIONS", ""),
        })

    def begin(self, fault):
        (self._directory / fault).touch()

    def end(self, fault):
        (self._directory / fault).unlink()

    def set_clock(self, seconds):
        """How far the wall clock is ahead of the machine's from now on."""
        with open(self._clock, "r+b") as file:
            file.write(struct.pack("<q", seconds))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._directory, ignore_errors=True)
