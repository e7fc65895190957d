//! Further commands in a container of an engine.

use std::{
    io::{self, Write as _},
    net::Shutdown,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use casehard_image::{Conversation, ask, converse};
use serde_json::{Value, json};

use super::{
    Driven,
    engine::PATIENCE,
    frames::{self, Which},
};
use crate::{Exec, Exit, Output, sandbox::KEPT};

/// How long is read on when the command has ended but others keep its streams open.
const AFTERWARDS: Duration = Duration::from_millis(200);
/// How often is asked whether a command has ended whose streams are open.
const STEP: Duration = Duration::from_millis(100);
/// How long an engine may take to know that a command has ended.
const KNOWN: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Kept {
    streams: [Vec<u8>; 2],
    cut: bool,
}

/// Runs a command of these words, as `user`.
pub(super) fn run(driven: &Driven, words: &[String], user: Option<&str>, exec: &Exec) -> io::Result<Output> {
    let mut body = json!({
        "AttachStdin": true, "AttachStdout": true, "AttachStderr": true, "Cmd": words, "Env": exec.env,
    });
    if let Some(user) = user {
        body["User"] = json!(user);
    }
    let what = exec.argv.first().cloned().unwrap_or_default();
    let target = format!("/containers/{}/exec", driven.name());
    let made =
        ask(driven.socket(), ("POST", &target), Some(&body), &what, PATIENCE).map_err(io::Error::other)?;
    let id = made.body["Id"].as_str().filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let id = id.ok_or_else(|| io::Error::other("the engine gives the command no number"))?;
    let begin = json!({ "Detach": false, "Tty": false });
    let began = Instant::now();
    let conversation = converse(driven.socket(), &format!("/exec/{id}/start"), Some(&begin), &what)
        .map_err(io::Error::other)?;
    let kept = Arc::<Mutex<Kept>>::default();
    let over = collect(conversation, exec.stdin.clone(), &kept)?;
    let exit = follow(driven, id, &over, exec.within.map(|within| began + within))?;
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let [stdout, stderr] = std::mem::take(&mut kept.streams);
    let output = Output { exit, stdout, stderr, truncated: kept.cut };
    match not_started(&output) {
        Some(why) => Err(io::Error::other(why)),
        None => Ok(output),
    }
}

/// Writes standard input and reads the outputs, in threads of their own. The end is told by a closed channel.
fn collect(
    conversation: Conversation,
    stdin: Vec<u8>,
    kept: &Arc<Mutex<Kept>>,
) -> io::Result<mpsc::Receiver<()>> {
    let Conversation { mut to, from } = conversation;
    thread::Builder::new().spawn(move || {
        // A command that reads nothing may have ended.
        let _ = to.write_all(&stdin);
        let _ = to.shutdown(Shutdown::Write);
    })?;
    let (alive, over) = mpsc::channel();
    let kept = Arc::clone(kept);
    thread::Builder::new().spawn(move || {
        let _alive = alive;
        let _ = frames::read(from, |which, part| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let stream = &mut kept.streams[usize::from(which == Which::Error)];
            let room = KEPT.saturating_sub(stream.len());
            stream.extend_from_slice(&part[..part.len().min(room)]);
            kept.cut |= part.len() > room;
        });
    })?;
    Ok(over)
}

/// Waits for the end of a command, and ends it when its time is over.
fn follow(driven: &Driven, id: &str, over: &mpsc::Receiver<()>, end: Option<Instant>) -> io::Result<Exit> {
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        match over.recv_timeout(left.map_or(STEP, |left| left.min(STEP))) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => break,
        }
        let state = look(driven, id)?;
        if state["Running"] == false && state["ExitCode"].is_number() && state["Pid"] != json!(-1) {
            let _ = over.recv_timeout(AFTERWARDS);
            return Ok(code(&state));
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            end_it(&state);
            let _ = over.recv_timeout(AFTERWARDS);
            return Ok(Exit::TimedOut);
        }
    }
    let known = Instant::now() + KNOWN;
    loop {
        let state = look(driven, id)?;
        if state["Running"] == false || Instant::now() >= known {
            return Ok(code(&state));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn look(driven: &Driven, id: &str) -> io::Result<Value> {
    let target = format!("/exec/{id}/json");
    let reply = ask(driven.socket(), ("GET", &target), None, "a command", PATIENCE);
    Ok(reply.map_err(io::Error::other)?.body)
}

fn code(state: &Value) -> Exit {
    let code = state["ExitCode"].as_i64().and_then(|code| i32::try_from(code).ok());
    Exit::Code(code.unwrap_or(127))
}

/// Engines have no request for it; they say the process, which this machine's root can end.
fn end_it(state: &Value) {
    let process = state["Pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    let process = process.and_then(rustix::process::Pid::from_raw);
    if let Some(process) = process.filter(|_| state["Running"] == true) {
        let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
    }
}

/// What a runtime says of a command that it could not start: engines write it where the command would write.
fn not_started(output: &Output) -> Option<String> {
    if !matches!(output.exit, Exit::Code(126 | 127)) {
        return None;
    }
    let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let said = casehard_oci::escape(said.trim_ascii()).into_owned();
    let of_runtime = said.contains("exec failed") || said.contains("OCI runtime") || said.contains("crun:");
    of_runtime.then_some(said)
}
