//! `casehard lint --fix=evidence` with a registry that is there: pins are set, read back, and set once.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// The registry's program, as Debian names it and as its authors do.
const PROGRAMS: [&str; 2] = ["docker-registry", "registry"];

/// A registry on this machine; killed when this is dropped.
struct Registry {
    child: Child,
    address: String,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    fn start(folder: &Path) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("localhost:{port}");
        let storage = folder.join("storage");
        let file = folder.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            storage.display()
        );
        fs::write(&file, text).unwrap();
        let start = |program: &&str| {
            let mut command = Command::new(program);
            command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let child = PROGRAMS.iter().find_map(start)?;
        let registry = Self { child, address };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(registry);
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the registry does not answer at {}", registry.address);
    }
}

/// What it says on both streams, and its exit code.
fn casehard(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_casehard"))
        .current_dir(folder)
        .env("CASEHARD_CACHE", folder.join("cache"))
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// Pushes an image of one file, and gives its digest.
fn push(folder: &Path, content: &str, reference: &str) -> String {
    fs::create_dir_all(folder.join("root/etc")).unwrap();
    fs::write(folder.join("root/etc/hello"), content).unwrap();
    let _ = fs::remove_dir_all(folder.join("layout"));
    for (from, to) in
        [("rootfs:root", "oci:layout:one"), ("oci:layout:one", &format!("docker://{reference}"))]
    {
        let (text, code) = casehard(folder, &["copy", from, to]);
        assert_eq!(code, Some(0), "{from} {to}: {text}");
    }
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("layout/index.json")).unwrap()).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_registry_has_is_pinned_with_its_tag() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let Some(registry) = Registry::start(folder) else {
        eprintln!("skipped: what_a_registry_has_is_pinned_with_its_tag: there is no docker-registry");
        return;
    };
    let at = &registry.address;
    let base = push(folder, "base\n", &format!("{at}/team/base:1.2"));
    let tools = push(folder, "tools\n", &format!("{at}/tools:3"));
    assert_ne!(base, tools);
    fs::create_dir(folder.join("app")).unwrap();
    let dockerfile = |pin: &str, of_tools: &str| {
        format!(
            "# kept as it is\nFROM {at}/team/base:1.2{pin}   AS build\nRUN true\n\
             FROM  --platform=$TARGETPLATFORM {at}/team/base:1.2{pin}\nFROM {at}/absent:1\n\
             COPY --from={at}/tools:3{of_tools} /etc/hello /t\nCOPY --from=build /a /b\n\
             RUN --mount=type=bind,from={at}/tools:3{of_tools},target=/m true\nUSER 10001:10001\n"
        )
    };
    let compose = |pin: &str| {
        format!(
            "services:\n  a:\n    image: {at}/tools:3{pin}   # kept\n  b: {{image: '{at}/tools:3{pin}'}}\n"
        )
    };
    let (file, services) = (folder.join("app/Dockerfile"), folder.join("app/compose.yaml"));
    fs::write(&file, dockerfile("", "")).unwrap();
    fs::write(&services, compose("")).unwrap();
    let rules = "unpinned-base,compose-image-without-digest";
    let fix = ["lint", "--fix=evidence", "--only", rules, "app"];
    let (text, _) = casehard(folder, &fix);
    assert!(text.contains(&format!("{at}/absent:1 is not pinned: ")), "{text}");
    let pinned = dockerfile(&format!("@{base}"), &format!("@{tools}"));
    assert_eq!(fs::read_to_string(&file).unwrap(), pinned, "{text}");
    assert_eq!(fs::read_to_string(&services).unwrap(), compose(&format!("@{tools}")), "{text}");
    // What was pinned is read as such: only what is absent is left, and a second time nothing changes.
    let (text, _) = casehard(folder, &["lint", "--only", rules, "--format", "github", "app"]);
    assert_eq!(
        (text.matches("has no digest").count(), text.contains("absent:1 has no digest")),
        (1, true),
        "{text}"
    );
    casehard(folder, &fix);
    assert_eq!(fs::read_to_string(&file).unwrap(), pinned);
    // The tag moves on; what is pinned stays.
    push(folder, "newer\n", &format!("{at}/team/base:1.2"));
    casehard(folder, &fix);
    assert_eq!(fs::read_to_string(&file).unwrap(), pinned);
}
