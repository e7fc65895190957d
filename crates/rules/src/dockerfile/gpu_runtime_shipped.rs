//! `gpu-runtime-shipped`: the image holds what the host needs to give out GPUs.

use crate::build::*;

rule! {
    "gpu-runtime-shipped", Dockerfile, Low, true,
    "the image holds what the host needs to give out GPUs",
    ["tally:gpu/no-container-runtime-in-image"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    // An image that itself starts containers needs it.
    let engines = ["docker", "containerd", "podman", "cri-o", "kubelet", "kind", "buildah", "enroot", "apptainer"];
    let is_engine = |text: &str| engines.iter().any(|engine| text.contains(engine));
    let base = input.shipped_image().is_some_and(|(name, _)| is_engine(name.path));
    let starts = input.started().iter().any(|word| is_engine(word) || word.ends_with("/init") || word.contains("systemd"));
    let installs = || input.installs().filter(|(step, install)| input.is_shipped(step.stage) && matches!(install.manager, Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper));
    let is_runtime = |name: &str| name.starts_with("nvidia-container-") || name.starts_with("libnvidia-container") || matches!(name, "nvidia-docker" | "nvidia-docker2");
    let other = installs().flat_map(|(_, install)| install.names().collect::<Vec<_>>()).any(|(name, _)| !is_runtime(name) && is_engine(name));
    if base || starts || other {
        return;
    }
    for (_, install) in installs() {
        if let Some((name, word)) = install.names().find(|(name, _)| is_runtime(name)) {
            report.at(word.range.clone(), format!("{name} belongs on the machine that runs the container"));
        }
    }
}
