//! Starting the recorder's process, and what it does when it is one.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use casehard_engine::{channel::Channel, supervisor::Attach};
use casehard_oci::RootPath;
use casehard_profile::{Phase, Profile};
use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{Mode as Permissions, OFlags},
    process::{Gid, Resource, Rlimit, Uid},
    thread::LinkNameSpaceType,
};
use serde::{Deserialize, Serialize};

use super::recorder::{Recorder, serve as serve_listener};
use crate::{
    Mode, RecordError,
    collect::{collect, so_far},
    witness::notify::Listener,
};

/// The word that tells such a process from one that a person started.
const MARK: &str = "casehard-recorder-process";

/// What is asked of the recorder's process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Command {
    /// To begin; what is mounted at these paths stands for what the image has there. Descriptors: user namespace, channel
    /// of the sandbox's supervisor.
    Begin(Mode, Witnesses, Phase, Vec<RootPath>),
    /// To tell what was seen so far. Answer: [`Report`].
    SoFar,
    /// What is seen from now on belongs to this phase. Answer: `()`.
    Phase(Phase),
    /// To tell what was seen, and end. Answer: [`Report`].
    Finish,
}

/// Which witnesses there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Witnesses {
    /// Notifications alone: the root is not the sandbox's own.
    One,
    /// Access times too.
    Two,
}

/// What was seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// A profile in its JSON form.
    pub(crate) profile: String,
    /// Events that were lost: some of them, and how many they are.
    pub(crate) lost: Vec<String>,
    pub(crate) lost_count: u64,
    /// Why nothing could be told.
    pub(crate) failed: Option<String>,
}

impl Report {
    /// The profile, unless something is missing from it.
    pub(crate) fn into_profile(self) -> Result<Profile, RecordError> {
        if let Some(why) = self.failed {
            return Err(RecordError::Failed(why));
        }
        if self.lost_count > 0 {
            return Err(RecordError::Lost { count: self.lost_count, examples: self.lost });
        }
        Ok(Profile::from_json(self.profile.as_bytes())?)
    }

    /// The profile, which says itself what is missing from it.
    pub(crate) fn into_open_profile(self) -> Result<Profile, RecordError> {
        Self { lost_count: 0, ..self }.into_profile()
    }
}

/// Starts the process.
pub(crate) fn start(
    mode: Mode,
    witnesses: Witnesses,
    phase: Phase,
    volumes: Vec<RootPath>,
    namespace: BorrowedFd<'_>,
    supervisor: &Channel,
) -> io::Result<(Child, Channel)> {
    let (mine, other) = Channel::pair()?;
    let child = std::process::Command::new("/proc/self/exe")
        .arg(MARK)
        .stdin(Stdio::from(OwnedFd::from(other)))
        .stdout(Stdio::null())
        .spawn()?;
    mine.send(&Command::Begin(mode, witnesses, phase, volumes), &[namespace, supervisor.as_fd()])?;
    Ok((child, mine))
}

/// Does what this process was started for, and ends it, when it is a recorder's. Otherwise returns at once.
pub(crate) fn enter_if_asked() {
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_none_or(|first| first != MARK) || arguments.next().is_some() {
        return;
    }
    let code = i32::from(serve().is_err());
    // SAFETY: ends the process, whose other threads have nothing to finish.
    unsafe { libc::_exit(code) }
}

