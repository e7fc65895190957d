//! What `casehard lint --rewrite` proposes is built by Docker and works as the original does.

use std::{fs, path::Path, process::Command};

use casehard_e2e::{casehard, is_slow, skip};

use crate::serving::said;

/// A compiler, and what its programs need to be built.
const RECIPE: &str =
    "name: gcc\nsuite: bookworm\npackages: [gcc, libc6-dev, dash, coreutils]\ncommand: [sh]\n";

/// A server that answers every request with its greeting.
const SERVER: &str = r#"#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static void stop(int signal) { _exit(0); }
int main(void) {
  signal(SIGTERM, stop);
#ifdef SETTINGS
  if (access(SETTINGS, R_OK)) return 1;
#endif
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(8080) };
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 9)) return 1;
  for (;;) {
    char request[2048];
    const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";
    int client = accept(listener, 0, 0);
    if (read(client, request, sizeof request) > 0) write(client, answer, strlen(answer));
    close(client);
  }
}
"#;

const WORKLOAD: &str = "ready: { tcp: 8080, within: 20s }\nsteps:\n  - http: \"http://127.0.0.1:8080/\"\n    expect: { status: 200, body: \"hello\\n\" }\nstop: { signal: TERM, within: 5s, expect: { exit: 0 } }\n";

fn program(folder: &Path) -> Command {
    let mut command = Command::new(casehard());
    command.current_dir(folder);
    command
}

fn lint(folder: &Path, file: &str) -> (String, bool) {
    let output = program(folder)
        .args(["lint", "--rewrite", "distroless", "-w", "casehard.yaml", file])
        .env("DOCKER_BUILDKIT", "0")
        .output()
        .unwrap();
    (said(&output), output.status.success())
}

#[test]
fn a_proposal_is_built_and_works() {
    let test = "a_proposal_is_built_and_works";
    if !is_slow(test) {
        return;
    }
    let answers = Command::new("docker").arg("info").output().is_ok_and(|output| output.status.success());
    if !answers {
        return skip(test, "docker does not answer");
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (name, text) in [("image.yaml", RECIPE), ("main.c", SERVER), ("casehard.yaml", WORKLOAD)] {
        fs::write(at.join(name), text).unwrap();
    }
    fs::write(at.join(".dockerignore"), "*\n!main.c\n").unwrap();
    for arguments in [
        ["build", "image.yaml", "-o", "gcc"],
        ["copy", "oci:gcc", "docker-daemon:casehard-test/gcc:12", "-q"],
    ] {
        let output = program(at).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    }
    let dockerfile = |more: &str| {
        format!(
            "FROM casehard-test/gcc:12\nWORKDIR /src\nCOPY main.c .\nRUN gcc -O2 -static {more} -o /app main.c\nCMD [\"/app\"]\n"
        )
    };
    fs::write(at.join("Dockerfile"), dockerfile("")).unwrap();
    let (text, good) = lint(at, "Dockerfile");
    assert!(good && text.contains("it works as the original does: 3 of 3 steps"), "{text}");
    assert!(text.contains("+FROM scratch") && text.contains("+USER 10001:10001"), "{text}");
    // What is opened at run time beside the program is not copied: the proposal is built, and does not work.
    let settings = "-DSETTINGS='\"/src/main.c\"'";
    fs::write(at.join("Dockerfile.settings"), dockerfile(settings)).unwrap();
    let (text, good) = lint(at, "Dockerfile.settings");
    assert!(!good && text.contains("it does not work as the original does: "), "{text}");
}
