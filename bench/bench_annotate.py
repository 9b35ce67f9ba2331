"""What annotating an article costs: `python bench/bench_annotate.py [FILE.txt …] [--rounds N]`.

Without files it reads an invented article of 5 KB. Prints one JSON document a line: CPU milliseconds an article for
finding citations, for identifying them and for everything `crawler.annotate` does, best of the rounds, with articles
a second. One process, one core; CPU time, so a busy machine does not matter much.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import process_time

from crawler.annotate import annotate
from crawler.citing.citations import cite
from crawler.citing.documents import identify_all

PUBLISHED = date(2024, 4, 29)
REPEATS = 20

PARAGRAPH = (
    "Ngày 29/4, Tỉnh ủy Kim Lộ tổ chức hội nghị tổng kết thực hiện Chỉ thị số 35-CT/TW, ngày 30/5/2019 của Bộ Chính "
    "trị về đại hội đảng bộ các cấp và Nghị quyết số 08-NQ/TU, ngày 5/7/2021 của Tỉnh ủy. Các cấp ủy đã cụ thể hóa "
    "nghị quyết bằng chương trình, kế hoạch sát thực tế; công tác kiểm tra, giám sát, kỷ luật được tăng cường. "
)
FILLER = (
    "Chất lượng sinh hoạt chi bộ có chuyển biến, đội ngũ cán bộ, đảng viên giữ gìn đoàn kết, nhân dân tin tưởng, "
    "kinh tế của tỉnh duy trì tăng trưởng, thu ngân sách đạt 461 tỷ đồng, bằng 22% dự toán, an sinh được bảo đảm. "
)


def invented(size: int = 5_000) -> str:
    """An article of about `size` characters with the density of documents the provincial press has."""
    text, turn = "", 0
    while len(text) < size:
        text += PARAGRAPH if turn % 6 == 0 else FILLER
        turn += 1
    return text[:size]


def best(action: Callable[[], object], rounds: int) -> float:
    """CPU milliseconds of one call, the best of the rounds."""
    times = []
    for _ in range(rounds):
        start = process_time()
        for _ in range(REPEATS):
            action()
        times.append((process_time() - start) / REPEATS * 1000)
    return min(times)


def measure(name: str, text: str, rounds: int) -> None:
    """Print the costs of one article."""
    found = cite({"text": text}, PUBLISHED)
    stages: dict[str, Callable[[], object]] = {
        "citations": lambda: cite({"text": text}, PUBLISHED),
        "identify": lambda: identify_all(found, published=PUBLISHED, province="Kim Lộ"),
        "everything": lambda: annotate(title=text[:80], lead=text[:300], text=text, published=PUBLISHED),
    }
    for stage, action in stages.items():
        cost = best(action, rounds)
        print(
            json.dumps(
                {
                    "article": name,
                    "characters": len(text),
                    "citations": len(found),
                    "stage": stage,
                    "ms": round(cost, 3),
                    "articles_per_second": round(1000 / cost) if cost else None,
                },
                ensure_ascii=False,
            )
        )


def main() -> None:
    """Measures the files, or the invented article."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for path in options.files:
        measure(path.name, path.read_text(encoding="utf-8"), options.rounds)
    if not options.files:
        measure("invented", invented(), options.rounds)


if __name__ == "__main__":
    main()
