"""Make the toy store's data: two years of a small web shop, the same bytes for the same seed.

Run `python generate.py [folder] [seed]`; without a folder the data goes to `data/` beside this
file. The columns, and the stories built into the data, are described in README.md.

Only `Random.random()` and plain arithmetic shape the data: they give the same values on every
machine and Python version, which `gauss`, `choices` or the platform's `exp` do not promise.
"""

from __future__ import annotations

import csv
import sys
import zipfile
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar
from xml.sax.saxutils import escape

import duckdb

T = TypeVar("T")

FIRST_DAY = date(2024, 11, 1)
LAST_DAY = date(2026, 11, 18)
LAST_SPEND_DAY = LAST_DAY - timedelta(days=2)  # the ad platforms deliver two days late
OUTAGE = date(2026, 3, 12)
SPLASH_START = date(2026, 8, 1)
LEAD_FORM_BREAKS = date(2026, 7, 1)  # on mobile only
EPOCH = datetime(1970, 1, 1)

SESSIONS_A_DAY = 215
CONVERSION = 0.0214
LEADS = 0.016
YEARLY_GROWTH = 0.22
WEEKDAYS = (1.06, 1.01, 0.98, 1.00, 0.96, 0.94, 1.05)  # Monday first
SEASON = (0.82, 0.84, 0.90, 0.93, 0.97, 0.95, 0.92, 0.95, 1.00, 1.06, 1.38, 1.50)  # by month
HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 10, 11, 12, 14, 15, 13, 9, 5)


class Traffic(NamedTuple):
    """Where sessions come from, how they behave, and what a click costs."""

    source: str  # as the web analytics log it; empty where tracking was blocked
    channel: str  # as the order system names it
    campaign: str
    share: int  # of all sessions, in thousandths
    conversion: float  # times CONVERSION
    bounce: float
    leads: float  # times the usual rate
    click_cents: int = 0
    clicks_per_mille: int = 0  # of impressions


TRAFFIC = (
    Traffic("google_ads", "search", "brand", 90, 2.10, 0.28, 0.9, 41, 85),
    Traffic("google_ads", "search", "generic", 140, 1.25, 0.40, 1.5, 71, 32),
    Traffic("google_ads", "search", "shopping", 110, 1.55, 0.36, 0.8, 62, 24),
    Traffic("google", "organic", "", 150, 1.10, 0.38, 1.2),
    Traffic("bing", "organic", "", 40, 1.10, 0.38, 1.2),
    Traffic("(direct)", "direct", "", 135, 1.30, 0.33, 0.8),
    Traffic("newsletter", "email", "newsletter", 70, 2.05, 0.24, 0.3),
    Traffic("fb", "social", "", 60, 0.10, 0.74, 0.2),
    Traffic("ig", "social", "", 45, 0.08, 0.77, 0.2),
    Traffic("ig", "social", "reels", 55, 0.12, 0.76, 0.3, 56, 19),
    Traffic("fb", "social", "retargeting", 25, 0.55, 0.58, 0.5, 110, 14),
    Traffic("banner", "display", "always_on", 25, 0.60, 0.60, 0.6, 80, 4),
    Traffic("partner_blog", "referral", "", 45, 0.95, 0.42, 1.6),
    Traffic("", "", "", 10, 1.00, 0.40, 1.0),
)
# The campaign that fails: dear clicks, nearly all bounce, nobody buys.
SPLASH = Traffic("banner", "display", "autumn_splash", 0, 0.0, 0.90, 0.05, 165, 5)
SPLASH_SESSIONS = (30, 16)  # a day: at least, and up to so many more
EMAIL_TOOL_CENTS = 400  # a day

