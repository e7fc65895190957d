//! Whole runs.

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::IpAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use casehard_engine::Exit;
use casehard_oci::Healthcheck;
use casehard_verify::run::{Hooks, Kind, Outcome, Run, Setting, StepRun, Verdict, Which, run, run_role};

use crate::server::Server;

pub const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n";

static NO_SERVICES: BTreeMap<String, IpAddr> = BTreeMap::new();

fn setting(which: Which) -> Setting<'static> {
    let directory = Path::new("/");
    Setting { which, directory, healthcheck: None, shell: None, stop_signal: None, services: &NO_SERVICES }
}

#[derive(Default)]
struct Heard(Vec<String>);

impl Hooks for Heard {
    fn phase(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    fn step_done(&mut self, step: &StepRun) {
        self.0.push(format!("{} {}", step.title(), step.verdict));
    }
}

pub fn verify(server: &Server, workload: &str) -> Run {
    run(server, &server.workload(workload), &setting(Which::Verify), &mut ())
}

fn reasons(run: &Run) -> Vec<String> {
    run.failures().map(|(name, verdict)| format!("{name} {verdict}")).collect()
}

const STEPS: &str = "
ready: { http: http://127.0.0.1:PORT/healthz, tcp: PORT }
steps:
  - http: http://localhost:PORT/
    expect: { status: 200, headers: { Content-Type: { contains: text } }, body: \"hello\\n\" }
  - exec: [cat]
    stdin: some text
    expect: some text
  - host: sh -c 'echo $CASEHARD_RUN $CASEHARD_STEP; pwd; exit 3'
    expect: { exit: 3, stdout: \"verify 3\\n/\" }
  - signal: HUP
    expect: { log: { contains: reloaded } }
  - wait: 10ms
  - http: http://127.0.0.1:PORT/held-out
    verify: only
stop: { expect: { exit: 0 } }
";

fn well_behaved() -> Server {
    Server::saying(HELLO).reacting(|signal, server| match signal {
        1 => server.write_later(Duration::from_millis(100), "reloaded\n"),
        _ => server.end(Exit::Code(0)),
    })
}

#[test]
fn a_good_application_passes() {
    let server = well_behaved();
    let mut heard = Heard::default();
    let run = run(&server, &server.workload(STEPS), &setting(Which::Verify), &mut heard);
    assert!(run.passed(), "{:#?}", reasons(&run));
    assert_eq!(run.steps.len(), 6);
    assert_eq!(run.steps[3].log, b"reloaded\n");
    assert_eq!((run.stop.signal.as_deref(), run.stop.exit), (Some("TERM"), Some(Exit::Code(0))));
    assert_eq!(heard.0[..3], ["ready", "step 1", "step 1 (GET /) passed"]);
    assert_eq!(heard.0.last().map(String::as_str), Some("stop"));
}

#[test]
fn held_out_steps_keep_their_numbers() {
    let text = STEPS.replace("  - exec: [cat]\n", "  - exec: [cat]\n    verify: only\n");
    let server = well_behaved();
    let run = run(
        &server,
        &server.workload(&text.replace("verify 3", "profile 3")),
        &setting(Which::Profile),
        &mut (),
    );
    assert!(run.passed(), "{:#?}", reasons(&run));
    assert_eq!(run.steps.iter().map(|step| step.number.unwrap()).collect::<Vec<_>>(), [1, 3, 4, 5]);
}

#[test]
fn wrong_answers_fail_with_their_reason() {
    let server = Server::saying(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbad\n");
    let run = verify(
        &server,
        "
steps:
  - http: http://127.0.0.1:PORT/
  - http: http://127.0.0.1:PORT/
    expect: { status: 500, body: { equals: good, matches: '^b' }, headers: { x-a: b } }
  - exec: [sh, -c, 'echo sorry >&2; exit 4']
  - exec: [/no/such/program]
",
    );
    assert_eq!(
        reasons(&run),
        [
            "step 1 (GET /) failed: the status is 500, expected one below 400; the body is `bad`",
            "step 2 (GET /) failed: the header x-a is missing; the body is `bad`, expected `good`",
            "step 3 (exec sh -c echo sorry >&2; exit 4) failed: it ended with code 4, expected 0; it wrote `sorry`",
            "step 4 (exec /no/such/program) failed: `/no/such/program` could not be started: \
             No such file or directory (os error 2)",
        ]
    );
}

#[test]
fn a_death_before_readiness_is_noticed_at_once() {
    let server = Server::start(Duration::from_secs(60), Arc::new(|_, _| ()));
    server.end_later(Duration::from_millis(100), Exit::Code(3), "loading\nno config\n");
    let began = Instant::now();
    let run = verify(&server, "ready: { tcp: PORT, within: 20s }\nsteps: [ { wait: 1s } ]");
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(
        run.ready.verdict,
        Verdict::failed(
            "the application ended with code 3 before it was ready; its last lines: loading | no config"
        )
    );
    assert!(matches!(&run.steps[..], [StepRun { verdict: Verdict::NotRun(_), .. }]));
    assert_eq!(run.stop.exit, Some(Exit::Code(3)));
}

#[test]
fn a_readiness_that_never_comes_says_what_was_missing() {
    let server = Server::saying(HELLO);
    server.write("still starting\n");
    let run = verify(&server, "ready: { tcp: PORT, log: 'ready to serve', within: 150ms }");
    assert_eq!(
        run.ready.verdict.to_string(),
        "failed: the application was not ready within 150ms: nothing it wrote matches `ready to serve`; \
         its last line: still starting"
    );
    assert_eq!(run.stop.exit, Some(Exit::Signal(9)));
}

#[test]
fn readiness_is_waited_for() {
    let hello = Arc::new(|_: &str, stream: &mut std::net::TcpStream| drop(stream.write_all(HELLO)));
    for text in [
        "ready: { http: http://127.0.0.1:PORT/ }",
        "ready: { tcp: PORT }",
        "ready: { exec: [sh, -c, 'sleep 0.2'] }",
        // Without `ready`, the first request waits until somebody listens.
        "steps: [ { http: http://127.0.0.1:PORT/ } ]",
    ] {
        let server = Server::start(Duration::from_millis(200), hello.clone());
        let began = Instant::now();
        let run = verify(&server, text);
        assert!(run.passed(), "{text}: {:?}", reasons(&run));
        assert!(began.elapsed() >= Duration::from_millis(200), "{text}");
    }
    let server = Server::saying(HELLO);
    server.write_later(Duration::from_millis(100), "ready\n");
    assert!(verify(&server, "ready: { log: ^ready$ }").passed());
}

#[test]
fn a_death_in_the_middle_ends_the_run() {
    let server = Server::saying(HELLO);
    server.end_later(Duration::from_millis(50), Exit::Signal(11), "");
    let run =
        verify(&server, "ready: { tcp: PORT }\nsteps: [ { wait: 5s }, { http: http://127.0.0.1:PORT/ } ]");
    assert_eq!(
        reasons(&run),
        [
            "step 1 (wait 5s) failed: the application was ended by the signal SEGV meanwhile; it wrote nothing",
            "step 2 (GET /) not run: the application was ended by the signal SEGV before; it wrote nothing",
            "stop failed: the application was ended by the signal SEGV by itself, expected it to run until it is \
             stopped; it wrote nothing",
        ]
    );
}

#[test]
fn stops_are_judged() {
    let deaf = || Server::saying(HELLO).reacting(|_, _| ());
    let run = verify(&deaf(), "ready: { tcp: PORT }\nstop: { within: 50ms }");
    assert!(run.passed() && run.stop.killed);
    let run = verify(&deaf(), "ready: { tcp: PORT }\nstop: { within: 50ms, expect: 0 }");
    assert_eq!(
        reasons(&run),
        ["stop failed: the application did not end within 50ms of TERM, expected code 0; it was killed"]
    );
    let image = Setting { stop_signal: Some("SIGQUIT"), ..setting(Which::Verify) };
    let server = Server::saying(HELLO);
    let run = run_with(&server, "ready: { tcp: PORT }", &image);
    assert_eq!((run.stop.signal.as_deref(), run.stop.exit), (Some("QUIT"), Some(Exit::Signal(3))));
    let server = Server::saying(HELLO);
    let run = run_with(&server, "ready: { tcp: PORT }\nstop: { signal: SIGINT }", &image);
    assert_eq!(run.stop.signal.as_deref(), Some("INT"));
}

fn run_with(server: &Server, text: &str, setting: &Setting<'_>) -> Run {
    run(server, &server.workload(text), setting, &mut ())
}

#[test]
fn an_application_that_ends_by_itself_is_waited_for() {
    for (code, passes) in [(0, true), (1, false)] {
        let server = Server::saying(HELLO);
        server.end_later(Duration::from_millis(100), Exit::Code(code), "done\n");
        let run = verify(&server, "start: { command: [x] }");
        assert_eq!((run.passed(), run.stop.exit), (passes, Some(Exit::Code(code))), "{:?}", reasons(&run));
    }
}

#[test]
fn the_image_s_own_check_is_a_step() {
    for (test, passes) in
        [(&["CMD", "true"][..], true), (&["CMD-SHELL", "exit 0"], true), (&["CMD", "/no/such/curl"], false)]
    {
        let check = Healthcheck {
            test: test.iter().map(|word| (*word).to_owned()).collect(),
            ..Healthcheck::default()
        };
        let setting = Setting { healthcheck: Some(&check), ..setting(Which::Profile) };
        let server = well_behaved();
        let run = run_with(&server, "ready: { tcp: PORT }", &setting);
        assert_eq!(run.steps[0].kind, Kind::Healthcheck);
        assert_eq!(run.passed(), passes, "{:?}", reasons(&run));
    }
    let none = Healthcheck { test: vec!["NONE".to_owned()], ..Healthcheck::default() };
    let setting = Setting { healthcheck: Some(&none), ..setting(Which::Profile) };
    assert!(run_with(&well_behaved(), "ready: { tcp: PORT }", &setting).steps.is_empty());
}

#[test]
fn roles_run_to_their_end() {
    let server = Server::saying(HELLO);
    let workload =
        server.workload("roles: { m: { expect: { exit: 2, log: { contains: don } } }, n: { within: 20ms } }");
    server.end_later(Duration::from_millis(20), Exit::Code(2), "done\n");
    let step = run_role(&server, "m", &workload.roles["m"], &mut ());
    assert_eq!(step.verdict, Verdict::Passed);
    assert!(matches!(&step.outcome, Outcome::Output(output) if output.stdout == b"done\n"));
    let step = run_role(&Server::saying(HELLO), "n", &workload.roles["n"], &mut ());
    assert!(step.verdict.to_string().starts_with("failed: it did not end within 20ms"), "{}", step.verdict);
}
