//! What becomes of a notification.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{Mutex, PoisonError},
};

use casehard_engine::seccomp::{Architecture, call_name};
use casehard_profile::Phase;
use hashbrown::HashSet;

use crate::{
    Mode,
    call::{Call, Identity, call},
    facts::{Facts, Program},
    witness::{
        notify::{Listener, Notification},
        resolve::{Resolved, Resolver},
        task::Tasks,
    },
};

/// How many lost events are told in full.
const TOLD: usize = 20;
/// Beyond this many remembered calls memory is given back; they are looked at again then.
const REMEMBERED: usize = 1 << 20;

const OTHER_USERS: &str = "what processes did that run as another user than the recorder, or gave up their own: it needs CAP_SYS_PTRACE to see that";

/// A call that was looked at already: looking again would find nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    pub(super) path: u32,
    pub(super) base: u32,
    pub(super) program: Program,
    pub(super) phase: u16,
    pub(super) deed: crate::call::Deed,
    pub(super) follow: bool,
    pub(super) flags: u32,
}

/// What the recorder knows.
pub(crate) struct Recorder {
    pub(crate) mode: Mode,
    pub(crate) tasks: Tasks,
    pub(super) resolver: Resolver,
    pub(crate) facts: Facts,
    pub(crate) phases: Vec<Phase>,
    pub(super) phase: u16,
    pub(super) seen: HashSet<Seen>,
    /// Whether what other users run is closed to this process: then it is blind to that, and has lost nothing.
    pub(crate) confined: bool,
    /// Whether a process has another root than the container.
    pub(super) changed_root: bool,
    /// Events that could not be understood.
    pub(crate) lost: Vec<String>,
    pub(crate) lost_count: u64,
    calls: Vec<(Architecture, Vec<Option<Known>>)>,
    pub(super) path: Vec<u8>,
    pub(super) base: Vec<u8>,
    pub(super) resolved: Resolved,
}

/// A call by its number.
#[derive(Debug, Clone, Copy)]
struct Known {
    name: &'static str,
    call: Call,
    counted: bool,
}

/// A notification that is being looked at.
pub(super) struct Event<'a> {
    pub(super) thread: u32,
    pub(super) name: &'static str,
    pub(super) arguments: [u64; 6],
    /// Whether it is of a 32-bit program.
    pub(super) narrow: bool,
    /// Who made it; the container's own start has none.
    pub(super) program: Program,
    notification: &'a Notification,
    listener: &'a Listener,
}

impl Event<'_> {
    /// An argument that is a 32-bit number.
    pub(super) const fn number(&self, argument: u8) -> u32 {
        self.arguments[argument as usize] as u32
    }

    /// An argument that is a descriptor.
    pub(super) const fn descriptor(&self, argument: u8) -> i32 {
        self.number(argument).cast_signed()
    }
}

impl Recorder {
    pub(crate) fn new(mode: Mode, phase: Phase, proc: OwnedFd) -> io::Result<Self> {
        let calls = Architecture::of_this_machine().iter().map(|&architecture| {
            let known = |number| {
                call_name(architecture, number).map(|name| Known { name, call: call(name), counted: false })
            };
            (architecture, (0..1024).map(known).collect())
        });
        Ok(Self {
            mode,
            tasks: Tasks::new(proc),
            resolver: Resolver::new()?,
            facts: Facts::default(),
            phases: vec![phase],
            phase: 0,
            seen: HashSet::new(),
            confined: false,
            changed_root: false,
            lost: Vec::new(),
            lost_count: 0,
            calls: calls.collect(),
            path: Vec::new(),
            base: Vec::new(),
            resolved: Resolved::default(),
        })
    }

    /// What is seen from now on belongs to this phase.
    pub(super) fn set_phase(&mut self, phase: Phase) {
        let known = self.phases.iter().position(|known| *known == phase);
        let number = known.unwrap_or_else(|| {
            self.phases.push(phase);
            self.phases.len() - 1
        });
        self.phase = u16::try_from(number).unwrap_or(u16::MAX);
    }

    /// An event is lost.
    pub(crate) fn lose(&mut self, what: impl FnOnce() -> String) {
        self.lost_count += 1;
        if self.lost.len() < TOLD {
            self.lost.push(what());
        }
    }

