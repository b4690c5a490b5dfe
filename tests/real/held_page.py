"""A web page that is sent only on demand: held_page.py FILE: prints the port; answers each request once FILE exists."""
import http.server
import os
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>page</title><p>hello from the server")

    def log_message(self, *_):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
