"""Pages as Chromium shows them: fit, quiet under their own policy, dark and on paper."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from kpidsl.reports.html import render_html
from kpidsl.reports.theme import THEME
from tests.reports import sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ElementHandle, Page

pytestmark = pytest.mark.browser

Open = Callable[[str, int, Literal["light", "dark"]], "Page"]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a sample page; when the test ends, no complaint may have reached the console."""
    complaints: list[str] = []
    pages: list[Page] = []

    def opened(name: str, width: int, scheme: Literal["light", "dark"]) -> Page:
        text = render_html(sample.ALL[name]())
        file = tmp_path / f"{name}.html"
        file.write_text(text, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda failure: complaints.append(str(failure)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(file.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []


@pytest.mark.parametrize("name", sorted(sample.ALL))
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_never_scrolls_sideways(open_page: Open, name: str, width: int) -> None:
    page = open_page(name, width, "light")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    beyond = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert beyond == 0


def test_no_word_beside_a_value_is_broken_at_a_hyphen(open_page: Open) -> None:
    page = open_page("manager", 320, "light")
    found = page.eval_on_selector_all(
        ".comparisons th .whole",
        """words => words.map(word => {
          word.textContent = "2026-W45-to-2026-W46";
          return word.getClientRects().length;
        })""",
    )
    assert set(found) == {1}


READ_PIXELS = """async source => {
  const picture = await createImageBitmap(await (await fetch(source)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  canvas.drawImage(picture, 0, 0);
  const data = canvas.getImageData(0, 0, picture.width, picture.height).data;
  const row = 4 * 3 * picture.width;  // below the edge, which may lie between two pixels
  const at = x => Array.from(data.slice(row + 4 * x, row + 4 * x + 3));
  return [at(1), at(picture.width - 2)];
}"""


def _ends(box: ElementHandle, browser: Browser) -> list[tuple[int, ...]]:
    """The colours at the left and the right end of a box, above what stands in it."""
    png = b64encode(box.screenshot()).decode("ascii")
    reader = browser.new_page()  # the page's own policy admits no script
    colours = reader.evaluate(READ_PIXELS, f"data:image/png;base64,{png}")
    reader.close()
    return [tuple(colour) for colour in colours]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shade_stands_where_a_box_holds_more(
    open_page: Open, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    """On the side to which there is more to scroll, in both modes, and on no other."""
    page = open_page("executive", 390, scheme)
    paper = getattr(THEME, scheme).paper
    plain = tuple(int(paper[i : i + 2], 16) for i in (1, 3, 5))
    # The columns begin with their latest period in view, at the right end; the table at the left.
    for at, start, end in (("#trend .scroll", 0, -9999), ("#roi .scroll", 0, 9999)):
        box = page.query_selector(at)
        assert box is not None
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        more = 0 if end < 0 else 1
        box.evaluate("(box, to) => box.scrollLeft = to", start)
        shown = _ends(box, browser)
        assert shown[more] != plain
        assert shown[1 - more] == plain
        box.evaluate("(box, to) => box.scrollLeft = to", end)
        assert _ends(box, browser)[more] == plain
    wide = open_page("executive", 1280, scheme).query_selector("#roi .scroll")
    assert wide is not None
    assert _ends(wide, browser) == [plain, plain]


def test_paper_has_no_shades(open_page: Open) -> None:
    page = open_page("executive", 794, "light")
    background = "getComputedStyle(document.querySelector('.scroll')).backgroundImage"
    assert "gradient" in page.evaluate(background)
    page.emulate_media(media="print")
    assert page.evaluate(background) == "none"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_palette_follows_the_readers_choice(
    open_page: Open, scheme: Literal["light", "dark"]
) -> None:
    palette = getattr(THEME, scheme)
    page = open_page("executive", 1280, scheme)
    for element, name, colour in [
        ("body", "backgroundColor", palette.paper),
        ("body", "color", palette.ink),
        (".columns .actual", "fill", palette.actual),
        (".delta.bad .amount", "color", palette.bad),
    ]:
        shown = page.evaluate(
            "([at, name]) => getComputedStyle(document.querySelector(at))[name]", [element, name]
        )
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert shown == f"rgb({red}, {green}, {blue})"


def test_paper_is_light_even_for_a_dark_reader(open_page: Open) -> None:
    page = open_page("executive", 794, "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        == 0
    )


def test_foreign_styles_and_scripts_are_refused(browser: Browser, tmp_path: Path) -> None:
    """The policy is in force: what an attacker could slip in does nothing."""
    text = render_html(sample.executive())
    file = tmp_path / "page.html"
    slipped = "<script>document.title = 'run'</script><p id=bad style='color: red'>x</p></body>"
    file.write_text(text.replace("</body>", slipped), encoding="utf-8")
    page = browser.new_page()
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text))
    page.goto(file.as_uri())
    assert page.title() != "run"
    assert (
        page.evaluate("getComputedStyle(document.getElementById('bad')).color") != "rgb(255, 0, 0)"
    )
    assert len(refusals) == 2
    page.close()


def test_labels_of_the_columns_do_not_overlap_in_a_real_font(open_page: Open) -> None:
    page = open_page("executive", 1280, "light")
    boxes = page.evaluate(
        """[...document.querySelectorAll('.columns text')].map(t => {
             const b = t.getBoundingClientRect();
             return [b.left, b.right, b.top + 3, b.bottom - 3];
           })"""
    )
    assert len(boxes) == 36  # 12 values, 12 differences, 12 names
    for index, (left, right, top, bottom) in enumerate(boxes):
        for left2, right2, top2, bottom2 in boxes[index + 1 :]:
            assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top


def test_the_skip_link_is_the_first_stop_of_the_keyboard(open_page: Open) -> None:
    page = open_page("manager", 1280, "light")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
