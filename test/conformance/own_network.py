# SPDX-License-Identifier: Apache-2.0
"""A network of one's own for tests that insist on port 27017, whatever else runs on this machine.

Linux namespaces, through `unshare`; where they cannot be had, enter() says so and nothing changes.
"""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

INSIDE = "FRESHET_OWN_NETWORK"
SIOCSIFFLAGS = 0x8914
IFF_UP, IFF_LOOPBACK, IFF_RUNNING = 0x1, 0x8, 0x40


def enter():
    """Runs this program again inside such a network and does not return; gives True once inside, False when there is none."""
    if os.environ.get(INSIDE):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP | IFF_LOOPBACK | IFF_RUNNING))
        return True
    enter_it = ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*enter_it, "true"], capture_output=True, check=False).returncode != 0:
        return False
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*enter_it, sys.executable, *sys.argv])
