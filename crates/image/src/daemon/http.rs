//! As much HTTP/1.1 (RFC 9112) as a daemon on a socket needs: one request on a connection, bodies of known length, in
//! chunks, or up to the end.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use super::DaemonError;

/// Bytes of a line of a header, and of all of them.
const LINE: u64 = 16 << 10;
const LINES: usize = 200;
/// A daemon that says nothing for so long has died.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a daemon answers.
pub(super) struct Answer {
    pub status: u16,
    pub body: Box<dyn Read + Send>,
}

pub(super) fn request(
    socket: &Path,
    method: &str,
    target: &str,
    body: Option<(u64, &mut dyn Read)>,
) -> Result<Answer, DaemonError> {
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let mut stream = connect(socket, PATIENCE)?;
    write!(stream, "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").map_err(io)?;
    match body {
        None => stream.write_all(b"\r\n").map_err(io)?,
        Some((length, content)) => {
            write!(stream, "Content-Type: application/x-tar\r\nContent-Length: {length}\r\n\r\n")
                .map_err(io)?;
            // A daemon that has seen enough may close its side; what it answered is still to be read.
            match io::copy(content, &mut stream) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                copied => drop(copied.map_err(io)?),
            }
        }
    }
    answer(socket, BufReader::new(stream))
}

/// A connection on which the daemon may be silent for `patience`.
pub(super) fn connect(socket: &Path, patience: Duration) -> Result<UnixStream, DaemonError> {
    let connect = |source| DaemonError::Connect { socket: socket.to_owned(), source };
    let stream = UnixStream::connect(socket).map_err(connect)?;
    stream.set_read_timeout(Some(patience)).map_err(connect)?;
    stream.set_write_timeout(Some(patience)).map_err(connect)?;
    Ok(stream)
}

pub(super) fn answer(
    socket: &Path,
    mut reader: impl BufRead + Send + 'static,
) -> Result<Answer, DaemonError> {
    let wrong = |what| DaemonError::Http { socket: socket.to_owned(), what };
    let io = |source| DaemonError::Io { socket: socket.to_owned(), source };
    let first = line(&mut reader).map_err(io)?;
    let mut words = first.split_ascii_whitespace();
    let (version, status) = (words.next().unwrap_or_default(), words.next().and_then(|s| s.parse().ok()));
    let (true, Some(status)) = (version.starts_with("HTTP/1."), status) else {
        return Err(wrong("it does not answer in HTTP/1.1"));
    };
    let (mut length, mut chunked) = (None, false);
    for _ in 0..LINES {
        let header = line(&mut reader).map_err(io)?;
        if header.is_empty() {
            let body: Box<dyn Read + Send> = match length {
                _ if chunked => Box::new(Chunks { reader, left: 0, state: State::Start }),
                Some(length) => Box::new(Exactly { reader, left: length }),
                None => Box::new(reader),
            };
            return Ok(Answer { status, body });
        }
        let (name, value) = header.split_once(':').ok_or_else(|| wrong("a header without a colon"))?;
        if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<u64>().map_err(|_| wrong("a length that is no number"))?);
        }
    }
    Err(wrong("too many headers"))
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(LINE).read_until(b'\n', &mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer ends within a line"));
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A body whose end is known: one that breaks off is an error.
struct Exactly<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.reader.read(&mut buffer[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Within,
    Ended,
}

/// A body in chunks (RFC 9112, section 7.1).
struct Chunks<R> {
    reader: R,
    left: u64,
    state: State,
}

impl<R: BufRead> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 && self.state != State::Ended {
            if self.state == State::Within && !line(&mut self.reader)?.is_empty() {
                return Err(io::Error::other("a chunk that is longer than it says"));
            }
            let size = line(&mut self.reader)?;
            let size = size.split(';').next().unwrap_or_default().trim();
            self.left = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
            self.state = if self.left == 0 { State::Ended } else { State::Within };
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.reader.read(&mut buffer[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        for (body, expected) in [
            (&b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n"[..], Some("abcd")),
            (b"3\r\nab", None),
            (b"3\r\nabcd\r\n0\r\n\r\n", None),
            (b"zz\r\n", None),
            (b"", None),
        ] {
            let mut chunks = Chunks { reader: body, left: 0, state: State::Start };
            let mut text = String::new();
            let read = chunks.read_to_string(&mut text).ok().map(|_| text);
            assert_eq!(read.as_deref(), expected, "{}", body.escape_ascii());
        }
    }
}
