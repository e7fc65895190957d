//! Recording the command that this program is put in front of, in a container of whatever engine: no privileges but
//! those that the container has.
//!
//! The command runs as a child under a filter whose listener this process serves; so this process stays for as long as
//! what it started. It passes signals on, reaps what is left to it, and ends as the command ended.

mod children;
mod launch;

use std::{
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use casehard_engine::Exit;
use casehard_profile::{Blind, Observation, Phase, Profile};
use rustix::fs::{Mode as Permissions, OFlags};

use crate::{
    Mode, RecordError,
    collect::so_far,
    process::{Recorder, serve_listener},
    recording::failed,
    witness::notify::Listener,
};
use children::Children;
use launch::Launched;

/// A command to record.
#[derive(Debug)]
pub struct Front {
    /// The program, found already.
    pub program: PathBuf,
    /// Its arguments, its own name first.
    pub argv: Vec<OsString>,
    /// How often what was seen so far is given.
    pub every: Duration,
}

/// Whom what was seen is given to, again and again: the whole each time, the last time when all is over.
pub type Receiver<'a> = &'a mut dyn FnMut(&Profile);

/// Runs a command and records it until it, and what it left running, has ended. To be called while this process has
/// one thread. As first process of a container it ends with the command, as the kernel ends the rest then.
///
/// # Errors
/// When the command cannot be started, or this machine or container does not let it be recorded.
pub fn front(front: &Front, receive: Receiver<'_>) -> Result<Exit, RecordError> {
    let children = Children::watch().map_err(failed("watch children of"))?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::open("/proc", flags, Permissions::empty());
    let proc = proc.map_err(|error| failed("open /proc for")(error.into()))?;
    let mut recorder = Recorder::new(Mode::Full, Phase::new("run"), proc).map_err(failed("start"))?;
    recorder.confined = true;
    let recorder = Arc::new(Mutex::new(recorder));
    let serving = Arc::clone(&recorder);
    let serve = move |listener: OwnedFd| serve_listener(&serving, &Listener::new(listener));
    let launched = launch::launch(&front.program, &front.argv, serve)?;
    let exit = attend(front, &children, &launched, &recorder, receive)?;
    receive(&seen(&recorder, &launched));
    Ok(exit)
}

/// Passes signals on and gives what was seen from time to time, until all is over.
fn attend(
    front: &Front,
    children: &Children,
    launched: &Launched,
    recorder: &Mutex<Recorder>,
    receive: Receiver<'_>,
) -> Result<Exit, RecordError> {
    let is_first = rustix::process::getpid().is_init();
    let mut next = Instant::now() + front.every;
    let mut ended = None;
    loop {
        let left = next.saturating_duration_since(Instant::now());
        let signals = children.wait(left).map_err(failed("watch children of"))?;
        for signal in signals {
            Children::pass_on(signal, launched.process, ended.is_none());
        }
        let alone = Children::reap(launched.process, &mut ended).map_err(failed("watch children of"))?;
        if let Some(exit) = ended
            && (is_first || alone)
        {
            return Ok(exit);
        }
        if Instant::now() >= next {
            next = Instant::now() + front.every;
            receive(&seen(recorder, launched));
        }
    }
}

/// What was seen so far, and what recording itself changed.
fn seen(recorder: &Mutex<Recorder>, launched: &Launched) -> Profile {
    let mut profile = so_far(&mut recorder.lock().unwrap_or_else(PoisonError::into_inner));
    if launched.privileges_given_up {
        profile.observe(Observation::Blind(Blind {
            recorder: "seccomp-notify".to_owned(),
            what: "what setuid programs and programs with file capabilities do with them: no_new_privs had to be set, as the container has no CAP_SYS_ADMIN".to_owned(),
        }));
    }
    profile
}

/// Whether this process has a capability in effect (`proc_pid_status(5)`).
fn has_capability(number: u8) -> io::Result<bool> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let set = line.and_then(|line| u64::from_str_radix(line.trim(), 16).ok()).unwrap_or(0);
    Ok(set >> number & 1 == 1)
}
