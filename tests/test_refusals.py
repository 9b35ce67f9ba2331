"""Why a page did not come, as the operator reads it."""

from __future__ import annotations

import pytest

from crawler.messages import in_both, in_words


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("HTTP 404", "không có trang này"),
        ("HTTP 403", "không vòng qua"),
        ("HTTP 503", "máy chủ đang lỗi"),
        ("robots.txt forbids http://a.example/", "xin phép tòa soạn"),
        ("a.example is a private address; --allow-private lets a crawl reach it", "--allow-private"),
        ("a.example is left alone for another 900 s (ConnectionRefusedError: 111)", "để yên"),
        ("DownloadConnectionRefusedError: Connection was refused by other side", "từ chối kết nối"),
        ("CannotResolveHostError: DNS lookup failed", "tên miền"),
        ("DownloadTimeoutError: took longer than 30.0 seconds", "thử lại sau"),
        ("SSLError: certificate verify failed", "không hạ mức an toàn"),
    ],
)
def test_a_refusal_says_what_to_do_and_keeps_its_own_words(problem: str, words: str) -> None:
    said = in_words(problem)
    assert words in said and problem[:20] in said


def test_a_refusal_of_no_known_kind_is_left_as_it_is() -> None:
    assert in_words("no links") == "no links" and in_words("") == ""


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            "https://a.example/tin-403-ssl/: HTTP 503",
            "máy chủ đang lỗi",
        ),  # the address is not what went wrong
        ("https://a.example/: bot wall: the page is a challenge: 'cf-chl'", "tường chặn máy"),
        ("https://a.example/rss: no article links (a web page)", "không thấy liên kết"),
        ("3 errors in the spider; see the log", "gặp lỗi"),
        ("something new", "có lỗi"),
    ],
)
def test_a_refusal_in_a_table_stands_in_both_languages(problem: str, words: str) -> None:
    vietnamese, _, own = in_both(problem).partition(" / ")
    assert words in vietnamese and own == problem
