//! A container that an engine runs, as Casehard's own process sees it.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use casehard_image::{DaemonError, Image, ask, converse};

use super::{
    Daemon, create,
    engine::{EngineKind, Held, PATIENCE},
    exec, frames,
    listener::Listener,
    look,
    program::Program,
};
use crate::{
    Confinement, Container, EngineError, Exec, Exit, Network, Output, Recorder, Spec, Stream,
    sandbox::{self, Log, next_id},
    supervisor,
};

/// No run of a container is longer when its specification has no bound.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How the first process ended, as far as that is known.
type Ended = (Mutex<Option<Result<Exit, String>>>, Condvar);

/// A container that an engine runs. Dropping it ends every process of it, and removes it.
#[derive(Debug)]
pub struct Driven {
    id: u64,
    name: String,
    kind: EngineKind,
    socket: PathBuf,
    folder: PathBuf,
    network: Option<String>,
    program: Program,
    spec: Spec,
    /// The first process, as this machine numbers it; `None` when it had ended before it could be looked at.
    first: Option<u32>,
    ended: Arc<Ended>,
    log: Log,
    listener: Option<Listener>,
    /// Commands are told apart by who comes next.
    one_at_a_time: Mutex<()>,
    held: Option<Held>,
    image: Option<(String, Arc<Held>)>,
}

impl Driven {
    pub(super) fn start(
        daemon: &Daemon,
        image: &Image,
        spec: &Spec,
        recorder: Option<Recorder>,
    ) -> Result<Self, EngineError> {
        let image = daemon.image(image)?;
        let name = daemon.name();
        let network = match spec.network {
            Network::Loopback => None,
            Network::Shared(id) | Network::Joined(id, _) => {
                let networks = daemon.networks.lock().unwrap_or_else(PoisonError::into_inner);
                Some(networks.get(&id).cloned().ok_or(EngineError::NoNetwork(id))?)
            }
        };
        let folder = daemon.folder(&name)?;
        let target = format!("/containers/{name}?force=1&v=1");
        let held = Held::new(&daemon.socket, target, Some(folder.clone()))?;
        let mut driven = Self {
            id: next_id(),
            name,
            kind: daemon.kind,
            socket: daemon.socket.clone(),
            folder,
            network,
            program: daemon.program.clone(),
            spec: spec.clone(),
            first: None,
            ended: Arc::default(),
            log: Log::default(),
            listener: None,
            one_at_a_time: Mutex::new(()),
            held: Some(held),
            image: Some(image),
        };
        driven.begin(daemon, recorder)?;
        Ok(driven)
    }

    fn begin(&mut self, daemon: &Daemon, recorder: Option<Recorder>) -> Result<(), EngineError> {
        if let Some(profile) = &self.spec.seccomp {
            std::fs::write(self.folder.join("seccomp.json"), profile)
                .map_err(EngineError::setup("write the seccomp profile"))?;
        }
        let recorded = recorder.is_some();
        let ((target, body), first) = {
            let request = self.request(recorded);
            (request.ask(&self.name), request.becoming(None, &[]))
        };
        if let Some(recorder) = recorder {
            let listener = Listener::start(&self.folder, recorder, first);
            self.listener = Some(listener.map_err(EngineError::setup("listen for what is recorded"))?);
        }
        daemon.ask(("POST", &target), Some(&body), "a container").map_err(|error| self.refused(error))?;
        self.follow_log()?;
        let target = format!("/containers/{}/start", self.name);
        daemon.ask(("POST", &target), None, "its start").map_err(|error| self.refused(error))?;
        self.follow_end()?;
        self.look_around(daemon)?;
        if let Some(listener) = &self.listener {
            let over = || self.exit().is_some();
            listener.settled(over).map_err(|why| {
                let log = self.log.at_the_end();
                let log = casehard_oci::escape(log.trim_ascii());
                self.not_started(if log.is_empty() { why } else { format!("{why}; it wrote: {log}") })
            })?;
        }
        Ok(())
    }

