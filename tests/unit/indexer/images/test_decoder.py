"""The pool of decoder processes: order, errors, and that no image affects another."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images import process
from indexer.images.decoder import Decoder
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import Preparation
from indexer.images.process import DecoderProcess
from tests.images import RED, encode, picture


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(2, deadline=300) as decoder:  # a busy machine decodes all the same
        yield decoder


def _processes(decoder: Decoder) -> list[int]:
    return [process._popen.pid for process in decoder._all]


def test_images_come_in_order_and_errors_in_their_place(decoder: Decoder) -> None:
    sizes = [(10 + n, 20) for n in range(40)]
    files = [b"no image" if n % 7 == 3 else picture(size=size) for n, size in enumerate(sizes)]
    for n, result in enumerate(decoder.decode_many(iter(files))):
        if n % 7 == 3:
            assert isinstance(result, ImageError)
            assert "not an image" in str(result)
        else:
            assert isinstance(result, Image.Image)
            assert (result.size, result.getpixel((1, 1))) == (sizes[n], (200, 10, 10))


def test_files_are_read_only_a_few_ahead(decoder: Decoder) -> None:
    read = []

    def files() -> Iterator[bytes]:
        for n in range(100):
            read.append(n)
            yield picture()

    next(decoder.decode_many(files()))
    assert len(read) <= 6


def test_many_threads_share_the_processes_and_get_their_own_images(decoder: Decoder) -> None:
    wrong: list[int] = []

    def decode(n: int) -> None:
        for _ in range(20):
            if decoder.decode(picture(size=(n + 1, 3))).width != n + 1:
                wrong.append(n)

    threads = [threading.Thread(target=decode, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(_processes(decoder)) <= 2


def test_a_file_too_large_is_refused_without_a_process() -> None:
    with Decoder(1) as decoder, pytest.raises(ImageError, match="larger than 20 MiB"):
        decoder.decode(bytes(MAX_BYTES + 1))


def test_a_large_image_leaves_no_memory_behind(decoder: Decoder) -> None:
    large = decoder.decode(encode(Image.new("L", (7_000, 7_000), 7), "PNG"))
    assert (large.size, large.getpixel((6_999, 6_999))) == ((7_000, 7_000), (7, 7, 7))
    assert decoder.decode(picture()).size == (60, 40)


def test_a_process_killed_from_outside_costs_no_image() -> None:
    with Decoder(1) as decoder:
        for _ in range(5):
            decoder.decode(picture())
            for pid in _processes(decoder):
                os.kill(pid, signal.SIGKILL)


def test_a_fork_uses_processes_of_its_own() -> None:
    with Decoder(1) as decoder:
        decoder.decode(picture())
        before = _processes(decoder)
        child = os.fork()
        if child == 0:
            fine = decoder.decode(picture(size=(7, 7))).size == (7, 7) and _processes(decoder) != before
            os._exit(0 if fine else 1)
        assert decoder.decode(picture(size=(8, 8))).size == (8, 8)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert _processes(decoder) == before


def test_a_decoder_holds_nothing_worth_stealing(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELASTICSEARCH_API_KEY", "secret")
    with Decoder(1) as fresh:
        fresh.decode(picture())
        [pid] = _processes(fresh)
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            assert b"ELASTICSEARCH" not in file.read()
        with open(f"/proc/{pid}/limits") as file:  # noqa: PTH123
            limits = {line[:25].strip(): line[26:].split()[1] for line in file}
    assert limits["Max open files"] == "0"
    assert int(limits["Max address space"]) < 2**31


def test_an_image_that_takes_too_long_of_a_core_is_refused_and_the_next_one_decoded() -> None:
    scans = encode(Image.effect_noise((3_000, 3_000), 90).convert("RGB"), "JPEG", progressive=True)
    with Decoder(1, cpu_seconds=0.15, deadline=300) as decoder:
        refused, sound = decoder.decode_many([scans, picture()])
    assert "takes more than 0.15 s of a core" in str(refused)
    assert isinstance(sound, Image.Image)


def test_photographs_and_catalogue_images_have_processes_of_their_own(decoder: Decoder) -> None:
    with Decoder.for_photos(1.0) as photos:
        photos.decode(picture())
        decoder.decode(picture())
        assert len(_processes(photos)) == 1
        assert not set(_processes(photos)) & set(_processes(decoder))


def test_the_wait_for_a_busy_process_is_bounded() -> None:
    with Decoder(1, deadline=0.05) as decoder, decoder._turn(time.monotonic() + 60):
        [late] = decoder.decode_many([picture()])
    assert isinstance(late, ImageUnavailableError)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_of_an_animation_only_the_first_frame_is_decoded(decoder: Decoder, form: str) -> None:
    others = [Image.new("RGB", (60, 40), "blue")] * 3
    data = encode(Image.new("RGB", (60, 40), RED), form, save_all=True, append_images=others)
    broken = data[: len(data) - 40] if form in {"PNG", "GIF"} else data  # what follows the first frame isn't even read
    np.testing.assert_allclose(np.asarray(decoder.decode(broken))[20, 30], RED, atol=12)


PREPARATIONS: tuple[Preparation, ...] = (Crop(24, 32, "bicubic"), Palette(), Crop(5, 7, "bilinear"))


def test_a_process_prepares_images_as_this_process_would(decoder: Decoder) -> None:
    data = encode(Image.effect_mandelbrot((90, 70), (-2, -1, 1, 1), 40).convert("RGB"), "PNG")
    image = decoder.decode(data, least_side=300)
    arrays = decoder.prepare(data, PREPARATIONS, least_side=300)
    assert [(a.shape, a.dtype) for a in arrays] == [(p.shape, p.dtype) for p in PREPARATIONS]
    for array, preparation in zip(arrays, PREPARATIONS, strict=True):
        np.testing.assert_allclose(array, preparation(image), atol=1e-4)
        np.testing.assert_array_equal(array, decoder.prepare(data, (preparation,), least_side=300)[0])


def test_a_file_that_cannot_be_decoded_is_not_prepared(decoder: Decoder) -> None:
    with pytest.raises(ImageError, match="not an image"):
        decoder.prepare(b"no image", PREPARATIONS)
    assert len(decoder.prepare(picture(), PREPARATIONS)) == 3


@pytest.mark.parametrize("answer", [(True, 60_000, 1_000), (True, 2**32 - 1, 2**32 - 1), (False, 2**32 - 1, 0)])
def test_an_impossible_answer_is_an_error(monkeypatch: pytest.MonkeyPatch, answer: tuple[bool, int, int]) -> None:
    monkeypatch.setattr(DecoderProcess, "_answer", lambda *_: answer)
    with Decoder(1) as decoder:
        for work in (lambda: decoder.prepare(picture(), PREPARATIONS), lambda: decoder.decode(picture())):
            with pytest.raises(ImageError):
                work()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e38, -0.1])
def test_impossible_numbers_are_never_returned(monkeypatch: pytest.MonkeyPatch, number: float) -> None:
    palette = Palette()
    hostile = np.full(palette.shape, number, palette.dtype).tobytes()
    monkeypatch.setattr(DecoderProcess, "_take", lambda *_: hostile)
    with Decoder(1) as decoder, pytest.raises(ImageError, match="impossible numbers"):
        decoder.prepare(picture(), (palette,))


@pytest.mark.parametrize("program", ["print('short')", "import os, time; os.close(1); time.sleep(60)"])
def test_a_process_that_breaks_off_is_ended(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    started = subprocess.Popen
    monkeypatch.setattr(process, "_EXIT_SECONDS", 0.1)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **rest: started([command[0], "-c", program], **rest))
    hostile = DecoderProcess(10)
    with pytest.raises(process.DiedError):
        hostile.decode(picture(), 0, 20)
    assert not hostile.alive
    hostile.kill()


def test_the_shared_memory_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink = "import os, sys; sys.stdin.buffer.read(1); os.ftruncate(int(sys.argv[1]), 0)"
    started = subprocess.Popen
    run = lambda command, **rest: started([command[0], "-c", shrink, command[-2]], **rest)  # noqa: E731
    monkeypatch.setattr(subprocess, "Popen", run)
    hostile = DecoderProcess(10)
    with pytest.raises(process.DiedError, match="code 1"):  # ftruncate is refused
        hostile.decode(picture(), 0, 20)
    assert hostile._memory[:1]
    hostile.kill()
