//! Recording outside of the sandbox: in front of a command, and as the agent of an OCI runtime.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a test, part of which is the recorder"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::{net::UnixListener, process::ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use casehard_oci::RootPath;
use casehard_profile::{Access, Profile};
use casehard_record::{Front, agent, front, oci_filter};

fn main() {
    casehard_record::enter_if_asked();
    let words: Vec<String> = std::env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "front", output, program, ..] => be_in_front(output, program, &words[3..]),
        [_, "agent", socket, output] => be_agent(socket, output),
        [_, "work", folder] => {
            fs::read(format!("{folder}/read")).unwrap();
            assert!(fs::metadata(format!("{folder}/looked-at")).is_ok());
            assert!(fs::metadata(format!("{folder}/none")).is_err());
            std::process::exit(7);
        }
        _ => {
            for (name, test) in [
                ("a_command_is_recorded_and_its_exit_code_passed_on", recorded as fn()),
                ("signals_are_passed_on", signalled),
                ("what_it_leaves_running_is_waited_for", left_running),
                ("a_command_that_cannot_start_is_an_error", not_started),
                ("a_runtime_hands_its_listener_to_the_agent", runtime),
            ] {
                test();
                println!("ok     {name}");
            }
        }
    }
}

fn be_in_front(output: &str, program: &str, argv: &[String]) {
    let argv = argv.iter().map(Into::into).collect();
    let wanted = Front { program: PathBuf::from(program), argv, every: Duration::from_millis(200) };
    let mut receive = |profile: &Profile| fs::write(output, profile.to_json()).unwrap();
    match front(&wanted, &mut receive) {
        Ok(exit) => std::process::exit(exit.code()),
        Err(error) => {
            println!("{error}");
            std::process::exit(99);
        }
    }
}

fn be_agent(socket: &str, output: &str) {
    let listener = UnixListener::bind(socket).unwrap();
    println!("listening");
    let mut tell = |id: &str, told: agent::Told<'_>| {
        if let agent::Told::Ended(profile) = told {
            fs::write(format!("{output}/{id}"), profile.to_json()).unwrap();
            println!("ended {id}");
        } else {
            println!("{id} {told:?}");
        }
    };
    agent::listen(&listener, Duration::from_secs(3600), &mut tell).unwrap();
}

fn own() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn in_front(output: &Path, command: &[&str]) -> Command {
    let mut front = Command::new(own());
    front.arg("front").arg(output).args(command);
    front
}

fn profile(path: &Path) -> Profile {
    Profile::from_json(&fs::read(path).unwrap()).unwrap()
}

fn has(profile: &Profile, path: &Path, access: Access) -> bool {
    let path: RootPath = path.to_str().unwrap().parse().unwrap();
    profile.paths.get(&path).is_some_and(|used| used.access.contains(&access))
}

fn recorded() {
    let folder = tempfile::tempdir_in(own().parent().unwrap()).unwrap();
    let place = folder.path().canonicalize().unwrap();
    for name in ["read", "looked-at", "untouched"] {
        fs::write(place.join(name), name).unwrap();
    }
    let output = place.join("profile");
    let own = own();
    let command = [own.to_str().unwrap(), "work", place.to_str().unwrap()];
    assert_eq!(in_front(&output, &command).status().unwrap().code(), Some(7));
    let seen = profile(&output);
    if seen.paths.is_empty() {
        println!("skipped: what was used: this test is not on the root file system");
        return;
    }
    assert!(has(&seen, &place.join("read"), Access::Read));
    assert!(has(&seen, &place.join("looked-at"), Access::Found));
    assert!(has(&seen, &place.join("none"), Access::Missing));
    assert!(has(&seen, &own, Access::Executed));
    assert!(!seen.paths.keys().any(|path| path.to_string().ends_with("untouched")));
    assert!(seen.blind.iter().any(|blind| blind.what.contains("no second witness")), "{:?}", seen.blind);
    assert!(!seen.blind.iter().any(|blind| blind.what.contains("lost")), "{:?}", seen.blind);
}

