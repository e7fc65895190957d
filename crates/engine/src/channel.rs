//! Messages between Casehard and the processes it starts of itself: JSON over a sequenced-packet socket, with file
//! descriptors beside it.
//!
//! A message that is too long for a packet travels in an anonymous file whose descriptor comes first.

use std::{
    fs::File,
    io::{self, IoSlice, IoSliceMut, Read, Seek, Write},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{MemfdFlags, memfd_create},
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    },
};
use serde::{Serialize, de::DeserializeOwned};

const PACKET: usize = 32 << 10;
const DESCRIPTORS: usize = 16;
const INLINE: u8 = b'i';
const IN_FILE: u8 = b'f';

/// One end.
#[derive(Debug)]
pub struct Channel(OwnedFd);

impl From<OwnedFd> for Channel {
    fn from(socket: OwnedFd) -> Self {
        Self(socket)
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.0
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Channel {
    /// Both ends of a new one; neither survives `execve`.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Self(one), Self(other)))
    }

    /// Sends a message with copies of these descriptors (at most 15).
    ///
    /// # Errors
    /// When the other end is closed.
    pub fn send<T: Serialize>(&self, message: &T, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let text = serde_json::to_vec(message)?;
        if text.len() <= PACKET {
            return self.send_packet(INLINE, &text, descriptors);
        }
        let mut file = File::from(memfd_create("casehard-message", MemfdFlags::CLOEXEC)?);
        file.write_all(&text)?;
        let mut all = vec![file.as_fd()];
        all.extend_from_slice(descriptors);
        self.send_packet(IN_FILE, &[], &all)
    }

    fn send_packet(&self, kind: u8, text: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let parts = [IoSlice::new(std::slice::from_ref(&kind)), IoSlice::new(text)];
        loop {
            match sendmsg(&self.0, &parts, &mut ancillary, SendFlags::NOSIGNAL) {
                Err(Errno::INTR) => {}
                result => return result.map(drop).map_err(Into::into),
            }
        }
    }

    /// The next message with its descriptors; `None` when the other end is closed.
    ///
    /// # Errors
    /// When what came is no message of type `T`.
    pub fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        let mut kind = [0];
        let mut text = vec![0; PACKET];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut parts = [IoSliceMut::new(&mut kind), IoSliceMut::new(&mut text)];
            match recvmsg(&self.0, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(Errno::INTR) => {}
                Err(Errno::CONNRESET) => return Ok(None),
                result => break result?.bytes,
            }
        };
        let mut descriptors: Vec<OwnedFd> = ancillary
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
                _ => None,
            })
            .flatten()
            .collect();
        if received == 0 {
            return Ok(None);
        }
        text.truncate(received - 1);
        if kind[0] == IN_FILE && !descriptors.is_empty() {
            let mut file = File::from(descriptors.remove(0));
            file.rewind()?;
            text.clear();
            file.read_to_end(&mut text)?;
        }
        Ok(Some((serde_json::from_slice(&text)?, descriptors)))
    }

    /// As [`Self::receive`], where a closed end is an error.
    ///
    /// # Errors
    /// As [`Self::receive`], and `UnexpectedEof`.
    pub fn expect<T: DeserializeOwned>(&self) -> io::Result<(T, Vec<OwnedFd>)> {
        self.receive()?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }

    /// Whether something can be received (or the other end is closed) within `time`; `None` waits for ever.
    ///
    /// # Errors
    /// When the descriptor cannot be polled.
    pub fn wait(&self, time: Option<Duration>) -> io::Result<bool> {
        readable(self.as_fd(), time)
    }
}

/// Whether `descriptor` is readable or hung up within `time`.
pub(crate) fn readable(descriptor: BorrowedFd<'_>, time: Option<Duration>) -> io::Result<bool> {
    let end = time.map(|time| std::time::Instant::now() + time);
    loop {
        let left = end.map(|end| end.saturating_duration_since(std::time::Instant::now()));
        let left = left.map(|left| rustix::event::Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        let mut polled = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
        match poll(&mut polled, left.as_ref()) {
            Err(Errno::INTR) => {}
            result => return result.map(|ready| ready > 0).map_err(Into::into),
        }
    }
}
