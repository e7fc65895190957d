//! Compression that gives the same bytes each time.
//!
//! Gzip is written in members of 1 MiB of input (RFC 1952 allows several), each compressed for itself: how many
//! processors there are does not show in the bytes. Headers have neither time nor name.

use std::io::{self, Write};

use casehard_oci::Compression;
use libdeflater::{CompressionLvl, Compressor};

/// Input bytes of a gzip member.
pub(super) const MEMBER: usize = 1 << 20;
/// The level of `gzip` itself.
const GZIP_LEVEL: i32 = 6;
/// The level of `zstd` itself.
const ZSTD_LEVEL: i32 = 3;

/// A sink that compresses.
pub(super) enum Encoder<W: Write> {
    Plain(W),
    Gzip { out: W, held: Vec<u8>, empty: bool },
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Encoder<W> {
    pub(super) fn new(out: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(out),
            Compression::Gzip => Self::Gzip { out, held: Vec::with_capacity(MEMBER), empty: true },
            Compression::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)?),
        })
    }

    pub(super) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
            Self::Gzip { out, held, empty } => {
                while !bytes.is_empty() {
                    let taken = bytes.len().min(MEMBER - held.len());
                    held.extend_from_slice(&bytes[..taken]);
                    bytes = &bytes[taken..];
                    if held.len() == MEMBER {
                        out.write_all(&member(held)?)?;
                        held.clear();
                        *empty = false;
                    }
                }
                Ok(())
            }
        }
    }

    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Gzip { mut out, held, empty } => {
                if empty || !held.is_empty() {
                    out.write_all(&member(&held)?)?;
                }
                Ok(out)
            }
        }
    }
}

/// One gzip member of `bytes`.
pub(super) fn member(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let level = CompressionLvl::new(GZIP_LEVEL).unwrap_or_default();
    let mut compressor = Compressor::new(level);
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut out).map_err(io::Error::other)?;
    out.truncate(length);
    Ok(out)
}
