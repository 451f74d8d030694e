"""The kernel's clock discipline, from adjtimex(2)."""

import ctypes
import os
import struct
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, Metric, counter, gauge


class Timex(NamedTuple):
    """struct timex of linux/timex.h, as the system call fills it in."""

    modes: int = 0
    offset: int = 0
    freq: int = 0
    maxerror: int = 0
    esterror: int = 0
    status: int = 0
    constant: int = 0
    precision: int = 0
    tolerance: int = 0
    seconds: int = 0
    microseconds: int = 0
    tick: int = 0
    ppsfreq: int = 0
    jitter: int = 0
    shift: int = 0
    stabil: int = 0
    jitcnt: int = 0
    calcnt: int = 0
    errcnt: int = 0
    stbcnt: int = 0
    tai: int = 0


_LAYOUT = struct.Struct("@I4li3l2l3li5li")  # in the order of Timex, aligned as C aligns
_SIZE = _LAYOUT.size + 64  # and room for the reserved rest


def _gauge(name: str, text: str) -> Metric:
    return gauge(f"node_timex_{name}", text)


def _counter(name: str, text: str) -> Metric:
    return counter(f"node_timex_{name}_total", f"Pulse per second count of {text}.")


_MICRO, _NANO = 1e-6, 1e-9
_PPM = 1 / (1_000_000 * 65_536)  # scaled ppm, see NOTES of adjtimex(2)
_CLOCK_ERROR = 5
_STA_NANO = 0x2000

SYNC = _gauge("sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).")
OFFSET = _gauge("offset_seconds", "Time offset in between local system and reference clock.")
JITTER = _gauge("pps_jitter_seconds", "Pulse per second jitter.")
FREQUENCY = _gauge("frequency_adjustment_ratio", "Local clock frequency adjustment.")
FIELDS: tuple[tuple[Metric, str, float], ...] = (
    (_gauge("maxerror_seconds", "Maximum error in seconds."), "maxerror", _MICRO),
    (_gauge("estimated_error_seconds", "Estimated error in seconds."), "esterror", _MICRO),
    (_gauge("status", "Value of the status array bits."), "status", 1),
    (_gauge("loop_time_constant", "Phase-locked loop time constant."), "constant", 1),
    (_gauge("tick_seconds", "Seconds between clock ticks."), "tick", _MICRO),
    (_gauge("pps_frequency_hertz", "Pulse per second frequency."), "ppsfreq", _PPM),
    (_gauge("pps_shift_seconds", "Pulse per second interval duration."), "shift", 1),
    (
        _gauge(
            "pps_stability_hertz",
            "Pulse per second stability, average of recent frequency changes.",
        ),
        "stabil",
        _PPM,
    ),
    (_counter("pps_jitter", "jitter limit exceeded events"), "jitcnt", 1),
    (_counter("pps_calibration", "calibration intervals"), "calcnt", 1),
    (_counter("pps_error", "calibration errors"), "errcnt", 1),
    (_counter("pps_stability_exceeded", "stability limit exceeded events"), "stbcnt", 1),
    (_gauge("tai_offset_seconds", "International Atomic Time (TAI) offset."), "tai", 1),
)
METRICS = (SYNC, OFFSET, JITTER, FREQUENCY, *(metric for metric, _, _ in FIELDS))


def parse(state: int, timex: Timex) -> Iterator[Family]:
    """Return the families of what the system call returned and filled in."""
    unit = _NANO if timex.status & _STA_NANO else _MICRO
    yield SYNC.value(state != _CLOCK_ERROR)
    yield OFFSET.value(timex.offset * unit)
    yield JITTER.value(timex.jitter * unit)
    yield FREQUENCY.value(1 + timex.freq * _PPM)
    for metric, name, scale in FIELDS:
        yield metric.value(getattr(timex, name) * scale)


@cache
def _adjtimex() -> Callable[[object], int]:
    return ctypes.CDLL(None, use_errno=True).adjtimex


def read(_system: System) -> Iterator[Family]:
    """Ask the kernel; modes of zero change nothing."""
    buffer = ctypes.create_string_buffer(_SIZE)
    state = _adjtimex()(buffer)
    if state < 0:
        number = ctypes.get_errno()
        if isinstance(error := OSError(number, os.strerror(number)), PermissionError):
            raise NoDataError("adjtimex is forbidden here") from error
        raise error
    return parse(state, Timex(*_LAYOUT.unpack_from(buffer)))