    /// Looks at a notification. `begun` is whether the filter's first program has been executed: before that it is
    /// the sandbox that calls.
    fn look(&mut self, notification: &Notification, listener: &Listener, begun: &mut bool) {
        let of =
            self.calls.iter_mut().find(|(architecture, _)| architecture.audit() == notification.architecture);
        let known = of.and_then(|(architecture, calls)| {
            let known = calls.get_mut(notification.number as usize)?.as_mut()?;
            Some((*architecture, known))
        });
        let Some((architecture, known)) = known else {
            let (number, architecture) = (notification.number, notification.architecture);
            return self.lose(|| format!("the system call {number} of architecture {architecture:#x}"));
        };
        let executes = matches!(known.name, "execve" | "execveat");
        if !*begun && !executes {
            return;
        }
        if !known.counted {
            known.counted = true;
            self.facts.calls.insert(known.name);
        }
        let (name, what) = (known.name, known.call);
        if what == Call::Other {
            return;
        }
        let narrow = matches!(architecture, Architecture::I386 | Architecture::Arm);
        let mut arguments = notification.arguments;
        if narrow {
            arguments.iter_mut().for_each(|argument| *argument &= 0xffff_ffff);
        }
        let program = match self.tasks.get(notification.thread) {
            Ok((task, fresh)) => {
                let program = task.program;
                if *begun && (fresh || task.identity.is_none()) {
                    self.note_identity(notification.thread, program);
                }
                begun.then_some(program)
            }
            Err(error) => {
                let thread = notification.thread;
                let what = || format!("{name} of thread {thread}: {error}");
                return self.failed(listener, notification, &error, what);
            }
        };
        let event =
            Event { thread: notification.thread, name, arguments, narrow, program, notification, listener };
        if let Err(error) = self.understand(&event, what) {
            self.failed(listener, notification, &error, || format!("{name}: {error}"));
        }
        *begun |= executes;
    }

    /// Something could not be read: an event is lost, unless the call was given up meanwhile.
    fn failed(
        &mut self,
        listener: &Listener,
        notification: &Notification,
        error: &io::Error,
        what: impl FnOnce() -> String,
    ) {
        if self.confined && error.kind() == io::ErrorKind::PermissionDenied {
            self.facts.blind.insert(OTHER_USERS);
        } else if listener.still_waits(notification) {
            self.lose(what);
        }
    }

    fn understand(&mut self, event: &Event<'_>, call: Call) -> io::Result<()> {
        match call {
            Call::Paths(paths) => {
                for &(place, deed) in paths {
                    self.path(event, place, deed)?;
                }
                Ok(())
            }
            Call::List => self.listed(event),
            Call::ChangeOpen(owner) => self.change_open(event, owner),
            Call::Bind => self.socket_address(event, true, event.arguments),
            Call::Connect => self.socket_address(event, false, event.arguments),
            Call::Multiplexed => self.socket_call(event),
            Call::Socket => {
                self.raw_socket(event);
                Ok(())
            }
            Call::Identity(which) => self.identity(event, which),
            Call::Privileged(capability) => {
                self.facts.needed(capability, || event.name.to_owned());
                if event.name == "open_by_handle_at" {
                    self.facts.blind.insert("files opened by handle (open_by_handle_at)");
                }
                Ok(())
            }
            Call::Other => Ok(()),
        }
    }

    fn identity(&mut self, event: &Event<'_>, which: Identity) -> io::Result<()> {
        self.new_identity(event, which)?;
        self.tasks.forget();
        Ok(())
    }

    fn note_identity(&mut self, thread: u32, program: u32) {
        // A thread that has ended meanwhile makes no call either.
        let Ok((task, _)) = self.tasks.get(thread) else { return };
        if let Ok(status) = task.status() {
            let identity = status.identity();
            task.identity = Some(identity);
            self.facts.ran.insert((identity, Some(program)));
        }
    }

    pub(super) fn give_memory_back(&mut self) {
        if self.seen.len() > REMEMBERED {
            self.seen.clear();
        }
    }
}

/// Whether the call that an event is about still waits.
pub(super) fn still_waits(event: &Event<'_>) -> bool {
    event.listener.still_waits(event.notification)
}

/// Serves one listener until all processes that have its filter have ended.
pub(crate) fn serve(recorder: &Mutex<Recorder>, listener: &Listener) {
    let mut begun = false;
    loop {
        match listener.next() {
            Ok(None) => return,
            Ok(Some(notification)) => {
                recorder.lock().unwrap_or_else(PoisonError::into_inner).look(
                    &notification,
                    listener,
                    &mut begun,
                );
                if let Err(error) = listener.go_on(&notification) {
                    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
                    recorder.lose(|| format!("the answer to a notification: {error}"));
                }
            }
            Err(error) => {
                let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
                recorder.lose(|| format!("a notification: {error}"));
                return;
            }
        }
    }
}
