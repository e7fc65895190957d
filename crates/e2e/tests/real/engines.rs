//! Hardened examples start and serve under Docker and Podman, as `compose.yaml` says.

use std::{
    path::Path,
    process::{Command, Output},
};

use casehard_e2e::{is_root, is_slow, skip, which};

use crate::{
    hardened::{Hardened, SERVED, hardened},
    serving::{command, said, serves},
};

#[test]
fn docker_starts_them() {
    let test = "docker_starts_them";
    if is_slow(test) {
        match works("docker", &["version"]) {
            Ok(()) => start_all(test, &["docker"]),
            Err(why) => skip(test, &why),
        }
    }
}

#[test]
fn podman_starts_them() {
    let test = "podman_starts_them";
    if !is_slow(test) {
        return;
    }
    for runtime in ["runc", "crun"] {
        let name = format!("{test} with {runtime}");
        match works("podman", &["info"]) {
            Ok(()) if which(runtime).is_none() => skip(&name, &format!("there is no {runtime}")),
            Ok(()) => start_all(&name, &["podman", "--runtime", runtime]),
            Err(why) => skip(&name, &why),
        }
    }
}

fn works(engine: &str, question: &[&str]) -> Result<(), String> {
    if which(engine).is_none() {
        return Err(format!("there is no {engine}"));
    }
    if !is_root() {
        return Err("it needs root".to_owned());
    }
    let output = Command::new(engine).args(question).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{engine} does not answer: {}", said(&output).trim()))
    }
}

/// The engine in a mount namespace without the second version of cgroups, which `crun` does not take beside the first.
fn engine(words: &[&str], arguments: &[&str]) -> Output {
    let script = "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"";
    Command::new("unshare")
        .args(["-m", "sh", "-c", script, "sh"])
        .args(words)
        .args(arguments)
        .env("CONTAINERS_CONF", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/containers.conf"))
        .output()
        .unwrap()
}

fn start_all(test: &str, words: &[&str]) {
    for name in SERVED {
        let Some(example) = hardened(test, name) else { return };
        let (archive, reference) = example.archive();
        let loaded = engine(words, &["load", "-i", archive.to_str().unwrap()]);
        assert!(loaded.status.success(), "{words:?}: {}", said(&loaded));
        let id = said(&engine(words, &["images", "-q", &reference])).trim().to_owned();
        for no_new_privileges in [true, false] {
            for init in [false, true] {
                start(&example, words, &id, no_new_privileges, init);
            }
        }
        let _ = engine(words, &["rmi", "-f", &reference]);
    }
}

fn start(example: &Hardened, words: &[&str], image: &str, no_new_privileges: bool, init: bool) {
    let case =
        format!("{} under {words:?}, no new privileges: {no_new_privileges}, init: {init}", example.name);
    let name = format!("casehard-e2e-{}", example.name);
    let _ = engine(words, &["rm", "-f", "-v", &name]);
    let mut arguments: Vec<String> =
        ["run", "-d", "--name", &name, "--network", "none", "--read-only", "--cap-drop", "ALL", "--user"]
            .map(str::to_owned)
            .into();
    arguments.push(example.user());
    arguments.push("--security-opt".into());
    arguments.push(format!("seccomp={}", example.folder.join("seccomp.json").display()));
    if no_new_privileges {
        arguments.extend(["--security-opt", "no-new-privileges"].map(str::to_owned));
    }
    if init {
        arguments.push("--init".into());
    }
    arguments.extend(["--sysctl", "net.ipv4.ip_unprivileged_port_start=0"].map(str::to_owned));
    for (path, memory) in example.writable() {
        let mode = if matches!(path.as_str(), "/tmp" | "/var/tmp") { "1777" } else { "0755" };
        match (memory, words[0]) {
            (true, "docker") => {
                let (uid, gid) = (&example.runtime["uid"], &example.runtime["gid"]);
                arguments.extend(["--tmpfs".into(), format!("{path}:uid={uid},gid={gid},mode={mode}")]);
            }
            // Podman's tmpfs has no owner to be given; it can be made the container user's.
            (true, _) => {
                let place = format!("type=tmpfs,destination={path},tmpfs-mode={mode},U=true");
                arguments.extend(["--mount".into(), place]);
            }
            (false, _) => arguments.extend(["-v".into(), path]),
        }
    }
    arguments.push(image.to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let started = engine(words, &arguments);
    assert!(started.status.success(), "{case}: {}", said(&started));
    let pid = said(&engine(words, &["inspect", "-f", "{{.State.Pid}}", &name])).trim().parse().unwrap_or(0);
    let served = pid != 0 && serves(example.name, pid);
    let exec = engine(words, &[&["exec", &name], command(example.name)].concat());
    let _ = engine(words, &["stop", "-t", "10", &name]);
    let code = said(&engine(words, &["inspect", "-f", "{{.State.ExitCode}}", &name]));
    let log = said(&engine(words, &["logs", &name]));
    let _ = engine(words, &["rm", "-f", "-v", &name]);
    assert!(served, "{case}: it does not serve: {log}");
    assert!(exec.status.success(), "{case}: exec: {}", said(&exec));
    assert_eq!(code.trim(), "0", "{case}: it does not stop: {log}");
}
