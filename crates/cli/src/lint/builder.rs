//! Docker, Podman and Buildah, as they build a Dockerfile that is nowhere written.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// How many of a builder's last lines are shown.
const LAST_LINES: usize = 4;

/// A builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Builder {
    Docker,
    Podman,
    Buildah,
}

impl Builder {
    /// The program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }

    /// The first that is installed and answers.
    pub fn find() -> Option<Self> {
        [Self::Docker, Self::Podman, Self::Buildah].into_iter().find(|builder| {
            let asked =
                Command::new(builder.name()).arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        })
    }

    /// Builds a Dockerfile in a folder: the image's identifier, or the builder's last words.
    pub fn build(self, text: &str, folder: &Path, arguments: &[String]) -> Result<String, String> {
        let mut command = Command::new(self.name());
        command.args(["build", "-q", "-f", "-"]);
        if self != Self::Docker {
            // Their own format has no health check.
            command.args(["--format", "docker"]);
        }
        for argument in arguments {
            command.args(["--build-arg", argument]);
        }
        said(command.arg(folder), text)
    }

    /// Where Casehard reads an image that was built. What Podman and Buildah share is only served by a daemon that need not
    /// run: the image is written into an archive in a folder.
    pub fn place(self, id: &str, folder: &Path) -> Result<String, String> {
        if self == Self::Docker {
            return Ok(format!("docker-daemon:{id}"));
        }
        let id = id.trim_start_matches("sha256:");
        let place = format!("docker-archive:{}", folder.join(id).display());
        said(Command::new(self.name()).args(["push", "-q", id, &place]), "")?;
        Ok(place)
    }
}

/// What a command writes, given this on its standard input.
fn said(command: &mut Command, input: &str) -> Result<String, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let sent = child.stdin.take().is_none_or(|mut pipe| pipe.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if sent && output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = error.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("; ");
    Err(casehard_oci::escape(last.as_bytes()).to_string())
}
