//! Questions in JSON, and connections that become streams.

use std::{
    io::{BufReader, Read, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use serde_json::Value;

use super::{
    DaemonError,
    http::{Answer, answer, connect},
    images::refused,
};

/// No answer in JSON is longer.
const LONGEST: u64 = 16 << 20;
/// A stream may be silent for as long as the longest run of a container.
const SILENCE: Duration = Duration::from_secs(2 * 60 * 60);

/// What a daemon answers.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status, below 400.
    pub status: u16,
    /// What it says; null when that is nothing, or no JSON.
    pub body: Value,
}

/// A connection that has become a stream in both directions.
pub struct Conversation {
    /// Where is written to. Shut down for writing, it ends the other side's input.
    pub to: UnixStream,
    /// Where is read from.
    pub from: Box<dyn Read + Send>,
}

/// Asks the daemon at `socket` something about `what`, and waits for its answer for `patience`.
///
/// # Errors
/// [`DaemonError::Refused`] when it says no (HTTP status 400 and more), and when nobody answers.
pub fn ask(
    socket: &Path,
    (method, target): (&str, &str),
    body: Option<&Value>,
    what: &str,
    patience: Duration,
) -> Result<Reply, DaemonError> {
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let stream = send(socket, (method, target), body, "Connection: close\r\n", patience)?;
    let Answer { status, body } = answer(socket, BufReader::new(stream))?;
    if status >= 400 {
        return Err(refused(socket, what, status, body));
    }
    let mut bytes = Vec::new();
    body.take(LONGEST).read_to_end(&mut bytes).map_err(io)?;
    Ok(Reply { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
}

/// Asks for a stream in both directions.
///
/// # Errors
/// As [`ask`].
pub fn converse(
    socket: &Path,
    target: &str,
    body: Option<&Value>,
    what: &str,
) -> Result<Conversation, DaemonError> {
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
    let stream = send(socket, ("POST", target), body, upgrade, SILENCE)?;
    let to = stream.try_clone().map_err(io)?;
    let Answer { status, body } = answer(socket, BufReader::new(stream))?;
    if status >= 400 {
        return Err(refused(socket, what, status, body));
    }
    Ok(Conversation { to, from: body })
}

fn send(
    socket: &Path,
    (method, target): (&str, &str),
    body: Option<&Value>,
    headers: &str,
    patience: Duration,
) -> Result<UnixStream, DaemonError> {
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let mut stream = connect(socket, patience)?;
    let text = body.map(Value::to_string).unwrap_or_default();
    let kind = if body.is_some() { "Content-Type: application/json\r\n" } else { "" };
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}{kind}Content-Length: {}\r\n\r\n",
        text.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes())).map_err(io)?;
    Ok(stream)
}