fn signalled() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let mut front = in_front(&folder.path().join("profile"), &["/bin/sh", "-c", script]);
    let mut running = front.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let process = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    let status = running.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(9), None));
    let status =
        in_front(&folder.path().join("profile"), &["/bin/sh", "-c", "kill -KILL $$"]).status().unwrap();
    assert_eq!(status.code(), Some(137));
}

fn left_running() {
    let folder = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let script = "(sleep 0.5; cat /etc/passwd) >/dev/null & exit 5";
    let output = folder.path().join("profile");
    assert_eq!(in_front(&output, &["/bin/sh", "-c", script]).status().unwrap().code(), Some(5));
    assert!(begin.elapsed() >= Duration::from_millis(500));
    assert!(profile(&output).programs.len() >= 3, "what was left is recorded too");
}

fn not_started() {
    let folder = tempfile::tempdir().unwrap();
    let output = in_front(&folder.path().join("profile"), &["/etc/passwd"]).output().unwrap();
    assert_eq!(output.status.code(), Some(99));
    assert!(String::from_utf8_lossy(&output.stdout).contains("/etc/passwd"));
}

/// A container of a real runtime, whose filter is listened to by the agent.
fn runtime() {
    let there = Command::new("runc").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) || !rustix::process::geteuid().is_root() {
        println!(
            "skipped: a_runtime_hands_its_listener_to_the_agent: runc is not there, or this is not root"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let bundle = place.join("bundle");
    // The programs of this machine, in a root of the container's own, so that paths are of that.
    for directory in ["rootfs/data", "rootfs/proc", "rootfs/dev", "rootfs/sys"] {
        fs::create_dir_all(bundle.join(directory)).unwrap();
    }
    for name in ["/bin/cat", "/bin/sh"] {
        copy_program(name, &bundle.join("rootfs"));
    }
    fs::write(bundle.join("rootfs/data/read"), "x").unwrap();
    fs::write(bundle.join("rootfs/data/untouched"), "x").unwrap();
    assert!(Command::new("runc").arg("spec").current_dir(&bundle).status().unwrap().success());
    let config = bundle.join("config.json");
    let mut spec: serde_json::Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    spec["process"]["terminal"] = false.into();
    spec["process"]["args"] = serde_json::json!(["/bin/sh", "-c", "exec cat /data/read /data/none"]);
    let socket = place.join("socket");
    spec["linux"]["seccomp"] = serde_json::from_str(&oci_filter(socket.to_str().unwrap())).unwrap();
    fs::write(&config, spec.to_string()).unwrap();

    let mut agent = Command::new(own());
    agent.arg("agent").arg(&socket).arg(place).stdout(Stdio::piped());
    let mut agent = agent.spawn().unwrap();
    let mut lines = BufReader::new(agent.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "listening");
    let id = format!("casehard-test-{}", std::process::id());
    let run =
        Command::new("runc").args(["run", &id]).current_dir(&bundle).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    if said.contains("seccomp notify") || said.contains("libseccomp") || said.contains("cgroup") {
        println!("skipped: a_runtime_hands_its_listener_to_the_agent: {said}");
        agent.kill().unwrap();
        agent.wait().unwrap();
        return;
    }
    assert_eq!(run.stdout, b"x", "{said}");
    let ended = lines.map_while(Result::ok).find(|line| line.starts_with("ended"));
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(ended, Some(format!("ended {id}")));
    let seen = profile(&place.join(&id));
    assert!(has(&seen, Path::new("/data/read"), Access::Read), "{:?}", seen.paths.keys());
    assert!(has(&seen, Path::new("/data/none"), Access::Missing));
    assert!(!seen.paths.contains_key(&"/data/untouched".parse().unwrap()));
    assert!(has(&seen, Path::new("/bin/sh"), Access::Executed));
}

/// A program and the libraries it needs, at their places below `root`.
fn copy_program(name: &str, root: &Path) {
    let needs = Command::new("ldd").arg(name).output().unwrap();
    let needs = String::from_utf8_lossy(&needs.stdout).into_owned();
    let libraries = needs.split_whitespace().filter(|word| word.starts_with('/'));
    for path in libraries.chain([name]) {
        let to = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
}
