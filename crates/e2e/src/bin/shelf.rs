//! A small server for tests: it answers with files of its image, lists a directory and keeps a count.
#![expect(clippy::print_stdout, reason = "the application under test writes its log")]

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
};

const BOOKS: &str = "/usr/share/shelf/books";
const COUNT: &str = "/var/lib/shelf/count";

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("check") {
        println!("ok: {} books", fs::read_dir(BOOKS)?.count());
        return Ok(());
    }
    let port = fs::read_to_string("/etc/shelf.conf")?;
    let listener = TcpListener::bind(("0.0.0.0", port.trim().parse::<u16>().unwrap_or(8080)))?;
    println!("ready");
    for stream in listener.incoming() {
        // A client that leaves is no reason to end.
        let _ = stream.and_then(answer);
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = request.split_whitespace().nth(1).unwrap_or("/").to_owned();
    let body = match path.as_str() {
        "/" => fs::read_to_string("/usr/share/shelf/page"),
        "/books" => list(),
        "/count" => count(),
        other => fs::read_to_string(format!("{BOOKS}{other}")),
    };
    let (status, body) = match body {
        Ok(body) => ("200 OK", body),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ("404 Not Found", "no such book\n".to_owned())
        }
        Err(error) => ("500 Internal Server Error", format!("{error}\n")),
    };
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn list() -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(BOOKS)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join("\n") + "\n")
}

fn count() -> io::Result<String> {
    let count: u32 =
        fs::read_to_string(COUNT).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0) + 1;
    fs::write(COUNT, format!("{count}\n"))?;
    Ok(format!("{count}\n"))
}
