import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.source import Source
from crawler.urls import canonical_url, is_article, is_private, request_url


def row(**changes: object) -> Source:
    data: dict[str, object] = {
        "id": "bao-song-lam",
        "name": "Báo Sông Lầm",
        "province": "Sông Lầm",
        "fictitious": True,
        "homepage": "https://baosonglam.example/",
        "former_domains": ["songlamcu.example", "http://daihoi.songlamcu.example:8080"],
        "evidence": "seen",
        "sections": [{"name": "Xây dựng Đảng", "url": "https://baosonglam.example/xay-dung-dang"}],
        "articles": {
            "url": r"^https?://baosonglam\.example/.+-[0-9a-f]{7}/$",
            "old_urls": [
                r"^https?://baosonglam\.example/.+-\d{5}\.html$",
                r"^https?://songlamcu\.example/viewer\.aspx\?.*\bmabb=\d+",
            ],
            "identity_params": ["mabb"],
        },
    }
    return Source.model_validate({**data, **changes})


@pytest.mark.parametrize(
    ("spelled", "identity"),
    [
        ("https://baosonglam.example/a/hop-bao-0a1b2c3/", "https://baosonglam.example/a/hop-bao-0a1b2c3/"),
        ("http://www.BaoSongLam.example/a/hop-bao-0a1b2c3/?page=2#binh-luan", "https://baosonglam.example/a/hop-bao-0a1b2c3/"),
        ("https://m.baosonglam.example/a/hop-bao-0a1b2c3", "https://baosonglam.example/a/hop-bao-0a1b2c3/"),
        ("https://baosonglam.example:443/a//hop-bao-0a1b2c3/?utm_source=zalo", "https://baosonglam.example/a/hop-bao-0a1b2c3/"),
        ("http://songlamcu.example/a/hop-bao-0a1b2c3/", "https://baosonglam.example/a/hop-bao-0a1b2c3/"),
        ("http://songlamcu.example/tin/hop-bao-12345.html", "https://baosonglam.example/tin/hop-bao-12345.html"),
        ("http://songlamcu.example/viewer.aspx?macm=39&MABB=222823", "http://songlamcu.example/viewer.aspx?mabb=222823"),
        ("http://daihoi.songlamcu.example:8080/x-12345.html", "https://baosonglam.example/x-12345.html"),
        ("http://daihoi.songlamcu.example/x-12345.html", "http://daihoi.songlamcu.example/x-12345.html"),
        ("https://khac.example/Tin-Tuc/Bai.html?b=2&fbclid=x", "https://khac.example/Tin-Tuc/Bai.html"),
    ],
)  # fmt: skip
def test_an_article_has_one_address_whatever_link_leads_to_it(spelled: str, identity: str) -> None:
    assert canonical_url(spelled, row()) == identity


def test_a_query_that_the_pattern_asks_for_is_kept_without_being_named() -> None:
    source = row(articles={"url": r"/doc\.aspx\?id=\d+$"})
    assert canonical_url("https://baosonglam.example/doc.aspx?id=7&utm_medium=x", source).endswith(
        "/doc.aspx?id=7"
    )


@pytest.mark.parametrize(
    ("port", "kept"),
    [
        ("8443", ":8443"),
        ("59999", ":59999"),
        ("65535", ":65535"),
        ("443", ":443"),
        ("80", ""),
        ("65536", None),
    ],
)
def test_a_port_is_kept_unless_it_is_the_default_or_none(port: str, kept: str | None) -> None:
    expected = None if kept is None else f"http://bao.example{kept}/bai"
    assert request_url(f"http://bao.example:{port}/bai") == expected
    assert request_url("/bai", f"http://bao.example:{port}/") == expected


def test_without_a_row_only_tracking_goes() -> None:
    url = "HTTP://Bao.Example:80/Xem/Bai viet.aspx;jsessionid=9?zarsrc=31&id=5&fbclid=q#top"
    assert canonical_url(url, None) == "http://bao.example/Xem/Bai%20viet.aspx?id=5"


@pytest.mark.parametrize(
    "href",
    ["", "#top", "javascript:void(0)", "mailto:a@b.example", "https://[::1/", "http://a:b/", "x" * 3000],
)
def test_what_is_no_address_is_none(href: str) -> None:
    base = "" if href != "#top" else "about:blank"
    assert request_url(href, base) is None


@given(st.text(max_size=60))
def test_a_canonical_address_is_its_own(text: str) -> None:
    source = row()
    for known in (None, source):
        once = canonical_url(f"https://baosonglam.example/{text}", known)
        assert canonical_url(once, known) == once


def test_only_the_outlets_own_hosts_hold_its_articles() -> None:
    source = row(articles={"url": r"-\d{5}\.html$"})
    assert is_article("https://www.baosonglam.example/x-12345.html", source)
    assert is_article("https://xa.baosonglam.example/x-12345.html", source)
    assert is_article("http://songlamcu.example/x-12345.html", source)
    assert not is_article("https://quangcao.example/x-12345.html", source)
    assert not is_article("https://baosonglam.example.evil.example/x-12345.html", source)


@pytest.mark.parametrize(
    "host",
    ["localhost", "bao.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
     "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "[::1]", "::", "fe80::1%eth0", "fd00::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "printer", "nas.local", "kho.internal", "", "127.0.0.1."],
)  # fmt: skip
def test_private_hosts_are_known_in_every_spelling(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize(
    "host", ["bao.example", "8.8.8.8", "2606:4700::1111", "1.2.3.4.5.example", "local.example"]
)
def test_public_hosts_are_not_private(host: str) -> None:
    assert not is_private(host)
