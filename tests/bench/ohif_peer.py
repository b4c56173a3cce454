"""OHIF as published, served by nginx in front of an Orthanc on the same origin: the usual set-up.

Its scripts lie compressed beside the originals, so that nothing is compressed while a page waits;
what the Orthanc answers is passed on as it is.
"""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import time
from pathlib import Path
from shutil import which

import httpx

from config.supervisor.servers import launch_command
from tests.bench.scene import Server
from tests.e2e.harness import free_port

_NGINX = """
daemon off; worker_processes 1; error_log {root}/error.log; pid {root}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  types {{ text/html html; text/javascript js mjs; text/css css; application/wasm wasm;
          application/json json; image/svg+xml svg; font/woff2 woff2; }}
  upstream pacs {{ server {pacs}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port}; root {root}/dist; gzip_static on;
    location = /app-config.js {{ root {root}; gzip_static off; }}
    location /dicom-web/ {{
      proxy_pass http://pacs; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Authorization "{authorization}"; proxy_buffering on;
      proxy_buffers 64 64k; proxy_busy_buffers_size 256k; proxy_max_temp_file_size 0;
    }}
    location / {{ try_files $uri /index.html; }}
  }}
}}
"""

_CONFIG = """window.config = {
  routerBasename: null, extensions: [], modes: [], customizationService: {},
  showStudyList: true, maxNumberOfWebWorkers: 2, showLoadingIndicator: true,
  showWarningMessageForCrossOrigin: false, showCPUFallbackMessage: false,
  strictZSpacingForVolumeViewport: true, investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'pacs',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'pacs',
    configuration: {
      friendlyName: 'PACS', name: 'pacs',
      qidoRoot: '/dicom-web', wadoRoot: '/dicom-web', wadoUriRoot: '/dicom-web',
      qidoSupportsIncludeField: true, supportsReject: false, imageRendering: 'wadors',
      thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsFuzzyMatching: false,
      supportsWildcard: true, bulkDataURI: { enabled: true },
      omitQuotationForMultipartRequest: true,
    },
  }],
};
"""
_COMPRESSED = {".js", ".css", ".wasm", ".html", ".json", ".svg"}


class OhifPages:
    """One origin with OHIF at its root and an Orthanc at ``/dicom-web``."""

    def __init__(self, *, root: Path, dist: Path, pacs: Server) -> None:
        root.mkdir(parents=True)
        root.chmod(0o755)
        link_compressed(dist, into=root / "dist")
        (root / "app-config.js").write_text(_CONFIG, encoding="utf-8")
        self.origin = f"http://127.0.0.1:{(port := free_port())}"
        configuration = root / "nginx.conf"
        configuration.write_text(
            "user root;"
            + _NGINX.format(
                root=root,
                port=port,
                pacs=pacs.origin.removeprefix("http://"),
                authorization=pacs.headers["Authorization"],
            )
        )
        self._process = subprocess.Popen(
            launch_command(
                program=[which("nginx") or "/usr/sbin/nginx", "-c", str(configuration)],
                parent_death="KILL",
            )
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                httpx.get(self.origin).raise_for_status()
                return
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=10)


def link_compressed(dist: Path, *, into: Path) -> None:
    """The files of ``dist`` by hard link, each script with its ``.gz`` beside it."""
    for path in dist.rglob("*"):
        target = into / path.relative_to(dist)
        if not path.is_file():
            continue
        if path.name == "app-config.js" or path.suffix in {".map", ".gz"}:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except OSError:
            target.write_bytes(path.read_bytes())
        if path.suffix in _COMPRESSED:
            compressed = target.with_name(target.name + ".gz")
            compressed.write_bytes(gzip.compress(path.read_bytes(), compresslevel=6))
