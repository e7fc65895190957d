//! What `ShellCheck` has codes for in the shell text of steps: each is found by its code where it is, not where it only looks like
//! it, and allowed by the comments that people have above such steps.

use casehard_rules::{Settings, check_dockerfile};

/// The code, steps that have it, and steps that have not.
const CASES: [(&str, &[&str], &[&str]); 8] = [
    (
        "SC2034",
        &["RUN GOPATH=/go && go get x", "RUN x=$(id); true", "RUN a=1; b=2; echo \"$b\""],
        &[
            "RUN x=1; eval \"echo \\$x\"",
            "RUN x=1 && export x",
            "RUN x=1; . ./script",
            "RUN x=1 run",
            "ENV MODE=a\nRUN MODE=b; run",
            "RUN http_proxy=http://p:1; curl https://example.com",
            "RUN x=1; x=\"$x 2\"",
            "RUN PATH=/opt/bin:$PATH; run",
            "RUN <<EOF\nx=1\necho \"$x\"\nEOF",
        ],
    ),
    (
        "SC2103",
        &["RUN cd a && make && cd ..", "RUN cd /a; make; cd - ; ls"],
        &["RUN cd .. && make", "RUN (cd a && make)", "RUN cd a && cd b", "RUN x=$(cd a && cd .. && pwd)"],
    ),
    (
        "SC2005",
        &["RUN echo \"$(id -u)\"", "RUN echo `id -u` > /uid"],
        &["RUN echo \"$(id -u):x\"", "RUN echo -n $(id -u)", "RUN echo $(<f)", "RUN echo $((1 + 1))"],
    ),
    (
        "SC2035",
        &["RUN rm *.log", "RUN cd /x && tar cf /x.tar *", "RUN cp -r ?a /b"],
        &[
            "RUN rm -- *.log",
            "RUN rm ./*.log",
            "RUN for f in *.log; do run \"$f\"; done",
            "RUN case $x in *.log) true;; esac",
            "RUN find . -name \"*.log\"",
            "RUN echo *",
            "RUN x=$((2 * 3))",
        ],
    ),
    (
        "SC2291",
        &["RUN echo a  b", "RUN echo a\tb >> /f"],
        &["RUN echo a \\\n   b", "RUN echo \"a  b\"", "RUN echo -n  a", "RUN run a  b"],
    ),
    (
        "SC2129",
        &["RUN a >> f; b >> f; c >> f", "RUN echo a >>f && echo b >>f && echo c >>f && echo d >>f"],
        &["RUN a >> f; b >> f; c >> g", "RUN a >> f; b; c >> f; d >> f", "RUN a > f; b > f; c > f"],
    ),
    (
        "SC2181",
        &["RUN x; if [ $? -ne 0 ]; then y; fi", "RUN x; test 0 -eq \"$?\" && y", "RUN x; [[ $? == 0 ]] || y"],
        &["RUN x; if [ $? -eq 2 ]; then y; fi", "RUN x; s=$?; [ $s -eq 0 ]", "RUN if x; then y; fi"],
    ),
    // What dash turns into a line end by itself, and what is written for another shell, is no mistake.
    (
        "SC2028",
        &["SHELL [\"/bin/bash\", \"-c\"]\nRUN echo \"a\\n\" > /f"],
        &["RUN echo \"a\\n\" > /f", "RUN printf \"a\\n\" > /f"],
    ),
];

#[test]
fn codes_of_shell_text_are_found_where_they_are() {
    for (code, found, not) in CASES {
        let settings = Settings { only: vec![code.to_owned()], ..Settings::new() };
        let count =
            |text: &str| check_dockerfile("Dockerfile", text.as_bytes(), None, &settings).findings.len();
        for step in found {
            assert_eq!(count(&format!("FROM debian:12\n{step}\n")), 1, "{code}: {step}");
            let (before, step) = step.split_at(step.rfind("RUN").unwrap_or_default());
            for comment in [format!("hadolint ignore={code}"), format!("shellcheck disable={code}")] {
                assert_eq!(
                    count(&format!("FROM debian:12\n{before}# {comment}\n{step}\n")),
                    0,
                    "{comment}: {step}"
                );
            }
        }
        for step in not {
            assert_eq!(count(&format!("FROM debian:12\n{step}\n")), 0, "{code}: {step}");
        }
    }
}

#[test]
fn a_pipe_of_both_outputs_is_of_bash() {
    let settings = Settings { only: vec!["bash-in-sh".to_owned()], ..Settings::new() };
    let count = |text: &str| check_dockerfile("Dockerfile", text.as_bytes(), None, &settings).findings.len();
    for base in ["debian:12", "alpine:3.22"] {
        assert_eq!(count(&format!("FROM {base}\nRUN make |& tee /log\n")), 1);
        assert_eq!(count(&format!("FROM {base}\nRUN make 2>&1 | tee /log\n")), 0);
        assert_eq!(count(&format!("FROM {base}\nSHELL [\"/bin/bash\", \"-c\"]\nRUN make |& tee /log\n")), 0);
    }
}

#[test]
fn an_environment_that_is_not_known_may_have_the_variable() {
    let settings = Settings { only: vec!["SC2034".to_owned()], ..Settings::new() };
    let count = |text: &str| check_dockerfile("Dockerfile", text.as_bytes(), None, &settings).findings.len();
    assert_eq!(count("FROM corp/base\nRUN NODE_ENV=production && npm ci\n"), 0);
    assert_eq!(count("FROM corp/base\nRUN version=1 && npm ci\n"), 1);
    assert_eq!(count("FROM debian:12\nRUN NODE_ENV=production && npm ci\n"), 1);
}
