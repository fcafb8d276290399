# SPDX-License-Identifier: Apache-2.0
"""RocksDB's write-ahead log as bytes: blocks of 32 KB, in each of them records of
crc:u32 length:u16 type:u8 payload. Enough to change one and to make its sum right again."""

import struct

from crc32c import crc32c

BLOCK = 32768
HEADER = struct.Struct("<IHB")


def masked_crc32c(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    """(offset of the header, length of the payload) of each record."""
    at = 0
    while at + HEADER.size <= len(data):
        if BLOCK - at % BLOCK < HEADER.size:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = HEADER.unpack_from(data, at)
        if kind == 0 and length == 0:
            return
        yield at, length
        at += HEADER.size + length


def replace(path, old, new):
    """Puts `new`, of the same length, for each `old` within a record, and mends the sums; how often."""
    assert len(old) == len(new)
    data = bytearray(path.read_bytes())
    count = 0
    for at, length in list(records(data)):
        begin, end = at + HEADER.size, at + HEADER.size + length
        payload = bytes(data[begin:end])
        if old not in payload:
            continue
        count += payload.count(old)
        data[begin:end] = payload.replace(old, new)
        struct.pack_into("<I", data, at, masked_crc32c(data[at + 6:end]))
    path.write_bytes(data)
    return count


def flip(path, offset, bit=0):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1 << bit]))
