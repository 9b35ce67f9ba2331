from crawler.discovery.succession import by_former_province, by_province, identity, owner, slug
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES, Source


def row(name: str, host: str, **changes: object) -> Source:
    data: dict[str, object] = {
        "id": name,
        "name": name,
        "province": "Gia Lai",
        "homepage": f"https://{host}/",
        "evidence": "seen",
        "sections": [{"name": "Xây dựng Đảng", "url": f"https://{host}/xay-dung-dang"}],
        "articles": {"url": rf"^https?://{host}/[^/]+-\d+\.html$"},
    }
    return Source.model_validate({**data, **changes})


ROWS = {
    "bao-moi": row("bao-moi", "baomoi.example", former_domains=["baocu.example", "trung.example"]),
    "bao-xa": row("bao-xa", "xa.baomoi.example"),
    "bao-trung": row("bao-trung", "trung.example"),
}


def test_one_article_keeps_one_identity_through_a_move() -> None:
    addresses = [
        "https://baomoi.example/hop-9.html",
        "http://www.baocu.example/hop-9.html?ref=x",
        "http://m.baomoi.example/hop-9.html",
    ]
    assert {identity(a, ROWS) for a in addresses} == {("bao-moi", "https://baomoi.example/hop-9.html")}


def test_a_host_in_use_beats_the_same_host_in_a_list_of_former_ones() -> None:
    source = owner("https://trung.example/hop-9.html", ROWS)
    assert source is not None and source.id == "bao-trung"


def test_the_closest_host_wins_and_a_strange_one_has_no_owner() -> None:
    source = owner("https://xa.baomoi.example/hop-9.html", ROWS)
    assert source is not None and source.id == "bao-xa"
    assert owner("https://khac.example/hop-9.html", ROWS) is None
    assert identity("https://khac.example/hop-9.html#x", ROWS) == (None, "https://khac.example/hop-9.html")


def test_a_refiled_article_is_found_again_by_its_slug() -> None:
    old = "http://cu.example/tin-tuc/xdd/Chi-bo-thon-Ha-tong-ket-nam-269955-108.html"
    assert slug(old) == slug("https://moi.example/chinh-tri/202012/chi-bo-thon-ha-tong-ket-nam-0a1b2c3/")
    assert slug(old) == slug("https://moi.example/310783-chi-bo-thon-ha-tong-ket-nam.html")
    assert slug("https://moi.example/hop-bao-123.html") is None


def test_the_63_and_the_34_hold_the_same_outlets() -> None:
    assert len(set(FORMER_PROVINCES)) == 63
    rows = [*ROWS.values(), row("bao-nua", "nua.example", covers=["Bình Định"])]
    before = by_former_province(rows)
    assert [s.id for s in before["Bình Định"]] == ["bao-moi", "bao-xa", "bao-trung", "bao-nua"]
    assert [s.id for s in before["Gia Lai"]] == ["bao-moi", "bao-xa", "bao-trung"]
    assert list(by_province(rows)) == [*PROVINCES, CENTRAL]
