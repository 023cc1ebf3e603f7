"""Debian's nginx in a folder of its own, as a second opinion on what is a well-formed request."""

from support.process import ManagedProcess, debians, dying_with_parent
from support.raw import exchange

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


class Nginx(ManagedProcess):
    def __init__(self, folder):
        super().__init__(folder, "nginx")

    def command(self):
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        return dying_with_parent([debians("nginx"), "-p", str(self.folder), "-e", str(self.folder / "error.log"),
                                  "-c", str(configuration)])

    def is_ready(self):
        try:
            return b"taken" in exchange(self.port, b"GET / HTTP/1.0\r\n\r\n")
        except ConnectionRefusedError:
            return False
