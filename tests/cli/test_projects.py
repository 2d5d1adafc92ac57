"""What is named on the command line isn't a project, or its files can't be read."""

from __future__ import annotations

import codecs

import pytest

from tests.cli.conftest import SHOP, Shell


@pytest.mark.parametrize("verb", [["check"], ["query", "revenue", "-p"], ["report", "-p"]])
class TestNoProject:
    def test_an_empty_folder(self, shell: Shell, verb: list[str]) -> None:
        (shell.folder / "empty").mkdir()
        shell.refused(*verb, "empty", code=2, names=["K926", "`empty` holds no definitions"])

    def test_a_path_that_does_not_exist(self, shell: Shell, verb: list[str]) -> None:
        (shell.folder / "toy_store").mkdir()
        shell.refused(
            *verb, "toy_stroe", code=2, names=["`toy_stroe` doesn't exist", "use `toy_store`"]
        )

    def test_a_file_that_does_not_exist(self, shop: Shell, verb: list[str]) -> None:
        shop.refused(*verb, "shpo.kpi", code=2, names=["K901", "`shpo.kpi`", "`shop.kpi`"])

    def test_a_folder_in_place_of_a_file(self, shell: Shell, verb: list[str]) -> None:
        (shell.folder / "shop.kpi").mkdir()
        shell.refused(*verb, "shop.kpi", code=2, names=["K902", "`shop.kpi` is a folder"])

    def test_a_file_that_holds_no_definitions(self, shop: Shell, verb: list[str]) -> None:
        shop.refused(*verb, "sales.csv", code=2, names=["K926", "`sales.csv`"])


def test_the_settings_name_a_folder_that_does_not_exist(shop: Shell) -> None:
    (shop.folder / "definitions").mkdir()
    shop.write("kpidsl.toml", '[project]\ndefinitions = ["definitons"]\n')
    shop.refused("check", code=2, names=["`definitons` doesn't exist", "use `definitions`"])


def test_a_link_that_leads_nowhere_is_not_passed_over(shop: Shell) -> None:
    (shop.folder / "more.kpi").symlink_to("gone.kpi")
    shop.refused("check", code=2, names=["K901", "`more.kpi`"])


def test_other_projects_and_hidden_folders_below_are_no_part_of_a_project(shop: Shell) -> None:
    shop.write(".venv/broken.kpi", "metric {{{")
    shop.write("kpidsl-demo/kpidsl.toml", "")
    shop.write("kpidsl-demo/other.kpi", SHOP)
    assert shop.run("check").code == 0


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (SHOP.encode("utf-16"), ["K905", "UTF-16", "`shop.kpi`"]),
        (SHOP.replace("Corner", "街角商店").encode("big5"), ["K905", "line 3", "Big5"]),
        (b"kpidsl 1\n\xff\n", ["K905", "0xFF", "line 2"]),
        (b"kpidsl 1\nmetric a\0: 1\n", ["K906", "line 2"]),
        (b"#" * 50_000_000, ["K904", "50.0 MB", "10 MB"]),
    ],
    ids=["utf-16", "big5", "no text", "nul", "50 MB"],
)
def test_a_definition_file_that_is_no_text(shell: Shell, content: bytes, names: list[str]) -> None:
    shell.write("shop.kpi", content)
    shell.refused("check", code=1, names=names)


@pytest.mark.parametrize("content", [b"", b"kpidsl 1\n# nothing yet\n"])
def test_a_definition_file_without_a_definition(shell: Shell, content: bytes) -> None:
    shell.write("shop.kpi", content)
    shell.refused("check", code=2, names=["K926"])
    shell.refused("query", "revenue", code=2, names=["K926"])


@pytest.mark.parametrize(
    "content",
    [codecs.BOM_UTF8 + SHOP.encode(), SHOP.replace("\n", "\r\n").encode()],
    ids=["byte order mark", "CRLF"],
)
def test_marks_and_line_ends_of_windows_are_fine(shop: Shell, content: bytes) -> None:
    shop.write("shop.kpi", content)
    assert shop.run("check").code == 0
    assert shop.run("query", "revenue", "--format", "csv").out == "revenue\n260.1\n"
