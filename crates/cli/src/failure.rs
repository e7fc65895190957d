//! Why a command could not be carried out, for people and for exit codes.

use std::{error::Error, fmt, io, process::ExitCode};

use casehard_image::{OpenError, ReadError, TarError};

/// Why a command could not be carried out.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
    broken_pipe: bool,
}

impl Failure {
    /// Wrong usage or configuration: exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { code: 2, message: message.to_string(), hint: None, broken_pipe: false }
    }

    /// It could not be done (network, permission, broken input): exit code 3. The causes of `error` are appended.
    pub fn cannot(what: impl fmt::Display, error: &(dyn Error + 'static)) -> Self {
        let mut message = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // A transparent error says what its source says.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self { code: 3, message, hint: of_damage(error).map(str::to_owned), broken_pipe: false }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// The sentence without `casehard:` before it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next, when there is something to say.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether the reader of our output left, which is success.
    pub const fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// The exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

/// Writing to standard output failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { broken_pipe, ..Self::cannot("failed to write the output", &error) }
    }
}

/// What to do about an image that is not what it says.
fn of_damage(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let of_blob = |error: &ReadError| {
        matches!(
            error,
            ReadError::BlobDigest { .. }
                | ReadError::BlobSize { .. }
                | ReadError::DiffId { .. }
                | ReadError::Missing { .. }
                | ReadError::Decompress { .. }
                | ReadError::Tar { .. }
        )
    };
    let damaged =
        "the image is damaged: get or write it again; `casehard validate` lists all that is wrong with it";
    match (error.downcast_ref::<ReadError>(), error.downcast_ref::<OpenError>()) {
        (Some(error), _) | (_, Some(OpenError::Read(error))) if of_blob(error) => Some(damaged),
        (_, Some(OpenError::Archive { source: TarError::Truncated, .. })) => {
            Some("the archive is cut off: copy or save it again")
        }
        (_, Some(OpenError::Io { source, .. })) if source.kind() == io::ErrorKind::UnexpectedEof => {
            Some("the file is cut off: copy or save it again")
        }
        (_, Some(OpenError::Io { source, .. })) if source.kind() == io::ErrorKind::NotFound => Some(
            "correct the path, or say where else it is: docker://REGISTRY/NAME:TAG, docker-daemon:NAME:TAG",
        ),
        (_, Some(OpenError::NotImage(_))) => Some(
            "`docker save` and `casehard copy` write images; a folder or tar of plain files is rootfs:PATH",
        ),
        _ => None,
    }
}
