"""What an operator may set: `diemtin.toml` in the data folder, `DIEMTIN_*` in the environment, options.

Options win over the environment, the environment over the file. An unknown key is an error that names it:
a misspelt setting that is silently ignored is found months later.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from crawler.delivery.digest_settings import DigestSettings
from crawler.delivery.mail_settings import MailSettings
from crawler.errors import InvalidInput
from crawler.messages import explain, system_reason
from crawler.registry import load_registry
from crawler.source import LookTimesText, Source

PREFIX = "DIEMTIN_"


class CrawlSettings(BaseModel):
    """Limits of one crawl."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_minutes: float = Field(default=30, gt=0)
    """A scheduled crawl that runs longer is killed; the next one goes on where it stood."""
    at: LookTimesText | None = None
    """Fixed times at which every source without times of its own is looked at, besides its rhythm."""
    first_pages: int = Field(default=3, ge=1)
    """How many listing pages the first visit of a section reads; later ones go back to what is known."""
    max_pages: int = Field(default=200, ge=1)
    """The most listing pages one crawl of a section reads on its way back."""
    max_page_bytes: int = Field(default=8_000_000, gt=0)
    """A larger answer is not read: the longest real article page in 66–508 KB leaves a wide margin."""
    timeout: float = Field(default=30, gt=0)
    """Seconds for one request."""
    read_seconds: float = Field(default=20, gt=0)
    """A page that takes a worker longer is given up and the worker replaced."""
    second_reader_every: int = Field(default=50, ge=0)
    """Of a layout's pages beyond the first twenty one in so many is read by the second reader too; 0: none at all."""


class ArchiveSettings(BaseModel):
    """What is kept of the pages themselves, and how much of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: Literal["all", "articles", "off"] = "articles"
    """The pages of articles, or every answer: listings, feeds, sitemaps and robots.txt too, ten times as much."""
    days: float | None = Field(default=None, gt=0)
    """Files whose last answer is older are deleted; None: none for its age."""
    gigabytes: float | None = Field(default=20, gt=0)
    """The oldest files are deleted while all together are larger; None: never."""


class SearchSettings(BaseModel):
    """Limits of one search."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: float = Field(default=20, gt=0)
    """A search that takes longer shows what it has found by then, and says so."""


class Config(BaseSettings):
    """The settings of one diemtin; see `docs/operations.md`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    data: Path = Path("data")
    """The data folder (DESIGN §6.2)."""
    database_url: str | None = None
    """SQLite or PostgreSQL; without it `diemtin.db` in the data folder."""
    sources: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders of further registry rows."""
    shipped_sources: bool = True
    """False leaves the shipped registry out: only the rows of `sources` count."""
    allow_private: bool = False
    """Lets a crawl reach loopback and private addresses."""
    contact: str | None = None
    """An address that stands in the agent name, so that an outlet can complain."""
    workers: int = Field(default=max(1, min(os.cpu_count() or 1, 4)), ge=0)
    """Processes that read pages, by default one a core and four at most; 0 reads in the crawl's own process."""
    now: AwareDatetime | None = None
    """A fixed clock for the demo and for tests."""
    mail: MailSettings = MailSettings()
    crawl: CrawlSettings = CrawlSettings()
    search: SearchSettings = SearchSettings()
    archive: ArchiveSettings = ArchiveSettings()
    digest: DigestSettings = DigestSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, environment, file; nothing else."""
        given: Any = getattr(init_settings, "init_kwargs", {})
        file = _settings_file(given, _environment())
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    def clock(self) -> datetime:
        """The time now, aware; the fixed one where `now` is set."""
        return self.now or datetime.now(UTC)

    def registry(self) -> dict[str, Source]:
        """The rows in force by id: the shipped ones, then `sources/` of the data folder, then `sources`.

        A later row replaces an earlier one with the same id. Raises InvalidSource for a wrong row.
        """
        return load_registry(*self.source_folders, shipped=self.shipped_sources)

    @property
    def source_folders(self) -> tuple[Path, ...]:
        """Folders of rows besides the shipped ones; a later folder's row wins."""
        own = self.data / "sources"
        return ((own,) if own.is_dir() else ()) + self.sources

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.data / 'diemtin.db').absolute()}"

    @property
    def learned_topics_folder(self) -> Path:
        """Where `topics train` writes its models; a crawl uses them when they are there."""
        return self.data / "topics"

    @property
    def outbox(self) -> Path:
        """Where mails are written when no server is set."""
        return self.data / "outbox"

    @property
    def warc_folder(self) -> Path:
        """Where the pages themselves are kept."""
        return self.data / "warc"

    @property
    def exports(self) -> Path:
        """Where exports go by default."""
        return self.data / "exports"


