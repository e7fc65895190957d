//! What Casehard asks of its other processes, and what they answer.

use serde::{Deserialize, Serialize};

use crate::{Exec, Exit, Spec, namespace::IdMap, store::Unpacked};

/// The one thing a process is started for. The descriptors that come with it are named in their order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Job {
    /// Make a user namespace; answered by [`Answer::Namespace`].
    Namespace(IdMap),
    /// Make a network that containers join; answered by [`Answer::Namespace`]. Descriptor: user namespace.
    Network,
    /// Unpack a stream of entries into this new directory of the store. Descriptors: store, user namespace, stream.
    Unpack(String),
    /// Remove this directory of the store with all that is in it. Descriptors: store, user namespace.
    Remove(String),
    /// Run a container. Descriptors: store, user namespace, standard input, output and error, then the network
    /// namespace and the channel of the recorder if [`Start`] says that they are there.
    Run(Box<Start>),
    /// Serve what is asked beside a container of another engine, and remove it at the end.
    Beside(Beside),
}

/// What is beside a container of another engine, or another thing of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Beside {
    /// The socket of the engine.
    pub(crate) socket: std::path::PathBuf,
    /// What is deleted by a request for this target when Casehard ends, however that comes.
    pub(crate) remove: String,
    /// A folder of this machine that is removed then, too.
    pub(crate) folder: Option<std::path::PathBuf>,
}

/// What a recorder's side tells the process that becomes a command in a container of another engine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Enter {
    /// The filter to install; its listener is answered by [`Progress::Listener`].
    pub(crate) filter: Vec<Operation>,
    /// Whom to become, and with which of the capabilities that the container has: nobody else when absent.
    pub(crate) identity: Option<Becoming>,
}

/// Whom a process in a container of another engine becomes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Becoming {
    /// `user[:group]`.
    pub(crate) user: String,
    /// Capabilities that were added for recording alone.
    pub(crate) without: Vec<String>,
    /// Whether nobody said what `HOME` is, so that it is the user's.
    pub(crate) sets_home: bool,
}

/// How a container is started.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// What was asked for.
    pub(crate) spec: Spec,
    /// The pristine root, relative to the store.
    pub(crate) root: String,
    /// A new directory of its own, relative to the store.
    pub(crate) run: String,
    /// How the root is made writable.
    pub(crate) root_kind: RootKind,
    /// How many bytes a copy of the root takes, when there is room for it in memory: that is much faster.
    pub(crate) copy_in_memory: Option<u64>,
    /// Whether a network namespace is among the descriptors: that of another container, or that of a network to join.
    pub(crate) has_network: bool,
    /// Whether only one user is mapped, so that owners and groups cannot be changed.
    pub(crate) one_user: bool,
    /// The users that the caller is inside the user namespace.
    pub(crate) caller: (u32, u32),
    /// The filter of a recorder, whose channel is among the descriptors.
    pub(crate) filter: Option<Vec<Operation>>,
    /// The filter of the seccomp profile, ready to be installed.
    pub(crate) seccomp: Option<Vec<Operation>>,
    /// Whether the recorder accepts listeners that only a fatal signal interrupts.
    pub(crate) signals: bool,
}

/// How the root is made writable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootKind {
    /// An overlay whose changes are kept in memory.
    Overlay,
    /// A copy: files keep no access time but that of the run.
    Plain,
}

/// A BPF instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation(pub u16, pub u8, pub u8, pub u32);

/// What a job's process answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The job is done.
    Done,
    /// With the user or network namespace as descriptor.
    Namespace,
    /// What could not be kept as the image has it.
    Unpacked(Unpacked),
    /// The container's command runs. Descriptors: its process, its network namespace.
    Started,
    /// The container's first process ended.
    Ended(Exit),
    /// It did not work.
    Failed(Failure),
}

