//! Where in a container's network a request goes (RFC 3986, the `http` scheme without user information).

use std::{fmt, str::FromStr};

/// A host and a port inside a container's network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// `127.0.0.1`, `localhost`, `::1` (without brackets), or the name of a service.
    pub host: String,
    /// Port, not 0.
    pub port: u16,
}

/// An absolute `http://` URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    /// Where it goes.
    pub endpoint: Endpoint,
    /// Path and query as they stand in a request line, beginning with `/`.
    pub target: String,
}

/// Why a text is no place in a container's network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is `https://`.
    #[error(
        "https is not spoken here (use the application's plain port, or an `exec` or `host` step with a client)"
    )]
    Https,
    /// It is not absolute, or has another scheme.
    #[error("{0:?} is not an absolute http:// URL")]
    NotHttp(String),
    /// It names a user.
    #[error("a URL with a user name is not taken (send an `authorization` header)")]
    UserName,
    /// A character that cannot stand in a request line.
    #[error("the character {0:?} cannot stand in a URL (percent-encode it)")]
    Character(char),
    /// There is no host, or one with characters that no name has.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("{0:?} is not a port (expected 1 to 65535)")]
    Port(String),
}

impl Endpoint {
    /// Whether it is the container itself rather than a service beside it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1")
    }
}

/// Reads `host:port`, `[::1]:port`, `:port` and `port`; the host is 127.0.0.1 unless said.
impl FromStr for Endpoint {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        match text.rsplit_once(':') {
            None => Ok(Self { host: "127.0.0.1".to_owned(), port: port(text)? }),
            Some(("", number)) => Ok(Self { host: "127.0.0.1".to_owned(), port: port(number)? }),
            Some((name, number)) => Ok(Self { host: host(name)?, port: port(number)? }),
        }
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.starts_with("https:") {
            return Err(UrlError::Https);
        }
        let rest = text.strip_prefix("http://").ok_or_else(|| UrlError::NotHttp(text.to_owned()))?;
        let rest = rest.split('#').next().unwrap_or_default();
        if let Some(character) = rest.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(UrlError::Character(character));
        }
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UrlError::UserName);
        }
        let bare = authority.ends_with(']') || !authority.contains(':');
        let endpoint = if bare {
            Endpoint { host: host(authority)?, port: 80 }
        } else {
            let (name, number) = authority.rsplit_once(':').unwrap_or((authority, ""));
            Endpoint { host: host(name)?, port: port(number)? }
        };
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { endpoint, target: format!("{slash}{target}") })
    }
}

fn port(text: &str) -> Result<u16, UrlError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok().filter(|number| *number != 0) } else { None };
    number.ok_or_else(|| UrlError::Port(text.to_owned()))
}

fn host(text: &str) -> Result<String, UrlError> {
    if text == "[::1]" {
        return Ok("::1".to_owned());
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if text.is_empty() || !text.bytes().all(known) {
        return Err(UrlError::Host(text.to_owned()));
    }
    Ok(text.to_owned())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.endpoint, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        for (text, shown) in [
            ("http://127.0.0.1:8000/items?q=1#top", "http://127.0.0.1:8000/items?q=1"),
            ("http://localhost", "http://localhost:80/"),
            ("http://localhost?x", "http://localhost:80/?x"),
            ("http://[::1]:99/a", "http://[::1]:99/a"),
            ("http://[::1]/a", "http://[::1]:80/a"),
            ("http://db:5432/", "http://db:5432/"),
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for text in [
            "https://localhost/",
            "/items",
            "http://",
            "http://:80/",
            "http://a b/",
            "http://user@localhost/",
            "http://localhost:0/",
            "http://localhost:66000/",
            "http://localhost:+1/",
            "http://localhost/\r\nx",
            "http://localhost/é",
            "http://[::2]/",
        ] {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }

    #[test]
    fn endpoints_are_read() {
        for (text, shown) in
            [("5432", "127.0.0.1:5432"), (":80", "127.0.0.1:80"), ("db:1", "db:1"), ("[::1]:2", "[::1]:2")]
        {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), shown);
        }
        assert!("db".parse::<Endpoint>().is_err());
        assert!("::1:80".parse::<Endpoint>().is_err());
    }
}
