//! Holds what came back against what was expected.

use casehard_engine::Output;
use casehard_profile::workload::{Check, Expect};

use super::{
    Answer,
    words::{ended, excerpt},
};

/// What is wrong with an HTTP answer.
pub(super) fn answer(answer: &Answer, expect: &Expect) -> Vec<String> {
    let mut reasons = Vec::new();
    match expect.status {
        Some(status) if answer.status != status => {
            reasons.push(format!("the status is {}, expected {status}{}", answer.status, body_of(answer)));
        }
        None if answer.status >= 400 => {
            reasons.push(format!(
                "the status is {}, expected one below 400{}",
                answer.status,
                body_of(answer)
            ));
        }
        _ => {}
    }
    for (name, check) in &expect.headers {
        match answer.header(name) {
            Some(value) => text(&format!("the header {name}"), value.as_bytes(), check, &mut reasons),
            None => reasons.push(format!("the header {name} is missing")),
        }
    }
    if let Some(check) = &expect.body {
        text("the body", &answer.body, check, &mut reasons);
    }
    reasons
}

fn body_of(answer: &Answer) -> String {
    if answer.body.is_empty() { String::new() } else { format!("; the body is {}", excerpt(&answer.body)) }
}

/// What is wrong with what a command left.
pub(super) fn output(output: &Output, expect: &Expect) -> Vec<String> {
    let mut reasons = Vec::new();
    let wanted = expect.exit.unwrap_or(0);
    if output.exit.code() != wanted {
        let wrote = [&output.stderr, &output.stdout].into_iter().find(|bytes| !bytes.trim_ascii().is_empty());
        let wrote = wrote.map_or(String::new(), |bytes| format!("; it wrote {}", excerpt(tail(bytes))));
        reasons.push(format!("it {}, expected {wanted}{wrote}", ended(output.exit)));
    }
    if let Some(check) = &expect.stdout {
        text("standard output", without_newline(&output.stdout), check, &mut reasons);
    }
    if let Some(check) = &expect.stderr {
        text("standard error", without_newline(&output.stderr), check, &mut reasons);
    }
    reasons
}

/// What is wrong with what the application wrote.
pub(super) fn log(bytes: &[u8], check: &Check) -> Vec<String> {
    let mut reasons = Vec::new();
    text("what the application wrote", without_newline(bytes), check, &mut reasons);
    reasons
}

fn text(what: &str, bytes: &[u8], check: &Check, reasons: &mut Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    let wanted = |text: &String| excerpt(text.as_bytes());
    if let Some(equals) = &check.equals
        && *text != *without_final_newline(equals, bytes)
    {
        reasons.push(format!("{what} is {}, expected {}", excerpt(bytes), wanted(equals)));
    }
    for contains in check.contains.iter().filter(|contains| !text.contains(contains.as_str())) {
        reasons.push(format!("{what} does not contain {}; it is {}", wanted(contains), excerpt(bytes)));
    }
    for matches in check.matches.iter().filter(|matches| !matches.is_match(&text)) {
        reasons.push(format!("{what} does not match `{matches}`; it is {}", excerpt(bytes)));
    }
    for found in check.excludes.iter().filter_map(|excludes| excludes.regex().find(&text)) {
        reasons.push(format!("{what} has {}, which it must not", excerpt(found.as_str().as_bytes())));
    }
}

/// YAML's block texts end in a newline that is rarely meant.
fn without_final_newline<'a>(wanted: &'a str, bytes: &[u8]) -> &'a str {
    if bytes.ends_with(b"\n") { wanted } else { wanted.strip_suffix('\n').unwrap_or(wanted) }
}

fn without_newline(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The last few lines: a trace's reason stands at its end.
fn tail(bytes: &[u8]) -> &[u8] {
    const LINES: usize = 3;
    let bytes = bytes.trim_ascii_end();
    let mut ends = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    ends.nth(LINES - 1).map_or(bytes, |at| &bytes[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use casehard_engine::Exit;
    use casehard_profile::workload::Pattern;

    fn left(code: i32, stdout: &str) -> Output {
        Output { exit: Exit::Code(code), stdout: stdout.into(), stderr: Vec::new(), truncated: false }
    }

    #[test]
    fn commands_are_judged() {
        let equals = |text: &str| Some(Check { equals: Some(text.into()), ..Check::default() });
        let contains = |text: &str| Some(Check { contains: vec![text.into()], ..Check::default() });
        let matches =
            |text: &str| Some(Check { matches: vec![Pattern::new(text).unwrap()], ..Check::default() });
        for (output_, stdout, exit, good) in [
            (left(0, "x"), None, None, true),
            (left(1, "x"), None, None, false),
            (left(1, "x"), None, Some(1), true),
            (left(0, "x\n"), equals("x"), None, true),
            (left(0, "x\n"), equals("x\n"), None, true),
            (left(0, "x\n\n"), equals("x"), None, false),
            (left(0, "a\nok 3"), matches("^ok"), None, true),
            (left(0, "a\nnot ok"), matches("^ok"), None, false),
            (left(0, "abc"), contains("b"), None, true),
            (left(0, "abc"), contains("d"), None, false),
        ] {
            let expect = Expect { stdout, exit, ..Expect::default() };
            let reasons = output(&output_, &expect);
            assert_eq!(reasons.is_empty(), good, "{output_:?} {expect:?} {reasons:?}");
        }
    }

    #[test]
    fn reasons_name_the_end_of_a_trace() {
        let trace = "Traceback\n  File\n  x\nModuleNotFoundError: no module named y\n";
        let output_ = Output { stderr: trace.into(), ..left(1, "") };
        let reasons = output(&output_, &Expect::default());
        assert_eq!(
            reasons,
            [
                "it ended with code 1, expected 0; it wrote `  File\\x0a  x\\x0aModuleNotFoundError: no module named y`"
            ]
        );
    }

    #[test]
    fn answers_are_judged() {
        let given = Answer {
            status: 503,
            headers: vec![("via".into(), "a".into()), ("via".into(), "b".into())],
            body: b"busy".to_vec(),
            truncated: false,
        };
        assert_eq!(
            answer(&given, &Expect::default()),
            ["the status is 503, expected one below 400; the body is `busy`"]
        );
        let check = |text: &str| Check { equals: Some(text.into()), ..Check::default() };
        let expect = Expect {
            status: Some(503),
            headers: [("via".into(), check("a, b")), ("x".into(), check("y"))].into(),
            body: Some(check("Busy")),
            ..Expect::default()
        };
        assert_eq!(
            answer(&given, &expect),
            ["the header x is missing", "the body is `busy`, expected `Busy`"]
        );
    }
}
