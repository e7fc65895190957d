//! What the HTTP client takes, and what it refuses.

use std::{collections::BTreeMap, io::Write as _, sync::Arc, thread, time::Duration};

use casehard_profile::workload::Url;
use casehard_verify::run::{Answer, HttpError, Request, request};
use proptest::prelude::*;

use crate::server::Server;

fn ask(server: &Server, method: &str, body: Option<&[u8]>, within: Duration) -> Result<Answer, HttpError> {
    let url: Url = format!("http://127.0.0.1:{}/a?b=c", server.port).parse().unwrap();
    let headers = BTreeMap::from([("X-Mine".to_owned(), "yes".to_owned())]);
    request(server, &Request { url: &url, method, headers: &headers, body }, &BTreeMap::new(), within)
}

fn get(answer: &'static [u8]) -> Result<Answer, HttpError> {
    ask(&Server::saying(answer), "GET", None, Duration::from_secs(5))
}

#[test]
fn bodies_end_where_they_say() {
    for (sent, status, body) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"[..], 200, &b"abc"[..]),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.0 404 Not Found\r\ncontent-length: 0\r\n\r\n", 404, b""),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, b""),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\n\n\r\n0\r\nTrailer: x\r\n\r\n",
            200,
            b"abc\n",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", 201, b"x"),
        (b"HTTP/1.1 200\r\nContent-Length: 1, 1\r\n\r\nx", 200, b"x"),
    ] {
        let answer = get(sent).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(sent)));
        assert_eq!((answer.status, &answer.body[..]), (status, body), "{}", String::from_utf8_lossy(sent));
        assert!(!answer.truncated);
    }
}

#[test]
fn broken_answers_are_told_apart() {
    for (sent, words) in [
        (&b""[..], "the connection was closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nA: b", "the connection was closed within the headers"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "the connection was closed within the body"),
        (b"SSH-2.0-x\r\n\r\n", "the answer is not HTTP/1: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "\"-1\" is not a length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "it has two lengths"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", "a chunk is longer"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n",
            "a chunk has no size",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "a chunk has no size",
        ),
    ] {
        let said = get(sent).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    let endless = Arc::new(
        |_: &str, stream: &mut std::net::TcpStream| {
            while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {}
        },
    );
    let server = Server::start(Duration::ZERO, endless);
    let said = ask(&server, "GET", None, Duration::from_secs(5)).unwrap_err().to_string();
    assert!(said.contains("informational answers without end"), "{said}");
}

#[test]
fn large_answers_are_cut() {
    for head in ["\r\n", "Content-Length: 100000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5f5e100\r\n"]
    {
        let endless = Arc::new(move |_: &str, stream: &mut std::net::TcpStream| {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\n{head}");
            while stream.write_all(&[b'x'; 65536]).is_ok() {}
        });
        let server = Server::start(Duration::ZERO, endless);
        let answer = ask(&server, "GET", None, Duration::from_secs(10)).unwrap();
        assert!(answer.truncated && answer.body.len() == 8 << 20, "{head}: {}", answer.body.len());
    }
    let endless = Arc::new(|_: &str, stream: &mut std::net::TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let server = Server::start(Duration::ZERO, endless);
    assert!(matches!(ask(&server, "GET", None, Duration::from_secs(10)), Err(HttpError::LargeHead)));
}

#[test]
fn many_small_chunks_take_no_quadratic_time() {
    let small = Arc::new(|_: &str, stream: &mut std::net::TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = b"1\r\nx\r\n".repeat(10_000);
        (0..30).for_each(|_| drop(stream.write_all(&chunk)));
        let _ = stream.write_all(b"0\r\n\r\n");
    });
    let answer = ask(&Server::start(Duration::ZERO, small), "GET", None, Duration::from_secs(10)).unwrap();
    assert_eq!(answer.body.len(), 300_000);
}

#[test]
fn silence_ends_in_time() {
    let silent = Arc::new(|_: &str, _: &mut std::net::TcpStream| thread::sleep(Duration::from_secs(5)));
    let server = Server::start(Duration::ZERO, silent);
    assert!(matches!(ask(&server, "GET", None, Duration::from_millis(100)), Err(HttpError::TimedOut)));
    // A byte now and then does not prolong it.
    let slow = Arc::new(|_: &str, stream: &mut std::net::TcpStream| {
        while stream.write_all(b"H").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let said =
        ask(&Server::start(Duration::ZERO, slow), "GET", None, Duration::from_millis(200)).unwrap_err();
    assert!(matches!(said, HttpError::TimedOut | HttpError::Malformed(_)), "{said}");
}

#[test]
fn requests_are_well_formed() {
    let echo = Arc::new(|request: &str, stream: &mut std::net::TcpStream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{request}");
    });
    let server = Server::start(Duration::ZERO, echo);
    let answer = ask(&server, "POST", Some(b"hello"), Duration::from_secs(5)).unwrap();
    let head = String::from_utf8(answer.body).unwrap();
    let expected = format!(
        "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: casehard\r\nAccept: */*\r\nConnection: close\r\n\
         Content-Length: 5\r\nX-Mine: yes\r\n\r\n",
        server.port
    );
    assert!(head.starts_with(&expected), "{head}");
    let answer = ask(&server, "HEAD", None, Duration::from_secs(5)).unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
}

#[test]
fn nobody_there_is_told() {
    let server = Server::start(Duration::from_secs(60), Arc::new(|_, _| ()));
    let error = ask(&server, "GET", None, Duration::from_secs(5)).unwrap_err();
    assert!(error.nobody_listens());
    assert_eq!(error.to_string(), format!("no connection to 127.0.0.1:{}: connection refused", server.port));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_makes_the_client_panic_or_wait(
        head in "(HTTP/1\\.[01] [0-9]{1,4} [a-z]{0,3}\r?\n)?",
        lines in proptest::collection::vec(
            "(content-length: [0-9]{0,20}|transfer-encoding: (chunked|gzip)|[a-z]{0,3}:? [a-z]{0,3})\r?\n", 0..4),
        body in "(\r\n)?([0-9a-f]{1,17}(;x)?\r\n)?[a-z\r\n]{0,20}(0\r\n\r\n)?",
    ) {
        let bytes = format!("{head}{}{body}", lines.concat()).into_bytes();
        let server = Server::start(Duration::ZERO, Arc::new(move |_, stream| drop(stream.write_all(&bytes))));
        prop_assert!(!matches!(ask(&server, "GET", None, Duration::from_secs(5)), Err(HttpError::TimedOut)));
    }
}