/// What is asked of a container's supervisor; each request but [`Request::Signal`] has one descriptor more at its
/// end: the socket that the answer goes to. When that is closed, what was started for it is killed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Descriptors: standard input, output and error. Answers: [`Answer::Started`], [`Answer::Ended`].
    Exec(Exec),
    /// A look at the container from inside. Descriptors and answers as for [`Request::Exec`]; standard output is a
    /// [`crate::Confinement`] in JSON.
    Look,
    /// A command of this machine. Descriptors: standard input, output and error, working directory.
    Host(Vec<String>),
    /// A connection. Answer: [`Answer::Done`] with the connected socket.
    Connect(std::net::SocketAddr, std::time::Duration),
    /// Where the container of another engine is. Descriptors: user namespace, network namespace. Answer: [`Answer::Done`].
    Around,
    /// A signal for the first process.
    Signal(i32),
    /// What the run changed in its root. Answer: [`Answer::Done`] with a file that holds the list in JSON.
    Changes,
}

/// What the process that becomes a command says before it does.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Progress {
    /// The root is made. Descriptors: where changes are collected, the network namespace. With the paths made only to mount upon.
    /// Waits for [`Answer::Done`].
    Root(Vec<casehard_oci::RootPath>),
    /// The recorder's filter is installed. Descriptor: its listener. Waits for [`Answer::Done`].
    Listener,
    /// It cannot become the command.
    Failed(Failure),
}

/// What the supervisor tells a recorder's process; answered by `()` when the recorder is ready. When the container has
/// ended the supervisor sends nothing more, and removes the root when the recorder has closed its end.
#[derive(Debug, Serialize, Deserialize)]
pub enum Attach {
    /// A container begins. Descriptors: listener, root directory, and the user namespace where it is not the one that
    /// the recorder was started with.
    Container,
    /// A further command begins in it. Descriptor: listener.
    Command,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// What was being done: a fragment that fits after "failed to".
    pub(crate) doing: String,
    /// The error number of the kernel, 0 when it was not the kernel that refused.
    pub(crate) error: i32,
    /// Which part of the start it belongs to.
    pub(crate) stage: Stage,
}

/// Which part of a start something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Namespaces, mounts, limits.
    Setup,
    /// The user namespace.
    UserNamespace,
    /// Mapping users.
    Mapping,
    /// The overlay.
    Overlay,
    /// The user to run as.
    User,
    /// The command itself.
    Command,
}

impl Failure {
    pub(crate) fn new(stage: Stage, doing: impl Into<String>, error: &std::io::Error) -> Self {
        let mut doing = doing.into();
        let number = error.raw_os_error().unwrap_or(0);
        if number == 0 {
            doing = format!("{doing}: {error}");
        }
        Self { doing, error: number, stage }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.doing)?;
        if self.error != 0 {
            write!(f, ": {}", self.error())?;
        }
        Ok(())
    }
}

impl Failure {
    /// What the kernel said.
    pub(crate) fn error(&self) -> std::io::Error {
        match self.error {
            0 => std::io::Error::other("refused"),
            number => std::io::Error::from_raw_os_error(number),
        }
    }

    /// With what was being done in its text.
    pub(crate) fn into_error(self) -> std::io::Error {
        std::io::Error::new(self.error().kind(), self.to_string())
    }
}

/// Says what was being done when something fails.
pub(crate) trait Doing<T> {
    /// Says what was being done, a fragment that fits after "failed to".
    fn doing(self, doing: impl AsRef<str>) -> Result<T, Failure>;
    /// Says of which stage too.
    fn at(self, stage: Stage, doing: impl AsRef<str>) -> Result<T, Failure>;
}

impl<T, E: Into<std::io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, doing: impl AsRef<str>) -> Result<T, Failure> {
        self.at(Stage::Setup, doing)
    }

    fn at(self, stage: Stage, doing: impl AsRef<str>) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(stage, doing.as_ref(), &error.into()))
    }
}
