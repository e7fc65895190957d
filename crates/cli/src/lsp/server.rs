//! Requests and what they are answered with.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
};

use casehard_finding::Safety;
use serde_json::{Value, json};

use super::{
    document::{Document, Encoding, span},
    wire,
};
use crate::lint::{Configs, Contexts};

/// `MethodNotFound` and `InvalidRequest` of JSON-RPC 2.0; `ServerNotInitialized` of the protocol.
const NOT_FOUND: i64 = -32601;
const INVALID: i64 = -32600;
const NOT_INITIALIZED: i64 = -32002;

struct Server<'a, W> {
    configs: &'a Configs,
    output: W,
    documents: BTreeMap<String, Document>,
    encoding: Encoding,
    initialized: bool,
    ending: bool,
}

/// Serves one client until it says `exit` or goes away. Gives whether it said `shutdown` before.
///
/// # Errors
/// When the client sends what is not of the protocol, or cannot be written to.
pub fn serve(input: &mut impl BufRead, output: impl Write, configs: &Configs) -> io::Result<bool> {
    let mut server = Server {
        configs,
        output,
        documents: BTreeMap::new(),
        encoding: Encoding::Utf16,
        initialized: false,
        ending: false,
    };
    while let Some(message) = wire::read(input)? {
        if message["method"] == "exit" {
            break;
        }
        server.take(&message)?;
    }
    Ok(server.ending)
}

