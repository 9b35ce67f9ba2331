"""`diemtin deliver`, `diemtin bounce` and `diemtin watch reply`: mail that goes out, and mail that comes back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.frame import SHOWN, show_rows, tell_of_more
from crawler.cli.shell import Json, app, config, console, notes, print_json, say, vietnamese_time
from crawler.cli.stores import store_to_change, store_to_read, warn_of_open_files
from crawler.cli.watching import watch_app
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.delivery.bounces import Bounced
    from crawler.store.deliveries import Delivery
    from crawler.store.held import Held
    from crawler.store.outbox import Engine

Secrets = Annotated[
    bool,
    typer.Option(
        "--secrets",
        help="Hiện cả khóa và địa chỉ bí mật. Also show the secrets of webhooks and services.",
    ),
]
_STATES = {
    "sent": "đã gửi",
    "suspended": "tạm ngưng",
    "left": "đã rời",
    "queued": "chờ gửi",
    "retry": "gửi lại",
    "dead": "không gửi được",
}
_WAITS = {
    "digest": "bản tin định kỳ",
    "quiet": "hết giờ yên lặng",
    "paused": "mục tạm dừng",
    "suspended": "địa chỉ tạm ngưng",
    "asked": "chờ người nhận đồng ý",
    "next_delivery": "lượt gửi kế tiếp",
}
_HEADINGS = ("Số", "Tình trạng", "Gửi tới", "Tiêu đề", "Lần thử", "Thử tiếp", "Lỗi gần nhất")
_HELD_HEADINGS = ("Gửi lúc", "Gửi tới", "Chờ", "Số tin", "Mục theo dõi")
_BOUNCED = {
    "suspended": "đã tạm ngưng địa chỉ",
    "dead": "thư không tới, đã báo người vận hành",
    "passed on": "không rõ thư nào của máy này, đã chuyển người vận hành",
    "nothing": "không phải làm gì",
}


@app.command()
def deliver(
    requeue: Annotated[
        int | None,
        typer.Option(help="Gửi lại một thư hỏng, theo số. Send a dead message again, by its number."),
    ] = None,
    only_list: Annotated[
        bool,
        typer.Option(
            "--list",
            help="Chỉ xem: thư chờ, thư hỏng, tin chờ giờ gửi. Send nothing: show what waits and the dead.",
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Với --list: nhiều nhất bấy nhiêu dòng; mặc định 20, với --json là tất cả. At most so many.",
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            help="Với --list, trang tiếp: mã ở cuối trang trước. The next page: what the last one gave."
        ),
    ] = None,
    secrets: Secrets = False,
    json: Json = False,
) -> None:
    """Gửi những thư còn nợ, qua SMTP hoặc vào outbox/. Send what is owed, by SMTP or into outbox/."""
    settings = config()
    if only_list:
        if requeue is not None:
            raise InvalidInput(
                "--list chỉ xem, không gửi: bỏ --list khi dùng --requeue / "
                "--list sends nothing: give --requeue without it"
            )
        _list_waiting(store_to_read(settings), limit=limit, after=after, secrets=secrets, json=json)
        return
    if limit is not None or after is not None:
        raise InvalidInput("--limit và --after chỉ dùng với --list / --limit and --after go with --list")
    from crawler.delivery.tick import deliver as run_deliver
    from crawler.store import deliveries
    from crawler.store.database import open_database

    engine = open_database(settings.url)
    now = settings.clock()
    if requeue is not None:
        with engine.begin() as connection:
            if not deliveries.requeue(connection, requeue, now=now):
                raise InvalidInput(
                    f"--requeue {requeue}: không có thư hỏng nào mang số này / "
                    "no dead message has this number"
                )
    if not json:
        warn_of_open_files(settings)
    report = run_deliver(
        engine, config_mail=settings.mail, outbox_folder=settings.outbox, now=now, sources=settings.registry(),
        allow_private=settings.allow_private,
    )  # fmt: skip
    if json:
        print_json(report.to_json())
    else:
        for message in report.messages:
            where = message.file or message.address
            console.print(
                f"{_STATES[message.state]} / {message.state}: {message.subject} → {where}"
                + (f": {message.error}" if message.error else ""),
                markup=False,
            )
        console.print(f"{report.count('sent')} thư đã gửi, {report.waiting} thư chờ.")
    if any(message.state != "sent" for message in report.messages):
        raise typer.Exit(1)


@app.command()
def bounce(
    file: Annotated[
        Path,
        typer.Argument(
            help="Thư bị trả lại (.eml), hộp thư mbox hay Maildir; - : đọc từ ống dẫn. "
            "A mail that came back, a mailbox (mbox or Maildir), or - for a pipe."
        ),
    ],
    json: Json = False,
) -> None:
    """Nhận thư bị trả lại (RFC 3464): địa chỉ không còn thì tạm ngưng.

    Take in mails that came back: an address that is no more is suspended, as by a 550. Safe to repeat.
    """
    from crawler.delivery.bounces import handle_bounce

    settings = config()
    engine = store_to_change(settings)
    done: list[Bounced] = []
    read = 0
    for raw in _mails(file):
        read += 1
        try:
            with engine.begin() as connection:
                done += handle_bounce(connection, raw, now=settings.clock())
        except InvalidInput as error:
            notes.print(f"{file}: {error}", markup=False)
    if json:
        print_json([{"what": b.what, "address": b.address, "why": b.why} for b in done])
    else:
        for one in done:
            say(f"{one.address or '?'}: {_BOUNCED[one.what]}" + (f" ({one.why})" if one.why else ""))
    if not done:
        notes.print(f"{file}: {read} thư, không có thư bị trả lại / no report of a mail that came back")
        raise typer.Exit(1)


@watch_app.command("reply")
def reply(
    file: Annotated[
        Path, typer.Argument(help="Thư nhận được (.eml); - : từ ống dẫn. A received mail, or - for a pipe.")
    ],
) -> None:
    """Nhận một thư trả lời: xác nhận hoặc ngừng nhận.

    Take in a reply: a confirmation or a farewell; for the operator's mail filter. What is not understood is
    passed to the operator; a mail that came back is taken in as `diemtin bounce` does.
    """
    from crawler.delivery.bounces import handle_bounce
    from crawler.delivery.subscriptions import handle_reply

    settings = config()
    engine = store_to_change(settings)
    found = False
    for raw in _mails(file):
        with engine.begin() as connection:
            answer = handle_reply(connection, raw, now=settings.clock())
            bounced = () if answer else handle_bounce(connection, raw, now=settings.clock())
        if answer is not None:
            say(f"{answer.address}: {'đã đồng ý' if answer.what == 'confirmed' else 'đã rời'}")
        for one in bounced:
            say(f"{one.address or '?'}: {_BOUNCED[one.what]}" + (f" ({one.why})" if one.why else ""))
        found = found or answer is not None or bool(bounced)
    if not found:
        notes.print(
            f"{file}: thư không xin gì mà máy hiểu được; thư của người thì đã chuyển người vận hành / "
            "nothing was asked that is understood; a person's mail was passed to the operator",
            markup=False,
        )
        raise typer.Exit(1)


def _mails(file: Path) -> Iterator[bytes]:
    from crawler.delivery.bounces import mails_in
    from crawler.delivery.incoming import LARGEST

    if str(file) == "-":
        return iter([sys.stdin.buffer.read(LARGEST + 1)])
    return mails_in(file)


def _list_waiting(engine: Engine, *, limit: int | None, after: str | None, secrets: bool, json: bool) -> None:
    from crawler.store.deliveries import Delivery
    from crawler.store.held import Held, page_of_waiting

    with engine.connect() as connection:
        page = page_of_waiting(
            connection, now=config().clock(), limit=limit if limit or json else SHOWN, after=after
        )
    if json:
        print_json([one.to_json(secrets=secrets) for one in page.items])
        return
    found = [one for one in page.items if isinstance(one, Delivery)]
    waits = [one for one in page.items if isinstance(one, Held)]
    if not page.total:
        say("Không thư nào chờ, không thư nào hỏng, không tin nào chờ giờ gửi.")
    if found:
        show_rows(_HEADINGS, [_row(one, secrets) for one in found], whole=(0, 2, 5))
    if waits:
        show_rows(_HELD_HEADINGS, [_held_row(one, secrets) for one in waits], whole=(0, 1, 3))
    tell_of_more(page)
    if any(one.shown_state == "dead" for one in found):
        say("Gửi lại một thư hỏng: diemtin deliver --requeue SỐ")
    if any(one.shown_state == "suspended" for one in found) or any(one.why == "suspended" for one in waits):
        say("Gửi lại cho địa chỉ tạm ngưng: diemtin watch lift ĐỊA-CHỈ")


def _row(one: Delivery, secrets: bool) -> tuple[str, ...]:
    row = one.to_json(secrets=secrets)
    upcoming = vietnamese_time(one.next_attempt) if row["next_attempt"] else "—"
    return (
        str(one.id), _STATES[one.shown_state], row["address"], one.subject, str(one.attempts), upcoming,
        one.error or "",
    )  # fmt: skip


def _held_row(one: Held, secrets: bool) -> tuple[str, ...]:
    because = _WAITS[one.why] + (f": {one.reason}" if one.reason else "")
    address = one.to_json(secrets=secrets)["address"]
    return vietnamese_time(one.due), address, because, str(one.alerts), ", ".join(one.watches)
