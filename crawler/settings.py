"""Scrapy's settings: only lines that differ from its defaults, each with its reason."""

from importlib.util import find_spec

BOT_NAME = "diemtin"
SPIDER_MODULES = ["spiders"]
ADDONS = {"crawler.crawl.run.Addon": 0}  # puts the context (store, registry, clock) into every crawl

# A polite guest (DESIGN invariant 7). The gate orders requests per host across spiders and processes, so
# Scrapy's own per-spider slots only need to stay out of its way.
ROBOTSTXT_OBEY = True
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.crawl.robots.RobotsMiddleware": 100,  # the same place; errors as RFC 9309 has them, Crawl-delay
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.crawl.download.Redirect": 600,  # the same place; does without the referrer's middleware
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.crawl.download.MetaRefresh": 580,  # the same place; decodes only a page that has such a tag
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.crawl.retry.Retry": 550,  # the same place; a wall is not asked again, whatever its status
    # No spider has `allowed_domains` or a password: these would look at every request for nothing.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
}
SPIDER_MIDDLEWARES = {  # each wraps all that a callback yields in a generator of its own, and none is needed here
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,  # the spider gives every status its disposition
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,  # no outlet is told where we come from
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,  # drops a long address without a word
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,  # the ways back have bounds of their own
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,  # looks for a slip no callback makes
}
DOWNLOAD_DELAY = 0  # the gate waits, per host and not per spider
CONCURRENT_REQUESTS_PER_DOMAIN = 2  # one in flight, one waiting at the gate: the wire never idles
DOWNLOAD_HANDLERS = {
    "http": "crawler.crawl.download.PoliteHandler",
    "https": "crawler.crawl.download.PoliteHandler",
    "ftp": None,
    "file": None,
    "s3": None,
    "data": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True  # TLS is never weakened; default False
COOKIES_ENABLED = False  # a guest without a memory
# Of one source: bytes of pages that wait to be read before no more of it is asked for, and requests under way, which
# come whatever waits. At the defaults (5 MB, 16) sixty outlets with pages of a quarter of a megabyte held 550 MB.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 500_000
CONCURRENT_REQUESTS = 4
# The newest of a listing first, in its order; the default is last in, first out, as it happens to come.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
CONCURRENT_ITEMS = (
    1  # of one response, and a page is one item; default 100 starts 100 tasks for each response
)
RETRY_TIMES = 2
REDIRECT_MAX_TIMES = 5  # default 20; more is a loop

ITEM_PIPELINES = {
    "pipelines.clean.Clean": 100,
    "pipelines.dedupe.Dedupe": 200,
    "pipelines.classify.Classify": 300,
    "pipelines.alert.Alert": 400,
    "pipelines.store.Store": 500,
}

EXTENSIONS = {
    "crawler.crawl.run_recorder.RunRecorder": 0,
    "scrapy.extensions.corestats.CoreStats": None,  # the run ledger says it better
    "scrapy.extensions.logcount.LogCount": None,  # a root handler for each spider: sixty of them saw every record
    "scrapy.extensions.remote_control.RemoteControl": None,  # a door nobody asked for
}
WARN_ON_GENERATOR_RETURN_VALUE = (
    False  # reads the source of every callback of every spider: the linter's work
)
TELNETCONSOLE_ENABLED = False
LOGSTATS_INTERVAL = 0  # the run ledger says it better
DOWNLOADER_STATS = False  # writes every request out to tell its length; the handler counts them
LOG_FORMATTER = "crawler.crawl.run.QuietLogFormatter"
if find_spec("uvloop") is not None:  # not made for every system
    ASYNCIO_EVENT_LOOP = "uvloop.Loop"  # a sixth less work for a request
TWISTED_DNS_RESOLVER = "crawler.crawl.resolver.JudgingResolver"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
