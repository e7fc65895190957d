//! Runs against each other.

use casehard_engine::Exit;
use casehard_verify::{Kind, compare, forgive, run::Run};

use crate::{server::Server, steps::verify};

const TEXT: &str = "
ready: { tcp: PORT }
steps:
  - http: http://127.0.0.1:PORT/
  - exec: [sh, -c, 'COMMAND']
mask: [ { body: 'at [0-9]+' } ]
";

fn run(answer: &'static [u8], command: &str, code: i32, log: &str) -> Run {
    let server = Server::saying(answer).reacting(move |_, server| server.end(Exit::Code(code)));
    server.write(log);
    verify(&server, &TEXT.replace("COMMAND", command))
}

fn differences(original: &Run, hardened: &Run) -> Vec<(Kind, String, bool)> {
    let workload = Server::saying(b"").workload(TEXT);
    compare(original, hardened, &workload.mask)
        .into_iter()
        .map(|difference| {
            (difference.kind, format!("{}: {}", difference.place, difference.explanation), difference.failing)
        })
        .collect()
}

const ONE: &[u8] =
    b"HTTP/1.1 200 OK\r\nDate: now\r\nETag: 1\r\nServer: a\r\nSet-Cookie: s=1; Path=/\r\nSet-Cookie: t=2\r\n\r\nfirst\nat 17 o'clock\nlast\n";
const LATER: &[u8] =
    b"HTTP/1.1 200 OK\r\nDate: then\r\nETag: 2\r\nServer: a\r\nSet-Cookie: s=3; Path=/\r\nSet-Cookie: t=4\r\n\r\nfirst\nat 18 o'clock\nlast\n";
const OTHER: &[u8] = b"HTTP/1.1 200 OK\r\nETag: 3\r\nSet-Cookie: s=3; Path=/\r\nSet-Cookie: t=4\r\nX-New: 1\r\n\r\nfirst\nat 18 o'clock\n";

#[test]
fn what_varies_is_no_difference() {
    let original = run(ONE, "echo a", 0, "12:01 started\nerror: no favicon 17\n");
    let hardened = run(LATER, "echo a", 0, "13:01 started\nerror: no favicon 18\n");
    assert_eq!(differences(&original, &hardened), []);
}

#[test]
fn an_error_that_is_new_on_standard_error_is_a_failure() {
    let original = run(ONE, "echo a", 0, "");
    let mut hardened = run(ONE, "echo a; echo fatal error >&2", 0, "");
    hardened.steps[1].name.clone_from(&original.steps[1].name);
    let found = differences(&original, &hardened);
    assert!(matches!(&found[..], [(Kind::Stderr, _, true)]), "{found:?}");
}

#[test]
fn each_difference_is_explained() {
    let original = run(ONE, "echo a", 0, "started\n");
    let hardened = run(OTHER, "echo b; echo c >&2", 2, "started\nwarn: slow\nImportError: x\n");
    let step = |text: &str| format!("step 1 (GET /): {text}");
    let exec = |text: &str| format!("step 2 (exec sh -c echo a): {text}");
    // The two runs have steps of other names, so give them the same.
    let mut hardened = hardened;
    hardened.steps[1].name.clone_from(&original.steps[1].name);
    assert_eq!(
        differences(&original, &hardened),
        [
            (
                Kind::Header("server".into()),
                step("the header server is absent, on the original image `a`"),
                true
            ),
            (
                Kind::Header("x-new".into()),
                step("the header x-new is `1`, on the original image absent"),
                true
            ),
            (Kind::Body, step("the body differs from line 3 on: ``, on the original image `last`"), true),
            (
                Kind::Stdout,
                exec("standard output differs from line 1 on: `b`, on the original image `a`"),
                true
            ),
            (
                Kind::Stderr,
                exec("standard error differs from line 1 on: `c`, on the original image ``"),
                false
            ),
            (
                Kind::Exit,
                "stop: the application ended with code 2, on the original image with 0".into(),
                true
            ),
            (Kind::Log, "log: the application wrote, on the hardened image only: `warn: slow`".into(), false),
            (
                Kind::Log,
                "log: the application wrote, on the hardened image only: `ImportError: x`".into(),
                true
            ),
        ]
    );
}

#[test]
fn what_varies_by_itself_is_forgiven() {
    let original = run(ONE, "echo a", 0, "");
    let mut again = run(ONE, "echo b", 0, "");
    let mut hardened = run(ONE, "echo c; exit 1", 0, "");
    again.steps[1].name.clone_from(&original.steps[1].name);
    hardened.steps[1].name.clone_from(&original.steps[1].name);
    let mut found = compare(&original, &hardened, &[]);
    forgive(&mut found, &compare(&original, &again, &[]));
    let failing: Vec<_> = found.iter().map(|difference| (&difference.kind, difference.failing)).collect();
    assert_eq!(failing, [(&Kind::Exit, true), (&Kind::Stdout, false)]);
}

#[test]
fn a_step_that_was_not_run_is_a_difference() {
    let original = run(ONE, "echo a", 0, "");
    let server = Server::saying(ONE);
    server.end(Exit::Code(1));
    let hardened = verify(&server, &TEXT.replace("COMMAND", "echo a").replace("ready: { tcp: PORT }", ""));
    let found = differences(&original, &hardened);
    let kinds: Vec<_> = found.iter().map(|(kind, ..)| kind.clone()).collect();
    assert_eq!(kinds, [Kind::Verdict, Kind::Verdict, Kind::Exit], "{found:#?}");
}
