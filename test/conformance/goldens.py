#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays recorded replies of a MongoDB server against a fresh server.

    goldens.py [--update]

The corpus lies outside this repository (../shared/goldens); without it the test is skipped, visibly (exit code 77). Cases
named in goldens_failing.txt are known to differ, those in goldens_deliberate.txt differ on purpose; every other one must not.
--update takes out of the first what passes now and refuses to add.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
FAILING = HERE / "goldens_failing.txt"
DELIBERATE = HERE / "goldens_deliberate.txt"
sys.path.insert(0, str(REPOSITORY / "test" / "harness"))

from freshet_server import FreshetServer  # noqa: E402


def names(path):
    """One case per line; lines that begin with # say why."""
    return {line for line in path.read_text().split("\n") if line and not line.startswith("#")}


def main():
    corpus = REPOSITORY.parent / "shared" / "goldens"
    if not (corpus / "replay.py").exists():
        print("SKIPPED: the corpus of recorded replies is not here")
        return 77
    with FreshetServer() as server, tempfile.TemporaryDirectory() as scratch:
        failed_file = Path(scratch) / "failed"
        subprocess.run([sys.executable, corpus / "replay.py", f"mongodb://{server.host}:{server.port}", "--quiet",
                        "--fail-list", failed_file], check=False)
        if not failed_file.exists() or not server.running:
            print("the replay did not finish or the server died")
            return 1
        failed = set(failed_file.read_text().split())
    deliberate = names(DELIBERATE)
    known = names(FAILING)
    if "--update" in sys.argv:
        FAILING.write_text("".join(f"{name}\n" for name in sorted(failed & known)))
    fresh = sorted(failed - known - deliberate)
    for name in fresh:
        print(f"NEW DIFFERENCE {name}")
    print(f"{len(failed)} differ, {len(failed & deliberate)} of them on purpose; "
          f"{len((known | deliberate) - failed)} of the known ones agree now")
    return 1 if fresh else 0


if __name__ == "__main__":
    sys.exit(main())
