//! The Kubernetes fragment: a Deployment whose pod passes the *restricted* Pod Security Standard.

use std::fmt::Write as _;

use super::{
    Runtime, WritableKind,
    compose::{quote, volume_name},
};

/// A Deployment that runs `image` as `name` under the controls. `seccomp` is the profile's path below the kubelet's
/// seccomp folder. Places to write are `emptyDir` volumes; unlike a Docker volume these start empty, which a comment
/// beside those that begin with content of the image says.
#[must_use]
pub fn kubernetes(runtime: &Runtime, name: &str, image: &str, seccomp: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      automountServiceAccountToken: false\n      securityContext:\n        runAsNonRoot: {}\n        runAsUser: {uid}\n        runAsGroup: {gid}\n        fsGroup: {gid}\n        seccompProfile:\n          # Copy seccomp.json to this path below /var/lib/kubelet/seccomp on each node,\n          # or use type: RuntimeDefault without localhostProfile.\n          type: Localhost\n          localhostProfile: {}\n",
        runtime.uid != 0,
        quote(seccomp),
        uid = runtime.uid,
        gid = runtime.gid,
    );
    if runtime.has_low_port() {
        text.push_str(
            "        sysctls:\n          - { name: net.ipv4.ip_unprivileged_port_start, value: \"0\" }\n",
        );
    }
    let _ = write!(
        text,
        "      containers:\n        - name: {name}\n          image: {}\n          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: {}\n            capabilities:\n              drop: [ALL]\n",
        quote(image),
        runtime.read_only
    );
    if !runtime.capabilities.is_empty() {
        let names: Vec<_> =
            runtime.capabilities.keys().map(|name| name.strip_prefix("CAP_").unwrap_or(name)).collect();
        let _ = writeln!(text, "              add: [{}]", names.join(", "));
    }
    if !runtime.ports.is_empty() {
        text.push_str("          ports:\n");
        for port in &runtime.ports {
            let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
            let _ = writeln!(
                text,
                "            - {{ containerPort: {number}, protocol: {} }}",
                protocol.to_uppercase()
            );
        }
    }
    if !runtime.writable.is_empty() {
        text.push_str("          volumeMounts:\n");
        for path in runtime.writable.keys() {
            let _ = writeln!(
                text,
                "            - {{ name: {}, mountPath: {} }}",
                dns_label(path),
                quote(&path.to_string())
            );
        }
        text.push_str("      volumes:\n");
        for (path, writable) in &runtime.writable {
            let medium = match writable.kind {
                WritableKind::Tmpfs => "{ medium: Memory }",
                WritableKind::Volume => {
                    "{}   # starts empty; use a persistentVolumeClaim for data that must outlive the pod"
                }
            };
            let _ = writeln!(text, "        - name: {}\n          emptyDir: {medium}", dns_label(path));
        }
    }
    text
}

/// A volume name of at most 63 characters (RFC 1123 label), told apart by a digest when it had to be cut.
fn dns_label(path: &casehard_oci::RootPath) -> String {
    let name = volume_name("w", path).trim_end_matches('-').to_owned();
    if name.len() <= 63 {
        return name;
    }
    let digest = casehard_oci::Digest::of(path.as_bytes()).hex();
    format!("{}-{}", name[..50].trim_end_matches('-'), &digest[..12])
}
