//! An engine at its socket, and what it has of ours.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::Child,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use casehard_image::{Graph, Image, Reply, ask, copy_to_daemon};
use casehard_oci::Digest;
use serde_json::{Value, json};

use super::{Driven, program::Program};
use crate::{
    EngineError, Recorder, Spec,
    channel::Channel,
    sandbox::next_id,
    supervisor::{self, Beside, Job},
};

/// How long an engine may take for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Which engine it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// Docker.
    Docker,
    /// Podman: through the API that it has from Docker, but for what only its own says.
    Podman,
}

impl EngineKind {
    /// Its name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        }
    }
}

/// Something that an engine has of ours, for as long as this lives: then a process of this program has it removed,
/// also when this one was killed.
#[derive(Debug)]
pub(super) struct Held {
    /// The process, which serves requests beside a container too.
    pub channel: Channel,
    child: Mutex<Child>,
}

impl Held {
    pub(super) fn new(socket: &Path, remove: String, folder: Option<PathBuf>) -> Result<Self, EngineError> {
        let job = Job::Beside(Beside { socket: socket.to_owned(), remove, folder });
        let (child, channel) =
            supervisor::start(&job, &[]).map_err(EngineError::setup("start a process of this program"))?;
        Ok(Self { channel, child: Mutex::new(child) })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.channel, rustix::net::Shutdown::Both);
        let _ = self.child.get_mut().unwrap_or_else(PoisonError::into_inner).wait();
    }
}

/// Docker or Podman.
#[derive(Debug)]
pub struct Daemon {
    pub(super) kind: EngineKind,
    pub(super) socket: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) program: Program,
    pub(super) networks: Mutex<BTreeMap<u64, String>>,
    images: Mutex<BTreeMap<Digest, Arc<Held>>>,
    /// What tells its containers and images from those of others.
    mark: String,
}

/// A network of several containers at an engine, for as long as this lives.
#[derive(Debug)]
pub struct DaemonNetwork {
    id: u64,
    _held: Held,
}

impl DaemonNetwork {
    /// What [`crate::Network::Joined`] names it by.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }
}

impl Daemon {
    /// The engine that listens at `socket`. What its containers need of this machine is made below `folder`.
    ///
    /// # Errors
    /// When nobody answers there, or this program cannot be given to containers.
    pub fn connect(kind: EngineKind, socket: &Path, folder: &Path) -> Result<Self, EngineError> {
        ask(socket, ("GET", "/version"), None, "its version", PATIENCE)?;
        let program =
            Program::of_this_process().map_err(EngineError::setup("find the files of this program"))?;
        let mut random = [0_u8; 6];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(&mut random))
            .map_err(EngineError::setup("get a random number"))?;
        let mark: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            kind,
            socket: socket.to_owned(),
            folder: folder.to_owned(),
            program,
            networks: Mutex::default(),
            images: Mutex::default(),
            mark,
        })
    }

    /// Starts a container.
    ///
    /// # Errors
    /// When it cannot be started; the error says at what it failed.
    pub fn start(&self, image: &Image, spec: &Spec) -> Result<Driven, EngineError> {
        Driven::start(self, image, spec, None)
    }

    /// Starts a container that is recorded. What the recorder is told says with the root which user namespace it is in.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_recorded(
        &self,
        image: &Image,
        spec: &Spec,
        recorder: Recorder,
    ) -> Result<Driven, EngineError> {
        Driven::start(self, image, spec, Some(recorder))
    }

    /// A network of this engine that leads nowhere else: a subnet of 256 addresses around `address`.
    ///
    /// # Errors
    /// When the engine cannot make one.
    pub fn network(&self, address: std::net::Ipv4Addr) -> Result<DaemonNetwork, EngineError> {
        let name = self.name();
        let [a, b, c, _] = address.octets();
        let held = Held::new(&self.socket, format!("/networks/{name}"), None)?;
        let body = json!({
            "Name": name,
            "Internal": true,
            "Labels": { "casehard": "run" },
            "IPAM": { "Config": [{ "Subnet": format!("{a}.{b}.{c}.0/24") }] },
        });
        self.ask(("POST", "/networks/create"), Some(&body), "a network")?;
        let id = next_id();
        self.networks.lock().unwrap_or_else(PoisonError::into_inner).insert(id, name);
        Ok(DaemonNetwork { id, _held: held })
    }

    pub(super) fn ask(
        &self,
        request: (&str, &str),
        body: Option<&Value>,
        what: &str,
    ) -> Result<Reply, EngineError> {
        Ok(ask(&self.socket, request, body, what, PATIENCE)?)
    }

    /// A name that nothing else has.
    pub(super) fn name(&self) -> String {
        format!("casehard-{}-{}", self.mark, next_id())
    }

    /// The name of an image at the engine, which it is given unless it has it from this run.
    pub(super) fn image(&self, image: &Image) -> Result<(String, Arc<Held>), EngineError> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = image.digest();
        let name = format!("localhost/casehard-{}:{}", self.mark, &digest.hex()[..16]);
        if let Some(held) = images.get(&digest) {
            return Ok((name, Arc::clone(held)));
        }
        let held = Arc::new(Held::new(&self.socket, format!("/images/{name}?force=1"), None)?);
        copy_to_daemon(&Graph::from(image), &self.socket, &name)?;
        images.insert(digest, Arc::clone(&held));
        Ok((name, held))
    }

    /// A new folder that only this user reads.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, EngineError> {
        let made = || -> io::Result<PathBuf> {
            std::fs::create_dir_all(&self.folder)?;
            let path = self.folder.join(name);
            std::fs::DirBuilder::new().mode(0o700).create(&path)?;
            Ok(path)
        };
        made().map_err(EngineError::setup("make a folder"))
    }
}
