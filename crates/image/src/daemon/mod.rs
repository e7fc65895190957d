//! The stores of Docker and Podman, through their sockets (Docker Engine API, `ImageGet` and `ImageLoad`, which Podman
//! serves too), and whatever else is asked of these.

mod ask;
mod error;
mod http;
mod images;

pub use ask::{Conversation, Reply, ask, converse};
pub use error::DaemonError;
pub use images::copy_to_daemon;
pub(crate) use images::save;

/// Reads an answer to its end, for the fuzzer.
#[cfg(fuzzing)]
pub(crate) fn read_answer(bytes: Vec<u8>) {
    if let Ok(mut answer) = http::answer(std::path::Path::new("fuzz"), std::io::Cursor::new(bytes)) {
        let _ = std::io::copy(&mut answer.body, &mut std::io::sink());
    }
}
