"""The kernel's clock discipline, from adjtimex(2)."""

import ctypes
import os
from collections.abc import Callable, Iterator
from functools import cache

from exporter.collectors.contract import NoDataError, System
from exporter.family import Family, Metric, counter, gauge


class Timex(ctypes.Structure):
    """struct timex of linux/timex.h."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    ]


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
    call = ctypes.CDLL(None, use_errno=True).adjtimex
    call.argtypes = [ctypes.POINTER(Timex)]
    return call


def read(_system: System) -> Iterator[Family]:
    """Ask the kernel; modes of zero change nothing."""
    timex = Timex()
    state = _adjtimex()(ctypes.byref(timex))
    if state < 0:
        number = ctypes.get_errno()
        if isinstance(error := OSError(number, os.strerror(number)), PermissionError):
            raise NoDataError("adjtimex is forbidden here") from error
        raise error
    return parse(state, timex)
