//! Collecting what processes write, within bounds.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::channel::readable;

/// How much of a stream is kept.
pub(crate) const KEPT: usize = 8 << 20;

/// How long is read on when the process has ended but others keep the stream open.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// The latest part of a log, read by a thread of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>, Arc<AtomicBool>);

impl Log {
    /// Reads `from` until its other end is closed.
    pub(super) fn follow(&self, from: OwnedFd) -> JoinHandle<()> {
        let log = self.clone();
        std::thread::spawn(move || {
            let mut from = File::from(from);
            let mut buffer = vec![0; 64 << 10];
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                log.add(&buffer[..read]);
            }
            log.close();
        })
    }

    /// Adds what came.
    pub(crate) fn add(&self, part: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(part);
        if kept.len() > KEPT {
            kept.drain(..KEPT / 2);
        }
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.1.store(true, Ordering::Release);
    }

    /// What was read, once the process has ended: all of it, unless others keep the stream open.
    pub(crate) fn at_the_end(&self) -> Vec<u8> {
        let until = Instant::now() + AFTERWARDS;
        while !self.1.load(Ordering::Acquire) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.so_far()
    }

    /// What was read so far.
    pub(crate) fn so_far(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A thread that reads a stream to its end, and how it is told that the process has ended.
pub(super) struct Collector {
    thread: JoinHandle<(Vec<u8>, bool)>,
    _process_runs: OwnedFd,
}

impl Collector {
    /// Begins to read.
    pub(super) fn start(from: OwnedFd) -> io::Result<Self> {
        let (ended, process_runs) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let thread = std::thread::spawn(move || collect(from, &ended));
        Ok(Self { thread, _process_runs: process_runs })
    }

    /// What was read, and whether it was cut, now that the process has ended.
    pub(super) fn finish(self) -> (Vec<u8>, bool) {
        drop(self._process_runs);
        self.thread.join().unwrap_or_default()
    }
}

fn collect(from: OwnedFd, ended: &OwnedFd) -> (Vec<u8>, bool) {
    let mut kept = Vec::new();
    let mut cut = false;
    let mut file = File::from(from);
    let mut buffer = vec![0; 64 << 10];
    let mut until: Option<Instant> = None;
    loop {
        if until.is_none() && readable(ended.as_fd(), Some(Duration::ZERO)).unwrap_or(true) {
            until = Some(Instant::now() + AFTERWARDS);
        }
        let left =
            until.map_or(Duration::from_millis(50), |until| until.saturating_duration_since(Instant::now()));
        match readable(file.as_fd(), Some(left)) {
            Ok(true) => {}
            Ok(false) if until.is_some() => return (kept, cut),
            Ok(false) => continue,
            Err(_) => return (kept, cut),
        }
        match file.read(&mut buffer) {
            Ok(read @ 1..) => {
                let room = KEPT.saturating_sub(kept.len());
                cut |= read > room;
                kept.extend_from_slice(&buffer[..read.min(room)]);
            }
            _ => return (kept, cut),
        }
    }
}

/// Writes all of `bytes` from a thread of its own; a reader that goes away ends it.
pub(super) fn feed(to: OwnedFd, bytes: Vec<u8>) {
    std::thread::spawn(move || {
        let _ = File::from(to).write_all(&bytes);
    });
}
