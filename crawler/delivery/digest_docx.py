"""A digest as a Word file, by a template that an office may edit."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError

from crawler.delivery.digest_view import view
from crawler.errors import InvalidInput
from crawler.messages import system_reason

if TYPE_CHECKING:
    from crawler.delivery.digest import Digest

TEMPLATES = {
    name: Path(__file__).with_name("templates") / f"digest_{name}.docx" for name in ("party", "press")
}
PDF_SECONDS = 120
"""LibreOffice's first start on a slow box takes half a minute."""
_SHOWN = 120


def docx(digest: Digest, template: Path, *, with_why: bool = False) -> bytes:
    """The digest as a .docx. Raises InvalidInput naming the place in a template that is broken."""
    from docxtpl import DocxTemplate, RichText  # a third of a second to import

    try:
        shell = DocxTemplate(str(template))
        shell.init_docx()
    except OSError as error:
        raise InvalidInput(f"{template}: {system_reason(error)}") from error
    except (ValueError, KeyError, zipfile.BadZipFile, XMLSyntaxError) as error:
        raise _no_word_file(template) from error
    except Exception as error:
        if type(error).__name__ != "PackageNotFoundError":
            raise
        raise _no_word_file(template) from error
    values = view(digest, with_why=with_why)
    for group in values["groups"]:
        for item in group["items"]:
            item["link"] = _link(shell, RichText, item["url"])
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        shell.render(values, jinja_env=environment, autoescape=True)
    except (TemplateError, SecurityError, XMLSyntaxError) as error:
        raise InvalidInput(f"{template}: {_told(error, template)}") from error
    out = io.BytesIO()
    shell.save(out)
    return out.getvalue()


def pdf(word: bytes) -> bytes:
    """A .docx as PDF, by LibreOffice. Raises InvalidInput where that is not installed or fails."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise InvalidInput(
            "PDF: máy này chưa cài LibreOffice; hãy ghi .docx, hoặc cài libreoffice-writer / "
            "LibreOffice is not installed; write a .docx, or install libreoffice-writer"
        )
    with tempfile.TemporaryDirectory(prefix="diemtin-pdf-") as folder:
        source = Path(folder) / "digest.docx"
        source.write_bytes(word)
        profile = (Path(folder) / "profile").as_uri()
        asked = [office, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf"]
        try:
            done = subprocess.run(
                [*asked, "--outdir", folder, str(source)],
                capture_output=True, text=True, timeout=PDF_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise InvalidInput(
                f"PDF: LibreOffice không xong trong {PDF_SECONDS} giây / took longer than that many seconds"
            ) from error
        made = source.with_suffix(".pdf")
        if not made.is_file():
            said = " ".join((done.stderr or done.stdout).split())[-200:]
            raise InvalidInput(f"PDF: LibreOffice không chuyển được / could not convert: {said}")
        return made.read_bytes()


def _link(shell: Any, rich: Any, url: str) -> Any:
    """A live link; what is no web address stands as text."""
    if not re.match(r"https?://", url):
        return rich(url)
    return rich(url, url_id=shell.build_url_id(url), underline=True, color="0563C1")


def _no_word_file(template: Path) -> InvalidInput:
    return InvalidInput(f"{template}: không phải tệp Word .docx / is no Word file (.docx)")


def _told(error: Exception, template: Path) -> str:
    """What is wrong in a template and the paragraph in which it stands."""
    place = _place(error, template)
    at = f" ở “{place[:_SHOWN]}” / at that paragraph" if place else " / the template is broken"
    name = "dùng tên không có" if isinstance(error, UndefinedError) else "mẫu viết sai"
    return f"{name}: {error}{at}"


def _place(error: Exception, template: Path) -> str | None:
    paragraphs = _paragraphs(template)
    if isinstance(error, UndefinedError):
        names = [name.rpartition(" ")[2] for name in re.findall(r"'([^']+)'", str(error))]
        return next((p for name in reversed(names) for p in paragraphs if "{" in p and name in p), None)
    told = [text.strip() for text in getattr(error, "docx_context", ())]
    number = getattr(error, "lineno", None)
    if told and number is not None:
        at = min(number - 1, 3)
        return next((text for text in (*told[at:], *reversed(told[:at])) if text), None)
    return None


def _paragraphs(template: Path) -> list[str]:
    """Every paragraph of a template, those of tables, headers and footers included."""
    from docx import Document
    from docx.oxml.ns import qn

    document = Document(str(template))
    roots = [document.element.body]
    roots += [part._element for s in document.sections for part in (s.header, s.footer)]
    return ["".join(t.text or "" for t in p.iter(qn("w:t"))) for root in roots for p in root.iter(qn("w:p"))]
