"""Rows for presses that nobody wrote a row for: three invented outlets in markup of their own."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from crawler.article import Page
from crawler.discovery import listing as discover
from crawler.discovery.page_links import Anchor
from crawler.errors import InvalidInput
from crawler.onboarding.names import province_named, province_of
from crawler.onboarding.propose import Proposal, infer_source, with_province
from crawler.onboarding.sample import Sample
from crawler.onboarding.sections import find_sections
from crawler.onboarding.url_patterns import pattern_of
from crawler.onboarding.visit import MAX_REQUESTS
from crawler.source import Source
from crawler.text.normal import clean_line, fold

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
PLACES = ["xã Mây Trắng", "huyện Lòng Chảo", "phường Bến Đá", "thôn Ngọc Hạ", "xã Cát Vàng", "huyện Sông Con", "thị xã Đồi Thông", "xã Nậm Hương",
          "phường Cửa Tây", "huyện Trảng Dầu", "xã Suối Bùn", "thôn Kẽm Thượng"]  # fmt: skip
NAMES = ["Hà Minh Khê", "Lò Thị Vân", "Phạm Quốc Trụ", "Y Sương", "Đào Thùy", "Trần Bá Lộc"]
DEEDS = ["tổng kết công tác xây dựng Đảng năm nay", "kết nạp thêm nhiều đảng viên trẻ", "bàn cách nâng chất lượng sinh hoạt chi bộ",
         "kiểm tra việc thực hiện nghị quyết chuyên đề"]  # fmt: skip


@dataclass(frozen=True)
class Story:
    """One invented article."""

    number: int
    title: str
    lead: str
    paragraphs: list[str]
    author: str
    day: str
    time: str
    caption: str

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", fold(self.title)).strip("-")


def story(number: int) -> Story:
    place = PLACES[number % len(PLACES)]
    deed = DEEDS[number % len(DEEDS)]
    lead = f"Sáng {number % 27 + 1}/11, Đảng ủy {place} họp để {deed}, với sự có mặt của {40 + number} đảng viên."
    body = [
        f"Theo báo cáo số {number}, {place} có {10 + number} chi bộ trực thuộc và {300 + 7 * number} đảng viên đang sinh hoạt.",
        f"Bí thư Đảng ủy {place} đề nghị mỗi chi bộ chọn một việc khó để làm ngay trong quý {number % 4 + 1}, không chờ cấp trên nhắc.",
        f"Nhiều ý kiến tại {place} cho rằng cần giao việc cụ thể cho {number + 2} tổ đảng, gắn với thời hạn và người chịu trách nhiệm.",
        f"Kết thúc buổi họp, {place} thông qua kế hoạch gồm {number % 5 + 3} nhóm việc cho năm tới.",
    ]
    return Story(
        number,
        f"{place[0].upper()}{place[1:]} {deed} lần thứ {number + 1}",
        lead,
        body,
        NAMES[number % len(NAMES)],
        f"{number % 27 + 1:02d}/11/2026",
        f"{6 + number % 12:02d}:{(number * 7) % 60:02d}",
        f"Quang cảnh buổi họp tại {place}.",
    )


STORIES = [story(n) for n in range(24)]


@dataclass
class Press:
    """An invented outlet: its pages by address, and what a good row must say."""

    home: str
    pages: dict[str, str]
    section: str
    articles: list[str]
    feed: str | None = None
    sitemap: str | None = None
    next_page: str | None = None
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> Page | None:
        self.asked.append(url)
        body = self.pages.get(url)
        return Page(url, (body or "not found").encode(), NOW, status=200 if body is not None else 404)


def table_press() -> Press:
    """Tables, fonts, a clock in the header, articles named by a query."""
    home = "https://songlam.example/"

    def url(s: Story) -> str:
        return f"{home}xem.aspx?muc={s.number % 3 + 1}&bai={5200 + s.number}"

    menu = "".join(
        f'<td class="mn"><a href="/muc.aspx?muc={n}"><font color="white">{name}</font></a></td>'
        for n, name in enumerate(["THỜI SỰ", "KINH TẾ", "XÂY DỰNG ĐẢNG", "VĂN HÓA", "BẠN ĐỌC"], 1)
    )
    head = f'<table id="dau"><tr><td><span id="dongho">Thứ Bảy, 21/11/2026, 07:00</span></td></tr><tr>{menu}</tr></table>'
    foot = '<table id="chan"><tr><td>Cơ quan chủ quản: Tỉnh ủy Sông Lầm. Ghi rõ nguồn khi phát hành lại thông tin từ trang này.</td></tr></table>'

    def listing(stories: list[Story], pager: str) -> str:
        rows = "".join(
            f'<tr><td><a href="xem.aspx?muc={s.number % 3 + 1}&amp;bai={5200 + s.number}"><b>{s.title}</b></a><br>{s.lead[:60]}...</td></tr>'
            for s in stories
        )
        return f"<html><head><title>Báo Sông Lầm</title></head><body>{head}<table id='ds'>{rows}</table><p>{pager}</p>{foot}</body></html>"

    def article(s: Story) -> str:
        others = "".join(
            f'<tr><td>» <a href="{url(o)}">{o.title}</a> ({o.day})</td></tr>'
            for o in STORIES[(s.number * 5) % 20 : (s.number * 5) % 20 + 3]
        )
        body = "".join(f"<p><font size=2>{p}</font></p>" for p in s.paragraphs)
        picture = f'<table class="hinh"><tr><td><img src="/h/{s.number}.jpg"></td></tr><tr><td class="chuthich"><i>{s.caption}</i></td></tr></table>'
        return f"""<html><head><title>{s.title} | Báo Sông Lầm</title></head><body>{head}<table><tr><td width=200><a href="/muc.aspx?muc=1">Thời sự</a></td><td id="giua">
        <span class="TieuDe"><b>{s.title}</b></span><br><span class="GioDang">{s.day} {s.time}</span><p class="TrichDan">{s.lead}</p>
        <div id="NoiDung">{body[: len(body) // 2]}{picture}{body[len(body) // 2 :]}<p class="KyTen" align=right><b>{s.author}</b></p></div>
        <table class="khac"><tr><td><b>Tin liên quan</b></td></tr>{others}</table></td></tr></table>{foot}</body></html>""".replace(
            body[: len(body) // 2] + picture + body[len(body) // 2 :], "".join(f"<p><font size=2>{p}</font></p>" for p in s.paragraphs[:2]) + picture
            + "".join(f"<p><font size=2>{p}</font></p>" for p in s.paragraphs[2:])
        )  # fmt: skip

    pages = {url(s): article(s) for s in STORIES}
    pages[home] = listing(STORIES[:8], "")
    pages[home + "muc.aspx?muc=3"] = listing(
        STORIES[:10], '<b>1</b> <a href="muc.aspx?muc=3&trang=2">2</a> <a href="muc.aspx?muc=3&trang=3">3</a>'
    )
    pages[home + "muc.aspx?muc=3&trang=2"] = listing(
        STORIES[10:20], '<a href="muc.aspx?muc=3">1</a> <b>2</b> <a href="muc.aspx?muc=3&trang=3">3</a>'
    )
    return Press(
        home,
        pages,
        home + "muc.aspx?muc=3",
        [url(s) for s in STORIES],
        next_page=home + "muc.aspx?muc=3&trang={page}",
    )


def blog_press() -> Press:
    """Dated slugs, hashed utility classes, figures, a feed for the section, a sitemap index in robots.txt."""
    home = "https://doivang.example/"

    def url(s: Story) -> str:
        day, month, year = s.day.split("/")
        return f"{home}{year}/{month}/{day}/{s.slug}/"

    nav = '<nav class="md:flex css-19ab2c"><a href="/">Trang chủ</a><a href="/category/kinh-te/">Kinh tế</a><a href="/category/dang-trong-cuoc-song/">Đảng trong cuộc sống</a><a href="/lien-he/">Liên hệ</a></nav>'
    side = (
        '<aside class="w-1/3"><h4>Đọc nhiều</h4>'
        + "".join(f'<a href="{url(s)}">{s.title}</a>' for s in STORIES[20:23])
        + "</aside>"
    )
    links = '<link rel="alternate" type="application/rss+xml" title="Tin Đồi Vàng" href="/feed/">'

    def listing(stories: list[Story], extra: str = "", pager: str = "") -> str:
        cards = "".join(
            f'<article class="card"><a href="{url(s)}"><img src="/{s.number}.webp" alt=""></a><h2><a href="{url(s)}">{s.title}</a></h2><p>{s.lead}</p></article>'
            for s in stories
        )
        return f'<html><head><title>Đảng trong cuộc sống – Tin Đồi Vàng</title><meta property="og:site_name" content="Tin Đồi Vàng">{links}{extra}</head><body>{nav}<main>{cards}{pager}</main>{side}<footer>Giấy phép số 12/GP do Sở cấp, mọi hành vi sao chép phải xin phép.</footer></body></html>'

    def article(s: Story) -> str:
        body = "".join(f"<p>{p}</p>" for p in s.paragraphs[:2])
        body += f'<figure class="wp-block-image"><img src="/{s.number}.webp"><figcaption>{s.caption}</figcaption></figure>'
        body += (
            '<div class="inline-more"><strong>Xem thêm:</strong> <a href="'
            + url(STORIES[(s.number + 3) % 24])
            + f'">{STORIES[(s.number + 3) % 24].title}</a></div>'
        )
        body += "".join(f"<p>{p}</p>" for p in s.paragraphs[2:])
        day, month, year = s.day.split("/")
        return f"""<html><head><title>{s.title} – Tin Đồi Vàng</title><meta property="og:type" content="article"><meta name="description" content="{s.lead}">{links}</head><body>{nav}
        <main><header class="entry-top"><h1 class="post-name css-{1000 + s.number}">{s.title}</h1><div class="facts"><span class="by">bởi <a rel="author" class="writer" href="/author/x{s.number % 6}/">{s.author}</a></span>
        <time datetime="{year}-{month}-{day}T{s.time}:00+07:00">{s.day}</time></div></header><div class="standfirst">{s.lead}</div><section class="story-text post-{s.number}9">{body}</section>
        <div class="tags"><a href="/tag/dang/">Đảng</a></div></main>{side}<footer>Giấy phép số 12/GP do Sở cấp, mọi hành vi sao chép phải xin phép.</footer></body></html>"""

    def rss(stories: list[Story]) -> str:
        items = ""
        for s in stories:
            day, _, year = s.day.split("/")
            items += f"<item><title>{s.title}</title><link>{url(s)}</link><pubDate>{int(day)} Nov {year} {s.time}:00 +0700</pubDate></item>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Tin</title><link>{home}</link>{items}</channel></rss>'

    section = home + "category/dang-trong-cuoc-song/"
    pages = {url(s): article(s) for s in STORIES}
    pages[home] = listing(STORIES[4:16])
    pages[section] = listing(
        STORIES[:10],
        f'<link rel="alternate" type="application/rss+xml" title="Đảng trong cuộc sống" href="{section}feed/">',
        '<a class="next" href="page/2/">Trang sau</a>',
    )
    pages[section + "page/2/"] = listing(
        STORIES[10:20], "", f'<a class="next" href="{section}page/3/">Trang sau</a>'
    )
    pages[section + "feed/"] = rss(STORIES[:10])
    pages[home + "feed/"] = rss(STORIES[12:24])
    pages[home + "robots.txt"] = f"User-agent: *\nDisallow: /wp-admin/\nSitemap: {home}sitemaps.xml\n"
    pages[home + "sitemaps.xml"] = (
        f"<sitemapindex><sitemap><loc>{home}post-sitemap.xml</loc></sitemap></sitemapindex>"
    )
    return Press(
        home,
        pages,
        section,
        [url(s) for s in STORIES],
        section + "feed/",
        home + "sitemaps.xml",
        section + "page/{page}/",
    )


def break_press() -> Press:
    """Hex ids under year and month, bodies cut by `<br>`, the section hidden below politics."""
    home = "https://cuanguon.example/"

    def url(s: Story) -> str:
        return f"{home}chinh-tri/xdd/2026{s.number % 2 + 10}/{s.slug}-{(0xA1B2C3 + 7919 * s.number) % 0xFFFFFFF:07x}/"

    menu = '<ul id="menu"><li><a href="/thoi-su/">Thời sự</a></li><li><a href="/chinh-tri/">Chính trị</a></li><li><a href="/kinh-te/">Kinh tế</a></li></ul>'
    sub = '<div class="sub-menu"><a href="/chinh-tri/xdd/">Công tác xây dựng Đảng</a><a href="/chinh-tri/mat-tran/">Mặt trận</a></div>'

    def listing(stories: list[Story], extra: str = "") -> str:
        items = "".join(
            f'<div class="item"><a class="title{1 + s.number % 2}" href="{url(s).removeprefix(home[:-1])}">{s.title}</a><div class="des">{s.lead}</div></div>'
            for s in stories
        )
        return f'<html><head><title>Trang nhất</title></head><body><img class="logo" src="/logo.png" alt="Báo Cửa Nguồn">{menu}{extra}<div class="list">{items}</div></body></html>'

    def article(s: Story) -> str:
        lines = "<br /><br />".join(
            [*s.paragraphs[:3], f'</div><p class="chu-anh">{s.caption}</p><div>', s.paragraphs[3]]
        )
        return f"""<html><head><title>{s.title}</title></head><body><img class="logo" src="/logo.png" alt="Báo Cửa Nguồn">{menu}<div class="page"><h1 class="ten-bai">{s.title}</h1>
        <div class="ngay">Cập nhật: {s.time}, {s.day} (GMT+7)</div><div id="bai" class="detail"><p class="tom-tat"><strong>{s.lead}</strong></p><div>{lines.replace("<br /><br /></div><p", '</div><img src="/a.jpg"><p')}</div>
        <div class="tac-gia">{s.author}</div></div><div class="share"><a href="#">Chia sẻ lên mạng xã hội</a></div></div></body></html>"""

    pages = {url(s): article(s) for s in STORIES}
    pages[home] = listing(STORIES[:6])
    pages[home + "chinh-tri/"] = listing(STORIES[3:12], sub)
    pages[home + "chinh-tri/xdd/"] = listing(STORIES[:12], sub)
    return Press(home, pages, home + "chinh-tri/xdd/", [url(s) for s in STORIES])


PRESSES = {"table": table_press, "blog": blog_press, "break": break_press}


def propose(press: Press, start: str) -> Proposal:
    return infer_source({}, start, press.fetch)


@pytest.mark.parametrize("make", PRESSES.values(), ids=PRESSES)
def test_the_section_feed_sitemap_and_pages_are_found_from_the_home_page(make: Callable[[], Press]) -> None:
    press = make()
    section = propose(press, press.home).source.sections[0]
    assert (section.url, section.feed, section.sitemap, section.next_page) == (
        press.section,
        press.feed,
        press.sitemap,
        press.next_page,
    )
    assert section.vouches


@pytest.mark.parametrize("make", PRESSES.values(), ids=PRESSES)
def test_the_pattern_knows_every_article_and_nothing_else(make: Callable[[], Press]) -> None:
    press = make()
    source = propose(press, press.home).source
    assert [u for u in press.articles if not source.articles.matches(u)] == []
    assert [u for u in press.pages if u not in press.articles and source.articles.matches(u)] == []
    assert len({discover.article_url(u, source) for u in press.articles}) == len(press.articles)


def text_of(sample: Sample, found: tuple[str, ...]) -> str:
    element = next((e for css in found if (e := sample.first(css)) is not None), None)
    return clean_line(element.text_content()) if element is not None else ""


@pytest.mark.parametrize("make", PRESSES.values(), ids=PRESSES)
def test_the_selectors_read_articles_that_were_not_compared(make: Callable[[], Press]) -> None:
    press = make()
    proposal = propose(press, press.home)
    extract = proposal.source.extract[0]
    seen = {page.url for page in proposal.articles}
    unseen = [(s, u) for s, u in zip(STORIES, press.articles, strict=True) if u not in seen]
    assert len(unseen) > 10
    for s, url in unseen:
        root = discover.document(press.pages[url].encode())
        assert root is not None
        sample = Sample(url, root)
        body = text_of(sample, extract.container)
        assert all(p in body for p in s.paragraphs)
        assert "Giấy phép" not in body and "Thời sự" not in body and "Chia sẻ" not in body
        assert text_of(sample, extract.title) == s.title
        assert text_of(sample, extract.lead) == s.lead
        assert s.day in text_of(sample, extract.published)
        assert text_of(sample, extract.authors).endswith(s.author)
        removed = " ".join(clean_line(e.text_content()) for css in extract.remove for e in sample.all(css))
        assert not any(p in removed for p in (*s.paragraphs, s.lead, s.caption))
        if extract.captions:
            assert text_of(sample, extract.captions) == s.caption


def test_a_press_without_classes_is_read_by_the_place_of_things() -> None:
    home = "https://tranh.example/"
    head = '<table><tr><td><a href="/">Trang chủ</a></td><td><a href="/xay-dung-dang">Xây dựng Đảng</a></td></tr></table>'
    foot = (
        "<table><tr><td>Bản quyền thuộc về báo, chịu trách nhiệm xuất bản là tổng biên tập.</td></tr></table>"
    )
    urls = [f"{home}{5200 + s.number}-{s.slug}.htm" for s in STORIES]
    listing = (
        head
        + "".join(
            f'<p><a href="{u}">{s.title}</a><br>{s.lead}</p>' for s, u in zip(STORIES, urls, strict=True)
        )
        + foot
    )
    pages = {home: listing, home + "xay-dung-dang": listing}
    for s, u in zip(STORIES, urls, strict=True):
        related = "".join(
            f'<li><a href="{o}">{STORIES[i].title}</a></li>'
            for i, o in enumerate(urls[s.number % 9 : s.number % 9 + 3], s.number % 9)
        )
        body = "".join(f"<p>{p}</p>" for p in (s.lead, *s.paragraphs))
        pages[u] = (
            f"{head}<div><h1>{s.title}</h1><p>{s.time} | {s.day}</p><div>{body}</div><ul>{related}</ul></div>{foot}"
        )
    press = Press(
        home, {u: f"<html><body>{b}</body></html>" for u, b in pages.items()}, home + "xay-dung-dang", urls
    )
    proposal = propose(press, home)
    assert proposal.source.extract[0].container == ("body > div > div",)
    assert proposal.source.extract[0].title == ("h1",)
    assert [u for u in urls if not proposal.source.articles.matches(u)] == []


def test_a_box_of_links_inside_the_body_is_furniture() -> None:
    press = blog_press()
    assert propose(press, press.home).source.extract[0].remove == ("div.inline-more",)


def test_captions_are_known_by_their_pictures() -> None:
    press = table_press()
    assert propose(press, press.home).source.extract[0].captions == ("td.chuthich",)


@pytest.mark.parametrize("make", PRESSES.values(), ids=PRESSES)
def test_a_section_or_an_article_leads_to_the_same_row(make: Callable[[], Press]) -> None:
    press = make()
    home = propose(press, press.home).source
    for start in (press.section, press.articles[0]):
        source = propose(make(), start).source
        assert source.sections[0].url == press.section
        assert source.homepage == home.homepage
        assert [u for u in press.articles if not source.articles.matches(u)] == []
        assert source.extract[0].container == home.extract[0].container
        assert source.extract[0].title == home.extract[0].title


@pytest.mark.parametrize("make", PRESSES.values(), ids=PRESSES)
def test_the_row_is_toml_that_loads_again_and_few_pages_were_asked_for(make: Callable[[], Press]) -> None:
    press = make()
    proposal = propose(press, press.home)
    assert Source.model_validate(tomllib.loads(proposal.toml)) == proposal.source
    assert proposal.requests == len(press.asked) <= MAX_REQUESTS
    assert len(set(press.asked)) == len(press.asked)
    assert len(proposal.articles) >= 3


def test_names_come_from_the_site() -> None:
    assert [(p.source.id, p.source.name) for p in (propose(m(), m().home) for m in PRESSES.values())] == [
        ("bao-song-lam", "Báo Sông Lầm"),
        ("tin-doi-vang", "Tin Đồi Vàng"),
        ("bao-cua-nguon", "Báo Cửa Nguồn"),
    ]


def test_a_page_that_does_not_come_and_a_page_without_articles_are_refused() -> None:
    press = Press(
        "https://trong.example/",
        {"https://trong.example/": "<html><body><a href='/a'>Một</a></body></html>"},
        "",
        [],
    )
    with pytest.raises(InvalidInput, match="không nhận ra"):
        propose(press, press.home)
    with pytest.raises(InvalidInput, match="không lấy được"):
        propose(press, press.home + "404")


BAD_TLS = "robots.txt: DownloadFailedError: [Error: [('SSL routines', '', 'certificate verify failed')]]"
NO_TLS = "robots.txt: DownloadFailedError: [Error: [('SSL routines', '', 'wrong version number')]]"
REFUSED_TLS = "DownloadConnectionRefusedError: Connection was refused by other side: 111: Connection refused."


@pytest.mark.parametrize("why", [NO_TLS, REFUSED_TLS])
def test_an_outlet_without_https_is_told_and_read_by_http(why: str) -> None:
    press = table_press()
    pages = {
        url.replace("https:", "http:"): text.replace("https:", "http:") for url, text in press.pages.items()
    }
    plain = Press(press.home.replace("https:", "http:"), pages, press.section, press.articles)

    def fetch(url: str) -> Page | str | None:
        return why if url.startswith("https:") else plain.fetch(url if url.count("/") > 2 else f"{url}/")

    proposal = infer_source({}, press.home.removeprefix("https://").strip("/"), fetch)
    assert any("chỉ có http" in note for note in proposal.notes), proposal.notes
    assert proposal.source.homepage.startswith("http://")


def test_a_bad_certificate_is_told_as_that_and_not_gone_round() -> None:
    asked: list[str] = []

    def fetch(url: str) -> str:
        asked.append(url)
        return BAD_TLS

    for typed in ("bao.example", "https://bao.example/"):
        with pytest.raises(InvalidInput, match="chứng thư hỏng") as refused:
            infer_source({}, typed, fetch)
        assert "http://bao.example" in str(refused.value)
    assert not any(url.startswith("http://") for url in asked)


@pytest.mark.parametrize(
    ("name", "host", "province", "covers"),
    [
        ("Báo Hà Giang", "x.vn", "Tuyên Quang", ("Hà Giang",)),
        ("Trang chủ", "baokiengiang.vn", "An Giang", ("Kiên Giang",)),
        (
            "Sài Gòn Giải Phóng",
            "sggp.vn",
            "TP. Hồ Chí Minh",
            ("TP. Hồ Chí Minh", "Bình Dương", "Bà Rịa - Vũng Tàu"),
        ),
        ("Báo Đồng Khởi", "x.vn", "Vĩnh Long", ("Bến Tre",)),
        ("Hànộimới", "x.vn", "Hà Nội", ("Hà Nội",)),
        ("Huế ngày nay", "x.vn", "Huế", ("Thừa Thiên Huế",)),
        ("Tạp chí Văn Giang", "vangiang.vn", None, ()),
        ("Báo Nhân Dân", "nhandan.vn", None, ()),
    ],
)
def test_the_province_is_guessed_from_the_name(
    name: str, host: str, province: str | None, covers: tuple[str, ...]
) -> None:
    assert province_of(name, host) == (province, covers)


def test_a_province_is_understood_as_people_write_it_and_put_into_the_row() -> None:
    for typed in ("Bắc Kạn", "bac kan", "tỉnh Bắc Kạn", unicodedata.normalize("NFD", "BẮC KẠN")):
        assert province_named(typed) == ("Thái Nguyên", ("Bắc Kạn",))
    assert province_named("tp.hcm")[0] == province_named("Thành phố Hồ Chí Minh")[0] == "TP. Hồ Chí Minh"
    assert province_named("Lam Hà") == (None, ())
    press = table_press()
    proposal = with_province(propose(press, press.home), "Thái Nguyên", ("Bắc Kạn",))
    assert (proposal.source.province, proposal.source.covers) == ("Thái Nguyên", ("Bắc Kạn",))
    assert proposal.toml.count("province") == proposal.toml.count("covers") == 1
    assert not any("Không đoán được tỉnh" in note for note in proposal.notes)


def test_a_bot_wall_is_named_and_not_climbed() -> None:
    wall = "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before accessing.</p><p>Enable JavaScript and cookies to continue</p><script src='/cdn-cgi/challenge-platform/x.js'></script></body></html>"
    press = Press("https://tuong.example/", {"https://tuong.example/": wall}, "", [])
    with pytest.raises(InvalidInput, match="không vượt tường"):
        propose(press, press.home)
    assert press.asked == [press.home]


@pytest.mark.parametrize(
    ("articles", "others"),
    [
        (["chinh-tri/xdd/hop-bao-cao-so-ket-123456.html", "xa-hoi/mot-hai-ba-bon-223456.html"], ["xay-dung-dang.html", "xay-dung-dang/trang-2.html"]),
        (["hop-bao-cao-so-ket-post123.html", "mot-hai-ba-bon-post1123.html"], ["xay-dung-dang/", "tag/dang-tag12.html"]),
        (["a/202611/hop-bao-cao-so-0a1b2c3/", "b/c/202612/hop-bao-cao-so-deadbe1/"], ["a/", "a/202611/"]),
        (["2026/11/21/hop-bao-cao-thon-ha/", "2026/11/20/mot-hai-ba-bon-nam/"], ["category/xdd/", "2026/11/"]),
        (["hop-bao-cao-thon-ha-moi/", "mot-hai-ba-bon-nam-sau/"], ["category/xdd/", "lien-he-quang-cao/"]),
        (["viewer.aspx?macm=39&mabb=1", "viewer.aspx?macm=39&mabb=2", "viewer.aspx?macm=40&mabb=3"], ["viewer.aspx?macm=1"]),
        (["news/123p1c24/hop-bao.htm", "news/1283p1c24/hop-bao-moi.htm"], ["news/c24.htm"]),
        (["tin/12345-hop-bao-cao.html", "tin/xx/12346-hop-bao-cao-moi.html"], ["tin/xx.html"]),
        (["tin/hop-bao-cao-RCbhgpV1g.html", "tin/hop-bao-cao-moi-QCbh8pVIg.html"], ["tin/xx.html"]),
        (["tin/hop-bao-cao/12345.html", "tin/hop-bao-cao-moi/2345.html"], ["tin/xx/2.html"]),
        (["d/2026112108153012.htm", "d/2026112108153017.htm"], ["d/2.htm"]),
    ],
)  # fmt: skip
def test_a_pattern_has_the_form_of_its_examples(articles: list[str], others: list[str]) -> None:
    base = "https://bao.example/"
    pattern = pattern_of([base + a for a in articles], [base + o for o in others])
    assert [a for a in articles if not pattern.matches(base + a)] == []
    assert [o for o in others if pattern.matches(base + o)] == []
    assert not pattern.matches("https://khac.example/" + articles[0])


@pytest.mark.parametrize(
    "menu",
    [
        {"Chính trị": "/chinh-tri", "Xây dựng Đảng": "/chinh-tri/xay-dung-dang"},
        {"XÂY DỰNG ĐẢNG - CHÍNH QUYỀN": "/muc-12.html", "Xây dựng": "/xay-dung"},
        {
            "Đảng và đời sống": "/c/9",
            "Đời sống": "/c/10",
            "Hoạt động xây dựng Đảng ở xã Mây Trắng hôm nay có gì mới": "/xay-dung-dang-a1.html",
        },
        {"Đảng - Đoàn thể": "/dang-doan-the", "Đoàn thể": "/doan-the"},
        {"Đảng": "/tag/dang/", "Đảng trong cuộc sống": "/muc/dang-trong-cuoc-song/"},
    ],
)
def test_the_section_is_known_by_its_name(menu: dict[str, str]) -> None:
    links = [Anchor("https://bao.example" + path, name, True) for name, path in menu.items()]
    found = find_sections(links)[0].text
    assert fold(found).startswith(("xay dung dang", "dang ")) and len(found.split()) < 8
