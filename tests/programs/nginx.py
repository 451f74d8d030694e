"""A real web server: nginx, with HTTP/2, and TLS that asks for a client's certificate."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
from tests.programs.process import find_program
from tests.programs.tls import Papers

_CONFIG = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{http2} http2;
    listen 127.0.0.1:{secure} ssl http2;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_client_certificate {folder}/ca.pem;
    ssl_verify_client optional;
    default_type application/json;
    location = / {{ return 200 '{{"status": "fine", "version": "$server_protocol"}}'; }}
    location = /old {{ return 301 /; }}
    location = /named {{
      if ($ssl_client_verify != SUCCESS) {{ return 403; }}
      return 200 $ssl_client_s_dn;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class RunningNginx:
    """Its URLs: HTTP/1.1, HTTP/2 without TLS, and HTTPS with either."""

    plain: str
    http2: str
    secure: str


@contextmanager
def running_nginx(papers: Papers) -> Iterator[RunningNginx]:
    """Run nginx; a client's certificate must chain to the same authority as its own."""
    with lodging("nginx") as home:
        plain, http2, secure = (free_port() for _ in range(3))
        home.write("cert.pem", papers.chain)
        home.write("key.pem", papers.key)
        home.write("ca.pem", Path(papers.authority).read_bytes())
        text = _CONFIG.format(folder=home.folder, plain=plain, http2=http2, secure=secure)
        command = [find_program("nginx"), "-e", "stderr", "-c", str(home.write("config", text))]
        with home.serving(command, lambda: all(map(listens, (plain, http2, secure)))):
            yield RunningNginx(
                f"http://localhost:{plain}",
                f"http://localhost:{http2}",
                f"https://localhost:{secure}",
            )
