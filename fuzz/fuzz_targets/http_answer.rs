//! The answer of an application to the runner's HTTP client.
#![no_main]

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::SocketAddr,
    path::Path,
    time::Duration,
};

use casehard_engine::{Container, Exec, Exit, Output, Stream};
use casehard_verify::run::{Request, request};

/// An application that sends these bytes and closes the connection.
struct Sends(Vec<u8>);

struct Connection(io::Cursor<Vec<u8>>);

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A few bytes at a time, so that everything is cut somewhere.
        let few = buffer.len().min(7);
        self.0.read(&mut buffer[..few])
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Connection {
    fn set_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
}

impl Container for Sends {
    fn id(&self) -> u64 {
        0
    }
    fn exec(&self, _: &Exec) -> io::Result<Output> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn host(&self, _: &[String], _: &Path, _: Duration) -> io::Result<Output> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn connect(&self, _: SocketAddr, _: Duration) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(Connection(io::Cursor::new(self.0.clone()))))
    }
    fn signal(&self, _: i32) -> io::Result<()> {
        Ok(())
    }
    fn wait(&self, _: Duration) -> io::Result<Option<Exit>> {
        Ok(None)
    }
    fn log(&self) -> Vec<u8> {
        Vec::new()
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let url = "http://127.0.0.1/".parse().unwrap();
    let asked = Request { url: &url, method: "GET", headers: &BTreeMap::new(), body: None };
    if let Ok(answer) = request(&Sends(data.to_vec()), &asked, &BTreeMap::new(), Duration::from_secs(60)) {
        assert!(answer.body.len() <= data.len());
    }
});
