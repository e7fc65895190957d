//! What recording costs: the same work in the same sandbox unrecorded, in the light and in the full mode, in turns.
//!
//! `cargo bench -p casehard-record` measures work of this program itself; `cargo bench -p casehard-record -- IMAGE
//! COMMAND...` measures a command of an OCI layout. Ratios are of the wall time inside the container; one processor
//! is used unless `CASEHARD_BENCH_FREE` is set, so that other load falls on all alike.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unsafe_code,
    reason = "a measurement"
)]

#[path = "../../engine/tests/support/mod.rs"]
mod support;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use casehard_engine::{Container, Exec, RootKind, Sandbox, Spec, StartOptions, Store};
use casehard_image::{Image, ImageRef, Options, open};
use casehard_record::{Mode, start};
use support::{PROGRAM, directory, file, spec, this_program};

const FILES: usize = 3000;
const ROUNDS: usize = 7;

fn main() {
    casehard_record::enter_if_asked();
    let words: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    if words[0] == PROGRAM {
        work(&words[1]);
        return;
    }
    if std::env::var_os("CASEHARD_BENCH_FREE").is_none() {
        // SAFETY: a set of one processor, for this process and what it starts.
        unsafe {
            let mut set = std::mem::zeroed::<libc::cpu_set_t>();
            libc::CPU_SET(0, &mut set);
            libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(Store::open(&folder.path().join("store")).unwrap()).unwrap();
    if let [_, image, command @ ..] = words.as_slice()
        && !command.is_empty()
    {
        let reference = ImageRef::parse(image, Path::exists).unwrap();
        let image = open(&reference, &Options::default()).unwrap();
        let spec = Spec {
            argv: vec!["/bin/sleep".into(), "1000".into()],
            env: image.config().config.env.clone(),
            ..spec(&[])
        };
        measure("the command", &sandbox, &image, &spec, command);
        return;
    }
    let mut pieces = this_program();
    pieces.push(directory("/tree"));
    for number in 0..FILES {
        let content = vec![b'x'; 1000 + number % 4000];
        pieces.push(file(&format!("/tree/{}/{}/file-{number}", number % 10, number % 100), &content));
    }
    let image = support::image(&folder.path().join("image"), &[pieces]);
    for name in ["walk", "loop", "stat", "serve", "start"] {
        let command = [PROGRAM, name].map(str::to_owned);
        measure(name, &sandbox, &image, &spec(&["idle"]), &command);
    }
}

/// Runs the command as a further one of a container that sleeps, so that starting the container does not count.
fn measure(name: &str, sandbox: &Sandbox, image: &Image, spec: &Spec, command: &[String]) {
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (times, mode) in times.iter_mut().zip([None, Some(Mode::Light), Some(Mode::Full)]) {
            times.push(once(sandbox, image, spec, command, mode));
        }
    }
    let middle = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    let ratio = |of: Duration| of.as_secs_f64() / middle[0].as_secs_f64();
    let (light, full) = (ratio(middle[1]), ratio(middle[2]));
    println!("{name:<12} {:>8.1} ms  light {light:.2}  full {full:.2}", middle[0].as_secs_f64() * 1e3);
}

fn once(sandbox: &Sandbox, image: &Image, spec: &Spec, command: &[String], mode: Option<Mode>) -> Duration {
    let run = |container: &dyn Container| {
        let exec = Exec { argv: command.to_vec(), ..Exec::default() };
        let begin = Instant::now();
        let output = container.exec(&exec).unwrap();
        let took = begin.elapsed();
        assert_eq!(output.exit.code(), 0, "{}", String::from_utf8_lossy(&output.stderr));
        // Work of this program says itself how long it took; starting it is not part of that.
        let said = String::from_utf8_lossy(&output.stdout);
        said.trim().parse().map_or(took, Duration::from_nanos)
    };
    match mode {
        None => {
            let options = StartOptions { root: Some(RootKind::Plain), ..StartOptions::default() };
            run(&sandbox.start_with(image, spec, options).unwrap())
        }
        Some(mode) => {
            let (container, recording) = start(sandbox, image, spec, mode).unwrap();
            let took = run(&*container);
            drop(container);
            recording.finish().unwrap();
            took
        }
    }
}

/// What runs in the container.
fn work(name: &str) {
    let begin = Instant::now();
    match name {
        "idle" => std::thread::sleep(Duration::from_secs(1000)),
        // As `find | xargs cat`: every file once.
        "walk" => walk(Path::new("/tree")),
        // The worst: nothing but the calls that are recorded, on what the kernel has at hand.
        "loop" => {
            for number in 0..20_000 {
                let path = format!("/tree/{}/{}/file-{}", number % 10, number % 100, number % 100);
                assert!(fs::metadata(&path).unwrap().is_file());
                drop(fs::File::open(&path).unwrap());
            }
        }
        "stat" => {
            for number in 0..20_000 {
                let path = format!("/tree/{}/{}/file-{}", number % 10, number % 100, number % 100);
                assert!(fs::metadata(&path).unwrap().is_file());
            }
        }
        // As a server of files: one open among the calls of a request.
        "serve" => serve(),
        "none" => return,
        _ => {
            for _ in 0..100 {
                let status = std::process::Command::new(PROGRAM).arg("none").status().unwrap();
                assert!(status.success());
            }
        }
    }
    println!("{}", begin.elapsed().as_nanos());
}

fn walk(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            walk(&path);
        } else {
            fs::read(&path).unwrap();
        }
    }
}

/// A request and its answer over loopback, the file opened for each.
fn serve() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = [0; 256];
        while let Ok(length @ 1..) = stream.read(&mut request) {
            let path = String::from_utf8_lossy(&request[..length]).into_owned();
            stream.write_all(&fs::read(path.trim()).unwrap()).unwrap();
        }
    });
    let mut client = std::net::TcpStream::connect(address).unwrap();
    let mut answer = vec![0; 8192];
    for number in 0..5000 {
        let path = format!("/tree/{}/{}/file-{}", number % 10, number % 100, number % 100);
        client.write_all(path.as_bytes()).unwrap();
        assert!(client.read(&mut answer).unwrap() > 0);
    }
    drop(client);
    server.join().unwrap();
}
