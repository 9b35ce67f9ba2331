"""`diemtin user …`: who may see the pages from elsewhere, and by what tokens programs ask for them."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.frame import show_rows
from crawler.cli.shell import Json, app, config, notes, print_json, say, vietnamese_time
from crawler.cli.stores import store_to_change, store_to_read
from crawler.cli.usage import App

user_app = App(help="Ai được vào trang web. Who may see the pages.", no_args_is_help=True)
app.add_typer(user_app, name="user")
token_app = App(
    help="Mã truy cập cho chương trình. Tokens for programs that ask for a person.", no_args_is_help=True
)
user_app.add_typer(token_app, name="token")

_ROLES = {"reader": "người đọc", "editor": "biên tập", "operator": "vận hành"}
_SCOPES = {"read": "chỉ đọc", "write": "đọc và ghi"}
Address = Annotated[str, typer.Argument(help="Địa chỉ thư của người ấy. Their e-mail address.")]
Role = Annotated[
    str,
    typer.Option(
        "--role",
        help="reader: đọc | editor: thêm sửa chữa, mục theo dõi | operator: thêm vận hành, nhật ký. "
        "What they may do.",
    ),
]


@user_app.command("add")
def add(address: Address, role: Role, json: Json = False) -> None:
    """Cho một người vào trang web: người ấy vào bằng liên kết gửi tới địa chỉ thư này.

    Let a person in: they enter by a link that is mailed to this address.
    """
    from crawler.store import people
    from crawler.store.audit import COMMAND
    from crawler.store.database import open_database

    wanted, settings = people.role_named(role), config()
    with open_database(settings.url).begin() as connection:
        made = people.add_person(connection, address, wanted, who=COMMAND, now=settings.clock())
    if json:
        print_json({"address": made.address, "role": made.role})
        return
    say(f"{made.address}: {_ROLES[made.role]}. Người ấy tự vào ở trang /vao bằng thư.")
    if settings.mail.web is None:
        notes.print(
            "Chưa đặt [mail] web: địa chỉ công khai của trang, để thư có liên kết vào. / "
            "Set [mail] web to the public address of the pages, which the links in the mails begin with.",
            markup=False,
        )


@user_app.command("list")
def list_(json: Json = False) -> None:
    """Ai được vào, với quyền gì, dùng lần cuối khi nào. Who may enter, as what, and when they last did."""
    from crawler.store import people

    settings = config()
    with store_to_read(settings).connect() as connection:
        found = people.list_people(connection, now=settings.clock())
    if json:
        print_json([one.to_json() for one in found])
        return
    if not found:
        say("Chưa có ai; thêm: diemtin user add ĐỊA-CHỈ --role reader. Trên chính máy này thì không cần.")
        return
    show_rows(
        ("Địa chỉ", "Quyền", "Từ", "Đang vào", "Mã", "Dùng lần cuối"),
        [
            (
                one.person.address, _ROLES[one.person.role], vietnamese_time(one.person.created), str(one.sessions),
                str(one.tokens), vietnamese_time(one.seen),
            )
            for one in found
        ],
        whole=(0, 2, 5),
    )  # fmt: skip


@user_app.command("role")
def role_(
    address: Address,
    role: Annotated[str, typer.Argument(help="Quyền mới. The new role: reader | editor | operator")],
) -> None:
    """Đổi quyền của một người, có hiệu lực ngay. Give a person another role, at once."""
    from crawler.store import people
    from crawler.store.audit import COMMAND

    wanted, settings = people.role_named(role), config()
    with store_to_change(settings).begin() as connection:
        changed = people.set_role(connection, address, wanted, who=COMMAND, now=settings.clock())
    say(f"{changed.address}: {_ROLES[changed.role]}")


@user_app.command("remove")
def remove(address: Address) -> None:
    """Không cho một người vào nữa: mọi phiên và mã của người ấy hết hiệu lực ngay.

    Let a person in no more: every session and token ends at once. The mails of a watch go on: `watch leave`.
    """
    from crawler.store import people
    from crawler.store.audit import COMMAND

    settings = config()
    with store_to_change(settings).begin() as connection:
        removed = people.remove_person(connection, address, who=COMMAND, now=settings.clock())
    say(f"{removed.address}: không vào được nữa. Thư điểm tin vẫn gửi; thôi gửi: diemtin watch leave.")


@token_app.command("add")
def add_token(
    address: Address,
    name: Annotated[str, typer.Argument(help="Tên để nhớ mã dùng ở đâu. A name that says where it is used.")],
    scope: Annotated[
        str,
        typer.Option(help="read: chỉ đọc | write: làm được như người ấy. What a program may do with it."),
    ] = "read",
    json: Json = False,
) -> None:
    """Lập mã cho một chương trình; mã chỉ hiện một lần. A token for a program; it is shown this once."""
    from crawler.store import api_tokens
    from crawler.store.audit import COMMAND

    wanted, settings = api_tokens.scope_named(scope), config()
    with store_to_change(settings).begin() as connection:
        token, made = api_tokens.add_token(
            connection, address, name, wanted, who=COMMAND, now=settings.clock()
        )
    if json:
        print_json({"token": token, **made.to_json()})
        return
    say(token)
    notes.print(
        f"Mã số {made.id} của {made.address}, {_SCOPES[made.scope]}; hãy cất ngay, sẽ không hiện lại. "
        f"Dùng: Authorization: Bearer MÃ. Thu hồi: diemtin user token revoke {made.id} / "
        "keep it: it is not shown again",
        markup=False,
    )


@token_app.command("list")
def list_tokens(
    address: Annotated[
        str | None, typer.Argument(help="Chỉ mã của người này. Only the tokens of this person.")
    ] = None,
    json: Json = False,
) -> None:
    """Các mã đang dùng được; bản thân mã thì không kho nào biết. Tokens in force, without the tokens themselves."""
    from crawler.store import api_tokens, people

    with store_to_read(config()).connect() as connection:
        owner = people.person_named(connection, address).address if address else None
        found = api_tokens.list_tokens(connection, owner)
    if json:
        print_json([one.to_json() for one in found])
        return
    if not found:
        say("Chưa có mã nào.")
        return
    show_rows(
        ("Số", "Của", "Tên", "Quyền", "Lập lúc", "Dùng lần cuối"),
        [
            (
                str(one.id), one.address, one.name, _SCOPES[one.scope], vietnamese_time(one.created),
                vietnamese_time(one.used),
            )
            for one in found
        ],
        whole=(0, 1, 4, 5),
    )  # fmt: skip


@token_app.command("revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(min=1, help="Số của mã, theo `user token list`. Its number.")],
) -> None:
    """Thu hồi một mã, có hiệu lực ngay. End a token, at once."""
    from crawler.store import api_tokens
    from crawler.store.audit import COMMAND

    settings = config()
    with store_to_change(settings).begin() as connection:
        ended = api_tokens.revoke_token(connection, number, who=COMMAND, now=settings.clock())
    say(f"Đã thu hồi mã số {ended.id} “{ended.name}” của {ended.address}.")