impl<W: Write> Server<'_, W> {
    fn take(&mut self, message: &Value) -> io::Result<()> {
        let method = message["method"].as_str().unwrap_or_default();
        let parameters = &message["params"];
        let Some(id) = message.get("id").filter(|id| !id.is_null()) else {
            return self.notice(method, parameters);
        };
        if method.is_empty() {
            // The answer to something that we asked; we ask nothing.
            return Ok(());
        }
        let answer = match method {
            _ if self.ending => Err((INVALID, "the server is shutting down".to_owned())),
            "initialize" => Ok(self.initialize(parameters)),
            _ if !self.initialized => Err((NOT_INITIALIZED, "initialize comes first".to_owned())),
            "shutdown" => {
                self.ending = true;
                Ok(Value::Null)
            }
            "textDocument/hover" => Ok(self.hover(parameters)),
            "textDocument/codeAction" => Ok(self.actions(parameters)),
            "textDocument/diagnostic" => Ok(self.pulled(parameters)),
            other => Err((NOT_FOUND, format!("no method {other}"))),
        };
        let message = match answer {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err((code, text)) => {
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}})
            }
        };
        wire::write(&mut self.output, &message)
    }

    fn initialize(&mut self, parameters: &Value) -> Value {
        let offered = parameters.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        let utf8 = offered.is_some_and(|list| list.iter().any(|encoding| encoding == "utf-8"));
        self.encoding = if utf8 { Encoding::Utf8 } else { Encoding::Utf16 };
        self.initialized = true;
        json!({
            "capabilities": {
                "positionEncoding": if utf8 { "utf-8" } else { "utf-16" },
                "textDocumentSync": {"openClose": true, "change": 1, "save": {"includeText": false}},
                "hoverProvider": true,
                "codeActionProvider": {"codeActionKinds": ["quickfix", "source.fixAll.casehard"]},
                "diagnosticProvider": {"interFileDependencies": true, "workspaceDiagnostics": false},
            },
            "serverInfo": {"name": "casehard", "version": env!("CARGO_PKG_VERSION")},
        })
    }

    fn notice(&mut self, method: &str, parameters: &Value) -> io::Result<()> {
        let document = &parameters["textDocument"];
        let uri = document["uri"].as_str().unwrap_or_default().to_owned();
        match method {
            "textDocument/didOpen" => {
                let text = document["text"].as_str().unwrap_or_default().to_owned();
                let language = document["languageId"].as_str().unwrap_or_default();
                self.documents.insert(uri.clone(), Document::new(uri.clone(), language, text));
            }
            "textDocument/didChange" => {
                let changes = parameters["contentChanges"].as_array();
                let text =
                    changes.and_then(|changes| changes.last()).and_then(|change| change["text"].as_str());
                if let (Some(document), Some(text)) = (self.documents.get_mut(&uri), text) {
                    text.clone_into(&mut document.text);
                }
            }
            "textDocument/didSave" => {}
            "textDocument/didClose" => {
                self.documents.remove(&uri);
                return self.publish(&uri, &[]);
            }
            _ => return Ok(()),
        }
        self.check(&uri)
    }

    fn check(&mut self, uri: &str) -> io::Result<()> {
        let Some(document) = self.documents.get_mut(uri) else { return Ok(()) };
        // What stands around the file may have changed since.
        match document.check(self.configs, &Contexts::default()) {
            Ok(()) => {
                let diagnostics = document.diagnostics(self.encoding);
                self.publish(uri, &diagnostics)
            }
            Err(failure) => {
                let text = failure.message().to_owned();
                let message = json!({"jsonrpc": "2.0", "method": "window/showMessage", "params": {"type": 1, "message": text}});
                wire::write(&mut self.output, &message)
            }
        }
    }

    fn publish(&mut self, uri: &str, diagnostics: &[Value]) -> io::Result<()> {
        let parameters = json!({"uri": uri, "diagnostics": diagnostics});
        let message =
            json!({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": parameters});
        wire::write(&mut self.output, &message)
    }

    fn document(&self, parameters: &Value) -> Option<&Document> {
        self.documents.get(parameters.pointer("/textDocument/uri")?.as_str()?)
    }

    fn pulled(&self, parameters: &Value) -> Value {
        let items =
            self.document(parameters).map(|document| document.diagnostics(self.encoding)).unwrap_or_default();
        json!({"kind": "full", "items": items})
    }

    /// The page of each rule that found something there.
    fn hover(&self, parameters: &Value) -> Value {
        let Some(document) = self.document(parameters) else { return Value::Null };
        let at = document.offset(&parameters["position"], self.encoding);
        let here = |range: &std::ops::Range<usize>| range.start <= at && at <= range.end;
        let mut pages: Vec<&str> = Vec::new();
        for finding in &document.findings {
            let rule = casehard_rules::rules().find(|rule| rule.name == finding.rule);
            let Some((rule, _)) = rule.zip(span(finding).filter(here)) else { continue };
            if !pages.contains(&rule.page) {
                pages.push(rule.page);
            }
        }
        if pages.is_empty() {
            return Value::Null;
        }
        json!({"contents": {"kind": "markdown", "value": pages.join("\n\n---\n\n")}})
    }

    /// The fixes of what was found in a range, and every safe fix of the file at once.
    fn actions(&self, parameters: &Value) -> Value {
        let Some(document) = self.document(parameters) else { return Value::Null };
        let range = &parameters["range"];
        let wanted =
            document.offset(&range["start"], self.encoding)..document.offset(&range["end"], self.encoding);
        let only = parameters.pointer("/context/only").and_then(Value::as_array);
        let wants = |kind: &str| {
            let within = |asked: &str| {
                kind == asked || kind.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'))
            };
            only.is_none_or(|list| list.iter().filter_map(Value::as_str).any(within))
        };
        let mut actions = Vec::new();
        let touched = document.findings.iter().filter(|finding| {
            span(finding).is_some_and(|span| span.start <= wanted.end && wanted.start <= span.end)
        });
        for (finding, fix) in touched.filter_map(|finding| Some((finding, finding.fix.as_ref()?))) {
            if !wants("quickfix") || fix.edits.is_empty() {
                continue;
            }
            let safe = fix.safety == Safety::Safe;
            let title = if safe { fix.title.clone() } else { format!("{} (to be verified)", fix.title) };
            actions.push(json!({
                "title": format!("{}: {title}", finding.rule),
                "kind": "quickfix",
                "isPreferred": safe,
                "diagnostics": document.diagnostic(finding, self.encoding).into_iter().collect::<Vec<_>>(),
                "edit": {"changes": {document.uri.clone(): document.edits(fix, self.encoding)}},
            }));
        }
        let all = "source.fixAll.casehard";
        if wants(all)
            && only.is_some()
            && let Some(text) = document.mended(self.configs, &Contexts::default())
        {
            let edit =
                json!({"range": document.range(&(0..document.text.len()), self.encoding), "newText": text});
            actions.push(json!({"title": "apply every safe fix", "kind": all, "edit": {"changes": {document.uri.clone(): [edit]}}}));
        }
        actions.into()
    }
}