DEVICES = (("mobile", 58, 0.50), ("desktop", 36, 1.80), ("tablet", 6, 1.00))  # share, conversion
PRODUCTS = (  # name, sku, price and cost in cents, share
    ("Wooden train", "TRN-01", 3490, 1820, 14),
    ("Train track set", "TRN-02", 2290, 1170, 8),
    ("Building blocks", "BLK-01", 2990, 1540, 15),
    ("Mega block castle", "BLK-02", 7990, 4420, 5),
    ("Puzzle 100", "PUZ-01", 1490, 740, 12),
    ("Puzzle 1000", "PUZ-02", 1990, 980, 9),
    ("Plush bear", "PLU-01", 2490, 1340, 12),
    ("Plush rabbit", "PLU-02", 1990, 1060, 8),
    ("Board game night", "GAM-01", 3990, 2170, 10),
    ("Science kit", "SCI-01", 4490, 2480, 7),
    ("Balance bike", "BIK-01", 8990, 5340, 4),
    ("Crayon box", "ART-01", 990, 450, 11),
)
REGIONS = {"Northeast": 27, "South": 33, "Midwest": 19, "West": 20, "": 1}
SEGMENTS = {"consumer": 74, "gift": 20, "business": 6}
REASONS = {"damaged": 22, "late": 18, "changed mind": 42, "wrong item": 18}
PAYMENTS = {"card": 63, "paypal": 27, "gift card": 10}
# Monthly plan by channel, in USD of an average month of the first year: revenue, spend.
PLAN = {
    "search": (5050, 1600),
    "organic": (1950, 0),
    "direct": (1600, 0),
    "email": (1350, 120),
    "social": (750, 450),
    "display": (250, 250),
    "referral": (450, 0),
}

COLUMNS = {
    "sessions": "session_id visitor_id started_at utm_source campaign device landing_page"
    " page_views bounced duration_seconds",
    "page_views": "session_id view viewed_at kind path sku",
    "orders": "order_id customer_id session_id paid_at channel campaign device payment"
    " items_total discount_total shipping is_test_order",
    "lines": "order_id line session_id customer_id paid_at channel campaign device product sku"
    " quantity price cost discount order_shipping is_test_order",
    "refunds": "refund_id order_id refunded_at channel reason amount",
    "customers": "customer_id joined_on region segment email_opt_in",
    "identities": "visitor_id customer_id",
    "ad_spend": "day channel campaign impressions clicks likes amount",
    "leads": "lead_id created_at channel campaign device is_qualified",
    "emails": "mailing_id segment sent_at sent delivered opened clicked unsubscribed",
}

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKSHEET = f'<worksheet xmlns="{MAIN}"><sheetData>{{rows}}</sheetData></worksheet>'
WORKBOOK_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
    '.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    f'ContentType="{TYPES}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{TYPES}.worksheet+xml"/><Override PartName="/xl/styles.xml" '
    f'ContentType="{TYPES}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{LINKS}"><Relationship Id="rId1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Plan" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{LINKS}"><Relationship Id="rId1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # The second cell format is a date.
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts><font/></fonts>'
    "<fills><fill><patternFill/></fill></fills>"
    "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
    '<cellXfs><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def picker(rng: Random, weights: dict[T, int]) -> Callable[[], T]:
    """A function that draws a key of `weights` in proportion to its weight."""
    items, steps = list(weights), list(accumulate(weights.values()))
    return lambda: items[bisect_right(steps, rng.random() * steps[-1])]


