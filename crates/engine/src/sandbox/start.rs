//! Starting containers.

use std::{
    collections::BTreeMap,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use casehard_image::Image;
use rustix::{
    fs::{Mode, OFlags},
    pipe::{PipeFlags, pipe_with},
};

use super::{EngineError, Running};
use crate::{
    Container, Network, Spec, Store,
    channel::Channel,
    groups,
    namespace::{IdMap, UserNamespace, check_kernel},
    seccomp,
    store::{Root, Unpacked},
    supervisor::{Answer, Job, Operation, RootKind, Start, start},
};

/// Network namespaces of running containers.
pub(super) type Networks = Arc<Mutex<BTreeMap<u64, OwnedFd>>>;

/// Starts containers, all in one user namespace.
#[derive(Debug)]
pub struct Sandbox {
    store: Store,
    namespace: UserNamespace,
    networks: Networks,
}

/// A network of several containers. Dropped, nobody can join it any more; it ends with the last that did.
#[derive(Debug)]
pub struct JoinedNetwork {
    id: u64,
    networks: Networks,
}

impl JoinedNetwork {
    /// What [`Network::Joined`] names it by.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for JoinedNetwork {
    fn drop(&mut self) {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// A number that no other container or network of this process has.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Where the streams of a container lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Streams {
    /// Standard input is empty, both outputs go to [`Container::log`].
    #[default]
    Captured,
    /// To the caller's own streams; signals of the terminal are passed on to the container.
    Inherited,
}

/// A recorder of system calls.
#[derive(Debug)]
pub struct Recorder {
    /// The filter, which sends calls to a listener (`SECCOMP_RET_USER_NOTIF`).
    pub filter: Vec<Operation>,
    /// Where listeners are sent to, as [`crate::supervisor::Attach`] says. It is closed when the container has ended.
    pub channel: Channel,
}

/// How a container is started beside what [`Spec`] says.
#[derive(Debug, Default)]
pub struct StartOptions {
    /// How the root is made writable; an overlay unless said.
    pub root: Option<RootKind>,
    /// Where its streams lead.
    pub streams: Streams,
    /// Who records it.
    pub recorder: Option<Recorder>,
}

impl Sandbox {
    /// A sandbox whose images are unpacked in `store`. Makes a user namespace: the caller's own user stands for root
    /// in it, and subordinate users (`/etc/subuid`) for the others.
    ///
    /// # Errors
    /// When the machine lacks something; the error says what.
    pub fn new(store: Store) -> Result<Self, EngineError> {
        check_kernel()?;
        let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let read = |path: &str| std::fs::read(path).map(|text| String::from_utf8_lossy(&text).into_owned());
        let file = |path: &str| read(path).unwrap_or_default();
        let ids =
            IdMap::choose(user, group, &file("/etc/passwd"), &file("/etc/subuid"), &file("/etc/subgid"))
                .within(&file("/proc/self/uid_map"), &file("/proc/self/gid_map"));
        let descriptor = ask(&Job::Namespace(ids.clone()), &[], user == 0)?;
        let namespace = UserNamespace { descriptor, ids };
        Ok(Self { store, namespace, networks: Networks::default() })
    }

    /// The store of unpacked images.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The user namespace of its containers.
    #[must_use]
    pub const fn namespace(&self) -> &UserNamespace {
        &self.namespace
    }

    /// What is not as in a container of other engines, on this machine.
    #[must_use]
    pub fn limitations(&self) -> Vec<String> {
        let mut list = Vec::new();
        if self.namespace.ids().is_one() {
            list.push(
                "this user has no range in /etc/subuid and /etc/subgid: every file belongs to the one user of a container, and programs cannot change to another user"
                    .to_owned(),
            );
        }
        list
    }

    /// Unpacks an image, unless that was done before.
    ///
    /// # Errors
    /// When the image cannot be read, or not be written.
    pub fn prepare(&self, image: &Image) -> Result<Root, EngineError> {
        Ok(self.store.root(image, &self.namespace)?)
    }

    /// Starts a container.
    ///
    /// # Errors
    /// When it cannot be started; the error says at what it failed.
    pub fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, EngineError> {
        Ok(Box::new(self.start_with(image, spec, StartOptions::default())?))
    }

    /// A network that containers join by [`Network::Joined`]: nothing but them is in it.
    ///
    /// # Errors
    /// When the kernel has no bridges or no virtual interfaces.
    pub fn network(&self) -> Result<JoinedNetwork, EngineError> {
        let descriptor = ask(&Job::Network, &[self.namespace.as_fd()], rustix::process::geteuid().is_root())?;
        let network = JoinedNetwork { id: next_id(), networks: Arc::clone(&self.networks) };
        self.networks.lock().unwrap_or_else(PoisonError::into_inner).insert(network.id, descriptor);
        Ok(network)
    }

    /// Starts a container in a way of its own.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(
        &self,
        image: &Image,
        spec: &Spec,
        options: StartOptions,
    ) -> Result<Running, EngineError> {
        let root = self.prepare(image)?;
        let run = self.store.run(&self.namespace)?;
        let user = rustix::process::geteuid().as_raw();
        let seccomp = match &spec.seccomp {
            Some(text) => Some(seccomp::compile(text, &spec.capabilities)?),
            None => None,
        };
        let network = self.shared_network(spec)?;
        let start_message = Start {
            spec: spec.clone(),
            root: root.path.clone(),
            run: run.path.clone(),
            root_kind: options.root.unwrap_or(RootKind::Overlay),
            copy_in_memory: fits_in_memory(&root.unpacked),
            has_network: network.is_some(),
            one_user: self.namespace.ids().is_one(),
            caller: (user, rustix::process::getegid().as_raw()),
            filter: options.recorder.as_ref().map(|recorder| recorder.filter.clone()),
            seccomp,
            signals: options.streams == Streams::Inherited,
        };
        let (streams, log) = self.streams(options.streams).map_err(EngineError::setup("make the streams"))?;
        let mut descriptors = vec![self.store.directory().as_fd(), self.namespace.as_fd()];
        descriptors.extend(streams.iter().map(AsFd::as_fd));
        descriptors.extend(network.as_ref().map(AsFd::as_fd));
        descriptors.extend(options.recorder.as_ref().map(|recorder| recorder.channel.as_fd()));
        let (mut child, channel) = start(&Job::Run(Box::new(start_message)), &descriptors)
            .map_err(EngineError::setup("start the supervisor"))?;
        drop((streams, options.recorder));
        let failure = match channel.expect::<Answer>() {
            Ok((Answer::Started, descriptors)) => {
                let networks = Arc::clone(&self.networks);
                let owner = self.namespace.ids().root();
                return Running::new(child, channel, descriptors, log, (root, run), (networks, owner));
            }
            Ok((Answer::Failed(failure), _)) => EngineError::from_failure(failure, user == 0),
            Ok(_) => EngineError::setup("hear from the supervisor")(io::ErrorKind::InvalidData.into()),
            Err(error) => EngineError::setup("hear from the supervisor")(error),
        };
        // It cleans up before it ends.
        drop(channel);
        let _ = child.wait();
        Err(failure)
    }

    fn shared_network(&self, spec: &Spec) -> Result<Option<OwnedFd>, EngineError> {
        let (Network::Shared(id) | Network::Joined(id, _)) = spec.network else { return Ok(None) };
        let networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let network = networks.get(&id).ok_or(EngineError::NoNetwork(id))?;
        Ok(Some(network.try_clone().map_err(EngineError::setup("share the network"))?))
    }

    /// Standard input, output and error of a container, and where its log is read.
    fn streams(&self, streams: Streams) -> io::Result<([OwnedFd; 3], Option<OwnedFd>)> {
        match streams {
            Streams::Inherited => {
                let own = [
                    rustix::stdio::stdin().try_clone_to_owned()?,
                    rustix::stdio::stdout().try_clone_to_owned()?,
                    rustix::stdio::stderr().try_clone_to_owned()?,
                ];
                Ok((own, None))
            }
            Streams::Captured => {
                let flags = OFlags::RDONLY | OFlags::CLOEXEC;
                let nothing = rustix::fs::open("/dev/null", flags, Mode::empty())?;
                let (log, output) = pipe_with(PipeFlags::CLOEXEC)?;
                give_to_root(&output, self.namespace.ids().root());
                let error = output.try_clone()?;
                Ok(([nothing, output, error], Some(log)))
            }
        }
    }
}

/// Gives a pipe to root of the containers (`owner`), who passes it on to the user of one: else `/dev/stdout` could not
/// be opened there. Needed, and possible, only for root of this machine.
pub(super) fn give_to_root(pipe: &OwnedFd, (user, group): (u32, u32)) {
    let owner = (rustix::fs::Uid::from_raw(user), rustix::fs::Gid::from_raw(group));
    let _ = rustix::fs::fchown(pipe, Some(owner.0), Some(owner.1));
}

/// How many bytes a copy of this takes, when that would leave most of the free memory free (`proc_meminfo(5)`), and of what
/// the groups around this process may take.
fn fits_in_memory(unpacked: &Unpacked) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let available =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10;
    let available = groups::memory_left().map_or(available, |left| left.min(available));
    // Each file takes whole pages, and something for its name and metadata.
    let bytes = unpacked.bytes + unpacked.entries * 4096;
    (bytes < available / 3).then_some(bytes)
}

/// Starts a process for a job that is answered by one descriptor.
fn ask(job: &Job, descriptors: &[BorrowedFd<'_>], root: bool) -> Result<OwnedFd, EngineError> {
    let (mut child, channel) =
        start(job, descriptors).map_err(EngineError::setup("start a process of this program"))?;
    let answer = channel.expect::<Answer>();
    let _ = child.wait();
    match answer.map_err(EngineError::setup("hear from a process of this program"))? {
        (Answer::Failed(failure), _) => Err(EngineError::from_failure(failure, root)),
        (_, mut descriptors) => descriptors.pop().ok_or_else(|| {
            EngineError::setup("receive a namespace")(io::Error::from(io::ErrorKind::InvalidData))
        }),
    }
}