def load_config(**options: Any) -> Config:
    """The settings in force; options that are None do not count, nor do empty variables.

    Raises InvalidInput naming the option, variable or file, the key and the reason.
    """
    given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    environ = _environment()
    file = _settings_file(given, environ)
    _refuse_unknown_variables(environ)
    _refuse_unknown_keys(file)
    values = dict(given)
    if "sources" not in given and (folders := environ.get(PREFIX + "SOURCES")):
        values["sources"] = tuple(Path(folder) for folder in folders.split(os.pathsep) if folder)
    try:
        return Config(**values)
    except ValidationError as error:
        places = dict.fromkeys(_place(e["loc"], given, environ, file) for e in error.errors())
        raise InvalidInput(f"{', '.join(places)}: {explain(error)}") from error


def setting_keys() -> tuple[str, ...]:
    """Every setting by its dotted key in `diemtin.toml`, sorted: `crawl.max_minutes`, `workers` …"""
    return tuple(sorted(_keys_of(Config)))


def variable_of(key: str) -> str:
    """The environment variable of a setting.

    >>> variable_of("mail.smtp")
    'DIEMTIN_MAIL__SMTP'
    """
    return PREFIX + key.upper().replace(".", "__")


def _keys_of(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from (f"{name}.{key}" for key in _keys_of(inner))
        else:
            yield name


def _environment() -> dict[str, str]:
    """The variables that may be settings, in capitals; an empty one counts as not set."""
    return {
        name.upper(): value for name, value in os.environ.items() if value and name.upper().startswith(PREFIX)
    }


def _settings_file(given: Mapping[str, Any], environ: Mapping[str, str]) -> Path:
    return Path(given.get("data") or environ.get(PREFIX + "DATA") or "data") / "diemtin.toml"


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = {variable_of(key) for key in setting_keys()}
    for variable in sorted(environ):
        if variable not in known:
            raise InvalidInput(f"{variable}: {_no_such(variable, known)}")


def _refuse_unknown_keys(file: Path) -> None:
    """Read the file once by itself, so that what is wrong with it is said with its name."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidInput(f"{file}: {system_reason(error)}") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise InvalidInput(f"{file}: không phải TOML hợp lệ, hoặc không phải UTF-8 / {error}") from error
    known = set(setting_keys())
    groups = {key.partition(".")[0] for key in known if "." in key}
    for name, value in table.items():
        inner = value if name in groups and isinstance(value, dict) else None
        for key in [name] if inner is None else [f"{name}.{key}" for key in inner]:
            if key == "data":
                raise InvalidInput(
                    f"{file}: data: tệp này nằm trong chính thư mục dữ liệu / "
                    f"this file stands in the data folder; use --data or {PREFIX}DATA"
                )
            if key not in known and key not in groups:
                raise InvalidInput(f"{file}: {key}: {_no_such(key, known - {'data'})}")


def _no_such(wanted: str, known: Set[str]) -> str:
    near = get_close_matches(wanted, sorted(known), n=1)
    meant, guess = (f" (hay là {near[0]}?)", f" (did you mean {near[0]}?)") if near else ("", "")
    return f"không có thiết lập này{meant} / no such setting{guess}; known: {', '.join(sorted(known))}"


def _place(loc: Sequence[int | str], given: Mapping[str, Any], environ: Mapping[str, str], file: Path) -> str:
    """Where a wrong value came from."""
    key = ".".join(str(part) for part in loc)
    for name in (key, str(loc[0]) if loc else ""):
        if name in given:
            return f"--{name.replace('_', '-')}"
        if variable_of(name) in environ:
            return variable_of(name)
    return str(file)
