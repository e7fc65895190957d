//! Gzip (RFC 1952) and the deflate within it (RFC 1951), inflated as fast as memory allows.
//!
//! Most layers come in gzip, and inflating them takes longer than everything else that is done with them. This decoder
//! writes into the buffers that are passed on, behind the last 32 KiB of the one before: nothing is copied afterwards, and
//! no step has to ask whether a match goes over an edge. What it accepts is what zlib accepts.

mod bits;
mod block;
mod codes;
mod member;
mod read;

use std::io::{self, Read};

pub use self::read::{Chunk, GzipReader};
use self::{bits::Input, block::Output, codes::Codes};

/// How far a distance reaches back.
const WINDOW: usize = 32 << 10;

/// What is wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Corrupt(&'static str);

impl From<Corrupt> for io::Error {
    fn from(Corrupt(what): Corrupt) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, format!("not valid gzip: {what}"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a member; the first one must be there.
    Member {
        is_first: bool,
    },
    Block,
    Stored {
        left: usize,
        is_last: bool,
    },
    Codes {
        is_last: bool,
    },
    Trailer,
    End,
}

/// A gzip stream that is inflated: all its members, one after the other.
pub struct Gzip<R> {
    input: Input<R>,
    state: State,
    codes: Box<Codes>,
    /// The last bytes of this member, right-aligned.
    window: Box<[u8; WINDOW]>,
    known: usize,
    checksum: crc32fast::Hasher,
    length: u32,
}

impl<R: Read> Gzip<R> {
    /// Reads a gzip stream, from its beginning.
    pub fn new(source: R) -> Self {
        Self {
            input: Input::new(source),
            state: State::Member { is_first: true },
            codes: Codes::new(),
            window: Box::new([0; WINDOW]),
            known: 0,
            checksum: crc32fast::Hasher::new(),
            length: 0,
        }
    }

    /// Where the compressed bytes come from.
    pub fn source(&self) -> &R {
        &self.input.source
    }

    /// Fills `chunk` with `length` bytes and at most 300 more, fewer at the end; none means the end.
    ///
    /// # Errors
    /// When the source cannot be read or ends too early, and when what it gives is no gzip. Nothing of the chunk counts then.
    pub fn fill(&mut self, chunk: &mut Chunk, length: usize) -> io::Result<()> {
        let bytes = chunk.room(WINDOW + length + block::BEYOND);
        bytes[..WINDOW].copy_from_slice(&self.window[..]);
        let mut output = Output { bytes, at: WINDOW, floor: WINDOW - self.known, limit: WINDOW + length };
        let mut summed = WINDOW;
        while output.at < output.limit && self.state != State::End {
            if matches!(self.state, State::Trailer) {
                self.sum(&output.bytes[summed..output.at]);
                summed = output.at;
            }
            self.step(&mut output)?;
        }
        self.sum(&output.bytes[summed..output.at]);
        self.known = (output.at - output.floor).min(WINDOW);
        let end = output.at;
        self.window.copy_from_slice(&output.bytes[end - WINDOW..end]);
        chunk.show(WINDOW..end);
        Ok(())
    }

    fn sum(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        self.length = self.length.wrapping_add(bytes.len() as u32);
    }

    fn step(&mut self, output: &mut Output<'_>) -> io::Result<()> {
        self.state = match self.state {
            State::Member { is_first } => {
                if !is_first && self.input.is_at_end()? {
                    State::End
                } else {
                    member::read_header(&mut self.input)?;
                    output.floor = output.at;
                    State::Block
                }
            }
            State::Block => self.begin_block()?,
            State::Stored { left, is_last } => {
                let room = (output.limit - output.at).min(left);
                let copied = self.input.copy(&mut output.bytes[output.at..][..room])?;
                output.at += copied;
                match left - copied {
                    0 => after(is_last),
                    left => State::Stored { left, is_last },
                }
            }
            State::Codes { is_last } => {
                let has_ended = self.input.use_bits(|bits| block::decode(&self.codes, bits, output))?;
                if has_ended { after(is_last) } else { State::Codes { is_last } }
            }
            State::Trailer => {
                let checksum = std::mem::take(&mut self.checksum).finalize();
                member::check_trailer(&mut self.input, checksum, std::mem::take(&mut self.length))?;
                State::Member { is_first: false }
            }
            State::End => State::End,
        };
        Ok(())
    }

    /// The header of a block: RFC 1951, section 3.2.3.
    fn begin_block(&mut self) -> io::Result<State> {
        let codes = &mut self.codes;
        self.input.use_bits(|bits| {
            bits.refill();
            let is_last = bits.take(1) == 1;
            match bits.take(2) {
                0 => {
                    bits.drop_partial_byte();
                    bits.refill();
                    let (length, inverted) = (bits.take(16), bits.take(16));
                    match length as usize {
                        _ if length != inverted ^ 0xffff => {
                            Err(Corrupt("a stored block whose two lengths differ"))
                        }
                        0 => Ok(after(is_last)),
                        left => Ok(State::Stored { left, is_last }),
                    }
                }
                1 => codes.set_fixed().map(|()| State::Codes { is_last }),
                2 => codes.read(bits).map(|()| State::Codes { is_last }),
                _ => Err(Corrupt("a block of an unknown kind")),
            }
        })
    }
}

fn after(is_last: bool) -> State {
    if is_last { State::Trailer } else { State::Block }
}
