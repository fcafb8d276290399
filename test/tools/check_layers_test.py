#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/check_layers finds each kind of breach in a small tree, and nothing in a clean one."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = """
ground: base
language: bson wire|query
storage: storage
leaf: storage/memory
top: app
"""


class CheckLayers(unittest.TestCase):
    def verdict(self, **files):
        """Runs the check over files given as folder__name_h="included header"; '' includes nothing."""
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            (root / "tools").mkdir()
            (root / "tools/layers.txt").write_text(LAYERS)
            for name, include in files.items():
                folder, _, stem = name.rpartition("__")
                path = root / "src" / folder.replace("__", "/") / stem
                path = path.with_name(".".join(stem.rsplit("_", 1)))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f'#include "{include}"\n' if include else "")
            run = subprocess.run([sys.executable, ROOT / "tools/check_layers", root],
                                 capture_output=True, text=True, check=False)
            return run.returncode, run.stdout

    def fails(self, why, **files):
        code, output = self.verdict(**files)
        self.assertEqual(code, 1, output)
        self.assertIn(why, output)

    def passes(self, **files):
        code, output = self.verdict(**files)
        self.assertEqual(code, 0, output)

    def test_down_and_left_are_fine(self):
        self.passes(base__a_h="", bson__b_h="base/a.h", wire__w_h="bson/b.h",
                    storage__memory__m_cpp="base/a.h", app__main_cpp="storage/memory/e.h",
                    storage__memory__e_h="")

    def test_up(self):
        self.fails("includes upwards", base__a_h="bson/b.h", bson__b_h="")

    def test_sideways(self):
        self.fails("includes sideways", bson__b_h="wire/w.h", wire__w_h="")
        self.fails("includes sideways", query__q_h="wire/w.h", wire__w_h="")

    def test_engine(self):
        self.fails("names an engine", storage__s_cpp="storage/memory/m.h", storage__memory__m_h="")
        self.passes(storage__s_test_cpp="storage/memory/m.h", storage__memory__m_h="")

    def test_circle(self):
        self.fails("in a circle", bson__a_h="bson/b.h", bson__b_h="bson/a.h")

    def test_unknown(self):
        self.fails("not in tools/layers.txt", other__a_h="")
        self.fails("does not exist", bson__a_h="bson/gone.h")


if __name__ == "__main__":
    unittest.main()
