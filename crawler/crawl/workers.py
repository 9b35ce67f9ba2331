"""Worker processes for what outside text may make slow, large or deadly: each on a pipe of its own.

A pool that shares one pipe among its workers is lost when one of them is killed in the middle of an answer; here the
death of one is the end of its pipe and of nothing else. What a task may cost is counted in the processor time that
the worker itself has used, by the kernel: a box that sleeps, swaps or is stopped by hand loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from crawler.errors import DiemtinError

logger = logging.getLogger(__name__)
T = TypeVar("T")

STARTS = 3
"""Workers in a row that may fail to start before it is said that none can."""
HANDINGS = 10
"""Workers that may end before they have taken a task; nothing is held against the task for it."""
START_SECONDS = 300.0
"""What a worker gets to load what it needs, on a box with other things to do."""
TASKS_PER_WORKER = 20_000
"""A worker is replaced after this many tasks, whatever its libraries have hoarded."""
STALLED = 10
"""Times its processor time that a worker may be silent; it is then replaced, and its task done by another."""
LEAST_SILENCE = 120.0
"""Seconds of silence that are allowed whatever the processor time is."""


_PROCESSES = threading.Lock()
"""Starting a process looks after all others too: two threads that ask for one's exit code at once get one answer."""


class WorkerLost(Exception):
    """The worker ended under its task, or used up what the task may cost; the message says how."""

    again: bool
    """Whether another worker may do better: it was killed, and did not run out of its time or memory."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


class WorkersStopped(Exception):
    """The workers were ended with the crawl, which nothing has to answer for that they had in hand."""


class _NeverBegun(Exception):
    """The worker ended before it took the task, which is nothing the task has to answer for."""


class TaskFailed(Exception):
    """The task itself raised; the message names the error."""


class NoWorkers(DiemtinError):
    """No worker process can be started: an error of the whole run."""


class Workers:
    """So many processes that do one task at a time each; started when they are needed, replaced when they end."""

    def __init__(
        self,
        size: int,
        *,
        start: Callable[[], None],
        seconds: float,
        preload: Sequence[str] = (),
    ) -> None:
        """`start` prepares a worker and is pickled to it; `seconds` of processor time are what a task may cost."""
        self._start = start
        self._seconds = seconds
        self._context = _context(preload)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker")
        self._mine = threading.local()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._worked = False
        """Whether any task has ever come back."""

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function(*arguments)` in a worker; both must be importable by name, as must the answer.

        Raises WorkerLost, TaskFailed, NoWorkers or WorkersStopped.
        """
        loop = asyncio.get_running_loop()
        if self._closed:
            raise WorkersStopped
        try:
            answer: T = await loop.run_in_executor(self._threads, self._ask, function, arguments)
        except asyncio.CancelledError:
            if self._closed:  # it had not begun
                raise WorkersStopped from None
            raise
        return answer

    def pids(self) -> list[int]:
        """The processes there are now."""
        with self._lock:
            return [worker.pid for worker in self._all]

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._closed = True
        with self._lock:
            ending = list(self._all)
        for worker in ending:
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in ending:  # only now: a thread that waits for an answer reads of the pipe
            worker.end()

    def _ask(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """In a thread of the pool, which has one worker of its own."""
        for _ in range(HANDINGS):
            worker = self._worker()
            try:
                answer: T = worker.ask(function, arguments)
                self._worked = True
                return answer
            except (_NeverBegun, WorkerLost) as error:
                self._forget(worker)
                if self._closed:
                    raise WorkersStopped from error
                if isinstance(error, WorkerLost):
                    raise
        if not self._worked:
            raise _none_can_start("they end before they take a task")
        raise WorkerLost("the workers end before they take it", again=True)

    def _worker(self) -> _Worker:
        worker: _Worker | None = getattr(self._mine, "worker", None)
        if worker is not None and not worker.usable:
            self._forget(worker)
            worker = None
        if worker is None:
            worker = self._mine.worker = self._begin()
        return worker

    def _begin(self) -> _Worker:
        why = None
        for _ in range(STARTS):
            if self._closed:
                raise WorkersStopped
            worker = _Worker(self._context, self._start, self._seconds)
            with self._lock:
                self._all.add(worker)
            why = worker.trouble()
            if why is None:
                return worker
            self._forget(worker)
        raise _none_can_start(why or "")

    def _forget(self, worker: _Worker) -> None:
        self._mine.worker = None
        worker.end()
        with self._lock:
            self._all.discard(worker)


class _Worker:
    """One process and its pipe, as the thread that feeds it sees them."""

    def __init__(self, context: BaseContext, start: Callable[[], None], seconds: float) -> None:
        self._seconds = seconds
        self._tasks = 0
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(  # type: ignore[attr-defined]  # every real context has it
            target=_serve, args=(theirs, start, seconds), name="diemtin-worker", daemon=True
        )
        with _PROCESSES:
            self._process.start()
        theirs.close()
        self.pid: int = self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it lives and has not done its share."""
        with _PROCESSES:
            return self._tasks < TASKS_PER_WORKER and bool(self._process.is_alive())

    def trouble(self) -> str | None:
        """Wait until it has loaded what it needs; why it could not, or None."""
        try:
            if not self._pipe.poll(START_SECONDS):
                return "it does not get ready"
            said: str | None = self._pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            return str(self._how_it_ended())
        return said

    def ask(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """One task, waited for. Raises WorkerLost or TaskFailed."""
        self._tasks += 1
        try:
            self._pipe.send((function, arguments))
            if not self._pipe.poll(max(LEAST_SILENCE, STALLED * self._seconds)):
                raise _NeverBegun
            self._pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise _NeverBegun from error
        try:
            if not self._pipe.poll(max(LEAST_SILENCE, STALLED * self._seconds)):
                raise WorkerLost("the worker is silent", again=True)
            kind, answer = self._pipe.recv()
        except (
            EOFError,
            OSError,
            pickle.UnpicklingError,
        ) as error:  # killed under its task, or while it answered
            raise self._how_it_ended() from error
        if kind == "memory":
            raise WorkerLost("it took more memory than a worker may have", again=False)
        if kind == "fault":
            raise TaskFailed(answer)
        done: T = answer
        return done

    def kill(self) -> None:
        """End the process; who waits for its answer learns it from the pipe."""
        with _PROCESSES:
            self._process.kill()
            self._process.join(10)

    def end(self) -> None:
        """Kill it and let its pipe go."""
        self.kill()
        self._pipe.close()

    def _how_it_ended(self) -> WorkerLost:
        with _PROCESSES:
            self._process.join(10)
        code = self._process.exitcode
        if code == -signal.SIGPROF:
            return WorkerLost(f"it took longer than {self._seconds:g} s of processor time", again=False)
        return WorkerLost(f"the worker died (exit code {code})", again=True)


def _none_can_start(why: str) -> NoWorkers:
    return NoWorkers(
        f"không khởi động được tiến trình đọc trang / no reading process could be started: {why}"
    )


def _context(preload: Sequence[str]) -> BaseContext:
    """Workers are forked from a server that has only loaded what they share: once for all, and no reactor in it."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


def _serve(pipe: Connection, start: Callable[[], None], seconds: float) -> None:
    """The life of a worker: it ends with its pipe, so with the process that holds the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the crawl, which ends its workers itself
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends it at once, inside a parser's C code too
    try:
        start()
    except Exception as error:  # noqa: BLE001  told by the process that wants a worker, in one line
        pipe.send(f"{type(error).__name__}: {error}")
        return
    pipe.send(None)
    with suppress(
        EOFError, OSError, MemoryError
    ):  # the other end has gone, or sent more than there is room for
        while True:
            function, arguments = pipe.recv()
            pipe.send(None)
            signal.setitimer(signal.ITIMER_PROF, seconds)
            answer = _done(function, arguments)
            signal.setitimer(signal.ITIMER_PROF, 0)
            pipe.send(answer)


def _done(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "done", function(*arguments)
    except MemoryError:
        return "memory", None
    except Exception as error:  # noqa: BLE001  whatever outside text makes a library raise is told by its name
        return "fault", f"{type(error).__name__}: {error}"
