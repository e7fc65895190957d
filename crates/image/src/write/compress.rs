//! Compression that gives the same bytes each time.
//!
//! Gzip is written in members of 1 MiB of input (RFC 1952 allows several), zstd in frames of 2 MiB (RFC 8878 does), each
//! compressed for itself: how many processors there are does not show in the bytes. Headers have neither time nor name.

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
/// Input bytes of a zstd frame, which is as far as its window reaches at this level.
const FRAME: usize = 2 << 20;
/// The level of `gzip` itself.
const GZIP_LEVEL: i32 = 6;
/// The level of `zstd` itself.
const ZSTD_LEVEL: i32 = 3;
/// Threads that compress one layer: more members in the making would take more memory.
const MAX_THREADS: usize = 8;

/// A sink that compresses.
pub(super) enum Encoder<W: Write> {
    Plain(W),
    Pieces(Pieces<W>),
}

impl<W: Write> Encoder<W> {
    pub(super) fn new(out: W, compression: Compression) -> Self {
        match compression {
            Compression::None => Self::Plain(out),
            Compression::Gzip => Self::Pieces(Pieces::new(out, Codec::Gzip)),
            Compression::Zstd => Self::Pieces(Pieces::new(out, Codec::Zstd)),
        }
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(bytes),
            Self::Pieces(pieces) => pieces.write_all(bytes),
        }
    }

    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Pieces(pieces) => pieces.finish(),
        }
    }
}

/// How pieces are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Gzip,
    Zstd,
}

impl Codec {
    const fn input(self) -> usize {
        match self {
            Self::Gzip => MEMBER,
            Self::Zstd => FRAME,
        }
    }
}

/// Gzip members or zstd frames in the making, in their order.
pub(super) struct Pieces<W> {
    out: W,
    codec: Codec,
    /// Input of the next piece.
    held: Vec<u8>,
    /// Whether a piece has been begun: even no input makes one.
    any: bool,
    /// Pieces that are being compressed, first one first.
    pending: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    threads: usize,
    /// Where input goes once there is a second piece: threads for a small layer would cost more than they save.
    jobs: Option<SyncSender<Job>>,
}

struct Job {
    bytes: Vec<u8>,
    result: Sender<io::Result<Vec<u8>>>,
}

impl<W: Write> Pieces<W> {
    fn new(out: W, codec: Codec) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        Self { out, codec, held: Vec::new(), any: false, pending: VecDeque::new(), threads, jobs: None }
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let length = self.codec.input();
        while !bytes.is_empty() {
            if self.held.len() == length {
                self.send()?;
            }
            let taken = bytes.len().min(length - self.held.len());
            self.held.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Hands the held input to a thread, and waits for the first pending piece when many are.
    fn send(&mut self) -> io::Result<()> {
        self.any = true;
        let jobs = match &self.jobs {
            Some(jobs) => jobs,
            None => self.jobs.insert(start_threads(self.threads, self.codec)),
        };
        let bytes = std::mem::replace(&mut self.held, Vec::with_capacity(self.codec.input()));
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
        let piece = first.recv().map_err(|_| stopped())??;
        self.out.write_all(&piece)
    }

    fn finish(mut self) -> io::Result<W> {
        while !self.pending.is_empty() {
            self.receive()?;
        }
        if !self.any || !self.held.is_empty() {
            self.out.write_all(&Compressing::new(self.codec)?.piece(&self.held)?)?;
        }
        Ok(self.out)
    }
}

fn stopped() -> io::Error {
    io::Error::other("a compressing thread has stopped")
}

/// Threads that compress what they are sent until nobody can send any more.
fn start_threads(count: usize, codec: Codec) -> SyncSender<Job> {
    let (jobs, queue) = sync_channel::<Job>(1);
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..count {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            let mut compressing = Compressing::new(codec);
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { bytes, result }) = job else { break };
                let piece = match &mut compressing {
                    Ok(compressing) => compressing.piece(&bytes),
                    Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
                };
                // Whoever asked may have failed and gone away.
                let _ = result.send(piece);
            }
        });
    }
    jobs
}

/// What one thread compresses with.
enum Compressing {
    Gzip(Compressor),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Compressing {
    fn new(codec: Codec) -> io::Result<Self> {
        Ok(match codec {
            Codec::Gzip => Self::Gzip(Compressor::new(CompressionLvl::new(GZIP_LEVEL).unwrap_or_default())),
            Codec::Zstd => Self::Zstd(zstd::bulk::Compressor::new(ZSTD_LEVEL)?),
        })
    }

    /// One gzip member or zstd frame of `bytes`.
    fn piece(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd(compressor) => compressor.compress(bytes),
            Self::Gzip(compressor) => {
                let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
                let length = compressor.gzip_compress(bytes, &mut out).map_err(io::Error::other)?;
                out.truncate(length);
                Ok(out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn any_number_of_threads_gives_the_same_bytes() {
        for codec in [Codec::Gzip, Codec::Zstd] {
            let piece = codec.input();
            for length in [0, 1, piece, piece + 1, 5 * piece + 7] {
                let bytes: Vec<u8> = (0..length).map(|at| ((at * at) >> 7).to_le_bytes()[0]).collect();
                let with = |threads, piece: usize| {
                    let mut pieces = Pieces { threads, ..Pieces::new(Vec::new(), codec) };
                    for piece in bytes.chunks(piece) {
                        pieces.write_all(piece).unwrap();
                    }
                    pieces.finish().unwrap()
                };
                let first = with(1, 100_000);
                for (threads, piece) in [(2, 1 << 20), (3, 777_777), (8, 3 << 20)] {
                    assert!(first == with(threads, piece), "{length} bytes on {threads} threads");
                }
                let mut unpacked = Vec::new();
                match codec {
                    Codec::Gzip => {
                        flate2::read::MultiGzDecoder::new(&first[..]).read_to_end(&mut unpacked).unwrap();
                        assert_eq!(first[4..8], [0; 4], "no time");
                    }
                    Codec::Zstd => {
                        zstd::stream::read::Decoder::new(&first[..])
                            .unwrap()
                            .read_to_end(&mut unpacked)
                            .unwrap();
                    }
                }
                assert!(unpacked == bytes, "{length}");
            }
        }
    }
}
