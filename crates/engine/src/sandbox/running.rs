//! A running container of the sandbox.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    net::{SocketAddr, TcpStream},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    process::Child,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags},
    net::Shutdown,
    pipe::{PipeFlags, pipe_with},
};

use super::{
    EngineError,
    output::{Collector, Log, feed},
    start::{Networks, give_to_root, next_id},
};
use crate::{
    Confinement, Container, Exec, Exit, Output, Stream,
    changes::Change,
    channel::Channel,
    store::{Root, Run, Unpacked},
    supervisor::{Answer, Request},
};

/// How long the end of a process may take to be reported after it was killed.
const KILLED: Duration = Duration::from_secs(5);

/// How long a look at a container from inside may take.
const LOOK: Duration = Duration::from_secs(10);

/// A running container of the sandbox. Dropping it ends every process of it, and removes what it wrote.
#[derive(Debug)]
pub struct Running {
    id: u64,
    supervisor: Mutex<Child>,
    channel: Channel,
    exit: Mutex<Option<Exit>>,
    log: Log,
    networks: Networks,
    /// Root of the containers, as this machine numbers it.
    owner: (u32, u32),
    held: (Root, Run),
}

impl Running {
    pub(super) fn new(
        supervisor: Child,
        channel: Channel,
        descriptors: Vec<OwnedFd>,
        log: Option<OwnedFd>,
        held: (Root, Run),
        (networks, owner): (Networks, (u32, u32)),
    ) -> Result<Self, EngineError> {
        let id = next_id();
        let network = descriptors.into_iter().nth(1);
        let network = network.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData));
        let network = network.map_err(EngineError::setup("receive the network namespace"))?;
        networks.lock().unwrap_or_else(PoisonError::into_inner).insert(id, network);
        let kept = Log::default();
        if let Some(log) = log {
            kept.follow(log);
        }
        Ok(Self {
            id,
            supervisor: Mutex::new(supervisor),
            channel,
            exit: Mutex::new(None),
            log: kept,
            networks,
            owner,
            held,
        })
    }

    /// What could not be unpacked as the image has it.
    #[must_use]
    pub const fn unpacked(&self) -> &Unpacked {
        &self.held.0.unpacked
    }
}

/// Sends a request to a process of ours with a socket of its own for the answer.
pub(crate) fn request(
    channel: &Channel,
    request: &Request,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<Channel> {
    let (mine, other) = Channel::pair()?;
    let mut all = descriptors.to_vec();
    all.push(other.as_fd());
    channel.send(request, &all)?;
    Ok(mine)
}

/// Runs what `asked` is for, with these streams, and waits for its end. `owner` is root of the container.
pub(crate) fn run(
    channel: &Channel,
    asked: &Request,
    stdin: Vec<u8>,
    directory: Option<OwnedFd>,
    within: Option<Duration>,
    owner: (u32, u32),
) -> io::Result<Output> {
    let begin = Instant::now();
    let (input, to_input) = pipe_with(PipeFlags::CLOEXEC)?;
    let (from_output, output) = pipe_with(PipeFlags::CLOEXEC)?;
    let (from_error, error) = pipe_with(PipeFlags::CLOEXEC)?;
    for pipe in [&input, &output, &error] {
        give_to_root(pipe, owner);
    }
    let mut descriptors = vec![input.as_fd(), output.as_fd(), error.as_fd()];
    descriptors.extend(directory.as_ref().map(AsFd::as_fd));
    let answer = request(channel, asked, &descriptors)?;
    drop((input, output, error));
    let (stdout, stderr) = (Collector::start(from_output)?, Collector::start(from_error)?);
    feed(to_input, stdin);
    started(&answer)?;
    let left = within.map(|within| within.saturating_sub(begin.elapsed()));
    let exit = if answer.wait(left)? {
        ended(&answer)?
    } else {
        rustix::net::shutdown(&answer, Shutdown::Write)?;
        answer.wait(Some(KILLED))?;
        Exit::TimedOut
    };
    drop(answer);
    let ((stdout, cut), (stderr, error_cut)) = (stdout.finish(), stderr.finish());
    Ok(Output { exit, stdout, stderr, truncated: cut || error_cut })
}

/// Runs a command of this machine in the container's network, in `directory`.
pub(crate) fn host(
    channel: &Channel,
    argv: &[String],
    directory: &Path,
    within: Duration,
    owner: (u32, u32),
) -> io::Result<Output> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory, flags, Mode::empty())?;
    run(channel, &Request::Host(argv.to_vec()), Vec::new(), Some(directory), Some(within), owner)
}

