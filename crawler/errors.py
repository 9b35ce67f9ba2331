"""The errors diemtin raises on purpose.

DiemtinError                     what the command line prints as one clear line
├── InvalidInput                 a file, row or argument is wrong: says what, where and how to mend it
│   ├── InvalidSource            a registry row
│   └── InvalidQuery             a watch or search query; carries the position in the query
└── StoreError                   the database cannot be used as it is
    └── NoStore                  there is none yet

A message is `where: Vietnamese / English`; where is a file, an option or a key, and stands once. That of a query is
two lines and the place under them. `crawler.messages` says in both languages what libraries say in English.
"""


class DiemtinError(Exception):
    """Base of every error a user can mend; its message is meant to be read by one."""


class InvalidInput(DiemtinError):
    """Raised where a file, row or argument from outside is refused."""


class InvalidSource(InvalidInput):
    """Raised by `crawler.source` for a registry row: names the file, the key and the reason."""


class InvalidQuery(InvalidInput):
    """Raised by `crawler.query.parser`: says where in the query and what was expected."""

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position
        """Offset in code points into the query as typed."""


class StoreError(DiemtinError):
    """Raised by `crawler.store` when a database cannot be opened, migrated or written."""


class NoStore(StoreError):
    """Raised where a command only reads and there is no store: says how to make one."""
