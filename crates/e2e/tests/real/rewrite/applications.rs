//! Applications that build and ship in one stage. Each answers every request with its greeting.

/// One with its files, `Dockerfile` first, and the bases that it and what is proposed for it are built on.
pub struct Application {
    pub files: &'static [(&'static str, &'static str)],
    pub bases: &'static [&'static str],
    /// What the proposal for a distroless base has.
    pub proposed: &'static [&'static str],
}

const WORKLOAD: &str = "ready: { tcp: 8080, within: 60s }\nsteps:\n  - http: \"http://127.0.0.1:8080/\"\n    expect: { status: 200, body: \"hello\\n\" }\nstop: { signal: TERM, within: 20s, expect: { exit: 0 } }\n";

/// A server that answers every request with its greeting.
const C_SERVER: &str = r#"#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static void stop(int signal) { _exit(0); }
int main(void) {
  signal(SIGTERM, stop);
#ifdef SETTINGS
  if (access(SETTINGS, R_OK)) return 1;
#endif
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(8080) };
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 9)) return 1;
  for (;;) {
    char request[2048];
    const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";
    int client = accept(listener, 0, 0);
    if (read(client, request, sizeof request) > 0) write(client, answer, strlen(answer));
    close(client);
  }
}
"#;

pub const C: Application = Application {
    files: &[
        (
            "Dockerfile",
            "FROM casehard.test/gcc:12-bookworm\nWORKDIR /src\nCOPY main.c .\nRUN gcc -O2 -static -o /app main.c\nCMD [\"/app\"]\n",
        ),
        ("main.c", C_SERVER),
        ("casehard.yaml", WORKLOAD),
        (".dockerignore", "*\n!main.c\n"),
    ],
    bases: &["gcc:12-bookworm", "debian:12-slim"],
    proposed: &["+FROM scratch", "+USER 10001:10001"],
};

/// A package that `pip` installs into an environment, started by the script that `pip` writes.
const PYTHON_SERVER: &str = r#"import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")
def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    http.server.HTTPServer(("", 8080), Handler).serve_forever()
"#;

pub const PYTHON: Application = Application {
    files: &[
        (
            "Dockerfile",
            "FROM casehard.test/python:3.11-bookworm\nENV PATH=/opt/venv/bin:$PATH\nWORKDIR /app\nCOPY wheel wheel\n\
RUN python3 -m venv /opt/venv && cd wheel && python3 -m zipfile -c /tmp/greet-1.0-py3-none-any.whl greet greet-1.0.dist-info \\\n && pip install --no-index /tmp/greet-1.0-py3-none-any.whl\n\
HEALTHCHECK --interval=60s CMD [\"python3\", \"-m\", \"greet.health\"]\nCMD [\"greet\"]\n",
        ),
        ("wheel/greet/__init__.py", PYTHON_SERVER),
        ("wheel/greet/health.py", "import socket\nsocket.create_connection((\"127.0.0.1\", 8080))\n"),
        ("wheel/greet-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n"),
        (
            "wheel/greet-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        ("wheel/greet-1.0.dist-info/entry_points.txt", "[console_scripts]\ngreet = greet:main\n"),
        ("wheel/greet-1.0.dist-info/RECORD", "greet/__init__.py,,\ngreet/health.py,,\n"),
        ("casehard.yaml", WORKLOAD),
    ],
    bases: &["python:3.11-bookworm", "python:3.11-slim-bookworm", "python3-debian12:nonroot"],
    proposed: &[
        "+ENV PYTHONPATH=/opt/venv/lib/python3.11/site-packages",
        "+ENTRYPOINT [\"/usr/bin/python3\"]",
        "+CMD [\"/opt/venv/bin/greet\"]",
        "CMD [\"/usr/bin/python3\", \"-m\", \"greet.health\"]",
    ],
};

pub const NODE: Application = Application {
    files: &[
        (
            "Dockerfile",
            "FROM casehard.test/node:18-bookworm\nWORKDIR /app\nCOPY . .\nRUN mkdir dist && cp server.js dist/\nUSER node\nCMD [\"node\", \"dist/server.js\"]\n",
        ),
        (
            "server.js",
            "require('http').createServer((q, a) => a.end('hello\\n')).listen(8080);\nprocess.on('SIGTERM', () => process.exit(0));\n",
        ),
        ("casehard.yaml", WORKLOAD),
    ],
    bases: &["node:18-bookworm", "nodejs18-debian12:nonroot"],
    proposed: &["+USER 1000:1000", "+ENTRYPOINT [\"/nodejs/bin/node\"]", "+CMD [\"dist/server.js\"]"],
};

const JAVA_SERVER: &str = r#"import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
public class Server {
    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            byte[] answer = "hello\n".getBytes();
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
        server.start();
    }
}
"#;

pub const JAVA: Application = Application {
    files: &[
        (
            "Dockerfile",
            "FROM casehard.test/openjdk:17-jdk\nWORKDIR /app\nCOPY Server.java .\nRUN javac -d out Server.java\nCMD [\"java\", \"-cp\", \"out\", \"Server\"]\n",
        ),
        ("Server.java", JAVA_SERVER),
        ("casehard.yaml", WORKLOAD),
    ],
    bases: &["openjdk:17-jdk", "java17-debian12:nonroot"],
    proposed: &["+ENTRYPOINT [\"/usr/bin/java\"]", "+CMD [\"-cp\", \"out\", \"Server\"]"],
};
