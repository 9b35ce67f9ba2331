"""The `[digest]` settings: whose name stands on a bản điểm báo."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from crawler.delivery.digest import DigestHead


class DigestSettings(BaseModel):
    """What stands at the head and the foot of a digest; None leaves the place blank for the pen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parent: str | None = None
    """The agency above the office: `TỈNH ỦY LAM HÀ`."""
    office: str | None = None
    """`BAN TUYÊN GIÁO VÀ DÂN VẬN`."""
    number: str | None = None
    """`125-BC/BTGDVTU`."""
    place: str | None = None
    """Where it is signed: the place before the date."""
    signer: str | None = None
    recipients: tuple[str, ...] = ()
    """Under `Nơi nhận`, one a line."""
    province: str | None = None
    """The own province: its news come first."""

    def head(self) -> DigestHead:
        """The head of a new digest."""
        return DigestHead(
            parent=self.parent,
            office=self.office,
            number=self.number,
            place=self.place,
            signer=self.signer,
            recipients=self.recipients,
        )
