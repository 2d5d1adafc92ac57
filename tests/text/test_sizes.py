"""Sizes as people write them."""

from __future__ import annotations

import pytest

from kpidsl.text.sizes import bytes_of, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1 KB", 1000),
        ("1KiB", 1024),
        ("0.1 MB", 100_000),
        ("10 GB", 10_000_000_000),
        ("1.5 TiB", 1_649_267_441_664),
    ],
)
def test_a_size_is_a_number_of_bytes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 KB"),
        (1049, "1.05 KB"),
        (10_000_000_000, "10 GB"),
        (123_456_789, "123 MB"),
        (1_520_000_000_000, "1.52 TB"),
        (2_000_000_000_000_000, "2,000 TB"),
    ],
)
def test_bytes_have_a_unit(size: int, text: str) -> None:
    assert size_text(size) == text
