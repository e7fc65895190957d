//! A bundle as the OCI runtime specification has it, of a hardened example under its controls.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::hardened::Hardened;

/// Unpacks the image and writes `config.json`. The network namespace, and with it the loopback interface, is made by the runtime.
pub fn bundle(example: &Hardened, folder: &Path, no_new_privileges: bool) {
    let root = folder.join("rootfs");
    fs::create_dir_all(&root).unwrap();
    let document = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let image = example.folder.join("image");
    let blob = |descriptor: &Value| -> PathBuf {
        image.join("blobs/sha256").join(descriptor["digest"].as_str().unwrap().trim_start_matches("sha256:"))
    };
    let index = document(&image.join("index.json"));
    let manifest = document(&blob(&index["manifests"][0]));
    for layer in manifest["layers"].as_array().unwrap() {
        let status = Command::new("tar")
            .args(["--numeric-owner", "--exclude=.wh.*", "-xpf"])
            .arg(blob(layer))
            .arg("-C")
            .arg(&root)
            .status();
        assert!(status.unwrap().success());
    }
    let mut mounts = vec![
        json!({ "destination": "/proc", "type": "proc", "source": "proc" }),
        json!({ "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"] }),
        json!({ "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "nodev", "mode=1777"] }),
        json!({ "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "nodev", "ro"] }),
    ];
    mounts.extend(example.writable().into_iter().map(|(path, memory)| place(example, folder, &path, memory)));
    let words = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut env = words(&example.config["Env"]);
    env.push("HOME=/".into());
    let cwd = example.config["WorkingDir"].as_str().filter(|cwd| !cwd.is_empty()).unwrap_or("/");
    let none: [&str; 0] = [];
    let args = [words(&example.config["Entrypoint"]), words(&example.config["Cmd"])].concat();
    let namespaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
    let config = json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": { "uid": example.runtime["uid"], "gid": example.runtime["gid"] },
            "args": args,
            "env": env,
            "cwd": cwd,
            "capabilities": { "bounding": none, "effective": none, "permitted": none, "inheritable": none, "ambient": none },
            "noNewPrivileges": no_new_privileges,
        },
        "root": { "path": "rootfs", "readonly": true },
        "mounts": mounts,
        "linux": {
            "namespaces": namespaces,
            "sysctl": { "net.ipv4.ip_unprivileged_port_start": "0" },
            "seccomp": seccomp(&document(&example.folder.join("seccomp.json"))),
        },
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

fn place(example: &Hardened, folder: &Path, path: &str, memory: bool) -> Value {
    if memory {
        let mode = if matches!(path, "/tmp" | "/var/tmp") { "mode=1777" } else { "mode=0755" };
        let (uid, gid) =
            (format!("uid={}", example.runtime["uid"]), format!("gid={}", example.runtime["gid"]));
        return json!({ "destination": path, "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", mode, uid, gid] });
    }
    // As engines do with a new volume: it begins with what the image has there.
    let volume = folder.join(format!("volume{}", path.replace('/', "-")));
    let original = folder.join("rootfs").join(path.trim_start_matches('/'));
    let status = Command::new("cp").arg("-a").arg(original).arg(&volume).status();
    assert!(status.unwrap().success());
    json!({ "destination": path, "type": "bind", "source": volume, "options": ["rbind", "rw"] })
}

/// Docker's form as the specification has it: what `dockerd` and `podman` do before they call a runtime.
fn seccomp(profile: &Value) -> Value {
    let mut profile = profile.clone();
    let own = if cfg!(target_arch = "aarch64") { "SCMP_ARCH_AARCH64" } else { "SCMP_ARCH_X86_64" };
    let object = profile.as_object_mut().unwrap();
    object.remove("archMap");
    object.insert("architectures".into(), json!([own]));
    for rule in object["syscalls"].as_array_mut().unwrap() {
        rule.as_object_mut().unwrap().remove("comment");
    }
    profile
}
