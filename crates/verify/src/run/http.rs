//! An HTTP/1.1 client (RFC 9110, RFC 9112) over a connection into a container: one request, one answer, no redirects
//! followed, everything bounded in size and time.

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use casehard_engine::{Container, Stream};
use casehard_profile::workload::Url;

use super::host_name::addresses;

/// Bytes of a body that are kept; the rest is not read.
const LARGEST_BODY: usize = 8 << 20;
/// Bytes of status line and headers together.
const LARGEST_HEAD: usize = 64 << 10;
/// Headers of an answer.
const MOST_HEADERS: usize = 128;
/// Informational answers (1xx) before the real one.
const MOST_INTERIM: usize = 8;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Where.
    pub url: &'a Url,
    /// Method.
    pub method: &'a str,
    /// Headers; they replace the client's own of the same name.
    pub headers: &'a BTreeMap<String, String>,
    /// Body.
    pub body: Option<&'a [u8]>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers in the order sent; names in lower case, values as text (bytes that are no UTF-8 replaced).
    pub headers: Vec<(String, String)>,
    /// The body, transfer coding removed; at most 8 MiB.
    pub body: Vec<u8>,
    /// Whether the body was longer.
    pub truncated: bool,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The host of the URL is no service that runs.
    #[error("the host {0} is not known in the container's network")]
    UnknownHost(String),
    /// Nobody accepted the connection.
    #[error("no connection to {address}: {}", reason(.source))]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection broke: {}", reason(.0))]
    Broken(#[source] io::Error),
    /// The connection ended within the answer, or before it.
    #[error("the connection was closed {0}")]
    Closed(&'static str),
    /// Time was over.
    #[error("no full answer came in time")]
    TimedOut,
    /// It is no HTTP.
    #[error("the answer is not HTTP/1: {0}")]
    Malformed(String),
    /// Status line and headers are longer than 64 KiB.
    #[error("the headers of the answer are longer than {} KiB", LARGEST_HEAD >> 10)]
    LargeHead,
}

/// The system's words without its numbers, which say nothing to a person.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "time was over".to_owned(),
        _ => error.to_string(),
    }
}

