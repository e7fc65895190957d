//! Streaming an image to the process that writes it.

use std::io::{BufWriter, Read as _, Write};

use casehard_image::{Image, Kind, Mark, ReadError};

use super::wire::{self, Frame};

/// Why an image could not be streamed.
pub(super) enum SendError {
    /// It cannot be read.
    Read(ReadError),
    /// The other side stopped, and says itself why.
    Write,
}

/// Sends every entry of every layer, lowest layer first. The last frame is sent only when all digests were right.
pub(super) fn send(image: &Image, to: impl Write) -> Result<(), SendError> {
    let mut to = BufWriter::with_capacity(1 << 18, to);
    let mut buffer = vec![0; 1 << 17];
    for layer in 0..image.layers().len() {
        wire::write(&mut to, &Frame::Layer).map_err(|_| SendError::Write)?;
        let mut entries = image.entries(layer).map_err(SendError::Read)?;
        while let Some(mut entry) = entries.next().map_err(SendError::Read)? {
            let head = entry.head.clone();
            let mut left = if head.kind == Kind::File && head.mark == Mark::Present { head.size } else { 0 };
            wire::write(&mut to, &Frame::Entry(head)).map_err(|_| SendError::Write)?;
            while left > 0 {
                let length = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
                // A content that is cut short shows in what `next` says of the layer.
                let read = match entry.read(&mut buffer[..length]) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => read,
                };
                to.write_all(&buffer[..read]).map_err(|_| SendError::Write)?;
                left -= read as u64;
            }
            if left > 0 {
                drop(entry);
                return Err(match entries.next() {
                    Err(error) => SendError::Read(error),
                    Ok(_) => SendError::Write,
                });
            }
        }
    }
    wire::write(&mut to, &Frame::End).map_err(|_| SendError::Write)?;
    to.flush().map_err(|_| SendError::Write)
}
