//! Compression that gives the same bytes each time.
//!
//! Gzip is written in members of 1 MiB of input (RFC 1952 allows several), each compressed for itself: how many
//! processors there are does not show in the bytes. Headers have neither time nor name.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use casehard_oci::Compression;
use libdeflater::{CompressionLvl, Compressor};

/// Input bytes of a gzip member.
const MEMBER: usize = 1 << 20;
/// The level of `gzip` itself.
const GZIP_LEVEL: i32 = 6;
/// The level of `zstd` itself.
const ZSTD_LEVEL: i32 = 3;
/// Threads that compress one layer: more members in the making would take more memory.
const MAX_THREADS: usize = 8;

/// A sink that compresses.
pub(super) enum Encoder<W: Write> {
    Plain(W),
    Gzip(Members<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Encoder<W> {
    pub(super) fn new(out: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(out),
            Compression::Gzip => Self::Gzip(Members::new(out)),
            Compression::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)?),
        })
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
            Self::Gzip(members) => members.write_all(bytes),
        }
    }

    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Gzip(members) => members.finish(),
        }
    }
}

/// Gzip members in the making, in their order.
pub(super) struct Members<W> {
    out: W,
    /// Input of the next member.
    held: Vec<u8>,
    /// Whether a member has been begun: even no input makes one.
    any: bool,
    /// Members that are being compressed, first one first.
    pending: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    threads: usize,
    /// Where input goes once there is a second member: threads for a small layer would cost more than they save.
    jobs: Option<SyncSender<Job>>,
}

struct Job {
    bytes: Vec<u8>,
    result: Sender<io::Result<Vec<u8>>>,
}

impl<W: Write> Members<W> {
    fn new(out: W) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        Self { out, held: Vec::new(), any: false, pending: VecDeque::new(), threads, jobs: None }
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.held.len() == MEMBER {
                self.send()?;
            }
            let taken = bytes.len().min(MEMBER - self.held.len());
            self.held.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Hands the held input to a thread, and waits for the first pending member when many are.
    fn send(&mut self) -> io::Result<()> {
        self.any = true;
        let jobs = match &self.jobs {
            Some(jobs) => jobs,
            None => self.jobs.insert(start_threads(self.threads)),
        };
        let bytes = std::mem::replace(&mut self.held, Vec::with_capacity(MEMBER));
        let (result, receiver) = channel();
        jobs.send(Job { bytes, result }).map_err(|_| stopped())?;
        self.pending.push_back(receiver);
        while self.pending.len() > self.threads + 1 {
            self.receive()?;
        }
        Ok(())
    }

    fn receive(&mut self) -> io::Result<()> {
        let Some(first) = self.pending.pop_front() else { return Ok(()) };
        let member = first.recv().map_err(|_| stopped())??;
        self.out.write_all(&member)
    }

    fn finish(mut self) -> io::Result<W> {
        while !self.pending.is_empty() {
            self.receive()?;
        }
        if !self.any || !self.held.is_empty() {
            self.out.write_all(&compress(&mut compressor(), &self.held)?)?;
        }
        Ok(self.out)
    }
}

fn stopped() -> io::Error {
    io::Error::other("a compressing thread has stopped")
}

/// Threads that compress what they are sent until nobody can send any more.
fn start_threads(count: usize) -> SyncSender<Job> {
    let (jobs, queue) = sync_channel::<Job>(1);
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..count {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            let mut compressor = compressor();
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { bytes, result }) = job else { break };
                // Whoever asked may have failed and gone away.
                let _ = result.send(compress(&mut compressor, &bytes));
            }
        });
    }
    jobs
}

fn compressor() -> Compressor {
    Compressor::new(CompressionLvl::new(GZIP_LEVEL).unwrap_or_default())
}

/// One gzip member of `bytes`.
fn compress(compressor: &mut Compressor, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut out).map_err(io::Error::other)?;
    out.truncate(length);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn any_number_of_threads_gives_the_same_bytes() {
        for length in [0, 1, MEMBER, MEMBER + 1, 5 * MEMBER + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| ((at * at) >> 7).to_le_bytes()[0]).collect();
            let with = |threads, piece: usize| {
                let mut members = Members { threads, ..Members::new(Vec::new()) };
                for piece in bytes.chunks(piece) {
                    members.write_all(piece).unwrap();
                }
                members.finish().unwrap()
            };
            let first = with(1, 100_000);
            assert!(first == with(3, 1 << 20) && first == with(8, 3 << 20), "{length}");
            let mut unpacked = Vec::new();
            flate2::read::MultiGzDecoder::new(&first[..]).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == bytes, "{length}");
            assert_eq!(first[4..8], [0; 4], "no time");
        }
    }
}
