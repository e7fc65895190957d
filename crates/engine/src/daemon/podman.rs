//! What Podman is asked to create, in its own API (`POST /libpod/containers/create`).

use serde_json::{Map, Value, json};

use super::create::{Request, plain};
use crate::{MountKind, Network};

pub(super) fn body(request: &Request<'_>, name: &str) -> Value {
    let spec = request.spec;
    let words = request.words(&spec.argv);
    let (entrypoint, command) = words.split_at(words.len().min(1));
    let env = spec.env.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let env: Map<String, Value> = env.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let hosts: Vec<String> = spec.hosts.iter().map(|(name, address)| format!("{name}:{address}")).collect();
    let volumes = spec.mounts.iter().filter(|mount| mount.kind == MountKind::Volume);
    let volumes: Vec<Value> = volumes.map(|mount| json!({ "Dest": plain(&mount.path) })).collect();
    let (dropped, added) = request.capabilities();
    let mut body = json!({
        "name": name,
        "image": request.image,
        "entrypoint": entrypoint,
        "command": command,
        "env": env,
        "user": request.user(),
        "work_dir": plain(&spec.workdir),
        "hostname": spec.hostname,
        "hostadd": hosts,
        "labels": { "casehard": "run" },
        // The workload asks; an engine that asks as well would be seen by the recorder.
        "healthconfig": { "Test": ["NONE"] },
        "mounts": mounts(request),
        "volumes": volumes,
        "image_volume_mode": "anonymous",
        "cap_drop": dropped,
        "cap_add": added,
        "no_new_privileges": spec.no_new_privileges,
        "read_only_filesystem": spec.read_only,
        "sysctl": request.kernel_settings(),
        "netns": { "nsmode": if request.network.is_some() { "bridge" } else { "none" } },
    });
    if let (Some(name), Network::Joined(_, address)) = (request.network, &spec.network) {
        body["networks"] = json!({ name: { "static_ips": [address.to_string()] } });
    }
    if request.seccomp().is_some() {
        body["seccomp_profile_path"] = json!(request.folder.join("seccomp.json"));
    }
    body
}

fn mounts(request: &Request<'_>) -> Vec<Value> {
    let binds = request.binds().into_iter().map(
        |(from, to)| json!({ "destination": to, "type": "bind", "source": from, "options": ["ro", "rbind"] }),
    );
    let memory = request.spec.mounts.iter().filter_map(|mount| {
        let MountKind::Tmpfs { mode, size, exec, .. } = mount.kind else { return None };
        let exec = if exec { "exec" } else { "noexec" };
        // It has no owner to be given; it can be made the container user's, which is who writes there.
        let options = [
            format!("mode={mode:04o}"),
            format!("size={size}"),
            exec.into(),
            "notmpcopyup".into(),
            "U".into(),
        ];
        let path = plain(&mount.path);
        Some(json!({ "destination": path, "type": "tmpfs", "source": "tmpfs", "options": options }))
    });
    binds.chain(memory).collect()
}
