//! A server of this process that stands for a container: connections go to its socket, commands are those of this
//! machine.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use casehard_engine::{Container, Exec, Exit, Output, Stream};

/// What the server sends when it has read a request's head and as many bytes of body as are there.
pub type Answering = Arc<dyn Fn(&str, &mut TcpStream) + Send + Sync>;
/// What a signal does.
pub type Reacting = Box<dyn Fn(i32, &Server) + Send + Sync>;

#[derive(Default)]
struct State {
    exit: Option<Exit>,
    log: Vec<u8>,
}

/// The server.
pub struct Server {
    pub port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
    react: Reacting,
}

impl Server {
    /// Listens, after `delay`, and answers each connection.
    pub fn start(delay: Duration, answer: Answering) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if delay.is_zero() {
            thread::spawn(move || serve(&listener, &answer));
        } else {
            drop(listener);
            thread::spawn(move || {
                thread::sleep(delay);
                serve(&TcpListener::bind(("127.0.0.1", port)).unwrap(), &answer);
            });
        }
        let react: Reacting = Box::new(|signal, server| server.end(Exit::Signal(signal)));
        Self { port, state: Arc::default(), react }
    }

    /// One that answers every request with `answer`, byte by byte as given.
    pub fn saying(answer: &'static [u8]) -> Self {
        Self::start(Duration::ZERO, Arc::new(move |_, stream| drop(stream.write_all(answer))))
    }

    pub fn reacting(mut self, react: impl Fn(i32, &Self) + Send + Sync + 'static) -> Self {
        self.react = Box::new(react);
        self
    }

    pub fn write(&self, text: &str) {
        self.state.0.lock().unwrap().log.extend_from_slice(text.as_bytes());
    }

    pub fn end(&self, exit: Exit) {
        self.state.0.lock().unwrap().exit = Some(exit);
        self.state.1.notify_all();
    }

    /// Ends with `exit` after `delay`, having written `last`.
    pub fn end_later(&self, delay: Duration, exit: Exit, last: &'static str) {
        let state = Arc::clone(&self.state);
        thread::spawn(move || {
            thread::sleep(delay);
            let mut held = state.0.lock().unwrap();
            held.log.extend_from_slice(last.as_bytes());
            held.exit = Some(exit);
            state.1.notify_all();
        });
    }

    /// Writes `text` after `delay`.
    pub fn write_later(&self, delay: Duration, text: &'static str) {
        let state = Arc::clone(&self.state);
        thread::spawn(move || {
            thread::sleep(delay);
            state.0.lock().unwrap().log.extend_from_slice(text.as_bytes());
        });
    }

    /// `text` with `PORT` replaced.
    pub fn workload(&self, text: &str) -> casehard_profile::Workload {
        let text = text.replace("PORT", &self.port.to_string());
        casehard_profile::workload::parse(&text, "test.yaml")
            .unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
    }
}

fn serve(listener: &TcpListener, answer: &Answering) {
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        let answer = Arc::clone(answer);
        thread::spawn(move || {
            let mut request = Vec::new();
            let mut chunk = [0; 4096];
            while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                match stream.read(&mut chunk) {
                    Ok(count) if count > 0 => request.extend_from_slice(&chunk[..count]),
                    _ => return,
                }
            }
            answer(&String::from_utf8_lossy(&request), &mut stream);
        });
    }
}

struct Connection(TcpStream);

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Stream for Connection {
    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)?;
        self.0.set_write_timeout(timeout)
    }
}

fn command(argv: &[String], directory: &Path, stdin: &[u8]) -> io::Result<Output> {
    let mut child = Command::new(&argv[0])
        .args(&argv[1..])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().unwrap().write_all(stdin)?;
    let left = child.wait_with_output()?;
    let exit = Exit::Code(left.status.code().unwrap_or(255));
    Ok(Output { exit, stdout: left.stdout, stderr: left.stderr, truncated: false })
}

impl Container for Server {
    fn id(&self) -> u64 {
        u64::from(self.port)
    }

    fn exec(&self, exec: &Exec) -> io::Result<Output> {
        command(&exec.argv, Path::new("/"), &exec.stdin)
    }

    fn host(&self, argv: &[String], directory: &Path, _within: Duration) -> io::Result<Output> {
        command(argv, directory, b"")
    }

    fn connect(&self, address: SocketAddr, within: Duration) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(Connection(TcpStream::connect_timeout(&address, within)?)))
    }

    fn signal(&self, signal: i32) -> io::Result<()> {
        if signal == 9 {
            self.end(Exit::Signal(9));
        } else {
            (self.react)(signal, self);
        }
        Ok(())
    }

    fn wait(&self, within: Duration) -> io::Result<Option<Exit>> {
        let state = self.state.0.lock().unwrap();
        let (state, _) =
            self.state.1.wait_timeout_while(state, within, |state| state.exit.is_none()).unwrap();
        Ok(state.exit)
    }

    fn log(&self) -> Vec<u8> {
        self.state.0.lock().unwrap().log.clone()
    }
}
