"""Debian's nginx in a folder of its own, as a second opinion on what is a well-formed request."""

import shutil
import subprocess

from support.raw import exchange
from support.service import free_port
from support.wait import wait_until

START_SECONDS = 10
STOP_SECONDS = 10
# What it would do with a request does not matter, only whether it takes it for one. Limits as the service's.
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_buffer_size 8k;
    large_client_header_buffers 4 8k;
    client_max_body_size 4k;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "taken"; }}
    }}
}}
"""


class Nginx:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self._process = None

    def start(self):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        assert program, "nginx is missing: ./dev setup test"
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        self._process = subprocess.Popen(
            [program, "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(configuration)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, START_SECONDS, "nginx answers")
        return self

    def _answers(self):
        assert self._process.poll() is None, (self.folder / "error.log").read_text()
        try:
            return b"taken" in exchange(self.port, b"GET / HTTP/1.0\r\n\r\n")
        except ConnectionRefusedError:
            return False

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
