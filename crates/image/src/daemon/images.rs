//! Getting an image out of a daemon's store, and putting one in.

use std::{
    fs::File,
    io::{Read, Seek as _, Write as _},
    path::Path,
};

use super::{DaemonError, http::request};
use crate::{Graph, WriteError, copy_to_archive};

/// Bytes of a message that are shown.
const MESSAGE: u64 = 2000;

/// Saves an image as an archive into a file without a name, which is gone with this program.
pub(crate) fn save(socket: &Path, name: &str, limit: u64) -> Result<File, DaemonError> {
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let answer = request(socket, "GET", &format!("/images/{}/get", encoded(name)), None)?;
    if answer.status != 200 {
        return Err(refused(socket, name, answer.status, answer.body));
    }
    let mut file = tempfile::tempfile().map_err(io)?;
    let mut body = answer.body.take(limit.saturating_add(1));
    let size = std::io::copy(&mut body, &mut file).map_err(io)?;
    if size > limit {
        return Err(DaemonError::TooLarge { what: name.to_owned(), limit });
    }
    file.flush().and_then(|()| file.rewind()).map_err(io)?;
    Ok(file)
}

/// Puts an image into the store of the daemon that listens at `socket`, under `name`.
///
/// # Errors
/// When the image cannot be read, or the daemon does not take it.
pub fn copy_to_daemon(graph: &Graph, socket: &Path, name: &str) -> Result<(), WriteError> {
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let folder = tempfile::tempdir().map_err(io)?;
    let path = folder.path().join("image.tar");
    copy_to_archive(graph, &path, Some(name))?;
    let mut file = File::open(&path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut answer = request(socket, "POST", "/images/load?quiet=1", Some((length, &mut file)))?;
    if answer.status != 200 {
        return Err(refused(socket, name, answer.status, answer.body).into());
    }
    // Success is said before the image is loaded; what went wrong then stands in the body.
    let mut body = Vec::new();
    answer.body.by_ref().take(64 << 10).read_to_end(&mut body).map_err(io)?;
    let failed = body
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .find_map(|line| line["error"].as_str().map(str::to_owned));
    match failed {
        Some(message) => Err(DaemonError::Refused {
            socket: socket.to_owned(),
            what: name.to_owned(),
            status: answer.status,
            message: casehard_oci::escape(message.as_bytes()).into_owned(),
        }
        .into()),
        None => Ok(()),
    }
}

pub(super) fn refused(socket: &Path, what: &str, status: u16, body: impl Read) -> DaemonError {
    let mut bytes = Vec::new();
    // A body that cannot be read says nothing; the status does.
    let _ = body.take(MESSAGE).read_to_end(&mut bytes);
    let message = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
    let message = message.as_ref().and_then(|json| json["message"].as_str().or(json["cause"].as_str()));
    let message = message.map_or(&*bytes, str::as_bytes);
    DaemonError::Refused {
        socket: socket.to_owned(),
        what: what.to_owned(),
        status,
        message: casehard_oci::escape(message.trim_ascii()).into_owned(),
    }
}

/// A name in the path of a request: slashes belong to it.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
