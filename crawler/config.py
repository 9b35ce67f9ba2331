"""What an operator may set: `diemtin.toml` in the data folder, `DIEMTIN_*` in the environment, options.

Options win over the environment, the environment over the file. An unknown key is an error that names it:
a misspelt setting that is silently ignored is found months later.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError

from crawler.errors import InvalidInput
from crawler.source import explain
from crawler.watch.mail_settings import MailSettings

PREFIX = "DIEMTIN_"


class CrawlSettings(BaseModel):
    """Limits of one crawl."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_minutes: float = Field(default=30, gt=0)
    """A scheduled crawl that runs longer is killed; the next one goes on where it stood."""
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


class Config(BaseSettings):
    """The settings of one diemtin; see `docs/operations.md`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
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
    workers: int = Field(default=max(1, (os.cpu_count() or 2) - 1), ge=0)
    """Processes that read pages; 0 reads in the crawl's own process."""
    now: AwareDatetime | None = None
    """A fixed clock for the demo and for tests."""
    mail: MailSettings = MailSettings()
    crawl: CrawlSettings = CrawlSettings()

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
        folder = Path(given.get("data") or os.environ.get(PREFIX + "DATA") or "data")
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=folder / "diemtin.toml"),
        )

    def clock(self) -> datetime:
        """The time now, aware; the fixed one where `now` is set."""
        return self.now or datetime.now(UTC)

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.data / 'diemtin.db').absolute()}"

    @property
    def outbox(self) -> Path:
        """Where mails are written when no server is set."""
        return self.data / "outbox"

    @property
    def exports(self) -> Path:
        """Where exports go by default."""
        return self.data / "exports"


def load_config(environ: Mapping[str, str] | None = None, **options: Any) -> Config:
    """The settings in force; options that are None do not count.

    Raises InvalidInput naming the file or variable, the key and the reason.
    """
    environ = os.environ if environ is None else environ
    _refuse_unknown(environ)
    given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    if "sources" not in given and (folders := environ.get(PREFIX + "SOURCES")):
        given["sources"] = tuple(Path(folder) for folder in folders.split(os.pathsep) if folder)
    folder = Path(given.get("data") or environ.get(PREFIX + "DATA") or "data")
    where = f"{folder / 'diemtin.toml'} / {PREFIX}*"
    try:
        return Config(**given)
    except ValidationError as error:
        raise InvalidInput(f"{where}: {explain(error)}") from error
    except (SettingsError, ValueError) as error:  # an unreadable TOML file arrives as a ValueError
        raise InvalidInput(f"{where}: {error}") from error


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {name.upper() for name in Config.model_fields}
    for variable in sorted(environ):
        if not variable.upper().startswith(PREFIX):
            continue
        key = variable.upper().removeprefix(PREFIX).split("__")[0]
        if key not in known:
            raise InvalidInput(
                f"{variable}: no such setting; known: {', '.join(PREFIX + name for name in sorted(known))}"
            )