    fn request(&self, recorded: bool) -> create::Request<'_> {
        create::Request {
            kind: self.kind,
            image: self.image.as_ref().map_or("", |(name, _)| name),
            spec: &self.spec,
            program: &self.program,
            folder: &self.folder,
            network: self.network.as_deref(),
            recorded,
        }
    }

    fn not_started(&self, why: String) -> EngineError {
        let command = self.spec.argv.first().cloned().unwrap_or_default();
        EngineError::Start { engine: self.kind.name(), command, why }
    }

    fn refused(&self, error: EngineError) -> EngineError {
        match error {
            EngineError::Daemon(DaemonError::Refused { message, .. }) => self.not_started(message),
            error => error,
        }
    }

    /// Reads what it writes, from before it starts.
    fn follow_log(&self) -> Result<(), EngineError> {
        let target = format!("/containers/{}/attach?stream=1&stdout=1&stderr=1", self.name);
        let conversation = converse(&self.socket, &target, None, "what it writes")?;
        let log = self.log.clone();
        thread::Builder::new()
            .spawn(move || {
                let _ = frames::read(conversation.from, |_, part| log.add(part));
                log.close();
            })
            .map_err(EngineError::setup("start a thread"))?;
        Ok(())
    }

    /// Waits for its end in a thread of its own, and ends it when its time is over.
    fn follow_end(&self) -> Result<(), EngineError> {
        let (ended, socket, name) = (Arc::clone(&self.ended), self.socket.clone(), self.name.clone());
        let within = self.spec.limits.time.unwrap_or(LONGEST);
        let follow = move || {
            let target = format!("/containers/{name}/wait");
            let exit = match ask(&socket, ("POST", &target), None, "its end", within) {
                Ok(reply) => {
                    match reply.body["StatusCode"].as_i64().and_then(|code| i32::try_from(code).ok()) {
                        Some(code) => Ok(Exit::Code(code)),
                        None => Err("the engine does not say how it ended".to_owned()),
                    }
                }
                Err(DaemonError::Io { source, .. }) if source.kind() == io::ErrorKind::WouldBlock => {
                    let target = format!("/containers/{name}/kill?signal=9");
                    let _ = ask(&socket, ("POST", &target), None, "its end", PATIENCE);
                    Ok(Exit::TimedOut)
                }
                Err(error) => Err(error.to_string()),
            };
            *ended.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
            ended.1.notify_all();
        };
        thread::Builder::new().spawn(follow).map_err(EngineError::setup("start a thread"))?;
        Ok(())
    }

    /// Finds its first process, and tells the process beside it where it is.
    fn look_around(&mut self, daemon: &Daemon) -> Result<(), EngineError> {
        let target = format!("/containers/{}/json", self.name);
        let state = daemon.ask(("GET", &target), None, "its state")?.body;
        let first = state["State"]["Pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        let Some(first) = first.filter(|pid| *pid != 0) else { return Ok(()) };
        let open = |kind: &str| File::open(format!("/proc/{first}/ns/{kind}"));
        let (namespace, network) = match (open("user"), open("net")) {
            (Ok(namespace), Ok(network)) => (namespace, network),
            (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            (Err(source), _) | (_, Err(source)) => {
                return Err(EngineError::Closed { engine: self.kind.name(), source });
            }
        };
        self.first = Some(first);
        let channel = self.channel().map_err(EngineError::setup("reach a process of this program"))?;
        let around = [namespace.as_fd(), network.as_fd()];
        sandbox::request(channel, &supervisor::Request::Around, &around)
            .and_then(|answer| answer.expect::<supervisor::Answer>())
            .map(drop)
            .map_err(EngineError::setup("reach a process of this program"))
    }

    fn channel(&self) -> io::Result<&crate::channel::Channel> {
        let held = self.held.as_ref().ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))?;
        Ok(&held.channel)
    }

    fn exit(&self) -> Option<Result<Exit, String>> {
        self.ended.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(super) fn program_words(&self) -> Vec<String> {
        self.program.words()
    }

    fn kill(&self, signal: i32) -> io::Result<()> {
        let target = format!("/containers/{}/kill?signal={signal}", self.name);
        ask(&self.socket, ("POST", &target), None, "a signal", PATIENCE).map(drop).map_err(io::Error::other)
    }
}

impl Container for Driven {
    fn id(&self) -> u64 {
        self.id
    }

    fn exec(&self, asked: &Exec) -> io::Result<Output> {
        let request = self.request(self.listener.is_some());
        let words = request.words(&asked.argv);
        let Some(listener) = &self.listener else {
            return exec::run(self, &words, asked.user.as_deref(), asked);
        };
        let _turn = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let becoming = request.becoming(asked.user.as_deref(), &asked.env);
        let user = if becoming.is_some() { Some("0:0") } else { asked.user.as_deref() };
        let before = listener.expect(becoming);
        let output = exec::run(self, &words, user, asked)?;
        match listener.failure(before) {
            Some(why) => Err(io::Error::other(why)),
            None => Ok(output),
        }
    }

    fn host(&self, argv: &[String], directory: &Path, within: Duration) -> io::Result<Output> {
        let owner = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        sandbox::host(self.channel()?, argv, directory, within, owner)
    }

    fn connect(&self, address: SocketAddr, within: Duration) -> io::Result<Box<dyn Stream>> {
        sandbox::connect(self.channel()?, address, within)
    }

    fn signal(&self, signal: i32) -> io::Result<()> {
        if self.exit().is_some() {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        self.kill(signal)
    }

    fn wait(&self, within: Duration) -> io::Result<Option<Exit>> {
        let end = Instant::now().checked_add(within);
        let mut ended = self.ended.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(exit) = &*ended {
                return exit.clone().map(Some).map_err(io::Error::other);
            }
            let left = end.map_or(LONGEST, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(None);
            }
            ended = self.ended.1.wait_timeout(ended, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn log(&self) -> Vec<u8> {
        if self.exit().is_some() { self.log.at_the_end() } else { self.log.so_far() }
    }

    fn confinement(&self) -> io::Result<Confinement> {
        let first = self.first.ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))?;
        look::confinement(self, first)
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        if let Some(mut listener) = self.listener.take() {
            // While the recorder looks at what is left, nothing more is to happen.
            let _ = self.kill(libc::SIGKILL);
            listener.finish();
        }
        // The process beside it removes it now, and then the image may go.
        self.held = None;
        self.image = None;
    }
}
