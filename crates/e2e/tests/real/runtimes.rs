//! Hardened examples start and serve under OCI runtimes with their generated seccomp profile.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use casehard_e2e::{is_root, is_slow, skip, which};

use crate::{
    bundle::bundle,
    hardened::{Hardened, SERVED, hardened},
    serving::{command, said, serves},
};

#[test]
fn runc_starts_them() {
    start_all("runc_starts_them", "runc");
}

#[test]
fn crun_starts_them() {
    start_all("crun_starts_them", "crun");
}

#[test]
fn youki_starts_them() {
    start_all("youki_starts_them", "youki");
}

fn start_all(test: &str, runtime: &str) {
    if !is_slow(test) {
        return;
    }
    if which(runtime).is_none() {
        return skip(test, &format!("there is no {runtime}"));
    }
    if !is_root() {
        return skip(test, "it needs root");
    }
    for name in SERVED {
        let Some(example) = hardened(test, name) else { return };
        for no_new_privileges in [true, false] {
            start(&example, runtime, no_new_privileges);
        }
    }
}

/// `crun` refuses cgroups of both versions at once; in a mount namespace without the second it takes the first.
fn invoke(runtime: &str) -> Command {
    let mut command = Command::new("unshare");
    let hybrid = "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"";
    command.args(["-m", "sh", "-c", hybrid, "sh", runtime]);
    if runtime == "crun" {
        command.arg("--cgroup-manager=disabled");
    }
    command
}

fn start(example: &Hardened, runtime: &str, no_new_privileges: bool) {
    let case = format!("{} under {runtime}, no new privileges: {no_new_privileges}", example.name);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    bundle(example, folder.path(), no_new_privileges);
    let id = format!("casehard-e2e-{}-{}-{no_new_privileges}", example.name, std::process::id());
    let (log, pid_file) = (folder.path().join("log"), folder.path().join("pid"));
    let file = File::create(&log).unwrap();
    let mut child = invoke(runtime)
        .args(["run", "--bundle"])
        .arg(folder.path())
        .arg("--pid-file")
        .arg(&pid_file)
        .arg(&id)
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap();
    let pid = wait_for(&pid_file);
    let served = pid.is_some_and(|pid| serves(example.name, pid));
    let exec = invoke(runtime).args(["exec", &id]).args(command(example.name)).output().unwrap();
    let _ = invoke(runtime).args(["kill", &id, "TERM"]).output();
    for _ in 0..100 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    let ended = child.try_wait().unwrap();
    let _ = invoke(runtime).args(["delete", "--force", &id]).output();
    let _ = child.kill();
    let _ = child.wait();
    let log = fs::read_to_string(log).unwrap_or_default();
    assert!(served, "{case}: it does not serve: {log}");
    assert!(exec.status.success(), "{case}: exec: {}", said(&exec));
    assert!(ended.is_some_and(|status| status.success()), "{case}: it does not stop: {ended:?} {log}");
}

fn wait_for(file: &Path) -> Option<u32> {
    (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        fs::read_to_string(file).ok()?.trim().parse().ok()
    })
}
