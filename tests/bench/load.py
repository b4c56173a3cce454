"""Load by wrk: the same client, paths and headers for every server of a comparison."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: What Chromium sends for a fetch. `gzip` in it decides how a PACS behaves.
BROWSER_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
}

_SCRIPT = """
local requests, n = {}, 0
function init(arguments)
  for path in io.lines(PATHS) do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
  n = n % #requests + 1
  return requests[n]
end
function done(summary, latency, per_thread)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests":%d,"us":%d,"bytes":%d,"p50_us":%d,"p95_us":%d,"errors":%d}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50),
    latency:percentile(95), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """One block: latencies in milliseconds, requests and bytes (headers included) a second."""

    p50_ms: float
    p95_ms: float
    per_s: float
    mb_per_s: float
    requests: int
    errors: int


def is_available() -> bool:
    return shutil.which("wrk") is not None


def run_load(
    *,
    origin: str,
    paths: Sequence[str],
    headers: Mapping[str, str],
    connections: int,
    seconds: float,
) -> Load:
    """Ask for the paths one after the other, over and over, on so many connections."""
    with tempfile.TemporaryDirectory(prefix="consilium-load-") as directory:
        listing = Path(directory, "paths.txt")
        listing.write_text("\n".join(paths) + "\n", encoding="ascii")
        script = Path(directory, "load.lua")
        script.write_text(_SCRIPT.replace("PATHS", json.dumps(str(listing))), encoding="ascii")
        arguments = ["--threads", "1", "--connections", str(connections)]
        arguments += ["--duration", f"{max(1, round(seconds))}s", "--timeout", "60s"]
        for name, value in (BROWSER_HEADERS | dict(headers)).items():
            arguments += ["--header", f"{name}: {value}"]
        output = subprocess.run(
            ["wrk", *arguments, "--script", str(script), origin],
            capture_output=True, text=True, check=True, timeout=seconds + 120,
        ).stdout  # fmt: skip
    told = json.loads(output.strip().splitlines()[-1])
    took_s = told["us"] / 1e6
    return Load(
        p50_ms=told["p50_us"] / 1e3,
        p95_ms=told["p95_us"] / 1e3,
        per_s=told["requests"] / took_s,
        mb_per_s=told["bytes"] / took_s / 1e6,
        requests=told["requests"],
        errors=told["errors"],
    )