impl HttpError {
    /// Whether nobody listens yet, so that trying again can help.
    #[must_use]
    pub fn nobody_listens(&self) -> bool {
        matches!(self, Self::Connect { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
    }
}

impl Answer {
    /// The values of a header (name in lower case), joined as RFC 9110 §5.2 joins them; `None` when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.header_values(name).collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }

    /// The values of a header (name in lower case), one for each line it stands in.
    pub fn header_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Asks once.
///
/// # Errors
/// When no full answer came within `within`.
pub fn request(
    container: &dyn Container,
    request: &Request<'_>,
    services: &BTreeMap<String, IpAddr>,
    within: Duration,
) -> Result<Answer, HttpError> {
    let deadline = Instant::now() + within;
    let stream = connect(container, request.url, services, deadline)?;
    let mut connection = Connection { stream, deadline, buffer: Vec::new(), at: 0 };
    let sent =
        connection.send(&head(request)).and_then(|()| connection.send(request.body.unwrap_or_default()));
    // A server may answer, and close, before it has read a body it does not want.
    match connection.receive(request.method) {
        Err(HttpError::Closed(_) | HttpError::Broken(_)) if sent.is_err() => {
            Err(sent.err().unwrap_or(HttpError::TimedOut))
        }
        received => received,
    }
}

fn connect(
    container: &dyn Container,
    url: &Url,
    services: &BTreeMap<String, IpAddr>,
    deadline: Instant,
) -> Result<Box<dyn Stream>, HttpError> {
    // Of `localhost`, the first address says more: the second may not be there at all.
    let mut failure = None;
    for address in addresses(&url.endpoint, services) {
        match container.connect(address, remaining(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(source) => failure = failure.or(Some(HttpError::Connect { address, source })),
        }
    }
    Err(failure.unwrap_or_else(|| HttpError::UnknownHost(url.endpoint.host.clone())))
}

fn remaining(deadline: Instant) -> Result<Duration, HttpError> {
    let left = deadline.saturating_duration_since(Instant::now());
    // Sockets take no shorter timeout than a microsecond, and zero means none.
    if left.is_zero() { Err(HttpError::TimedOut) } else { Ok(left.max(Duration::from_millis(1))) }
}

fn head(request: &Request<'_>) -> Vec<u8> {
    let given = |name: &str| request.headers.keys().any(|key| key.eq_ignore_ascii_case(name));
    let host = match request.url.endpoint.port {
        80 => request.url.endpoint.to_string().trim_end_matches(":80").to_owned(),
        _ => request.url.endpoint.to_string(),
    };
    let length = match request.body {
        Some(body) => Some(body.len()),
        None if matches!(request.method, "POST" | "PUT" | "PATCH") => Some(0),
        None => None,
    };
    let own = [
        ("Host", Some(host)),
        ("User-Agent", Some("casehard".to_owned())),
        ("Accept", Some("*/*".to_owned())),
        ("Connection", Some("close".to_owned())),
        ("Content-Length", length.map(|length| length.to_string())),
    ];
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.url.target);
    for (name, value) in own {
        if let Some(value) = value.filter(|_| !given(name)) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    for (name, value) in request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A connection, and what was read from it; what stands before `at` has been used.
struct Connection {
    stream: Box<dyn Stream>,
    deadline: Instant,
    buffer: Vec<u8>,
    at: usize,
}

/// How the end of a body is known (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    Close,
}

struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    length: usize,
}

impl Connection {
    fn send(&mut self, mut bytes: &[u8]) -> Result<(), HttpError> {
        while !bytes.is_empty() {
            self.stream.set_timeout(Some(remaining(self.deadline)?)).map_err(HttpError::Broken)?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(HttpError::Closed("before the request was sent")),
                Ok(count) => bytes = &bytes[count..],
                Err(error) => retry(error)?,
            }
        }
        self.stream.flush().map_err(HttpError::Broken)
    }

    /// Reads some more; `false` at the end of the stream.
    fn fill(&mut self) -> Result<bool, HttpError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut chunk = [0; 16 << 10];
        loop {
            self.stream.set_timeout(Some(remaining(self.deadline)?)).map_err(HttpError::Broken)?;
            match self.stream.read(&mut chunk) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&chunk[..count]);
                    return Ok(count > 0);
                }
                Err(error) => retry(error)?,
            }
        }
    }

    fn receive(&mut self, method: &str) -> Result<Answer, HttpError> {
        let mut interim = 0;
        let head = loop {
            let head = self.head()?;
            self.at += head.length;
            // 101 hands the connection to another protocol; there is no later answer.
            if !(100..200).contains(&head.status) || head.status == 101 {
                break head;
            }
            interim += 1;
            if interim > MOST_INTERIM {
                return Err(HttpError::Malformed("informational answers without end".to_owned()));
            }
        };
        let bodiless = method == "HEAD" || matches!(head.status, 101 | 204 | 304);
        let framing = if bodiless { Framing::Length(0) } else { framing(&head.headers)? };
        let (body, truncated) = match framing {
            Framing::Length(length) => self.sized(length)?,
            Framing::Chunked => self.chunked()?,
            Framing::Close => self.until_close()?,
        };
        Ok(Answer { status: head.status, headers: head.headers, body, truncated })
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    /// Uses everything that is unread, but no more than `most` bytes of it.
    fn take(&mut self, most: usize) -> Vec<u8> {
        let end = self.buffer.len().min(self.at.saturating_add(most));
        let bytes = self.buffer[self.at..end].to_vec();
        self.at = end;
        bytes
    }

    fn head(&mut self) -> Result<Head, HttpError> {
        loop {
            if let Some(head) = parse_head(self.unread())? {
                return Ok(head);
            }
            if self.unread().len() > LARGEST_HEAD {
                return Err(HttpError::LargeHead);
            }
            if !self.fill()? {
                let before =
                    if self.unread().is_empty() { "without an answer" } else { "within the headers" };
                return Err(HttpError::Closed(before));
            }
        }
    }

    fn sized(&mut self, length: u64) -> Result<(Vec<u8>, bool), HttpError> {
        let wanted = usize::try_from(length).unwrap_or(usize::MAX).min(LARGEST_BODY);
        while self.unread().len() < wanted {
            if !self.fill()? {
                return Err(HttpError::Closed("within the body"));
            }
        }
        Ok((self.take(wanted), length > LARGEST_BODY as u64))
    }

    fn until_close(&mut self) -> Result<(Vec<u8>, bool), HttpError> {
        while self.unread().len() <= LARGEST_BODY && self.fill()? {}
        let truncated = self.unread().len() > LARGEST_BODY;
        Ok((self.take(LARGEST_BODY), truncated))
    }

    /// RFC 9112 §7.1. Trailers are read and dropped.
    fn chunked(&mut self) -> Result<(Vec<u8>, bool), HttpError> {
        const LONGEST_LINE: usize = 4096;
        let mut body = Vec::new();
        loop {
            let line = self.line(LONGEST_LINE)?;
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let size = std::str::from_utf8(digits)
                .ok()
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .and_then(|text| u64::from_str_radix(text, 16).ok())
                .ok_or_else(|| HttpError::Malformed("a chunk has no size".to_owned()))?;
            if size == 0 {
                while !self.line(LARGEST_HEAD)?.is_empty() {}
                return Ok((body, false));
            }
            let room = LARGEST_BODY - body.len();
            if size > room as u64 {
                let (rest, _) = self.sized(room as u64)?;
                body.extend(rest);
                return Ok((body, true));
            }
            let size = usize::try_from(size).unwrap_or(room);
            while self.unread().len() < size + 2 {
                if !self.fill()? {
                    return Err(HttpError::Closed("within the body"));
                }
            }
            body.extend_from_slice(&self.unread()[..size]);
            self.at += size;
            if !self.line(0)?.is_empty() {
                return Err(HttpError::Malformed("a chunk is longer than it says".to_owned()));
            }
        }
    }

    fn line(&mut self, longest: usize) -> Result<Vec<u8>, HttpError> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.unread()[looked..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.take(looked + end + 1);
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            looked = self.unread().len();
            if looked > longest.max(1) {
                return Err(HttpError::Malformed("a line without end stands in the body".to_owned()));
            }
            if !self.fill()? {
                return Err(HttpError::Closed("within the body"));
            }
        }
    }
}

