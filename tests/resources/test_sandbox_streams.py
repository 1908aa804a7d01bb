"""What comes out of the sandbox, written by whoever ran in it."""

import io
import os
import tarfile
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.sandbox_streams import BoundedText, OutputReader


def an_archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def a_file(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def a_link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def through_a_pipe(content: bytes, read: Callable[[int], None]) -> None:
    """Write the content at one end and let it be read at the other."""
    reader, writer = os.pipe()

    def write() -> None:
        with os.fdopen(writer, "wb") as stream:
            stream.write(content)

    writing = threading.Thread(target=write)
    writing.start()
    read(reader)
    writing.join(10)
    assert not writing.is_alive()


def outputs(content: bytes, max_bytes: int = 1 << 20) -> OutputReader:
    made: list[OutputReader] = []

    def read(descriptor: int) -> None:
        made.append(OutputReader(descriptor, max_bytes))
        made[0].drain()
        os.close(descriptor)

    through_a_pipe(content, read)
    return made[0]


def test_files_come_out_by_their_paths_below_out() -> None:
    reader = outputs(b"ready\n" + an_archive(a_file("./a.json", b"1"), a_file("./deep/b.bin", bytes(range(256)))))
    assert (reader.ready, reader.files) == (True, {"a.json": b"1", "deep/b.bin": bytes(range(256))})


@pytest.mark.parametrize("content", [b"", b"read", b"not ready\n", an_archive(a_file("a", b"1"))])
def test_without_the_word_that_the_sandbox_stands_nothing_counts(content: bytes) -> None:
    reader = outputs(content)
    assert (reader.ready, reader.files) == (False, {})


def test_links_devices_and_paths_that_lead_out_are_left_out() -> None:
    hostile = [
        a_link("passwd", "/etc/passwd"), a_link("hard", "../../etc/passwd", tarfile.LNKTYPE), a_link("null", "", tarfile.CHRTYPE),
        a_link("pipe", "", tarfile.FIFOTYPE), a_file("../out", b"x"), a_file("/abs", b"x"), a_file("a/../../b", b"x"),
    ]  # fmt: skip
    assert outputs(b"ready\n" + an_archive(*hostile, a_file("ok", b"1"))).files == {"ok": b"1"}


def test_what_is_over_the_bound_is_left_out_and_the_writer_does_not_hang() -> None:
    archive = an_archive(a_file("small", b"1"), a_file("large", b"x" * 500_000), a_file("late", b"2"))
    assert outputs(b"ready\n" + archive, max_bytes=100_000).files == {"small": b"1"}


def test_of_an_archive_that_was_cut_off_the_whole_files_are_kept() -> None:
    archive = an_archive(a_file("first", b"1" * 1000), a_file("second", b"2" * 100_000))
    assert outputs(b"ready\n" + archive[:20_000]).files == {"first": b"1" * 1000}


@given(st.binary(max_size=3000))
def test_garbage_gives_no_error(garbage: bytes) -> None:
    assert outputs(b"ready\n" + garbage).ready
    assert outputs(b"ready\n" + an_archive(a_file("a", b"1"))[:512] + garbage).ready


def bounded(content: bytes, half_bytes: int) -> bytes:
    made: list[BoundedText] = []

    def read(descriptor: int) -> None:
        made.append(BoundedText(os.fdopen(descriptor, "rb", buffering=0), half_bytes))
        made[0].drain()

    through_a_pipe(content, read)
    return made[0].content()


def test_a_short_text_is_kept_whole() -> None:
    assert bounded(b"line\n" * 100, 1 << 20) == b"line\n" * 100
    assert bounded(b"", 10) == b""


def test_of_an_endless_text_the_beginning_and_the_end_are_kept() -> None:
    content = b"begin " + b"x" * 2_000_000 + b" end"
    kept = bounded(content, 100_000)
    assert kept.startswith(b"begin ")
    assert kept.endswith(b" end")
    assert len(kept) < 500_000
    left_out = int(kept.split(b"[... ")[1].split(b" bytes left out")[0])
    marker = f"\n[... {left_out} bytes left out ...]\n".encode()
    assert len(kept) - len(marker) + left_out == len(content)
