"""The demo press: a small fictitious press on loopback, with the truth about it.

Six outlets in the markup of six CMS families, a seventh behind a bot wall. `Press.load()` reads the
invented articles, `serve(press)` puts them on loopback, and `press.expected` says what a reader should
find in each page.
"""

from crawler.demo.press import DEMO_NOW, Expected, Press
from crawler.demo.server import DEMO_PORT, Served, Site, serve

__all__ = ["DEMO_NOW", "DEMO_PORT", "Expected", "Press", "Served", "Site", "serve"]
