//! `casehard lsp` with a client at the other end of its streams, and with Neovim where it is installed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test, and one that cannot run says so by name"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// A client that speaks the protocol over the server's streams.
struct Client {
    server: Child,
    answers: BufReader<ChildStdout>,
    next: u64,
}

impl Client {
    fn start(folder: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_casehard"))
            .args(["lsp", "--stdio"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(server.stdout.take().unwrap());
        Self { server, answers, next: 0 }
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.server.stdin.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the server went away");
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.answers.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        loop {
            let answer = self.receive();
            if answer["id"] == id {
                return answer;
            }
        }
    }

    fn tell(&mut self, method: &str, parameters: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}));
    }

    /// The diagnostics that come next.
    fn diagnostics(&mut self) -> Vec<Value> {
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }
}

const TEXT: &str = "FROM debian:12\n# é😀\nADD a.conf /etc/\nUSER 10001:10001\n";

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

#[test]
fn a_client_gets_diagnostics_pages_and_fixes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("casehard.toml"), "[lint]\nroot = true\nignore = [\"unpinned-base\"]\n")
        .unwrap();
    let mut client = Client::start(folder.path());
    let uri = format!("file://{}/Dockerfile", folder.path().display());
    assert_eq!(client.ask("textDocument/hover", json!({}))["error"]["code"], -32002);
    let ready = client.ask("initialize", json!({"capabilities": {}}));
    assert_eq!(ready["result"]["capabilities"]["positionEncoding"], "utf-16");
    client.tell("initialized", json!({}));
    let document = json!({"uri": uri, "languageId": "dockerfile", "version": 1, "text": TEXT});
    client.tell("textDocument/didOpen", json!({"textDocument": document}));
    let found = client.diagnostics();
    assert!(codes(&found).contains(&"local-add") && !codes(&found).contains(&"unpinned-base"), "{found:?}");
    let add = found.iter().find(|diagnostic| diagnostic["code"] == "local-add").unwrap();
    assert_eq!(add["range"]["start"]["line"], 2);
    let here = json!({"uri": uri});
    let page = client
        .ask("textDocument/hover", json!({"textDocument": here, "position": {"line": 2, "character": 1}}));
    assert!(page["result"]["contents"]["value"].as_str().unwrap().starts_with("# local-add"), "{page}");
    let asked = json!({"textDocument": here, "range": add["range"], "context": {"diagnostics": []}});
    let actions = client.ask("textDocument/codeAction", asked);
    let fix = actions["result"]
        .as_array()
        .unwrap()
        .iter()
        .find(|action| action["title"].as_str().unwrap().starts_with("local-add"))
        .unwrap();
    let edit = &fix["edit"]["changes"][&uri][0];
    assert_eq!((&edit["newText"], &edit["range"]["start"]["line"]), (&json!("COPY"), &json!(2)), "{fix}");
    let all = json!({"textDocument": here, "range": add["range"], "context": {"diagnostics": [], "only": ["source.fixAll"]}});
    let all = client.ask("textDocument/codeAction", all);
    assert!(
        all["result"][0]["edit"]["changes"][&uri][0]["newText"]
            .as_str()
            .unwrap()
            .contains("COPY a.conf /etc/"),
        "{all}"
    );
    let changed = TEXT.replace("ADD", "COPY");
    client.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": changed}]}),
    );
    assert!(!codes(&client.diagnostics()).contains(&"local-add"));
    assert_eq!(client.ask("no/such/method", json!({}))["error"]["code"], -32601);
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert!(client.diagnostics().is_empty());
    assert!(client.ask("shutdown", Value::Null)["error"].is_null());
    client.tell("exit", Value::Null);
    assert_eq!(client.server.wait().unwrap().code(), Some(0));
}

#[test]
fn an_editor_shows_and_mends_when_neovim_is_installed() {
    let version = Command::new("nvim").arg("--version").output();
    let minor = version.ok().and_then(|output| {
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().next()?.split('.').nth(1)?.parse::<u32>().ok()
    });
    if minor.is_none_or(|minor| minor < 7) {
        return eprintln!(
            "skipped: an_editor_shows_and_mends_when_neovim_is_installed: nvim 0.7 or newer is not on this machine"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Dockerfile");
    fs::write(&file, TEXT).unwrap();
    let script = concat!("luafile ", env!("CARGO_MANIFEST_DIR"), "/tests/neovim.lua");
    let output = Command::new("timeout")
        .args(["90", "nvim", "--headless", "--clean", "-c", script])
        .env("FILE", &file)
        .env("CASEHARD", env!("CARGO_BIN_EXE_casehard"))
        .env("NVIM_LOG_FILE", folder.path().join("log"))
        .env("XDG_STATE_HOME", folder.path())
        .output()
        .unwrap();
    let shown =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && shown.contains("all of it"), "{:?} {shown}", output.status);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("COPY a.conf /etc/") && text.contains("😀"), "{text}");
}
