"""Settings from options, the environment and the file: who wins, and what is refused in which words."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.config import PREFIX, load_config, setting_keys, variable_of
from crawler.errors import InvalidInput


@pytest.fixture(autouse=True)
def no_settings_of_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "diemtin.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_without_any_setting_everything_has_a_default_below_the_working_directory() -> None:
    config = load_config()
    assert config.data == Path("data")
    assert config.url.startswith("sqlite:///") and config.url.endswith("/data/diemtin.db")
    assert (config.outbox, config.exports) == (Path("data/outbox"), Path("data/exports"))
    assert config.shipped_sources and not config.allow_private and config.sources == ()
    assert config.clock().tzinfo is not None


def test_an_option_wins_over_the_environment_and_the_environment_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 'contact = "file@example.org"\nworkers = 1\n[mail]\noperator = "file@example.org"\n')
    assert load_config(data=tmp_path).contact == "file@example.org"
    monkeypatch.setenv("DIEMTIN_CONTACT", "env@example.org")
    monkeypatch.setenv("DIEMTIN_MAIL__SMTP", "smtp://mail.example:25")
    assert load_config(data=tmp_path).contact == "env@example.org"
    config = load_config(data=tmp_path, contact="option@example.org", workers=None)
    assert config.contact == "option@example.org"
    assert config.workers == 1, "an option that was not given does not count"
    assert config.mail.smtp == "smtp://mail.example:25"
    assert config.mail.operator == "file@example.org", (
        "one key of a group leaves the others of the file alone"
    )


def test_the_data_folder_of_the_environment_brings_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "workers = 7\n")
    monkeypatch.setenv("DIEMTIN_DATA", str(tmp_path))
    assert load_config().workers == 7
    other = tmp_path / "other"
    other.mkdir()
    assert load_config(data=other).workers != 7


def test_folders_of_sources_are_a_list_in_the_file_and_a_search_path_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 'sources = ["/a", "/b"]\n')
    assert load_config(data=tmp_path).sources == (Path("/a"), Path("/b"))
    monkeypatch.setenv("DIEMTIN_SOURCES", f"/c{os.pathsep}/d{os.pathsep}")
    assert load_config(data=tmp_path).sources == (Path("/c"), Path("/d"))
    assert load_config(data=tmp_path, sources=(Path("/e"),)).sources == (Path("/e"),)


def test_an_empty_variable_counts_as_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 'workers = 3\ndatabase_url = "postgresql://db.example/diemtin"\n')
    for name in ("DIEMTIN_WORKERS", "DIEMTIN_DATABASE_URL", "DIEMTIN_SOURCES", "DIEMTIN_MAIL__SMTP"):
        monkeypatch.setenv(name, "")
    config = load_config(data=tmp_path)
    assert (config.workers, config.url) == (3, "postgresql://db.example/diemtin")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nonsense = 1\n",
            (
                "nonsense",
                "known: allow_private, archive.days, archive.gigabytes, archive.keep, contact, crawl.at",
            ),
        ),
        ('[mail]\nsmpt = "smtp://x"\n', ("mail.smpt", "did you mean mail.smtp?", "mail.operator")),
        ("[crawl]\nmax_minute = 3\n", ("crawl.max_minute", "did you mean crawl.max_minutes?")),
        ("[nobody]\nknows = 1\n", ("nobody", "known:")),
        ("workers = = 1\n", ("at line 1",)),
        ('workers = "many"\n', ("workers", "valid integer")),
        ("crawl = 3\n", ("crawl",)),
        ("[crawl]\nmax_minutes = 0\n", ("crawl.max_minutes", "greater than 0")),
        ('[mail]\nsmtp = "ftp://host"\n', ("mail.smtp", "smtp://")),
        ('data = "elsewhere"\n', ("data", "--data", "DIEMTIN_DATA")),
        ("now = 2026-11-20T06:00:00\n", ("now", "timezone")),
        (b"contact = '\xff\xfe'\n", ("utf-8",)),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_the_key_and_the_reason(
    tmp_path: Path, text: str | bytes, said: tuple[str, ...]
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(InvalidInput) as caught:
        load_config(data=tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    for words in said:
        assert words in message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DIEMTIN_DATABSE_URL", "x", ("did you mean DIEMTIN_DATABASE_URL?", "DIEMTIN_WORKERS")),
        ("DIEMTIN_MAIL__SMPT", "x", ("did you mean DIEMTIN_MAIL__SMTP?",)),
        ("DIEMTIN_MAIL", "{}", ("no such setting", "DIEMTIN_MAIL__SMTP")),
        ("DIEMTIN_CONTACT__NAME", "x", ("no such setting",)),
        ("DIEMTIN_WORKERS", "many", ("workers", "valid integer")),
        ("DIEMTIN_ALLOW_PRIVATE", "perhaps", ("allow_private", "valid boolean")),
        ("DIEMTIN_CRAWL__TIMEOUT", "-1", ("crawl.timeout", "greater than 0")),
        ("DIEMTIN_NOW", "yesterday", ("now",)),
    ],
)
def test_a_wrong_variable_is_refused_with_its_name_and_the_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: tuple[str, ...]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as caught:
        load_config()
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    for words in said:
        assert words in message


def test_a_refused_mail_server_does_not_put_its_password_into_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIEMTIN_MAIL__SMTP", "imap://me:very-secret@mail.example")
    with pytest.raises(InvalidInput) as caught:
        load_config()
    assert "very-secret" not in str(caught.value)


def test_every_wrong_value_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, 'workers = "many"\n')
    monkeypatch.setenv("DIEMTIN_CRAWL__TIMEOUT", "soon")
    with pytest.raises(InvalidInput) as caught:
        load_config(data=tmp_path)
    for words in (str(file), "workers", "DIEMTIN_CRAWL__TIMEOUT", "crawl.timeout"):
        assert words in str(caught.value)


def test_every_setting_can_be_set_by_its_variable() -> None:
    keys = setting_keys()
    assert {"mail.smtp", "crawl.max_minutes", "data", "allow_private"} <= set(keys)
    assert variable_of("crawl.max_minutes") == "DIEMTIN_CRAWL__MAX_MINUTES"
    assert len({variable_of(key) for key in keys}) == len(keys)


def test_the_clock_stands_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIEMTIN_NOW", "2026-11-20T06:00:00+07:00")
    assert load_config().clock() == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
