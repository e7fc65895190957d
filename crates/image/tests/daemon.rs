//! The stores of daemons, with a socket that answers as they do.

mod common;

use std::{
    io::{Read, Write},
    os::unix::net::UnixListener,
    path::Path,
    thread,
};

use casehard_image::{Graph, ImageRef, Options, Places, copy_to_archive, copy_to_daemon, open};
use casehard_oci::Compression;
use common::{file, image_at, write};

/// Answers one request for each of `answers`; returns the requests, bodies among them.
fn serve(socket: &Path, answers: Vec<Vec<u8>>) -> thread::JoinHandle<Vec<Vec<u8>>> {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 65536];
            loop {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
                let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
                let head = String::from_utf8_lossy(&request[..end]).into_owned();
                let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                if request.len() >= end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap()) {
                    break;
                }
            }
            requests.push(request);
            // Whoever reads may have seen enough.
            let _ = stream.write_all(&answer);
        }
        requests
    })
}

#[test]
fn an_image_comes_out_and_goes_in() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    write(&place("in"), Compression::Gzip, &[vec![file("/a", "bytes")]]);
    let image = image_at(&place("in"));
    copy_to_archive(&Graph::from(&image), &place("saved.tar"), Some("app:1")).unwrap();
    let tar = std::fs::read(place("saved.tar")).unwrap();
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for piece in tar.chunks(1000) {
        chunked.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    let cut = chunked[..chunked.len() / 2].to_vec();
    chunked.extend_from_slice(b"0\r\n\r\n");
    let message = r#"{"message":"no such image: \u001b[31mapp"}"#;
    let refusal =
        format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{message}", message.len()).into_bytes();
    let loaded = b"HTTP/1.1 200 OK\r\n\r\n{\"stream\":\"Loaded\"}\n".to_vec();
    let failed = b"HTTP/1.1 200 OK\r\n\r\n{\"error\":\"disk full\"}\n".to_vec();
    let server =
        serve(&place("socket"), vec![chunked, refusal, cut, b"SSH-2.0\r\n".to_vec(), loaded, failed]);

    let options = Options {
        places: Places { docker_socket: place("socket"), ..Places::default() },
        ..Options::default()
    };
    let reference = ImageRef::parse("docker-daemon:app:1", |_| false).unwrap();
    let saved = open(&reference, &options).unwrap();
    assert_eq!(saved.digest(), image.digest());
    for expected in ["404 no such image: \\x1b[31mapp", "talk to the daemon", "does not answer in HTTP"] {
        let error = open(&reference, &options).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    copy_to_daemon(&Graph::from(&image), &place("socket"), "app:1").unwrap();
    let error = copy_to_daemon(&Graph::from(&image), &place("socket"), "app:1").unwrap_err().to_string();
    assert!(error.contains("disk full"), "{error}");
    let requests = server.join().unwrap();
    assert!(requests[0].starts_with(b"GET /images/app:1/get HTTP/1.1\r\n"));
    assert!(
        requests[4].starts_with(b"POST /images/load?quiet=1 HTTP/1.1\r\n") && requests[4].ends_with(&tar)
    );

    let nobody = Options {
        places: Places { docker_socket: place("nobody"), ..Places::default() },
        ..Options::default()
    };
    let error = open(&reference, &nobody).unwrap_err().to_string();
    assert!(error.contains("connect to the daemon at"), "{error}");
}