/// Connects from inside the container's network.
pub(crate) fn connect(
    channel: &Channel,
    address: SocketAddr,
    within: Duration,
) -> io::Result<Box<dyn Stream>> {
    let answer = request(channel, &Request::Connect(address, within), &[])?;
    match answer.expect::<Answer>().map_err(|error| gone(&error))? {
        (Answer::Failed(failure), _) => Err(failure.into_error()),
        (_, mut descriptors) => {
            let socket = descriptors.pop().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
            Ok(Box::new(TcpStream::from(socket)))
        }
    }
}

/// Waits until a process has become its command.
fn started(answer: &Channel) -> io::Result<()> {
    match answer.expect::<Answer>().map_err(|error| gone(&error))? {
        (Answer::Failed(failure), _) => Err(failure.into_error()),
        _ => Ok(()),
    }
}

fn ended(answer: &Channel) -> io::Result<Exit> {
    match answer.expect::<Answer>().map_err(|error| gone(&error))? {
        (Answer::Ended(exit), _) => Ok(exit),
        (Answer::Failed(failure), _) => Err(failure.into_error()),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
    }
}

fn gone(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("reach the supervisor of the container, which has ended: {error}"))
}

impl Container for Running {
    fn id(&self) -> u64 {
        self.id
    }

    fn exec(&self, exec: &Exec) -> io::Result<Output> {
        let mut exec = exec.clone();
        let stdin = std::mem::take(&mut exec.stdin);
        let within = exec.within;
        run(&self.channel, &Request::Exec(exec), stdin, None, within, self.owner)
    }

    fn host(&self, argv: &[String], directory: &Path, within: Duration) -> io::Result<Output> {
        host(&self.channel, argv, directory, within, self.owner)
    }

    fn connect(&self, address: SocketAddr, within: Duration) -> io::Result<Box<dyn Stream>> {
        connect(&self.channel, address, within)
    }

    fn signal(&self, signal: i32) -> io::Result<()> {
        if self.wait(Duration::ZERO)?.is_some() {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        self.channel.send(&Request::Signal(signal), &[])
    }

    fn wait(&self, within: Duration) -> io::Result<Option<Exit>> {
        let end = Instant::now().checked_add(within);
        loop {
            {
                let mut exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
                if exit.is_none() && self.channel.wait(Some(Duration::ZERO))? {
                    *exit = Some(ended(&self.channel)?);
                }
                if exit.is_some() {
                    return Ok(*exit);
                }
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            // Another thread may take the message; so nobody waits for long at once.
            let step = Duration::from_millis(250);
            self.channel.wait(Some(left.map_or(step, |left| left.min(step))))?;
        }
    }

    fn log(&self) -> Vec<u8> {
        let has_ended = self.exit.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if has_ended { self.log.at_the_end() } else { self.log.so_far() }
    }

    fn confinement(&self) -> io::Result<Confinement> {
        let output = run(&self.channel, &Request::Look, Vec::new(), None, Some(LOOK), self.owner)?;
        if output.exit != Exit::Code(0) {
            let said = casehard_oci::escape(&output.stderr);
            let what = format!("look at the container from inside: {said} (code {})", output.exit.code());
            return Err(io::Error::other(what));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn changes(&self) -> io::Result<Vec<Change>> {
        let answer = request(&self.channel, &Request::Changes, &[])?;
        match answer.expect::<Answer>().map_err(|error| gone(&error))? {
            (Answer::Failed(failure), _) => Err(failure.into_error()),
            (_, mut descriptors) => {
                let file = descriptors.pop().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
                let (mut file, mut text) = (File::from(file), Vec::new());
                file.rewind()?;
                file.read_to_end(&mut text)?;
                Ok(serde_json::from_slice(&text)?)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        // The supervisor ends the container when this end is closed, and itself when all is cleaned up.
        let _ = rustix::net::shutdown(&self.channel, Shutdown::Both);
        let _ = self.supervisor.get_mut().unwrap_or_else(PoisonError::into_inner).wait();
    }
}

impl Stream for TcpStream {
    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }
}