fn retry(error: io::Error) -> Result<(), HttpError> {
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(()),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Err(HttpError::TimedOut),
        _ => Err(HttpError::Broken(error)),
    }
}

fn parse_head(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    let mut slots = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut slots);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(HttpError::Malformed(error.to_string())),
    };
    let headers = response
        .headers
        .iter()
        .map(|header| {
            (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned())
        })
        .collect();
    Ok(Some(Head { status: response.code.unwrap_or_default(), headers, length }))
}

fn framing(headers: &[(String, String)]) -> Result<Framing, HttpError> {
    let values =
        |name: &'static str| headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value);
    if let Some(coding) = values("transfer-encoding").next_back() {
        let last = coding.rsplit(',').next().unwrap_or_default().trim();
        return Ok(if last.eq_ignore_ascii_case("chunked") { Framing::Chunked } else { Framing::Close });
    }
    let mut lengths = values("content-length").flat_map(|value| value.split(',')).map(str::trim);
    let Some(first) = lengths.next() else { return Ok(Framing::Close) };
    if lengths.any(|other| other != first) {
        return Err(HttpError::Malformed("it has two lengths".to_owned()));
    }
    let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let length = if digits { first.parse().ok() } else { None };
    length.map(Framing::Length).ok_or_else(|| HttpError::Malformed(format!("{first:?} is not a length")))
}
