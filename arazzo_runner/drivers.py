"""
The only two loops that act: `drive` (blocking) and `adrive` (asyncio).

What they have in common is in `conversation.converse`, which says what must be done next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypedDict, cast

from .conversation import Consult, Dispatch, Doing, Pause, Run, converse, end_in_order
from .engine.state import RunState, Turn
from .transports.port import Transport


def drive(run: Run, turn: Turn, transport: Transport, timeout: float) -> RunState:
    """
    Run to the end. All blocking I/O of a run happens here.

    Raises:
        KeyboardInterrupt: after the run has been ended in order.
    """
    talk = converse(run, turn)
    try:
        doing = next(talk)
        while True:
            try:
                delivery = _do(run, doing, transport, timeout)
            except Exception as error:  # the transport may be the caller's own
                doing = talk.throw(error)
            else:
                doing = talk.send(delivery)
    except StopIteration as end:
        return cast(RunState, end.value)
    except KeyboardInterrupt:
        try:
            end_in_order(run)
        except KeyboardInterrupt:  # an impatient second one: the rest is reported still
            end_in_order(run)
        raise
    finally:
        talk.close()  # at once, not when the last traceback that holds it goes


_SAFE: Final = ("GET", "HEAD")


class _More(TypedDict, total=False):
    download: Path | None
    total: float | None
    public: bool


def _more(doing: Dispatch) -> _More:
    """What a transport is asked beyond a plain sending; most need not know of the rest."""
    more: _More = {"download": doing.download}
    if doing.total is not None:
        more["total"] = doing.total
    if doing.public:
        more["public"] = True
    return more


def _do(run: Run, doing: Doing, transport: Transport, timeout: float) -> Any:
    run.interruptible = (
        not isinstance(doing, Dispatch) or doing.request.method.upper() in _SAFE
    )
    try:
        if isinstance(doing, Consult):
            return doing.ask()
        if isinstance(doing, Pause):
            run.wait(doing.seconds)
            return None
        return transport.send(doing.request, timeout=timeout, **_more(doing))
    finally:
        run.interruptible = False


async def adrive(
    run: Run,
    turn: Turn,
    transport: Transport,
    timeout: float,  # noqa: ASYNC109  (the time without a byte, not a total)
) -> RunState:
    """
    The same in the running event loop.

    Raises:
        asyncio.CancelledError: after the run has been ended in order.
    """
    import asyncio  # a blocking run does without it: 20 ms of CPU

    talk = converse(run, turn)
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    run.wake = wake
    try:
        doing = next(talk)
        while True:
            if isinstance(doing, Pause):
                timer = loop.call_later(doing.seconds, woken.set)
                try:
                    await woken.wait()
                finally:
                    timer.cancel()
                if not run.is_cancelled():
                    woken.clear()
                doing = talk.send(None)
                continue
            try:
                delivery: Any
                if isinstance(doing, Consult):
                    delivery = await asyncio.to_thread(doing.ask)
                else:
                    delivery = await transport.asend(
                        doing.request, timeout=timeout, **_more(doing)
                    )
            except Exception as error:  # the transport may be the caller's own
                doing = talk.throw(error)
            else:
                doing = talk.send(delivery)
    except StopIteration as end:
        return cast(RunState, end.value)
    except (KeyboardInterrupt, asyncio.CancelledError):
        end_in_order(run)
        raise
    finally:
        run.wake = None
        talk.close()
