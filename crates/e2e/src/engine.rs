//! Docker and Podman, as the program drives them.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "for tests alone: one that cannot begin has failed"
)]

use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use casehard_image::ask;
use serde_json::Value;

use crate::{is_root, is_slow, skip, which};

/// The engines that are tried: name, and runtime where that can be chosen.
pub const ENGINES: [(&str, &str); 3] = [("docker", ""), ("podman", "runc"), ("podman", "crun")];

const PATIENCE: Duration = Duration::from_secs(60);
/// A service listens soon, or not at all.
const LISTENS: Duration = Duration::from_secs(20);

/// An engine that listens.
#[derive(Debug)]
pub struct Engine {
    /// `docker` or `podman`.
    pub name: &'static str,
    socket: PathBuf,
    service: Option<Child>,
    _folder: tempfile::TempDir,
}

impl Engine {
    /// Docker where its daemon listens already, Podman as a service that is started here; `None` when this machine has
    /// none, which is said by the test's name.
    #[must_use]
    pub fn find(test: &str, (name, runtime): (&'static str, &'static str)) -> Option<Self> {
        let test = format!("{test} with {name} {runtime}");
        if !is_slow(&test) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        if !is_root() {
            skip(&test, "it needs root");
            return None;
        }
        let (socket, service) = if name == "docker" {
            let socket = std::env::var("DOCKER_HOST").unwrap_or_default();
            (PathBuf::from(socket.strip_prefix("unix://").unwrap_or("/var/run/docker.sock")), None)
        } else {
            if which("podman").is_none() || which(runtime).is_none() {
                skip(&test, "it is not there");
                return None;
            }
            let socket = folder.path().join("podman.sock");
            let service = podman(runtime, &socket).spawn().expect("podman");
            (socket, Some(service))
        };
        let engine = Self { name, socket, service, _folder: folder };
        let began = Instant::now();
        while engine.service.is_some() && !engine.socket.exists() && began.elapsed() < LISTENS {
            thread::sleep(Duration::from_millis(50));
        }
        match ask(&engine.socket, ("GET", "/version"), None, "its version", PATIENCE) {
            Ok(_) => Some(engine),
            Err(error) => {
                skip(&test, &error.to_string());
                None
            }
        }
    }

    /// The arguments that make the program use it.
    #[must_use]
    pub const fn arguments(&self) -> [&'static str; 2] {
        ["--engine", self.name]
    }

    /// Tells a command of the program where it listens.
    pub fn tell(&self, command: &mut Command) {
        let variable = if self.name == "docker" { "DOCKER_HOST" } else { "CONTAINER_HOST" };
        command.env(variable, format!("unix://{}", self.socket.display()));
    }

    /// Its containers, images and networks that the program made and that are there still, and whether a container of
    /// these runs. Another test may use it at the same time: `image` is part of the name of the images that count.
    #[must_use]
    pub fn left(&self, image: &str) -> (Vec<String>, bool) {
        let list = |target: &str| {
            let began = Instant::now();
            loop {
                match ask(&self.socket, ("GET", target), None, target, PATIENCE) {
                    Ok(reply) => return reply.body.as_array().cloned().unwrap_or_default(),
                    // Podman cannot list images while one of them is being removed.
                    Err(error) => assert!(began.elapsed() < PATIENCE, "{target}: {error}"),
                }
                thread::sleep(Duration::from_millis(100));
            }
        };
        let images = list("/images/json").into_iter().flat_map(|one| texts(&one["RepoTags"]));
        let containers = list("/containers/json?all=1");
        let containers: Vec<&Value> = containers
            .iter()
            .filter(|one| one["Image"].as_str().is_some_and(|name| name.contains(image)))
            .collect();
        let runs = containers.iter().any(|one| one["State"] == "running");
        let names = containers.iter().flat_map(|one| texts(&one["Names"]));
        (images.filter(|name| name.contains(image)).chain(names).collect(), runs)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(service) = &mut self.service {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Its service, in a mount namespace without the second version of cgroups, which `crun` does not take beside the first.
fn podman(runtime: &str, socket: &Path) -> Command {
    let script = "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args([
            "-m",
            "sh",
            "-c",
            script,
            "sh",
            "podman",
            "--runtime",
            runtime,
            "system",
            "service",
            "--time=0",
        ])
        .arg(format!("unix://{}", socket.display()))
        .env("CONTAINERS_CONF", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/containers.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}
