"""A tiny browser for one sign-in flow, over a WSGI app in process or over HTTP. Standard library only."""
import html
import io
import json
import re
import socket


def trust(ca):
    """Makes `requests` trust the stub as its default bundle, so that the code path (and its cost) stays the default one."""
    try:
        import certifi
    except ImportError:
        return
    certifi.where = certifi.core.where = lambda: ca


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name]

    @property
    def location(self):
        """The next URL: a Location header, or a page that is nothing but a meta refresh."""
        if found := self.all("location"):
            return found[0]
        found = re.search(r"http-equiv='refresh' content='0; URL=([^']+)'", self.body)
        return html.unescape(found[1]) if found else ""


class Http:
    """One keep-alive connection. What is no GET has no body."""
    def __init__(self, port):
        self.port, self.sock = port, None

    def __call__(self, target, cookie="", REQUEST_METHOD="GET", HTTP_SEC_FETCH_SITE=""):
        data = (f"{REQUEST_METHOD} {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUser-Agent: bench\r\n"
                + (f"Cookie: {cookie}\r\n" if cookie else "")
                + (f"Sec-Fetch-Site: {HTTP_SEC_FETCH_SITE}\r\n" if HTTP_SEC_FETCH_SITE else "")
                + ("" if REQUEST_METHOD == "GET" else "Content-Length: 0\r\n") + "\r\n").encode()
        for attempt in (1, 2):
            try:
                if not self.sock:
                    self.sock = socket.create_connection(("127.0.0.1", self.port), 30)
                    self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sock.sendall(data)
                return self._read()
            except (ConnectionError, EOFError):  # the server had closed an idle connection
                self.sock = None
                if attempt == 2:
                    raise

    def _read(self):
        buffer = b""
        while b"\r\n\r\n" not in buffer:
            buffer += self._more()
        head, _, body = buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(k, v.strip()) for k, _, v in (line.partition(":") for line in lines)]
        reply = Reply(int(first.split(" ")[1]), headers, "")
        for size in reply.all("content-length"):
            while len(body) < int(size):
                body += self._more()
        if "close" in reply.all("connection"):
            self.sock = None
        reply.body = body.decode()
        return reply

    def _more(self):
        chunk = self.sock.recv(65536)
        if not chunk:
            raise EOFError
        return chunk


class Wsgi:
    def __init__(self, app, base):
        host, _, port = base.removeprefix("http://").partition(":")
        self.app, self.wsgi_app = app, app.wsgi_app
        self.environ = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "SERVER_NAME": host, "SERVER_PORT": port, "HTTP_HOST": f"{host}:{port}",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": False,
            "wsgi.run_once": False, "HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8", "HTTP_ACCEPT_LANGUAGE": "en",
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

    def prepare(self, target, cookie=""):
        path, _, query = target.partition("?")
        environ = {**self.environ, "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_URI": target}
        if cookie:
            environ["HTTP_COOKIE"] = cookie
        return environ

    def run(self, environ):
        """What a server does with one request, with nothing on top (this is what is timed)."""
        seen = []
        result = self.wsgi_app(environ, lambda status, headers, exc=None: seen.extend((status, headers)))
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        return seen, body

    def __call__(self, target, cookie="", **more):
        (status, headers), body = self.run({**self.prepare(target, cookie), **more})
        return Reply(int(status[:3]), headers, body.decode())


class Browser:
    """Cookies and the steps of a sign-in. `site` is a Wsgi or Http, `peer` names the pages, `op` the provider."""
    def __init__(self, site, peer, op):
        self.site, self.peer, self.op, self.jar = site, peer, op, {}
        self.provider = Http(op.control_port)

    @property
    def cookie(self):
        return "; ".join(f"{k}={v}" for k, v in self.jar.items())

    def local(self, url):
        return url.removeprefix(self.op.base)

    def get(self, target):
        return self.keep(self.site(target, self.cookie))

    def keep(self, reply):
        for value in reply.all("set-cookie"):
            pair, _, flags = value.partition(";")
            name, _, content = pair.partition("=")
            if "max-age=0" in flags.lower() or "1970" in flags:
                self.jar.pop(name, None)
            else:
                self.jar[name] = content
        return reply

    def start(self, target=None):
        """Ask the app to sign in; returns the provider's authorize URL."""
        target = target or self.peer.LOGIN
        for _ in range(4):
            url = self.get(target).location
            if url.startswith(self.op.issuer):
                return url
            target = self.local(url)
        raise RuntimeError(f"no redirect to the provider, last: {url!r}")

    def authorize(self, url, user="alice"):
        """The provider's part; returns the app's callback target."""
        path = url[url.index("/", 9):]
        return self.local(self.provider(f"{path}&user={user}").location)

    def finish(self, callback):
        return self.get(callback)

    def sign_in(self, user="alice"):
        return self.finish(self.authorize(self.start(), user))

    def sign_out(self):
        """By the peer's own way: a link, or a form that only its own pages may send."""
        form = {"REQUEST_METHOD": "POST", "HTTP_SEC_FETCH_SITE": "same-origin"}
        more = form if getattr(self.peer, "LOGOUT_IS_FORM", False) else {}
        return self.keep(self.site(self.peer.LOGOUT, self.cookie, **more))

    def shows(self, user="alice"):
        reply = self.get(self.peer.ME)
        return reply.status == 200 and user.title() in reply.body

    def control(self, verb):
        return json.loads(self.provider("/_ctl/" + verb).body)