fn serve() -> io::Result<()> {
    let _ = rustix::thread::set_name(c"casehard-record");
    let control = Channel::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    let Some((Command::Begin(mode, witnesses, phase, volumes), descriptors)) = control.receive()? else {
        return Ok(());
    };
    let short = || io::Error::from(io::ErrorKind::InvalidInput);
    let [namespace, supervisor]: [OwnedFd; 2] = descriptors.try_into().map_err(|_| short())?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::open("/proc", flags, Permissions::empty())?;
    become_root(&namespace)?;
    let hard = rustix::process::getrlimit(Resource::Nofile).maximum;
    let _ = rustix::process::setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard });
    let mut proc = Some(proc);
    let mut supervisor = Some(Channel::from(supervisor));
    let mut first_phase = phase;
    let recorder: Arc<Mutex<Option<Arc<Mutex<Recorder>>>>> = Arc::default();
    let mut report: Option<Report> = None;
    loop {
        let (asked, attached) = wait(&control, supervisor.as_ref())?;
        if attached && let Some(channel) = supervisor.take() {
            match channel.receive::<Attach>()? {
                Some((attach, descriptors)) => {
                    let known = lock(&recorder).clone();
                    let made = match (attach, known, proc.take()) {
                        (Attach::Container, None, Some(proc)) => {
                            Some(begin(mode, first_phase.clone(), &volumes, proc, descriptors)?)
                        }
                        (_, Some(known), _) => {
                            further(&known, descriptors)?;
                            None
                        }
                        _ => return Err(short()),
                    };
                    if made.is_some() {
                        *lock(&recorder) = made;
                    }
                    channel.send(&(), &[])?;
                    supervisor = Some(channel);
                }
                // The container has ended; its root is removed when this end is closed.
                None => report = report.or_else(|| Some(tell(&recorder, witnesses))),
            }
        }
        if asked {
            match control.receive::<Command>()? {
                Some((Command::Phase(phase), _)) => {
                    match &*lock(&recorder) {
                        Some(recorder) => lock(recorder).set_phase(phase),
                        None => first_phase = phase,
                    }
                    control.send(&(), &[])?;
                }
                Some((Command::Finish, _)) => {
                    let report = report.unwrap_or_else(|| tell(&recorder, witnesses));
                    return control.send(&report, &[]);
                }
                Some((Command::SoFar, _)) => control.send(&tell(&recorder, Witnesses::One), &[])?,
                Some((Command::Begin(..), _)) => return Err(short()),
                None => return Ok(()),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Becomes root of the container's user namespace, in which nothing of the container is closed to it.
fn become_root(namespace: &OwnedFd) -> io::Result<()> {
    let own = rustix::fs::stat("/proc/self/ns/user")?;
    let wanted = rustix::fs::fstat(namespace)?;
    if (own.st_dev, own.st_ino) == (wanted.st_dev, wanted.st_ino) {
        return Ok(());
    }
    rustix::thread::move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::User))?;
    let _ = rustix::thread::set_thread_groups(&[]);
    rustix::thread::set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT)?;
    rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)?;
    Ok(())
}

fn wait(control: &Channel, supervisor: Option<&Channel>) -> io::Result<(bool, bool)> {
    loop {
        let mut polled = vec![PollFd::new(control, PollFlags::IN)];
        polled.extend(supervisor.map(|supervisor| PollFd::new(supervisor, PollFlags::IN)));
        match poll(&mut polled, None) {
            Err(rustix::io::Errno::INTR) => {}
            result => {
                result?;
                let ready = |index: usize| polled.get(index).is_some_and(|one| !one.revents().is_empty());
                return Ok((ready(0), ready(1)));
            }
        }
    }
}

/// The container's root becomes that of this process, and its first listener is served.
fn begin(
    mode: Mode,
    phase: Phase,
    volumes: &[RootPath],
    proc: OwnedFd,
    descriptors: Vec<OwnedFd>,
) -> io::Result<Arc<Mutex<Recorder>>> {
    let short = || io::Error::from(io::ErrorKind::InvalidInput);
    let mut descriptors = descriptors.into_iter();
    let (listener, root) = descriptors.next().zip(descriptors.next()).ok_or_else(short)?;
    if let Some(namespace) = descriptors.next() {
        become_root(&namespace)?;
    }
    rustix::process::fchdir(&root)?;
    rustix::process::chroot(".")?;
    let mut recorder = Recorder::new(mode, phase, proc)?;
    volumes.iter().for_each(|volume| recorder.resolver.count_in(volume.as_bytes()));
    if !crate::witness::access_time::is_kept(root.as_fd())? {
        recorder.facts.blind.insert("access times: the store is on a mount with noatime");
    }
    let recorder = Arc::new(Mutex::new(recorder));
    further(&recorder, vec![listener])?;
    Ok(recorder)
}

fn further(recorder: &Arc<Mutex<Recorder>>, descriptors: Vec<OwnedFd>) -> io::Result<()> {
    for descriptor in descriptors {
        let (recorder, listener) = (Arc::clone(recorder), Listener::new(descriptor));
        std::thread::Builder::new().spawn(move || serve_listener(&recorder, &listener))?;
    }
    Ok(())
}

fn tell(recorder: &Mutex<Option<Arc<Mutex<Recorder>>>>, witnesses: Witnesses) -> Report {
    match &*lock(recorder) {
        Some(recorder) if witnesses == Witnesses::Two => collect(&mut lock(recorder)),
        Some(recorder) => {
            let mut recorder = lock(recorder);
            let profile = so_far(&mut recorder);
            let profile = String::from_utf8_lossy(&profile.to_json()).into_owned();
            let (lost, lost_count) = (recorder.lost.clone(), recorder.lost_count);
            Report { profile, lost, lost_count, failed: None }
        }
        None => Report { failed: Some("the container did not start".to_owned()), ..Report::default() },
    }
}