def season(day: date) -> float:
    """Traffic against the yearly mean, straight lines between the middles of the months."""
    months = day.month - 1 + (day.day - 15) / 30
    low = int(months // 1)
    part = months - low
    return SEASON[low % 12] * (1 - part) + SEASON[(low + 1) % 12] * part


def growth(day: date) -> float:
    return 1 + YEARLY_GROWTH * (day - FIRST_DAY).days / 365


def utc_offset_hours(day: date) -> int:
    """Hours from New York's clock to UTC, one figure a day: few shop while the clock changes."""
    march, november = date(day.year, 3, 8), date(day.year, 11, 1)
    starts = march + timedelta(days=6 - march.weekday())  # second Sunday of March
    ends = november + timedelta(days=6 - november.weekday())  # first Sunday of November
    return 4 if starts <= day < ends else 5


def stamp(seconds: int) -> str:
    return str(EPOCH + timedelta(seconds=seconds))


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


class Shop:
    """The simulation: one day after the other, each row to its table at once."""

    def __init__(
        self, rng: Random, write: Mapping[str, Callable[[Iterable[object]], object]]
    ) -> None:
        self.rng, self.write = rng, write
        self.counts: Counter[str] = Counter()
        self.customers: list[tuple[str, str]] = []  # customer_id, visitor_id
        self.strangers: deque[str] = deque(maxlen=2000)  # visitors who have not bought yet
        self.refunds: list[tuple[int, str, str, int]] = []
        self.subscribers: Counter[str] = Counter()
        self.traffic = picker(rng, {source: source.share for source in TRAFFIC})
        self.device = picker(rng, {(name, factor): share for name, share, factor in DEVICES})
        self.hour = picker(rng, dict(enumerate(HOURS)))
        self.product = picker(rng, {product[:4]: product[4] for product in PRODUCTS})
        self.region, self.segment = picker(rng, REGIONS), picker(rng, SEGMENTS)
        self.reason, self.payment = picker(rng, REASONS), picker(rng, PAYMENTS)
        self.line_count = picker(rng, {1: 42, 2: 32, 3: 16, 4: 10})
        self.quantity = picker(rng, {1: 86, 2: 11, 3: 3})
        self.pages = picker(rng, {2: 34, 3: 26, 4: 17, 5: 11, 6: 7, 7: 5})

    def new_id(self, letter: str) -> str:
        self.counts[letter] += 1
        return f"{letter}{self.counts[letter]:06d}"

    def upto(self, low: int, high: int) -> int:
        """A whole number between both bounds, included."""
        return low + int(self.rng.random() * (high - low + 1))

    def run(self) -> None:
        for number in range((LAST_DAY - FIRST_DAY).days + 1):
            day = FIRST_DAY + timedelta(days=number)
            clicks = Counter[Traffic]() if day == OUTAGE else self.sessions_of(day)
            if day <= LAST_SPEND_DAY:
                self.ad_spend_of(day, clicks)
            if day.weekday() == 1:
                self.mailing_of(day)
            if number % 9 == 4 and day != OUTAGE:
                self.test_order(day)
        for at, order, channel, cents in sorted(self.refunds):
            row = (self.new_id("r"), order, stamp(at), channel, self.reason(), money(cents))
            self.write["refunds"](row)

    def sessions_of(self, day: date) -> Counter[Traffic]:
        rng = self.rng
        level = SESSIONS_A_DAY * season(day) * growth(day) * WEEKDAYS[day.weekday()]
        sources = [self.traffic() for _ in range(int(level * (0.93 + 0.14 * rng.random())))]
        if day >= SPLASH_START:
            sources += [SPLASH] * self.upto(SPLASH_SESSIONS[0], sum(SPLASH_SESSIONS))
        midnight = (day - EPOCH.date()).days * 86_400 + utc_offset_hours(day) * 3600
        times = [self.hour() * 3600 + int(rng.random() * 3600) for _ in sources]
        for second, source in sorted(zip(times, sources, strict=True), key=lambda pair: pair[0]):
            self.session(midnight + second, day, source)
        return Counter(sources)

    def session(self, at: int, day: date, source: Traffic) -> None:
        rng, session = self.rng, self.new_id("s")
        device, factor = self.device()
        chance = CONVERSION * source.conversion * factor * (1.08 if day.month > 10 else 1.0)
        buys = rng.random() < chance
        visitor, customer = self.buyer(day, source) if buys else (self.visitor(), "")
        bounced = not buys and rng.random() < source.bounce
        views = 1 if bounced else self.pages() + (3 if buys else 0)
        kinds = self.page_kinds(views, buys)
        when = at + 1  # a page is seen after the visit began, never in the same instant
        for number, kind in enumerate(kinds, start=1):
            sku = self.product()[1] if kind in ("product", "cart") else ""
            path = f"/{kind}/{sku}" if sku else f"/{kind}"
            self.write["page_views"]((session, number, stamp(when), kind, path, sku))
            when += self.upto(5, 90)
        seconds = 0 if bounced else when - at
        where = (source.source, source.campaign, device)
        self.write["sessions"](
            (session, visitor, stamp(at), *where, f"/{kinds[0]}", views, int(bounced), seconds)
        )
        if buys:
            self.order(when, day, session, customer, source, device)
        rate = LEADS * source.leads
        if device == "mobile" and day >= LEAD_FORM_BREAKS:
            rate *= 0.25
        if not buys and rng.random() < rate:
            qualified = "true" if rng.random() < 0.35 else "false"
            row = (
                self.new_id("l"),
                stamp(when),
                source.channel,
                source.campaign,
                device,
                qualified,
            )
            self.write["leads"](row)

    def page_kinds(self, views: int, buys: bool) -> list[str]:
        """The kinds of the pages seen, in order: a buyer passes product, cart and checkout."""
        random = self.rng.random
        landing = "home" if random() < 0.45 else "category" if random() < 0.5 else "product"
        if buys:
            return [landing, *["category"] * (views - 4), "product", "cart", "checkout"]
        kinds = [landing]
        for _ in range(views - 1):
            last, luck = kinds[-1], random()
            if last == "product" and luck < 0.13:
                kinds.append("cart")
            elif last == "cart" and luck < 0.45:
                kinds.append("checkout")
            else:
                kinds.append("product" if luck < 0.62 else "category")
        return kinds

    def visitor(self) -> str:
        if self.customers and self.rng.random() < 0.07:
            return self.customers[int(self.rng.random() * len(self.customers))][1]
        return self.stranger()

    def stranger(self) -> str:
        if self.strangers and self.rng.random() < 0.21:
            return self.strangers[int(self.rng.random() * len(self.strangers))]
        self.strangers.append(self.new_id("v"))
        return self.strangers[-1]

    def buyer(self, day: date, source: Traffic) -> tuple[str, str]:
        """Visitor and customer of an order: a known customer, or a stranger who becomes one."""
        known = len(self.customers)
        returns = known / (known + 900) * (0.95 if source.channel in ("email", "direct") else 0.62)
        if self.rng.random() < returns:
            recent = self.customers[-600:] if self.rng.random() < 0.6 else self.customers
            customer, visitor = recent[int(self.rng.random() * len(recent))]
            return visitor, customer
        visitor, customer = self.stranger(), self.new_id("c")
        self.strangers.remove(visitor)
        self.customers.append((customer, visitor))
        segment = self.segment()
        opt_in = self.rng.random() < 0.7
        self.subscribers[segment] += opt_in
        if self.rng.random() >= 0.012:  # the others were erased on request: orphans
            row = (customer, str(day), self.region(), segment, "true" if opt_in else "false")
            self.write["customers"](row)
        if self.rng.random() < 0.92:
            self.write["identities"]((visitor, customer))
        return visitor, customer

    def order(
        self, at: int, day: date, session: str, customer: str, source: Traffic, device: str
    ) -> None:
        rng, order = self.rng, self.new_id("o")
        sale = day.month == 11 and day.day >= 24
        percent = (20 if rng.random() < 0.7 else 0) if sale else 12 if rng.random() < 0.16 else 0
        lines = []
        for _ in range(self.line_count()):
            product, sku, price, cost = self.product()
            units = self.quantity()
            discount = (price * units * percent + 50) // 100
            lines.append((product, sku, units, price * units - discount, cost * units, discount))
        items = sum(line[3] for line in lines)
        shipping = 0 if items >= 6000 else 590
        where = (source.channel, source.campaign, device)
        self.order_rows(order, at, (session, customer), where, lines, shipping, "false")
        if rng.random() < 0.065:
            cents = items if rng.random() < 0.6 else lines[0][3]
            back = at + self.upto(2 * 86_400, 25 * 86_400)
            if stamp(back) < f"{LAST_DAY + timedelta(days=1)} 05":  # the end of the last day
                self.refunds.append((back, order, source.channel, cents))

    def test_order(self, day: date) -> None:
        at = (day - EPOCH.date()).days * 86_400 + 15 * 3600
        lines = [("Wooden train", "TRN-01", 10, 34_900, 17_500, 0)]
        where = ("direct", "", "desktop")
        self.order_rows(self.new_id("o"), at, ("", "c000000"), where, lines, 0, "true")

    def order_rows(
        self,
        order: str,
        at: int,
        who: tuple[str, str],
        where: tuple[str, str, str],
        lines: Sequence[tuple[str, str, int, int, int, int]],
        shipping: int,
        test: str,
    ) -> None:
        paid = stamp(at)
        for number, (product, sku, units, *cents) in enumerate(lines, start=1):
            amounts = map(money, (*cents, shipping))
            self.write["lines"](
                (order, number, *who, paid, *where, product, sku, units, *amounts, test)
            )
        totals = (sum(line[3] for line in lines), sum(line[5] for line in lines), shipping)
        self.write["orders"](
            (order, *reversed(who), paid, *where, self.payment(), *map(money, totals), test)
        )

    def ad_spend_of(self, day: date, sessions: Counter[Traffic]) -> None:
        write = self.write["ad_spend"]
        for source in (*TRAFFIC, SPLASH):
            if not source.click_cents or not sessions[source]:
                continue
            clicks = sessions[source] + sessions[source] // 15 + self.upto(0, 1)
            shown = clicks * 1000 * self.upto(90, 110) // (100 * source.clicks_per_mille)
            likes = shown * self.upto(20, 30) // 1000 if source.channel == "social" else 0
            cents = clicks * source.click_cents * self.upto(92, 108) // 100
            write((day, source.channel, source.campaign, shown, clicks, likes, money(cents)))
        mail = next(source for source in TRAFFIC if source.channel == "email")
        write((day, "email", "newsletter", 0, sessions[mail], 0, money(EMAIL_TOOL_CENTS)))

    def mailing_of(self, day: date) -> None:
        at = (day - EPOCH.date()).days * 86_400 + (10 + utc_offset_hours(day)) * 3600
        mailing = self.new_id("m")
        for segment in SEGMENTS:
            sent = self.subscribers[segment]
            delivered = sent * self.upto(970, 990) // 1000
            opened = delivered * self.upto(210, 270) // 1000
            clicked = opened * self.upto(90, 130) // 1000
            left = delivered * self.upto(1, 5) // 1000
            self.subscribers[segment] -= left
            row = (mailing, segment, stamp(at), sent, delivered, opened, clicked, left)
            self.write["emails"](row)


def month_starts(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = (first.month - 1 + number for number in range(count))
    return [date(first.year + month // 12, month % 12 + 1, 1) for month in months]


def write_ad_export(folder: Path, rng: Random) -> None:
    """Two overlapping exports of a Taiwanese ad platform, as such exports really come: Big5, three
    lines above the header, ROC dates, thousands separators, a totals row; the first export's last
    days are still incomplete, and the second one restates them."""
    # First and last day of each campaign and each export, counted from the last day of June.
    campaigns = {"暑期玩具節": (1, 92), "中秋禮盒": (51, 97), "品牌長青": (62, 139)}
    exports = {"2026-09-15": (1, 77), "2026-11-16": (63, 139)}
    header = ["日期", "行銷活動名稱", "曝光次數", "連結點擊次數", "購買次數", "花費金額 (TWD)"]
    start = date(2026, 6, 30)
    rows: list[tuple[int, str, tuple[int, ...]]] = []
    for number in range(1, (LAST_SPEND_DAY - start).days + 1):
        for campaign, (first, last) in campaigns.items():
            if first <= number <= last:
                clicks = 90 + int(rng.random() * 60)
                figures = (clicks * (60 + int(rng.random() * 25)), clicks, clicks // 40)
                rows.append((number, campaign, (*figures, clicks * (9 + int(rng.random() * 4)))))
    for name, (first, last) in exports.items():
        kept = [row for row in rows if first <= row[0] <= last]
        if last == 77:  # a quarter of the last three days has not arrived yet
            kept = [(n, c, f if n < 75 else tuple(v * 3 // 4 for v in f)) for n, c, f in kept]
        totals = [sum(row[2][column] for row in kept) for column in range(4)]
        made = f"{int(name[:4]) - 1911}/{name[5:7]}/{name[8:]}"
        with (folder / f"tw_ads_{name}.csv").open("w", encoding="cp950", newline="") as file:
            writer = csv.writer(file)  # CRLF, as the platform writes it
            writer.writerows(
                [["廣告成效報表"], ["帳戶", "玩具小舖 台灣"], ["產製日期", made], header]
            )
            for number, campaign, values in kept:
                day = start + timedelta(days=number)
                roc = f"{day.year - 1911}/{day.month:02d}/{day.day:02d}"
                writer.writerow([roc, campaign, *(f"{value:,}" for value in values)])
            writer.writerow(["總計", "", *(f"{value:,}" for value in totals)])


def write_budget(path: Path) -> None:
    """The plan by month and channel as a workbook: stored, not deflated, and dated at the zip
    epoch, so that its bytes depend neither on the zlib nor on the clock."""
    table: list[list[object]] = [["month", "channel", "revenue", "spend"]]
    for month in month_starts(FIRST_DAY, date(2026, 12, 1)):
        serial = (month - date(1899, 12, 30)).days
        level = season(month.replace(day=15)) * growth(month)
        for channel, plan in PLAN.items():
            table.append([serial, channel, *(round(amount * level / 50) * 50 for amount in plan)])

    def cell(value: object, column: int) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        style = ' s="1"' if column == 0 else ""
        return f"<c{style}><v>{value}</v></c>"

    rows = "".join(
        f"<row>{''.join(cell(value, column) for column, value in enumerate(row))}</row>"
        for row in table
    )
    parts = {"xl/worksheets/sheet1.xml": WORKSHEET.format(rows=rows), **WORKBOOK_PARTS}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as workbook:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01
            entry.create_system = 3  # else the operating system's own
            workbook.writestr(entry, '<?xml version="1.0" encoding="UTF-8"?>' + parts[name])


def write_parquet(folder: Path, name: str) -> None:
    """Turn `name`.csv into `name`.parquet; one thread keeps rows and bytes in order."""
    with duckdb.connect(config={"threads": "1"}) as connection:
        rows = connection.read_csv(
            str(folder / f"{name}.csv"), timestamp_format="%Y-%m-%d %H:%M:%S"
        )
        rows.write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
    (folder / f"{name}.csv").unlink()


def generate(folder: Path, seed: int = 7) -> None:
    """Write all tables into `folder`, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        write = {}
        for table, columns in COLUMNS.items():
            path = folder / f"{table}.csv"
            file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            write[table] = csv.writer(file, lineterminator="\n").writerow
            write[table](columns.split())
        Shop(Random(seed), write).run()
    write_parquet(folder, "page_views")
    write_ad_export(folder, Random(seed + 1))
    write_budget(folder / "budget.xlsx")


if __name__ == "__main__":
    generate(
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data",
        int(sys.argv[2]) if len(sys.argv) > 2 else 7,
    )
